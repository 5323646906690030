public import Geometry
public import JSONBytes
public import NGSILD

/// Where entities lie.
public struct GeoCondition: Sendable {
    /// The property whose geometry counts, a canonical name.
    public let property: String
    /// How it must stand to the reference.
    public let filter: GeoFilter

    /// A condition.
    ///
    /// - Throws: ``NGSILD/ProblemCode/badRequestData`` when the reference is not on the earth.
    public init(_ query: GeoQuery) throws(NGSILDError) {
        property = query.property
        do throws(GeometryError) {
            filter = try GeoFilter(query.relation.spatial, of: Shape(geoJSON: query.geometry))
        } catch {
            throw NGSILDError(.badRequestData, "the geometry of the query is not one to ask by: \(error.message)")
        }
    }

    /// Whether an instance of the property lies there.
    func holds(for entity: Entity) -> Bool {
        entity.attributes.contains { attribute in
            // What is no shape lies nowhere.
            guard attribute.name == property, let shape = try? Shape(geoJSON: attribute.value) else { return false }
            return filter.matches(shape)
        }
    }
}

extension GeoQuery.Relation {
    fileprivate var spatial: SpatialRelation {
        switch self {
        case .nearAtMost(let metres): .near(.maxDistance(metres: metres))
        case .nearAtLeast(let metres): .near(.minDistance(metres: metres))
        case .within: .within
        case .contains: .contains
        case .overlaps: .overlaps
        case .intersects: .intersects
        case .equals: .equals
        case .disjoint: .disjoint
        }
    }
}

/// Which entities are asked for (CIM 009 §5.7.2.4): all conditions must be met.
public struct EntitySelection: Sendable {
    /// One of these must select the entity; any entity where there are none.
    public var selectors: [EntitySelector] = []
    /// It must have one of these attributes, by canonical names; any where there are none.
    public var attributes: [String] = []
    /// What its attributes must hold.
    public var condition: QueryExpression?
    /// Where it must lie.
    public var geo: GeoCondition?
    /// Which scopes it must have.
    public var scopes: ScopeQuery?

    /// What every entity has.
    private static let systemNames: Set<String> = [
        "id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt", "observedAt",
    ]

    /// Any entity.
    public init() {}

    /// Whether it says something that an index or a filter can be made of (§5.7.2.4, a to d).
    public var isNarrow: Bool {
        selectors.contains { $0.types != nil } || geo != nil
            || attributes.contains { !EntitySelection.systemNames.contains($0) }
            || condition.map { !$0.attributeNames.isSubset(of: EntitySelection.systemNames) } ?? false
    }

    /// Whether an entity is asked for, as its reader sees it.
    ///
    /// - Parameters:
    ///   - entity: What the reader sees of it.
    ///   - linked: The entity behind a URI, as the reader sees it.
    ///   - budget: What may be spent.
    /// - Returns: True if it meets all conditions.
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(
        _ entity: Entity, linked: (String) -> Entity?, within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        if !selectors.isEmpty {
            var isSelected = false
            for selector in selectors where !isSelected {
                isSelected = try selector.matches(id: entity.id, types: entity.types, within: &budget)
            }
            guard isSelected else { return false }
        }
        if !attributes.isEmpty, !entity.attributes.contains(where: { attributes.contains($0.name) }) { return false }
        if let scopes, !scopes.matches(entity.scopes) { return false }
        if let condition, try !condition.matches(entity, linked: linked, within: &budget) { return false }
        return geo?.holds(for: entity) ?? true
    }

    /// What an index can tell.
    public var narrowing: Narrowing {
        var narrowing = Narrowing()
        if !selectors.isEmpty, selectors.allSatisfy({ !$0.ids.isEmpty }) {
            narrowing.ids = Array(Set(selectors.flatMap(\.ids)))
        }
        if !selectors.isEmpty, selectors.allSatisfy({ $0.types != nil }) {
            narrowing.types = selectors.flatMap { $0.types?.alternatives.compactMap(\.first) ?? [] }
        }
        if !attributes.isEmpty { narrowing.attributes = attributes }
        if let geo { narrowing.attributes = narrowing.attributes ?? [geo.property] }
        return narrowing
    }
}
