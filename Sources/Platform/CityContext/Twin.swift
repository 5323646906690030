/// The twin: the current state of every entity, a view of the journal.
///
/// - Takes: definitions and committed observations, from the committer alone.
/// - Gives: entities as they are now, to anyone, at any time.
/// - Owns: the current values, in memory.
/// - Relies on: `CityModel`.
public import CityModel
import Synchronization

/// An attribute's current value.
public struct CurrentValue: Sendable, Hashable {
    /// The value.
    public var value: AttributeValue
    /// When it was so.
    public var observedAt: Timestamp
    /// How unusual it was when it came, from 0 to 1.
    public var score: Float

    /// A current value.
    @inlinable
    public init(value: AttributeValue, observedAt: Timestamp, score: Float) {
        self.value = value
        self.observedAt = observedAt
        self.score = score
    }
}

/// An entity as it is now: its attributes in the order in which they were first seen.
public struct EntityState: Sendable {
    /// An attribute of it.
    public struct Attribute: Sendable {
        /// What it means.
        public let definition: AttributeDefinition
        /// What it is.
        public let current: CurrentValue
    }

    /// Its id.
    public let id: EntityID
    /// Its type.
    public let type: String
    /// Its attributes that have a value.
    public let attributes: [Attribute]

    /// The attribute with this name, if it has a value.
    public subscript(name: String) -> Attribute? { attributes.first { $0.definition.attribute == name } }
}

/// The current state of every entity. Safe from any thread; only the committer writes.
public final class Twin: Sendable {
    fileprivate struct Entry {
        let id: EntityID
        var type: String
        var series: [SeriesID] = []
    }

    fileprivate struct State {
        var entities: [Entry] = []
        var places: [EntityID: Int] = [:]
        var definitions: [AttributeDefinition?] = []
        var owners: [Int] = []
        var values: [CurrentValue?] = []
    }

    private let state = Mutex(State())

    /// A twin that knows no entity.
    public init() {}

    /// Learns what a series means.
    public func define(_ definition: AttributeDefinition) {
        state.withLock { state in
            let index = Int(definition.series.index)
            while state.values.count <= index {
                state.values.append(nil)
                state.definitions.append(nil)
                state.owners.append(-1)
            }
            let place = state.places[definition.entity] ?? state.entities.count
            if place == state.entities.count {
                state.entities.append(Entry(id: definition.entity, type: definition.entityType))
                state.places[definition.entity] = place
            }
            if state.definitions[index] == nil { state.entities[place].series.append(definition.series) }
            state.entities[place].type = definition.entityType
            state.definitions[index] = definition
            state.owners[index] = place
        }
    }

    /// Takes a saved current value.
    public func restore(_ value: CurrentValue, of series: SeriesID) {
        state.withLock { $0.values[Int(series.index)] = value }
    }

    /// Takes committed observations and their scores; an older observation than the current one changes nothing.
    ///
    /// - Parameters:
    ///   - observations: Committed, in order; their series are defined.
    ///   - scores: One for each observation.
    ///   - touched: Gets the place of each entity that changed; see ``entity(at:)``.
    public func apply(_ observations: [Observation], scores: [Float], touched: inout Set<Int>) {
        precondition(observations.count == scores.count, "each observation has a score")
        state.withLock { state in
            var previousOwner = -1
            for index in observations.indices {
                let observation = observations[index]
                let series = Int(observation.series.index)
                if let current = state.values[series], current.observedAt > observation.observedAt { continue }
                state.values[series] = CurrentValue(
                    value: observation.value, observedAt: observation.observedAt, score: scores[index])
                let owner = state.owners[series]
                if owner != previousOwner {
                    touched.insert(owner)
                    previousOwner = owner
                }
            }
        }
    }

    /// An entity by its id.
    public func entity(_ id: EntityID) -> EntityState? {
        state.withLock { state in state.places[id].map { state.entity(at: $0) } }
    }

    /// The place of an entity, for ``entity(at:)``; nil when there is no such entity.
    public func place(of id: EntityID) -> Int? { state.withLock { $0.places[id] } }

    /// An entity by its place, as ``apply(_:scores:touched:)`` gave it.
    public func entity(at place: Int) -> EntityState {
        state.withLock { $0.entity(at: place) }
    }

    /// How many entities there are.
    public var count: Int { state.withLock { $0.entities.count } }

    /// The ids and types of all entities, in the order in which they were first seen.
    public func index() -> [(id: EntityID, type: String, place: Int)] {
        state.withLock { state in
            state.entities.enumerated().map { (id: $1.id, type: $1.type, place: $0) }
        }
    }

    /// The types there are, with how many entities each has and the names of their attributes.
    public func types() -> [(type: String, count: Int, attributes: [String])] {
        state.withLock { state in
            var counts: [String: (count: Int, attributes: Set<String>)] = [:]
            for entry in state.entities {
                counts[entry.type, default: (0, [])].count += 1
                for series in entry.series {
                    guard let definition = state.definitions[Int(series.index)] else { continue }
                    counts[entry.type, default: (0, [])].attributes.insert(definition.attribute)
                }
            }
            return counts.sorted { $0.key < $1.key }
                .map { (type: $0.key, count: $0.value.count, attributes: $0.value.attributes.sorted()) }
        }
    }

    /// The current value of a series.
    public func value(of series: SeriesID) -> CurrentValue? {
        state.withLock { state in
            Int(series.index) < state.values.count ? state.values[Int(series.index)] : nil
        }
    }
}

extension Twin.State {
    fileprivate func entity(at place: Int) -> EntityState {
        let entry = entities[place]
        var attributes: [EntityState.Attribute] = []
        attributes.reserveCapacity(entry.series.count)
        for series in entry.series {
            let index = Int(series.index)
            guard let current = values[index], let definition = definitions[index] else { continue }
            attributes.append(EntityState.Attribute(definition: definition, current: current))
        }
        return EntityState(id: entry.id, type: entry.type, attributes: attributes)
    }
}
