public import CityContext
import CityModel
import Logging

extension City {
    /// What sends notifications to the subscribers of the context broker. One for a city; it sends while it runs.
    ///
    /// - Parameters:
    ///   - contexts: The `@context`s that they are written with.
    ///   - egress: The way to other servers.
    /// - Returns: A notifier that has not begun yet.
    public func notifier(contexts: ContextCatalog, egress: any Egress) -> Notifier {
        let (path, clock, logger) = (path, clock, logger)
        return Notifier(
            store: views.context, twin: views.twin, outbox: views.outbox, contexts: contexts, egress: egress,
            city: Notifier.City(
                sees: { owner in
                    // Whether the owner may still do what they may read of it is decided each time.
                    guard
                        case .success(let permit) = path.authorise(
                            owner.principal, .readEntities, purpose: owner.purpose)
                    else { return nil }
                    return permit.highestClass
                },
                commit: { changes in
                    let outcome: Result<Receipt, Refusal> = await path.committed(
                        events: changes.map { .context($0.record) })
                    _ = try outcome.get()
                },
                now: { clock.now.microseconds },
                complain: { subscription, problem in
                    logger.notice(
                        "a notification was not delivered",
                        metadata: ["subscription": "\(subscription)", "problem": "\(problem)"])
                }))
    }
}
