public import CityContext
import CityModel

extension GuardedPath {
    /// Steps four to six for what the context broker keeps: decides on changes and waits until they are durable.
    ///
    /// The caller has walked steps one to three: it knows who asks, that they may, and what they say.
    ///
    /// - Parameters:
    ///   - desk: Where changes are decided.
    ///   - body: Looks at what is there and says what is to become of it. Runs under the desk's lock.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or the refusal of the commit.
    public func change<Decision: Sendable>(
        at desk: ContextDesk, _ body: (inout ContextDraft) throws -> Decision
    ) async throws -> Decision {
        let outcome = CommitOutcome()
        let (decision, isChange) = try desk.decide(at: clock.now.microseconds, body) { changes, settled in
            var accepted = AcceptedChanges { result in
                settled()
                outcome.resolve(result)
            }
            accepted.events = changes.map { .context($0.record) }
            return commit(accepted)
        }
        guard isChange else { return decision }
        _ = try await outcome.value().get()
        return decision
    }
}
