/// Who is in the city: devices and people, what they may present, and how they are known again.
///
/// - Takes: certificates that the transport has verified possession of; names and passwords.
/// - Gives: principals, or refusals that say what is wrong.
/// - Owns: the registry of devices (a view of the journal), sessions (in memory), the rate limits of sign-in.
/// - Relies on: `PKI` for chains, `CityStorage` for the verifiers of passwords.
public import CityModel
import Synchronization

/// The devices of the city, by name: a view of the journal. Safe from any thread; only the committer writes.
public final class DeviceRegistry: Sendable {
    private struct State {
        var devices: [DeviceID: DeviceRecord] = [:]
        var owners: [EntityID: DeviceID] = [:]
        var observers: [@Sendable (DeviceRecord) -> Void] = []
    }

    private let state = Mutex(State())
    /// Beside the state, not in it: whoever has a route asks for each message, and need not wait for anybody.
    private let changes = Atomic<UInt64>(0)

    /// A registry without devices.
    public init() {}

    /// Counts the changes; what was worked out under an older generation may no longer hold. Takes no lock.
    public var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// How many devices there are.
    public var count: Int { state.withLock { $0.devices.count } }

    /// The record of a device.
    public func device(_ id: DeviceID) -> DeviceRecord? { state.withLock { $0.devices[id] } }

    /// Every record, in order of the names.
    public func all() -> [DeviceRecord] {
        state.withLock { Array($0.devices.values) }.sorted { $0.id < $1.id }
    }

    /// The device that owns an entity.
    public func owner(of entity: EntityID) -> DeviceID? { state.withLock { $0.owners[entity] } }

    /// Calls `observer` with each record that changes from now on, on the committer's thread; it must be quick.
    public func observe(_ observer: @escaping @Sendable (DeviceRecord) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Takes committed or saved records.
    public func apply(_ records: [DeviceRecord]) {
        guard !records.isEmpty else { return }
        let observers = state.withLock { state in
            for record in records {
                // An entity that the new record no longer names is nobody's.
                for entity in state.devices[record.id]?.entities ?? [] where state.owners[entity] == record.id {
                    state.owners[entity] = nil
                }
                state.devices[record.id] = record
                for entity in record.entities { state.owners[entity] = record.id }
            }
            // After the records: who sees the new number finds them.
            changes.add(1, ordering: .releasing)
            return state.observers
        }
        for observer in observers {
            for record in records { observer(record) }
        }
    }
}
