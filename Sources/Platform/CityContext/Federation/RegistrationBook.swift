public import CityModel
public import NGSILD
import Synchronization

/// The context source registrations of all tenants, read: what other brokers and devices know of (CIM 009 §4.3.6, §5.9).
/// A view of the journal. Safe from any thread; only the committer writes.
public final class RegistrationBook: Sendable {
    private let state = Mutex<[String: [String: ContextSourceRegistration]]>([:])

    /// A book without registrations.
    public init() {}

    /// A tenant's registrations, the oldest first.
    public func all(tenant: String) -> [ContextSourceRegistration] {
        let known = state.withLock { $0[tenant].map { Array($0.values) } ?? [] }
        return known.sorted { ($0.createdAt ?? 0, $0.id) < ($1.createdAt ?? 0, $1.id) }
    }

    /// Whether a tenant has any.
    public func isEmpty(tenant: String) -> Bool { state.withLock { $0[tenant]?.isEmpty ?? true } }

    /// One of them; nil when there is none.
    public func registration(_ id: String, tenant: String) -> ContextSourceRegistration? {
        state.withLock { $0[tenant]?[id] }
    }

    /// Takes what was committed.
    ///
    /// - Returns: The registration before and after; nil for a change of something else.
    @discardableResult
    public func note(
        _ change: DocumentChange
    ) -> (before: ContextSourceRegistration?, after: ContextSourceRegistration?)? {
        guard change.kind == .registration else { return nil }
        let after = change.content.flatMap { try? ContextSourceRegistration(storage: $0) }
        return state.withLock { state in
            let before = state[change.tenant]?[change.id]
            state[change.tenant, default: [:]][change.id] = after
            return (before, after)
        }
    }

    /// Fills the book from the store.
    public func restore(from store: ContextStore) {
        for tenant in store.tenantNames + [""] {
            for (id, content) in store.documents(.registration, tenant: tenant) {
                let registration = try? ContextSourceRegistration(storage: content)
                state.withLock { $0[tenant, default: [:]][id] = registration }
            }
        }
    }

    /// Counts how it went to ask a source; kept for as long as the program runs.
    ///
    /// - Parameters:
    ///   - id: Which registration.
    ///   - tenant: Whose.
    ///   - count: Counts it.
    public func count(_ id: String, tenant: String, _ count: (inout DeliveryRecord) -> Void) {
        state.withLock { state in
            guard var registration = state[tenant]?[id] else { return }
            count(&registration.deliveries)
            state[tenant]?[id] = registration
        }
    }
}

/// Which registrations are asked for (CIM 009 §5.10.2.4).
public struct RegistrationSelection: Sendable {
    /// What they must know of.
    public var specification: EntitySpecification
    /// What their own properties must hold: the context source filter.
    public var filter: QueryExpression?
    /// Where they must know something of.
    public var geo: GeoCondition?
    /// Which scopes they must have.
    public var scopes: ScopeQuery?

    /// Those that know of something.
    public init(_ specification: EntitySpecification) {
        self.specification = specification
    }

    /// What of a registration is asked for; nil when nothing is.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when the budget is spent.
    public func match(
        _ registration: ContextSourceRegistration, at now: Int64, within budget: inout QueryBudget
    ) throws(NGSILDError) -> RegistrationMatch? {
        guard let match = try registration.match(specification, at: now, within: &budget) else { return nil }
        if let scopes, !scopes.matches(registration.scopes) { return nil }
        guard filter != nil || geo != nil else { return match }
        var source = Entity(id: registration.id, types: ["ContextSourceRegistration"], attributes: [])
        source.attributes = registration.contextSourceProperties
        if let filter, try !filter.matches(source.attributes, within: &budget) { return nil }
        if let geo, !geo.holds(for: source) { return nil }
        return match
    }
}
