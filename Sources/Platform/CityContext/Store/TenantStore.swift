import CityModel
public import NGSILD
import Synchronization

/// The entities of one tenant as they are now, and the indexes over them. Safe from any thread; only the committer writes.
public final class TenantStore: Sendable {
    fileprivate struct State {
        var slots: [StoredEntity?] = []
        var places: [String: Int] = [:]
        var types: [String: PlaceSet] = [:]
        var attributes: [String: PlaceSet] = [:]
        var expiring: PlaceSet = PlaceSet()
    }

    /// Its name; empty for the default one.
    public let name: String
    /// How its entities came to be what they are.
    public let evolutions: EvolutionStore
    private let state = Mutex(State())

    init(name: String, evolutions: EvolutionStore) {
        self.name = name
        self.evolutions = evolutions
    }

    // MARK: Reading

    /// An entity by its URI.
    public func entity(_ id: String) -> StoredEntity? {
        state.withLock { state in state.places[id].flatMap { state.slots[$0] } }
    }

    /// An entity by its place.
    public func entity(at place: Int) -> StoredEntity? {
        state.withLock { $0.slots.indices.contains(place) ? $0.slots[place] : nil }
    }

    /// How many entities there are.
    public var count: Int { state.withLock { $0.places.count } }

    /// Entities that may be asked for, in the order in which they came.
    ///
    /// - Parameter narrowing: What an index can tell.
    /// - Returns: At least all that match, and how they were found.
    public func candidates(_ narrowing: Narrowing) -> (entities: [StoredEntity], plan: QueryPlan) {
        state.withLock { state in
            if !narrowing.ids.isEmpty {
                let places = narrowing.ids.compactMap { state.places[$0] }.sorted()
                return (places.compactMap { state.slots[$0] }, QueryPlan(.ids, places.count))
            }
            guard let (index, places) = state.narrowest(narrowing) else {
                return (state.slots.compactMap { $0 }, QueryPlan(.scan, state.places.count))
            }
            return (places.compactMap { state.slots[Int($0)] }, QueryPlan(index, places.count))
        }
    }

    /// The types there are, each with how many entities have it.
    public var typeCounts: [(type: String, count: Int)] {
        state.withLock { state in state.types.map { (type: $0, count: $1.count) } }
    }

    /// The entities of a type.
    public func entities(ofType type: String) -> [StoredEntity] {
        state.withLock { state in state.types[type]?.places.compactMap { state.slots[Int($0)] } ?? [] }
    }

    /// The names of the attributes there are.
    public var attributeNames: [String] { state.withLock { Array($0.attributes.keys) } }

    /// The entities that have an attribute.
    public func entities(withAttribute name: String) -> [StoredEntity] {
        state.withLock { state in state.attributes[name]?.places.compactMap { state.slots[Int($0)] } ?? [] }
    }

    /// Entities of which something is to be forgotten at a time.
    public func expiring() -> [StoredEntity] {
        state.withLock { state in state.expiring.places.compactMap { state.slots[Int($0)] } }
    }

    // MARK: Writing

    /// Puts an entity in the place of what was there.
    ///
    /// - Returns: Its place.
    @discardableResult
    func put(_ labelled: LabelledEntity) -> Int {
        state.withLock { state in
            let id = labelled.entity.id
            let place = state.places[id] ?? state.slots.count
            let old = place < state.slots.count ? state.slots[place] : nil
            let new = StoredEntity(
                place: place, entity: labelled.entity, labels: AttributeLabels(labelled.labels),
                series: old?.series ?? [])
            if place == state.slots.count { state.slots.append(nil) }
            state.places[id] = place
            state.slots[place] = new
            state.reindex(old, new, at: place)
            return place
        }
    }

    /// Learns that a device observes an attribute of an entity.
    func observe(_ definition: AttributeDefinition) {
        state.withLock { state in
            let id = definition.entity.text
            let place = state.places[id] ?? state.slots.count
            let old = place < state.slots.count ? state.slots[place] : nil
            guard old?.series.contains(definition.series) != true else { return }
            let entity = old?.entity ?? Entity(id: id, types: [definition.entityType], attributes: [])
            let new = StoredEntity(
                place: place, entity: entity, labels: old?.labels ?? AttributeLabels([]),
                series: (old?.series ?? []) + [definition.series])
            if place == state.slots.count { state.slots.append(nil) }
            state.places[id] = place
            state.slots[place] = new
            state.reindex(old, new, at: place)
            state.attributes[definition.attribute, default: PlaceSet()].insert(place)
        }
    }

    /// Forgets an entity. What devices observe of it stays: they will go on.
    func remove(_ id: String) {
        state.withLock { state in
            guard let place = state.places[id], let old = state.slots[place] else { return }
            guard old.series.isEmpty else {
                let bare = Entity(id: id, types: old.entity.types, attributes: [], createdAt: old.entity.createdAt)
                let new = StoredEntity(place: place, entity: bare, labels: AttributeLabels([]), series: old.series)
                state.slots[place] = new
                state.reindex(old, new, at: place)
                return
            }
            state.slots[place] = nil
            state.places[id] = nil
            state.reindex(old, nil, at: place)
        }
    }

    /// Puts an entity at a place that it had before, when the store is opened.
    func restore(_ labelled: LabelledEntity, at place: Int) {
        state.withLock { state in
            while state.slots.count <= place { state.slots.append(nil) }
            let old = state.slots[place]
            let new = StoredEntity(
                place: place, entity: labelled.entity, labels: AttributeLabels(labelled.labels),
                series: old?.series ?? [])
            state.places[labelled.entity.id] = place
            state.slots[place] = new
            state.reindex(old, new, at: place)
        }
    }
}

/// What an index can tell of the entities that a query asks for.
public struct Narrowing: Sendable {
    /// Entities by their URIs; empty for any.
    public var ids: [String] = []
    /// Entities that have one of these types, at least; nil for any.
    public var types: [String]?
    /// Entities that have one of these attributes; nil for any.
    public var attributes: [String]?

    /// Any entity.
    public init() {}
}

/// How entities were found.
public struct QueryPlan: Sendable, Hashable {
    /// By what.
    public enum Index: String, Sendable, Hashable {
        /// By their URIs.
        case ids
        /// By their types.
        case type
        /// By having an attribute.
        case attribute
        /// One after the other.
        case scan
    }

    /// By what they were found.
    public let index: Index
    /// How many were looked at.
    public let candidates: Int

    init(_ index: Index, _ candidates: Int) {
        self.index = index
        self.candidates = candidates
    }
}

extension TenantStore.State {
    /// The index with the fewest candidates.
    fileprivate func narrowest(_ narrowing: Narrowing) -> (QueryPlan.Index, [UInt32])? {
        var found: [(QueryPlan.Index, [UInt32])] = []
        if let types = narrowing.types { found.append((.type, union(of: types, in: self.types))) }
        if let names = narrowing.attributes { found.append((.attribute, union(of: names, in: attributes))) }
        return found.min { $0.1.count < $1.1.count }
    }

    private func union(of keys: [String], in index: [String: PlaceSet]) -> [UInt32] {
        if keys.count == 1 { return index[keys[0]]?.places ?? [] }
        return Set(keys.flatMap { index[$0]?.places ?? [] }).sorted()
    }

    fileprivate mutating func reindex(_ old: StoredEntity?, _ new: StoredEntity?, at place: Int) {
        let (oldTypes, newTypes) = (old?.entity.types ?? [], new?.entity.types ?? [])
        if oldTypes != newTypes {
            for type in oldTypes where !newTypes.contains(type) { types.drop(place, under: type) }
            for type in newTypes where !oldTypes.contains(type) { types[type, default: PlaceSet()].insert(place) }
        }
        let (oldNames, newNames) = (old?.entity.attributes ?? [], new?.entity.attributes ?? [])
        // Those of devices stay, under names that are not said by anybody else.
        for attribute in oldNames where !newNames.contains(where: { $0.name == attribute.name }) {
            attributes.drop(place, under: attribute.name)
        }
        for attribute in newNames where !oldNames.contains(where: { $0.name == attribute.name }) {
            attributes[attribute.name, default: PlaceSet()].insert(place)
        }
        if new?.entity.nextExpiry != nil { expiring.insert(place) } else { expiring.remove(place) }
    }
}

extension [String: PlaceSet] {
    fileprivate mutating func drop(_ place: Int, under key: String) {
        self[key]?.remove(place)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}

extension Entity {
    /// When the entity or an attribute of it is to be forgotten next (CIM 009 §4.22).
    public var nextExpiry: Int64? {
        var next = expiresAt
        for attribute in attributes {
            if let expiry = attribute.expiresAt { next = min(next ?? expiry, expiry) }
        }
        return next
    }
}
