public import JSONBytes
public import NGSILD
import Synchronization

/// The `@context`s that requests come with, resolved: each is fetched and worked out once (CIM 009 §5.13, §6.3.16).
public final class ContextCatalog: Sendable {
    /// The most bytes of one document.
    public static let documentBytes = 1 << 20
    /// How many resolved contexts are kept.
    public static let kept = 512

    private struct State {
        var resolved: [String: JSONLDContext] = [:]
        var documents: [String: JSONValue] = [:]
        var order: [String] = []
    }

    private let egress: any Egress
    private let hosted: @Sendable (_ url: String) -> JSONValue?
    private let fetched: @Sendable (_ url: String, _ document: JSONValue) -> Void
    private let state = Mutex(State())

    /// A catalog.
    ///
    /// - Parameters:
    ///   - egress: The way to documents of others.
    ///   - hosted: A document that is kept here.
    ///   - fetched: Told of a document that was fetched.
    public init(
        egress: any Egress, hosted: @escaping @Sendable (String) -> JSONValue?,
        fetched: @escaping @Sendable (String, JSONValue) -> Void
    ) {
        self.egress = egress
        self.hosted = hosted
        self.fetched = fetched
    }

    /// The context at a URL, where it is known already.
    public func known(_ url: String) -> JSONLDContext? {
        JSONLDContext.isCore(url: url) ? .core : state.withLock { $0.resolved[url] }
    }

    /// What a context says.
    ///
    /// - Parameter context: As it stands in a document or a `Link` header.
    /// - Returns: What its terms stand for.
    /// - Throws: ``NGSILD/NGSILDError``: `badRequestData` when it is none, `ldContextNotAvailable` when a document is not
    ///   to be had.
    public func resolve(_ context: JSONValue) async throws -> JSONLDContext {
        let key = context.catalogKey
        if let known = known(key) { return known }
        let resolved = try await JSONLDContext.resolving(context) { url in try await self.document(at: url) }
        state.withLock { state in
            if state.resolved.updateValue(resolved, forKey: key) == nil { state.order.append(key) }
            while state.order.count > ContextCatalog.kept { state.resolved[state.order.removeFirst()] = nil }
        }
        return resolved
    }

    /// Forgets what was worked out of a document: it was changed, or removed.
    public func forget() {
        state.withLock { $0 = State() }
    }

    private func document(at url: String) async throws -> JSONValue {
        if let document = hosted(url) { return document }
        let document = try await fetch(url)
        fetched(url, document)
        return document
    }

    /// Fetches a document anew.
    ///
    /// - Throws: ``NGSILD/NGSILDError``: `ldContextNotAvailable` when it is not to be had, `badRequestData` when it is
    ///   no JSON.
    public func fetch(_ url: String) async throws -> JSONValue {
        let answer: EgressAnswer
        do throws(EgressError) {
            answer = try await egress.send(
                EgressRequest(
                    "GET", url, headers: [("accept", "application/ld+json, application/json;q=0.9")],
                    timeout: .seconds(10), maximumBytes: ContextCatalog.documentBytes, maximumRedirects: 5))
        } catch {
            throw NGSILDError(
                .ldContextNotAvailable, "the @context at `\(url.prefix(200))` is not available: \(error.message)")
        }
        guard (200..<300).contains(answer.status) else {
            throw NGSILDError(
                .ldContextNotAvailable, "the @context at `\(url.prefix(200))` is not available: status \(answer.status)"
            )
        }
        do throws(JSONError) {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw NGSILDError(
                .ldContextNotAvailable, "what is at `\(url.prefix(200))` is no JSON: \(error.message)")
        }
    }
}

extension JSONValue {
    /// Under which a context is known: a URL by itself, everything else by its text.
    fileprivate var catalogKey: String {
        if case .string(let url) = self { return url }
        if case .array(let elements) = self, elements.count == 1, case .string(let url) = elements[0] { return url }
        return description
    }
}
