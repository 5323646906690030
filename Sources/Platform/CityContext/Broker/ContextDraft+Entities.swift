public import CityModel
public import NGSILD

/// The operations on entities (CIM 009 §5.6), each as one decision.
extension ContextDraft {
    /// Creates an entity (§5.6.1).
    ///
    /// - Throws: ``NGSILD/ProblemCode/alreadyExists`` when it is there.
    public mutating func create(
        _ fragment: EntityFragment, _ key: EntityKey, _ rights: WriteRights, recordsInstances: Bool = true
    ) throws {
        if let known = entity(key), known.entity.isExpired(at: now) {
            // It is gone for everybody already; what is left of it goes first.
            make(.entity(EntityChange(.deleted, key, at: now, after: nil, update: EntityUpdate(), before: known)))
        }
        guard entity(key) == nil, !isObserved(key) else {
            throw NGSILDError(.alreadyExists, "the entity `\(key.id.prefix(200))` exists already")
        }
        let new = Entity(creating: fragment, at: now)
        let labels = new.attributes.map { rights.label(for: $0.name, of: new) }
        make(
            .entity(
                EntityChange(
                    .created, key, at: now, after: LabelledEntity(new, labels), update: new.creation, before: nil,
                    recordsInstances: recordsInstances)))
    }

    /// Changes an entity that is there.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - types: Types that it must have; nil for any.
    ///   - rights: What may be changed.
    ///   - recordsInstances: Whether the evolution gets the new values as instances.
    ///   - body: Changes it at a time, and says what it did.
    /// - Returns: What `body` did.
    /// - Throws: ``NGSILD/ProblemCode/resourceNotFound`` when it is not there; a refusal for an attribute of another
    ///   agency; what `body` throws. Nothing is changed then.
    @discardableResult
    public mutating func change(
        _ key: EntityKey, types: TypeSelection? = nil, _ rights: WriteRights, recordsInstances: Bool = true,
        _ body: (inout Entity, _ now: Int64) throws -> EntityUpdate
    ) throws -> EntityUpdate {
        let before = try existing(key, types)
        var after = before.entity
        let update = try body(&after, now)
        guard update.isChange else { return update }
        for change in update.changes { try check(change, before, rights) }
        let labels = after.attributes.map { attribute in
            before.label(of: attribute.name, attribute.datasetId) ?? rights.label(for: attribute.name, of: after)
        }
        make(
            .entity(
                EntityChange(
                    .updated, key, at: now, after: LabelledEntity(after, labels), update: update, before: before,
                    recordsInstances: recordsInstances)))
        return update
    }

    /// Deletes an entity (§5.6.6).
    ///
    /// - Throws: ``NGSILD/ProblemCode/resourceNotFound`` when it is not there; a refusal when an attribute of it is
    ///   another agency's.
    public mutating func delete(_ key: EntityKey, types: TypeSelection? = nil, _ rights: WriteRights) throws {
        let before = try existing(key, types)
        var update = EntityUpdate()
        update.changesHead = true
        for attribute in before.entity.attributes {
            let change = AttributeChange(
                .deleted, attribute.name, datasetId: attribute.datasetId, previous: attribute)
            try check(change, before, rights)
            update.changes.append(change)
        }
        make(.entity(EntityChange(.deleted, key, at: now, after: nil, update: update, before: before)))
    }

    private func existing(_ key: EntityKey, _ types: TypeSelection?) throws(NGSILDError) -> LabelledEntity {
        guard let before = entity(key), types?.matches(before.entity.types) ?? true,
            !before.entity.isExpired(at: now)
        else { throw NGSILDError(.resourceNotFound, "there is no entity `\(key.id.prefix(200))`") }
        return before
    }

    private func check(
        _ change: AttributeChange, _ before: LabelledEntity, _ rights: WriteRights
    ) throws(Refusal) {
        guard let label = before.label(of: change.name, change.datasetId), !rights.mayChange(label) else { return }
        throw Refusal(
            step: .authorise, code: .entityNotOwn,
            message: "attribute `\(change.name)` is agency `\(label.agency?.text ?? "")`'s, and only it may change it")
    }
}

extension WriteRights {
    fileprivate func label(for name: String, of entity: Entity) -> AttributeLabel {
        AttributeLabel(dataClass: classify(entity.types, name), agency: agency)
    }
}

extension LabelledEntity {
    fileprivate func label(of name: String, _ datasetId: String?) -> AttributeLabel? {
        let index = entity.attributes.firstIndex { $0.name == name && $0.datasetId == datasetId }
        return (index ?? entity.attributes.firstIndex { $0.name == name }).map { labels[$0] }
    }
}

extension Entity {
    /// Whether it is to be forgotten by now (CIM 009 §4.22).
    public func isExpired(at now: Int64) -> Bool { expiresAt.map { $0 <= now } ?? false }
}
