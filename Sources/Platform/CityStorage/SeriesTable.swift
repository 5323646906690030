public import CityModel
import Synchronization

/// Which attribute of which entity has which number. Safe from any thread.
///
/// A definition made here becomes part of the next batch, before any observation that uses it: the committer takes the
/// new ones with ``takeUnrecorded()`` at the start of each batch.
public final class SeriesTable: Sendable {
    private struct Key: Hashable {
        let entity: EntityID
        let attribute: String
    }

    private struct State {
        var definitions: [AttributeDefinition] = []
        var numbers: [Key: SeriesID] = [:]
        var unrecorded: [AttributeDefinition] = []
        /// What series mean in the batches so far, where a newer definition waits for the next one.
        var superseded: [Int: AttributeDefinition] = [:]
    }

    private let state = Mutex(State())

    /// An empty table.
    public init() {}

    /// How many series there are.
    public var count: Int { state.withLock { $0.definitions.count } }

    /// What a number means, or nil when it means nothing yet.
    public func definition(of series: SeriesID) -> AttributeDefinition? {
        state.withLock { state in
            let index = Int(series.index)
            return index < state.definitions.count ? state.definitions[index] : nil
        }
    }

    /// What a number means to the next observation that is committed: unlike ``definition(of:)``, without a change that
    /// still waits for the next batch. Leaves and photographs are made of this.
    public func recordedDefinition(of series: SeriesID) -> AttributeDefinition? {
        state.withLock { state in
            let index = Int(series.index)
            return state.superseded[index] ?? (index < state.definitions.count ? state.definitions[index] : nil)
        }
    }

    /// The number of an attribute, or nil when it was never seen.
    public func number(of attribute: String, of entity: EntityID) -> SeriesID? {
        state.withLock { $0.numbers[Key(entity: entity, attribute: attribute)] }
    }

    /// The number of an attribute, made or brought up to date by `make` when the table's definition differs from it.
    ///
    /// - Parameters:
    ///   - attribute: The attribute's name.
    ///   - entity: The entity it belongs to.
    ///   - make: Gives the definition for a number; called once, under the table's lock.
    /// - Returns: The number.
    public func define(
        _ attribute: String, of entity: EntityID, _ make: (SeriesID) -> AttributeDefinition
    ) -> SeriesID {
        state.withLock { state in
            let key = Key(entity: entity, attribute: attribute)
            let number = state.numbers[key] ?? SeriesID(index: UInt32(state.definitions.count))
            let definition = make(number)
            let index = Int(number.index)
            if index == state.definitions.count {
                state.definitions.append(definition)
                state.numbers[key] = number
            } else if state.definitions[index] == definition {
                return number
            } else {
                if state.superseded[index] == nil { state.superseded[index] = state.definitions[index] }
                state.definitions[index] = definition
            }
            state.unrecorded.append(definition)
            return number
        }
    }

    /// The definitions made since the last call, oldest first.
    public func takeUnrecorded() -> [AttributeDefinition] {
        state.withLock { state in
            defer {
                state.unrecorded.removeAll()
                state.superseded.removeAll()
            }
            return state.unrecorded
        }
    }

    /// Takes a definition from the journal or from a view.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when numbers are missing before it.
    public func restore(_ definition: AttributeDefinition) throws(StorageError) {
        let isInOrder = state.withLock { state in
            let index = Int(definition.series.index)
            guard index <= state.definitions.count else { return false }
            if index == state.definitions.count {
                state.definitions.append(definition)
            } else {
                state.definitions[index] = definition
            }
            state.numbers[Key(entity: definition.entity, attribute: definition.attribute)] = definition.series
            return true
        }
        guard isInOrder else {
            throw StorageError(.damaged, "the journal defines series \(definition.series.index) out of order")
        }
    }
}
