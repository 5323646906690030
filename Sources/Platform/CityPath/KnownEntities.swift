import CityModel
import CityStorage
import Synchronization

/// How many attributes there may be. Each is a series for ever, with a detector and a place in every view; what devices
/// say must not make more of them than a device has to say.
enum AttributeLimits {
    /// In one NGSI-LD fragment.
    static let perFragment = 64
    /// Of one entity.
    static let perEntity = 256
    /// Of all entities of one device.
    static let perDevice = 1_024
}

/// What the table of series says of entities: of which type each is, and how many attributes it has. Safe from any
/// thread; asked when something is said in NGSI-LD, not for each reading of small JSON.
final class KnownEntities: Sendable {
    private struct Entity {
        /// The type under which it was first recorded.
        let type: String
        var attributes = 0
    }

    private struct State {
        /// Series that are counted: numbers are dense and never reused.
        var counted = 0
        var entities: [EntityID: Entity] = [:]
    }

    private let series: SeriesTable
    private let state = Mutex(State())

    init(series: SeriesTable) {
        self.series = series
    }

    /// The type under which an entity was first recorded; nil for one that was not.
    func recordedType(of entity: EntityID) -> String? {
        state.withLock { state in
            catchUp(&state)
            return state.entities[entity]?.type
        }
    }

    /// Defines what is new, unless that would be more than there may be; then nothing is defined.
    ///
    /// - Parameters:
    ///   - attributes: Names, each once.
    ///   - entity: Whose they are.
    ///   - device: The device that speaks of it; its entities' attributes are counted together.
    ///   - body: Defines them.
    /// - Returns: What `body` returns, or which attributes are too many.
    func defining<Success>(
        _ attributes: [String], of entity: EntityID, by device: DeviceRecord?, _ body: () -> Success
    ) -> Result<Success, Refusal> {
        func missing() -> [String] { attributes.filter { series.number(of: $0, of: entity) == nil } }
        guard !missing().isEmpty else { return .success(body()) }
        // One at a time, so that two cannot take the last place. The table's lock is taken inside, never the other way.
        return state.withLock { state in
            catchUp(&state)
            if let refusal = refusal(of: missing(), entity, device, state) { return .failure(refusal) }
            return .success(body())
        }
    }

    private func refusal(
        of new: [String], _ entity: EntityID, _ device: DeviceRecord?, _ state: State
    ) -> Refusal? {
        guard let first = new.first else { return nil }
        let own = state.entities[entity]?.attributes ?? 0
        guard own + new.count <= AttributeLimits.perEntity else {
            return .tooMany(first, "entity `\(entity)` has \(own) attributes, of \(AttributeLimits.perEntity) at most")
        }
        guard let device else { return nil }
        let all = device.entities.reduce(0) { $0 + (state.entities[$1]?.attributes ?? 0) }
        guard all + new.count <= AttributeLimits.perDevice else {
            return .tooMany(
                first,
                "the entities of device `\(device.id)` have \(all) attributes, of \(AttributeLimits.perDevice) at most")
        }
        return nil
    }

    private func catchUp(_ state: inout State) {
        let count = series.count
        while state.counted < count {
            if let definition = series.definition(of: SeriesID(index: UInt32(state.counted))) {
                state.entities[definition.entity, default: Entity(type: definition.entityType)].attributes += 1
            }
            state.counted += 1
        }
    }
}

extension Refusal {
    fileprivate static func tooMany(_ attribute: String, _ why: String) -> Refusal {
        Refusal(
            step: .understand, code: .attributeUnknown,
            message: "at `$.\(attribute)`: a new attribute, and \(why): each is kept for ever; use the ones there are")
    }
}
