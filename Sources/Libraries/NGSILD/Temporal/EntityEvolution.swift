/// What an entity's attributes have been over time (CIM 009 §4.5.6): every instance of every attribute.
public struct EntityEvolution: Sendable, Hashable {
    /// The entity as it is, without attributes: its id, types and times.
    public var entity: Entity
    /// Instances, those of one name side by side; scopes are instances of a Property named `scope`.
    public var instances: [Attribute]
    /// Attributes of which nothing is given because the answer was cut: they are there, without instances.
    public var cut: [Attribute] = []

    /// An evolution.
    ///
    /// - Parameters:
    ///   - entity: Its attributes are left out.
    ///   - instances: In any order; those of one name are brought together, in the order in which they came.
    public init(_ entity: Entity, _ instances: [Attribute]) {
        self.entity = entity
        self.entity.attributes = []
        self.instances = instances.grouped(by: \.name).flatMap { $0 }
    }

    /// The instances that a query asks for.
    ///
    /// Of an attribute's instances those are chosen whose time stands in the relation (§4.11), of these the latest of
    /// each dataset. Scopes hold until others are set (§4.18): with `observedAt`, those are chosen that hold in some part
    /// of the time, too.
    ///
    /// - Parameters:
    ///   - query: Which instants, and how many of the latest of each attribute and dataset.
    ///   - isExplicit: Whether a relation or a temporal property was named: then instances without that time are left
    ///     out.
    /// - Returns: The evolution with those alone, of each attribute by datasets in the order of time; nil when there is
    ///   nothing from that time.
    public func selecting(_ query: TemporalQuery, isExplicit: Bool) -> EntityEvolution? {
        let asked = instances.filter { $0.time(query.timeProperty).map(query.contains) ?? !isExplicit }
        guard !asked.isEmpty else { return nil }
        var standing: [Attribute] = []
        if isExplicit, query.timeProperty == .observedAt {
            let known = Set(asked.filter { $0.name == ScopeTimeline.name })
            standing = ScopeTimeline(of: self).standing(in: query).filter { !known.contains($0) }
        }
        var selected = self
        selected.instances = (standing + asked).grouped(by: \.name).flatMap { attribute in
            attribute.grouped(by: \.datasetId).flatMap { dataset in
                let sorted = dataset.inOrder(of: query.timeProperty)
                return query.lastN.map { sorted.suffix($0) } ?? sorted[...]
            }
        }
        return selected
    }
}

extension Attribute {
    /// The time of an instance that a query is about; nil when it has none.
    ///
    /// - Parameter property: Which of its times.
    /// - Returns: In microseconds since 1970.
    public func time(_ property: TemporalQuery.TimeProperty) -> Int64? {
        switch property {
        case .observedAt: observedAt
        case .createdAt: createdAt
        case .modifiedAt: modifiedAt
        case .deletedAt: deletedAt
        }
    }

    /// Whether an instance says that the attribute was deleted (§4.5.7).
    var isDeleted: Bool { deletedAt != nil || isDeletion }
}

extension [Attribute] {
    /// Groups of instances that have something in common, each in the order in which they came. Linear.
    func grouped<Key: Hashable>(by key: (Attribute) -> Key) -> [[Attribute]] {
        var places: [Key: Int] = [:]
        var groups: [[Attribute]] = []
        for instance in self {
            let key = key(instance)
            if let place = places[key] {
                groups[place].append(instance)
            } else {
                places[key] = groups.count
                groups.append([instance])
            }
        }
        return groups
    }

    /// By time, those without it first; of one time in the order in which they came.
    func inOrder(of property: TemporalQuery.TimeProperty) -> [Attribute] {
        let times = map { $0.time(property) ?? .min }
        // Not all sorting is stable.
        let order = indices.sorted { times[$0] == times[$1] ? $0 < $1 : times[$0] < times[$1] }
        return order.map { self[$0] }
    }
}
