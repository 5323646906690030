public import JSONBytes

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
            if let deletedAt = entity.deletedAt { writer.member("deletedAt", instant: deletedAt) }
        }
        for attribute in instances.grouped(by: \.name) where projection.keeps(attribute[0].name) {
            writer.key(options.entity.context.term(for: attribute[0].name))
            switch options.representation {
            case .normalized: writer.instances(attribute, options.entity, query)
            case .temporalValues: writer.datasets(attribute) { $0.pairs($1, options.entity, query) }
            case .aggregatedValues(let aggregation): writer.datasets(attribute) { $0.periods($1, aggregation, query) }
            }
        }
        for attribute in cut where projection.keeps(attribute.name) {
            writer.key(options.entity.context.term(for: attribute.name))
            writer.nothing(of: attribute.kind, options.representation)
        }
    }
}

extension JSONWriter {
    // MARK: Instances in full

    fileprivate mutating func instances(_ attribute: [Attribute], _ options: EntityOptions, _ query: TemporalQuery) {
        var options = options
        options.representation = .normalized
        beginArray()
        for instance in attribute {
            beginObject()
            instance.writeTemporalMembers(to: &self, options)
            timeAskedFor(of: instance, options, query.timeProperty)
            endObject()
        }
        endArray()
    }

    /// The time that a query is about belongs to what it gives (§4.5.7), also where it is one of the broker's.
    private mutating func timeAskedFor(
        of instance: Attribute, _ options: EntityOptions, _ property: TemporalQuery.TimeProperty
    ) {
        switch property {
        case .observedAt, .deletedAt: return
        case .createdAt, .modifiedAt: break
        }
        guard !options.includesSystemAttributes, let time = instance.time(property) else { return }
        member(property.rawValue, instant: time)
    }

    // MARK: Series of each dataset

    /// What is written of each dataset of an attribute: one object, or an array of them where there are several.
    fileprivate mutating func datasets(_ attribute: [Attribute], _ write: (inout JSONWriter, [Attribute]) -> Void) {
        let datasets = attribute.grouped(by: \.datasetId)
        if datasets.count > 1 { beginArray() }
        for dataset in datasets {
            beginObject()
            key("type")
            string(dataset[0].kind.rawValue)
            if let datasetId = dataset[0].datasetId {
                key("datasetId")
                string(datasetId)
            }
            write(&self, dataset)
            endObject()
        }
        if datasets.count > 1 { endArray() }
    }

    fileprivate mutating func pairs(_ instances: [Attribute], _ options: EntityOptions, _ query: TemporalQuery) {
        var options = options
        options.representation = .keyValues
        key(instances[0].kind.seriesMember)
        beginArray()
        for instance in instances {
            beginArray()
            instance.write(to: &self, options: options)
            time(of: instance, query.timeProperty)
            endArray()
        }
        endArray()
    }

    /// The time that was asked for; of an instance that does not have it, the next best.
    private mutating func time(of instance: Attribute, _ property: TemporalQuery.TimeProperty) {
        if property == .observedAt, let time = instance.observedAt, instance.observedDecimals > 0 {
            return string(DateTime.text(time, decimals: instance.observedDecimals))
        }
        let time =
            instance.time(property) ?? instance.observedAt ?? instance.deletedAt ?? instance.modifiedAt
            ?? instance.createdAt
        if let time { timestamp(time) } else { null() }
    }

    fileprivate mutating func periods(_ instances: [Attribute], _ aggregation: Aggregation, _ query: TemporalQuery) {
        let values = instances.filter { !$0.isDeleted }
        let type = AggregatedType(of: values)
        let periods = aggregation.periods(of: values, query)
        for method in aggregation.methods {
            key(method.rawValue)
            beginArray()
            for period in periods {
                guard let value = method.value(of: period.instances, type) else { continue }
                beginArray()
                self.value(value)
                timestamp(period.start)
                timestamp(period.end)
                endArray()
            }
            endArray()
        }
    }

    // MARK: Attributes that were cut

    /// An attribute of which no instance is given.
    fileprivate mutating func nothing(of kind: AttributeKind, _ representation: EvolutionOptions.Representation) {
        guard case .temporalValues = representation else {
            beginArray()
            return endArray()
        }
        beginObject()
        key("type")
        string(kind.rawValue)
        key(kind.seriesMember)
        beginArray()
        endArray()
        endObject()
    }
}
