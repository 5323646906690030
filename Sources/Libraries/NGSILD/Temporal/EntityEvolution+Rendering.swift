public import JSONBytes

/// How temporal evolutions are written.
public struct EvolutionOptions: Sendable {
    /// What is written of each attribute.
    public enum Representation: Sendable, Hashable {
        /// Its instances in full (CIM 009 §4.5.7, §4.5.8).
        case normalized
        /// Pairs of value and time (§4.5.9).
        case temporalValues
        /// One value for each period (§4.5.19).
        case aggregatedValues(Aggregation)
    }

    /// Normalized unless asked otherwise.
    public var representation = Representation.normalized
    /// Names, system attributes and projection.
    public var entity: EntityOptions

    /// Normalized.
    public init(_ entity: EntityOptions = EntityOptions()) {
        self.entity = entity
    }
}

extension EntityEvolution {
    /// Writes the members of the evolution into an object that is open already.
    ///
    /// - Parameters:
    ///   - writer: Where to write.
    ///   - options: Representation and names.
    ///   - query: What was asked for.
    public func writeMembers(to writer: inout JSONWriter, _ options: EvolutionOptions, _ query: TemporalQuery) {
        let projection = options.entity.projection
        if projection.keeps("id") {
            writer.key("id")
            writer.string(entity.id)
        }
        if projection.keeps("type") {
            writer.key("type")
            writer.names(entity.types, options.entity.context)
        }
        if options.entity.includesSystemAttributes {
            if let expiresAt = entity.expiresAt { writer.member("expiresAt", instant: expiresAt) }
            writer.systemTimes(entity.createdAt, entity.modifiedAt)
        }
        var rest = instances[...]
        while let first = rest.first {
            let group = rest.prefix { $0.name == first.name }
            rest = rest.dropFirst(group.count)
            guard projection.keeps(first.name) else { continue }
            writer.key(options.entity.context.term(for: first.name))
            switch options.representation {
            case .normalized: writer.instances(Array(group), options.entity)
            case .temporalValues: writer.temporalValues(Array(group), options.entity, query)
            case .aggregatedValues(let aggregation): writer.aggregated(Array(group), aggregation, query)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func instances(_ group: [Attribute], _ options: EntityOptions) {
        var options = options
        options.representation = .normalized
        beginArray()
        for instance in group {
            beginObject()
            instance.writeTemporalMembers(to: &self, options)
            endObject()
        }
        endArray()
    }

    /// One object, or an array of them where there are several datasets.
    fileprivate mutating func temporalValues(
        _ group: [Attribute], _ options: EntityOptions, _ query: TemporalQuery
    ) {
        var datasets: [String?] = []
        for instance in group where !datasets.contains(instance.datasetId) { datasets.append(instance.datasetId) }
        if datasets.count > 1 { beginArray() }
        for dataset in datasets {
            pairs(group.filter { $0.datasetId == dataset }, dataset, options, query)
        }
        if datasets.count > 1 { endArray() }
    }

    private mutating func pairs(
        _ instances: [Attribute], _ dataset: String?, _ options: EntityOptions, _ query: TemporalQuery
    ) {
        guard let kind = instances.first?.kind else { return null() }
        beginObject()
        key("type")
        string(kind.rawValue)
        if let dataset {
            key("datasetId")
            string(dataset)
        }
        key(kind.seriesMember)
        beginArray()
        var options = options
        options.representation = .keyValues
        for instance in instances {
            beginArray()
            instance.write(to: &self, options: options)
            if let time = instance.time(query.timeProperty) { timestamp(time) } else { string("") }
            endArray()
        }
        endArray()
        endObject()
    }

    fileprivate mutating func aggregated(_ group: [Attribute], _ aggregation: Aggregation, _ query: TemporalQuery) {
        beginObject()
        key("type")
        string((group.first?.kind ?? .property).rawValue)
        let periods = aggregation.periods(of: group.filter { $0.deletedAt == nil }, query)
        for method in aggregation.methods {
            let values = periods.compactMap { period in
                method.value(of: period.values).map { (period.start, period.end, $0) }
            }
            key(method.rawValue)
            beginArray()
            for (start, end, value) in values {
                beginArray()
                self.value(value)
                timestamp(start)
                timestamp(end)
                endArray()
            }
            endArray()
        }
        endObject()
    }
}
