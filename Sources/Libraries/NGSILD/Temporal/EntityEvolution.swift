public import JSONBytes

/// What an entity's attributes have been over time (CIM 009 §4.5.6): every instance of every attribute.
public struct EntityEvolution: Sendable, Hashable {
    /// The entity as it is, without attributes: its id, types and times.
    public var entity: Entity
    /// Instances, those of one name side by side; scopes are instances of a Property named `scope`.
    public var instances: [Attribute]
    /// Attributes of which nothing is given because the answer was cut: they are there, without instances.
    public var cut: [Attribute] = []

    /// An evolution.
    public init(_ entity: Entity, _ instances: [Attribute]) {
        self.entity = entity
        self.entity.attributes = []
        var names: [String] = []
        for instance in instances where !names.contains(instance.name) { names.append(instance.name) }
        self.instances = names.flatMap { name in instances.filter { $0.name == name } }
    }

    /// The instances that a query asks for.
    ///
    /// - Parameters:
    ///   - query: Which instants, and how many of the latest.
    ///   - isExplicit: Whether a relation or a temporal property was named: then instances without that time are left out.
    /// - Returns: The evolution with those alone, of each attribute in the order of time; nil when there are none.
    public func selecting(_ query: TemporalQuery, isExplicit: Bool) -> EntityEvolution? {
        var selected = self
        selected.instances = []
        var rest = instances[...]
        while let first = rest.first {
            let group = rest.prefix { $0.name == first.name }
            rest = rest.dropFirst(group.count)
            var chosen: [Attribute] = []
            var byDataset: [String?: [Attribute]] = [:]
            var datasets: [String?] = []
            for instance in group {
                let time = instance.time(query.timeProperty)
                guard time.map(query.contains) ?? !isExplicit else { continue }
                if byDataset[instance.datasetId] == nil { datasets.append(instance.datasetId) }
                byDataset[instance.datasetId, default: []].append(instance)
            }
            for dataset in datasets {
                let sorted = (byDataset[dataset] ?? []).enumerated().sorted { left, right in
                    let times = (
                        left.element.time(query.timeProperty) ?? .min, right.element.time(query.timeProperty) ?? .min
                    )
                    return times.0 == times.1 ? left.offset < right.offset : times.0 < times.1
                }.map(\.element)
                chosen += query.lastN.map { sorted.suffix($0) } ?? sorted[...]
            }
            selected.instances += chosen
        }
        return selected.instances.isEmpty ? nil : selected
    }
}

extension Attribute {
    /// The time of an instance that a query is about; nil when it has none.
    public func time(_ property: TemporalQuery.TimeProperty) -> Int64? {
        switch property {
        case .observedAt: observedAt
        case .createdAt: createdAt
        case .modifiedAt: modifiedAt
        case .deletedAt: deletedAt
        }
    }
}

/// Which part of temporal evolutions is given at once (CIM 009 §6.3.10).
public enum TemporalPage {
    /// What is left out, and so what the answer must say.
    public struct Range: Sendable, Hashable {
        /// In microseconds since 1970; later than ``end`` when the latest come first.
        public var start: Int64
        /// In microseconds since 1970.
        public var end: Int64
        /// How many of the latest were asked for; nil for all.
        public var size: Int?
    }

    /// Cuts evolutions to about so many instances, at an instant: all of what is given lies on one side of it.
    ///
    /// - Parameters:
    ///   - evolutions: Selected by the query.
    ///   - query: The query.
    ///   - bound: How many instances may be given; those of one instant stay together.
    /// - Returns: What is given, and its range when something is left out.
    public static func cut(
        _ evolutions: [EntityEvolution], _ query: TemporalQuery, bound: Int
    ) -> (given: [EntityEvolution], range: Range?) {
        let count = evolutions.reduce(0) { $0 + $1.instances.count }
        guard count > bound else { return (evolutions, nil) }
        let isBackward = query.lastN != nil
        let times = evolutions.flatMap { $0.instances.compactMap { $0.time(query.timeProperty) } }.sorted()
        guard let edge = isBackward ? times.dropLast(min(bound, times.count) - 1).last : times.prefix(bound).last,
            let first = times.first, let last = times.last
        else { return (evolutions, nil) }
        let given = evolutions.map { evolution in
            var part = evolution
            part.instances.removeAll { instance in
                instance.time(query.timeProperty).map { isBackward ? $0 < edge : $0 > edge } ?? false
            }
            for instance in evolution.instances
            where !(part.instances + part.cut).contains(where: { $0.name == instance.name }) {
                part.cut.append(instance)
            }
            return part
        }
        let start: Int64
        switch (query.relation, isBackward) {
        case (.before(let end), true), (.between(_, let end), true): start = end
        case (.after(let begin), false), (.between(let begin, _), false): start = begin
        case (_, true): start = last
        case (_, false): start = first
        }
        return (given, Range(start: start, end: edge, size: query.lastN))
    }
}
