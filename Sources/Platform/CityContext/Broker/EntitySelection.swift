public import Geometry
public import JSONBytes
public import NGSILD

/// Entities by what they are called and of which types they are (CIM 009 §5.2.33).
public struct EntitySelector: Sendable {
    /// URIs; empty for any.
    public var ids: Set<String>
    /// What the URI matches; nil for any.
    public var idPattern: TextPattern?
    /// Which types; nil for any.
    public var types: TypeSelection?

    /// A selector.
    public init(ids: Set<String> = [], idPattern: TextPattern? = nil, types: TypeSelection? = nil) {
        self.ids = ids
        self.idPattern = idPattern
        self.types = types
    }

    /// Whether it selects an entity.
    ///
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when the budget is spent.
    public func selects(
        _ id: String, _ types: [String], within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        if !ids.isEmpty, !ids.contains(id) { return false }
        if let wanted = self.types, !wanted.matches(types) { return false }
        // An id takes precedence (§5.2.33).
        guard ids.isEmpty, let idPattern else { return true }
        return try idPattern.matches(id, within: &budget)
    }
}

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
        guard let shape = Shape(geoJSON: query.geometry) else {
            throw NGSILDError(
                .badRequestData, "`coordinates` must lie on the earth: longitude from -180 to 180, latitude from -90 to 90")
        }
        property = query.property
        filter = GeoFilter(query.relation.spatial, shape)
    }

    /// Whether an instance of the property lies there.
    func holds(for entity: Entity) -> Bool {
        entity.attributes.contains { attribute in
            attribute.name == property && Shape(geoJSON: attribute.value).map(filter.matches) ?? false
        }
    }
}

extension GeoQuery.Relation {
    fileprivate var spatial: SpatialRelation {
        switch self {
        case .nearAtMost(let metres): .nearAtMost(metres: metres)
        case .nearAtLeast(let metres): .nearAtLeast(metres: metres)
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
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(
        _ entity: Entity, linked: (String) -> Entity?, within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        if !selectors.isEmpty {
            var isSelected = false
            for selector in selectors where !isSelected {
                isSelected = try selector.selects(entity.id, entity.types, within: &budget)
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
            narrowing.ids = Array(selectors.reduce(into: Set()) { $0.formUnion($1.ids) })
        }
        if !selectors.isEmpty, selectors.allSatisfy({ $0.types != nil }) {
            narrowing.types = selectors.flatMap { $0.types?.alternatives.compactMap(\.first) ?? [] }
        }
        if !attributes.isEmpty { narrowing.attributes = attributes }
        if let geo { narrowing.attributes = narrowing.attributes ?? [geo.property] }
        return narrowing
    }
}
