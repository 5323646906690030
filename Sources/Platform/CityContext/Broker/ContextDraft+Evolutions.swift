public import CityModel
import JSONBytes
public import NGSILD

/// The operations on temporal evolutions (CIM 009 §5.6.11 to §5.6.16). What an entity is and what it has been are one:
/// the latest instance of an attribute is what it is.
extension ContextDraft {
    /// Adds instances (§5.6.11, §5.6.12); the entity begins with them where there is none.
    ///
    /// - Parameters:
    ///   - fragment: Read as ``NGSILD/EntityPurpose/temporal``.
    ///   - key: Which entity.
    ///   - mayCreate: Whether the entity may begin with them.
    ///   - rights: What may be entered.
    /// - Returns: Whether the entity is new.
    /// - Throws: ``NGSILD/ProblemCode/resourceNotFound`` when it is not there and may not begin.
    public mutating func addInstances(
        _ fragment: EntityFragment, _ key: EntityKey, mayCreate: Bool, _ rights: WriteRights
    ) throws -> Bool {
        let known = entity(key)
        guard known != nil || mayCreate else {
            throw NGSILDError(.resourceNotFound, "there is no entity `\(key.id.prefix(200))`")
        }
        var latest = fragment
        latest.attributes = []
        for instance in fragment.attributes where instance.name != "scope" {
            let index = latest.attributes.firstIndex { $0.name == instance.name && $0.datasetId == instance.datasetId }
            if let index {
                if instance.isNotOlder(than: latest.attributes[index]) { latest.attributes[index] = instance }
            } else {
                latest.attributes.append(instance)
            }
        }
        if let scopes = fragment.attributes.last(where: { $0.name == "scope" })?.value { latest.scopes = scopes.texts }
        if let before = known?.entity {
            latest.attributes.removeAll { instance in
                before.instance(instance.name, instance.datasetId).map { !instance.isNotOlder(than: $0) } ?? false
            }
            try change(key, rights, recordsInstances: false) { entity, now in
                entity.append(latest, overwrites: true, at: now)
            }
        } else {
            try create(latest, key, rights, recordsInstances: false)
        }
        var instances = fragment.attributes
        if let scopes = fragment.scopes { instances.append(.scope(scopes, at: now)) }
        let merge = EvolutionMerge(adding: instances, to: known == nil ? [] : try evolution(of: key), at: now)
        if !merge.added.isEmpty { make(.evolution(EvolutionChange(key, at: now, .add(merge.added)))) }
        for instance in merge.modified { make(.evolution(EvolutionChange(key, at: now, .modify(instance)))) }
        return known == nil
    }

    /// Changes an evolution that is there.
    ///
    /// - Throws: ``NGSILD/ProblemCode/resourceNotFound`` when there is no such entity.
    public mutating func changeEvolution(_ key: EntityKey, _ act: EvolutionChange.Act) throws {
        guard entity(key) != nil else {
            throw NGSILDError(.resourceNotFound, "there is no entity `\(key.id.prefix(200))`")
        }
        make(.evolution(EvolutionChange(key, at: now, act)))
    }
}

extension Attribute {
    /// Scopes as an instance of a temporal evolution (§4.5.6).
    static func scope(_ scopes: [String], at now: Int64) -> Attribute {
        var instance = Attribute(
            "scope", value: scopes.count == 1 ? .string(scopes[0]) : .array(scopes.map { .string($0) }), observedAt: now
        )
        (instance.createdAt, instance.modifiedAt) = (now, now)
        return instance
    }

    fileprivate func isNotOlder(than other: Attribute) -> Bool {
        switch (observedAt, other.observedAt) {
        case (let mine?, let theirs?): mine >= theirs
        case (nil, _?): false
        case (_, nil): true
        }
    }
}

extension JSONValue {
    fileprivate var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
        default: []
        }
    }
}
