/// Why a change concerns a subscription.
public struct MatchedChange: Sendable, Hashable {
    /// The triggers that it meets; ``NotificationTrigger/entityUpdated`` is taken apart.
    public var triggers: Set<NotificationTrigger>
    /// The attributes through which it does, canonical names; empty if the entity itself was created or deleted.
    public var attributes: Set<String>
}

extension Subscription {
    /// Whether a change concerns this subscription (CIM 009 §5.8.6), but for ``q``, ``geoQ`` and ``scopeQ``, and for
    /// whether it is active.
    ///
    /// - Parameters:
    ///   - change: The entity before and after.
    ///   - budget: What may be spent on patterns, for all subscriptions that are asked.
    /// - Returns: Why it does; nil if it does not.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func match(
        _ change: EntityChange, within budget: inout QueryBudget
    ) throws(NGSILDError) -> MatchedChange? {
        if isLocal, !change.isLocal { return nil }
        guard let entity = change.entity else { return nil }
        var match = MatchedChange(triggers: [], attributes: [])
        for trigger in Set(triggers.flatMap(\.parts)) {
            guard let names = change.attributes(for: trigger) else { continue }
            let watched = watchedAttributes.isEmpty ? names : names.intersection(watchedAttributes)
            let isOfEntity = trigger == .entityCreated || trigger == .entityDeleted
            guard watchedAttributes.isEmpty || !watched.isEmpty else { continue }
            match.triggers.insert(trigger)
            if !isOfEntity { match.attributes.formUnion(watched) }
        }
        guard !match.triggers.isEmpty, try selects(entity, within: &budget) else { return nil }
        return match
    }

    /// Whether an entity is among those subscribed to, by identifier and type: all are if there are no selectors.
    ///
    /// - Parameters:
    ///   - entity: Its attributes are not looked at.
    ///   - budget: What may be spent on patterns.
    /// - Returns: True if any selector selects it.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func selects(_ entity: Entity, within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        if entities.isEmpty { return true }
        for selector in entities {
            if try selector.matches(id: entity.id, types: entity.types, within: &budget) { return true }
        }
        return false
    }

    /// The entity as a notification about a change shows it (CIM 009 §5.8.6): with what was deleted as NGSI-LD null,
    /// with ``Attribute/previous`` values where changes are shown, and without attributes that the subscription leaves
    /// out.
    ///
    /// Of `pick` and `omit` the parts about attributes of this entity are applied; the rest is left to the writer, who
    /// is handed ``entityOptions(context:)``.
    ///
    /// - Parameters:
    ///   - change: The entity before and after.
    ///   - match: Why it concerns the subscription.
    /// - Returns: The entity to be written; ``Entity/deletedAt`` is set if it was deleted, that of attributes only
    ///   where system attributes are asked for.
    public func content(of change: EntityChange, _ match: MatchedChange) -> Entity? {
        guard var entity = change.entity else { return nil }
        let showsChanges = notification.showChanges ?? false
        let gone = change.deletedInstances.map { tombstone(of: $0, at: change.instant) }
        if change.after == nil {
            entity.deletedAt = change.instant
            entity.scopes = []
            switch (showsChanges, match.triggers.contains(.entityDeleted)) {
            case (true, true): entity.attributes = gone
            // Only that it is gone is told, and when.
            case (false, true): entity.attributes = []
            case (_, false): entity.attributes = gone.filter { match.attributes.contains($0.name) }
            }
        } else {
            if showsChanges {
                for index in entity.attributes.indices {
                    entity.attributes[index].previous = change.previous(of: entity.attributes[index])?.value
                }
            }
            entity.attributes.add(gone)
        }
        let shown = Set(notification.attributes)
        let projection = notification.projection
        entity.attributes.removeAll { attribute in
            !selects(attribute) || !(shown.isEmpty ? projection.keeps(attribute.name) : shown.contains(attribute.name))
        }
        return entity
    }

    /// How the entities of a notification are written: representation, system attributes, language, and which members.
    ///
    /// - Parameter context: What the receiver's terms stand for.
    /// - Returns: For GeoJSON the geometry of `location` is chosen (§4.5.16). Linked entities are left to the caller.
    public func entityOptions(context: JSONLDContext = .core) -> EntityOptions {
        var options = EntityOptions()
        options.representation = notification.representation
        options.includesSystemAttributes = notification.sysAttrs ?? false
        options.context = context
        options.languages = lang.flatMap { try? LanguageFilter(parsing: $0) }
        options.projection = notification.projection
        if notification.endpoint.mediaType == .geoJSON { options.geometryProperty = "location" }
        return options
    }

    /// Whether an instance of an attribute is shown (§4.5.5).
    ///
    /// - Parameter attribute: Any instance.
    /// - Returns: True if ``datasetId`` is empty or names it.
    public func selects(_ attribute: Attribute) -> Bool {
        datasetId.isEmpty || datasetId.contains(attribute.datasetId ?? "@none")
    }

    /// What is shown of an instance that is gone.
    private func tombstone(of attribute: Attribute, at instant: Int64) -> Attribute {
        let null = NGSILDNull.value(for: attribute.kind)
        var gone = Attribute(attribute.name, kind: attribute.kind, value: null, datasetId: attribute.datasetId)
        gone.createdAt = attribute.createdAt
        gone.modifiedAt = attribute.modifiedAt
        if notification.sysAttrs ?? false { gone.deletedAt = instant }
        if notification.showChanges ?? false { gone.previous = attribute.value }
        return gone
    }
}

extension [Attribute] {
    /// Adds instances, each after those of its name that stand side by side; the rest at the end.
    fileprivate mutating func add(_ instances: [Attribute]) {
        guard !instances.isEmpty else { return }
        var waiting = Dictionary(grouping: instances, by: \.name)
        var result: [Attribute] = []
        result.reserveCapacity(count + instances.count)
        for index in indices {
            result.append(self[index])
            let isLast = index + 1 == endIndex || self[index + 1].name != self[index].name
            if isLast, let group = waiting.removeValue(forKey: self[index].name) { result += group }
        }
        self = result + instances.filter { waiting[$0.name] != nil }
    }
}
