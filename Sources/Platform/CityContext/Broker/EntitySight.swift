public import CityModel
public import NGSILD

/// An entity as one reader may see it.
public struct SeenEntity: Sendable {
    /// What is said of it and what devices observe, what the reader may not see left out.
    public var entity: Entity
    /// The most sensitive class among what is left.
    public var highestClass: DataClass

    /// An entity as it is seen.
    public init(entity: Entity, highestClass: DataClass) {
        self.entity = entity
        self.highestClass = highestClass
    }
}

/// What one reader may see: entities of a tenant, together with what devices observe of them.
public struct EntitySight: Sendable {
    private let twin: Twin
    private let highest: DataClass
    private let now: Int64
    /// The tenant's entities.
    public let store: TenantStore

    /// A reader's sight.
    ///
    /// - Parameters:
    ///   - store: The tenant's entities.
    ///   - twin: What devices observe.
    ///   - highest: The most sensitive class that the reader may see.
    ///   - now: In microseconds since 1970; what has expired by then is not seen.
    public init(store: TenantStore, twin: Twin, upTo highest: DataClass, now: Int64) {
        self.store = store
        self.twin = twin
        self.highest = highest
        self.now = now
    }

    /// An entity by its URI; nil when it is not there for this reader.
    public func entity(_ id: String) -> SeenEntity? { store.entity(id).flatMap(seen) }

    /// Whether the reader may see what an attribute was that is not there any more. Its label went with it: only who may
    /// see everything sees it.
    public func mayHaveSeen(_ name: String, of types: [String]) -> Bool { highest == .sensitive }

    /// What the reader sees of an entity; nil when it has expired.
    public func seen(_ stored: StoredEntity) -> SeenEntity? {
        guard !stored.entity.isExpired(at: now) else { return nil }
        var (entity, highestClass) = stored.visible(upTo: highest)
        if entity.attributes.contains(where: { $0.expiresAt != nil }) {
            entity.attributes.removeAll { ($0.expiresAt ?? .max) <= now }
        }
        guard !stored.series.isEmpty, let observed = twin.entity(EntityID(entity.id)) else {
            return SeenEntity(entity: entity, highestClass: highestClass)
        }
        for attribute in observed.attributes where attribute.definition.label.dataClass <= highest {
            entity.attributes.append(attribute.ngsiLD)
            highestClass = max(highestClass, attribute.definition.label.dataClass)
        }
        return SeenEntity(entity: entity, highestClass: highestClass)
    }
}
