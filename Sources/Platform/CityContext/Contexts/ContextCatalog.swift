public import JSONBytes
public import NGSILD
import Synchronization

/// The `@context`s that requests come with, resolved: each is fetched and worked out once (CIM 009 §5.13, §6.3.16).
///
/// What was fetched is kept in the store, so that it is there after a restart, and when its server is not.
public final class ContextCatalog: Sendable {
    /// The most bytes of one document.
    public static let documentBytes = 1 << 20
    /// How many resolved contexts are at hand.
    public static let atHand = 512
    /// How many of a kind are kept for a tenant; of more, the oldest that nobody put here are forgotten.
    public static let kept = 1_024

    /// How often one was used.
    public struct Usage: Sendable, Hashable {
        /// Since the start of the program.
        public var hits = 0
        /// In microseconds since 1970; nil when it was not.
        public var last: Int64?
    }

    fileprivate struct State {
        var resolved: [String: JSONLDContext] = [:]
        var order: [String] = []
        var usage: [String: Usage] = [:]
    }

    /// What it needs of the city around it.
    public struct City: Sendable {
        /// Keeps contexts, and removes others, durably.
        public var change: @Sendable (_ tenant: String, _ kept: KeptContext?, _ removed: [String]) async throws -> Void
        /// The present, in microseconds since 1970.
        public var now: @Sendable () -> Int64

        /// What it needs.
        public init(
            change: @escaping @Sendable (String, KeptContext?, [String]) async throws -> Void,
            now: @escaping @Sendable () -> Int64
        ) {
            self.change = change
            self.now = now
        }
    }

    private let store: ContextStore
    private let base: String
    private let egress: any Egress
    private let city: City
    private let state = Mutex(State())

    /// A catalog.
    ///
    /// - Parameters:
    ///   - store: Has the documents that are kept.
    ///   - base: Below which those of this broker are found, with a `/` at the end.
    ///   - egress: The way to documents of others.
    ///   - city: The city around it.
    public init(store: ContextStore, base: String, egress: any Egress, city: City) {
        self.store = store
        self.base = base
        self.egress = egress
        self.city = city
    }

    // MARK: Resolving

    /// The context at a URL, where it is known already.
    public func known(_ url: String) -> JSONLDContext? {
        if JSONLDContext.isCore(url: url) { return .core }
        return state.withLock { state in
            guard let context = state.resolved[url] else { return nil }
            state.count(url, at: city.now())
            return context
        }
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
            while state.order.count > ContextCatalog.atHand { state.resolved[state.order.removeFirst()] = nil }
        }
        return resolved
    }

    private func document(at url: String) async throws -> JSONValue {
        let local = kept(at: url)
        state.withLock { $0.count(local?.url ?? url, at: city.now()) }
        if let local { return local.document }
        let document = try await fetch(url)
        try await keep(KeptContext(.cached, localId: url, url: url, createdAt: city.now(), document: document), "")
        return document
    }

    /// Fetches a document anew.
    ///
    /// - Throws: ``NGSILD/NGSILDError``: `ldContextNotAvailable` when it is not to be had, `badRequestData` when it is
    ///   no JSON.
    private func fetch(_ url: String) async throws -> JSONValue {
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

    // MARK: Keeping

    /// All that are kept and a tenant sees, the oldest first.
    public func all(tenant: String) -> [KeptContext] {
        var found = documents(tenant)
        if !tenant.isEmpty { found += documents("").filter { $0.kind == .cached } }
        return found.sorted { ($0.createdAt, $0.localId) < ($1.createdAt, $1.localId) }
    }

    /// One that is kept, by its local id or its URL; nil when there is none for this tenant.
    public func kept(_ name: String, tenant: String) -> KeptContext? {
        let local = name.hasPrefix(base) ? String(name.dropFirst(base.count)) : name
        if let own = store.document(.context, tenant: tenant, id: local).flatMap(KeptContext.init(stored:)) {
            return own
        }
        let shared = store.document(.context, tenant: "", id: local).flatMap(KeptContext.init(stored:))
        return shared?.kind == .cached ? shared : nil
    }

    /// How often one was used since the start.
    public func usage(of kept: KeptContext) -> Usage { state.withLock { $0.usage[kept.url] ?? Usage() } }

    /// Puts a context here (§5.13.2), or gives one that stood in a request a URL.
    ///
    /// - Parameters:
    ///   - content: What stands under `@context`.
    ///   - kind: Hosted or implicitly created; of the latter, one that is here already is taken again.
    ///   - tenant: For whom.
    /// - Returns: The context, durable.
    /// - Throws: ``NGSILD/NGSILDError`` `badRequestData` when it is no context; the refusal of the commit.
    public func add(_ content: JSONValue, _ kind: KeptContext.Kind, tenant: String) async throws -> KeptContext {
        try content.checkContext(at: JSONPath.root["@context"])
        if kind == .implicitlyCreated,
            let known = documents(tenant).first(where: { $0.kind == kind && $0.content == content })
        {
            return known
        }
        let id = SubscriptionIDs.random()
        let document = JSONValue.object(JSONObject([JSONObject.Member(name: "@context", value: content)]))
        let kept = KeptContext(kind, localId: id, url: base + id, createdAt: city.now(), document: document)
        try await keep(kept, tenant)
        return kept
    }

    /// Removes one (§5.13.5).
    public func remove(_ kept: KeptContext, tenant: String) async throws {
        try await city.change(kept.kind == .cached ? "" : tenant, nil, [kept.localId])
        forget()
        state.withLock { $0.usage[kept.url] = nil }
    }

    /// Fetches one that was fetched before anew (§5.13.5.4).
    ///
    /// - Throws: ``NGSILD/NGSILDError`` `ldContextNotAvailable` when it is not to be had or is none: what is kept stays.
    public func reload(_ kept: KeptContext) async throws {
        let document = try await fetch(kept.url)
        guard case .object(let object) = document, let content = object["@context"],
            (try? content.checkContext(at: .root)) != nil
        else {
            throw NGSILDError(.ldContextNotAvailable, "what is at `\(kept.url.prefix(200))` is no @context")
        }
        try await keep(
            KeptContext(.cached, localId: kept.localId, url: kept.url, createdAt: city.now(), document: document), "")
        forget()
    }

    /// Forgets what was worked out: a document was changed, or removed.
    private func forget() { state.withLock { ($0.resolved, $0.order) = ([:], []) } }

    private func keep(_ kept: KeptContext, _ tenant: String) async throws {
        let same = documents(tenant).filter { $0.kind == kept.kind }.sorted { $0.createdAt < $1.createdAt }
        let isFull = kept.kind != .hosted && same.count >= ContextCatalog.kept
        try await city.change(tenant, kept, isFull ? [same[0].localId] : [])
    }

    private func documents(_ tenant: String) -> [KeptContext] {
        store.documents(.context, tenant: tenant).values.compactMap(KeptContext.init(stored:))
    }

    /// One that is kept, by any URL that names it: of this broker's under any of its names.
    private func kept(at url: String) -> KeptContext? {
        if let cached = kept(url, tenant: "") { return cached }
        guard let place = url.firstRange(of: "/ngsi-ld/v1/jsonldContexts/") else { return nil }
        let id = String(url[place.upperBound...])
        for tenant in [""] + store.tenantNames {
            if let found = kept(id, tenant: tenant) { return found }
        }
        return nil
    }
}

extension ContextCatalog.State {
    fileprivate mutating func count(_ url: String, at now: Int64) {
        usage[url, default: ContextCatalog.Usage()].hits += 1
        usage[url]?.last = now
        // What is not kept needs no count.
        if usage.count > 4 * ContextCatalog.kept { usage = [:] }
    }
}

extension JSONValue {
    /// Under which a context is known: a URL by itself, everything else by its text.
    fileprivate var catalogKey: String {
        if case .string(let url) = self { return url }
        if case .array(let elements) = self, elements.count == 1, case .string(let url) = elements[0] { return url }
        return description
    }

    /// A local context is a URL, an object, or an array of these (JSON-LD 1.1 §9.15).
    fileprivate func checkContext(at path: JSONPath) throws(NGSILDError) {
        switch self {
        case .string, .object, .null: return
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if case .array = element {
                    throw NGSILDError(at: path[index], expected: "a URL or an object", found: element)
                }
                try element.checkContext(at: path[index])
            }
        default: throw NGSILDError(at: path, expected: "a URL, an object, or an array of these", found: self)
        }
    }
}
