public import CityModel
public import CityStorage
public import NGSILD
import Synchronization

/// Every instance that an entity's attributes have ever had, until it is deleted (CIM 009 §4.3.1, §4.5.6). Safe from any
/// thread; only the committer writes.
///
/// The newest are in memory until a photograph of the views has them; the others are read from there.
public final class EvolutionStore: Sendable {
    /// One instance and the number that it is known by.
    struct Entry: Sendable {
        let number: UInt64
        var instance: Attribute
    }

    private enum Pending: Sendable {
        /// Instances that are to be written, by number; nil for those that are to be removed.
        case changes([UInt64: Attribute?])
        /// All that is on disk is to be removed first.
        case afterRemoval([UInt64: Attribute?])

        var instances: [UInt64: Attribute?] {
            switch self {
            case .changes(let instances), .afterRemoval(let instances): instances
            }
        }

        var removesAll: Bool { if case .afterRemoval = self { true } else { false } }

        func with(_ number: UInt64, _ instance: Attribute?) -> Pending {
            switch self {
            case .changes(var instances):
                instances[number] = .some(instance)
                return .changes(instances)
            case .afterRemoval(var instances):
                instances[number] = .some(instance)
                return .afterRemoval(instances)
            }
        }
    }

    private struct State {
        var pending: [String: Pending] = [:]
        /// Those of the photograph that is being saved; the file may not have them yet.
        var beingSaved: [String: Pending] = [:]
    }

    private let tenant: String
    private let saved: ViewStore
    private let state = Mutex(State())

    init(tenant: String, saved: ViewStore) {
        self.tenant = tenant
        self.saved = saved
    }

    /// The instances of an entity's attributes, in the order in which they were entered.
    ///
    /// - Throws: ``CityStorage/StorageError`` when the views cannot be read.
    public func instances(of id: String) throws(StorageError) -> [Attribute] {
        try entries(of: id).map(\.instance)
    }

    func entries(of id: String) throws(StorageError) -> [Entry] {
        let (newest, middle) = state.withLock { ($0.pending[id], $0.beingSaved[id]) }
        var entries: [UInt64: Attribute] = [:]
        if newest?.removesAll != true {
            if middle?.removesAll != true {
                for row in try saved.instances(tenant: tenant, entity: id) {
                    if let instance = Attribute(row: row) { entries[row.number] = instance }
                }
            }
            for (number, instance) in middle?.instances ?? [:] { entries[number] = instance }
        }
        for (number, instance) in newest?.instances ?? [:] { entries[number] = instance }
        return entries.sorted { $0.key < $1.key }.map { Entry(number: $0.key, instance: $0.value) }
    }

    func put(_ instance: Attribute, _ number: UInt64, of id: String) {
        state.withLock { state in
            state.pending[id] = (state.pending[id] ?? .changes([:])).with(number, instance)
        }
    }

    func remove(_ number: UInt64, of id: String) {
        state.withLock { state in
            state.pending[id] = (state.pending[id] ?? .changes([:])).with(number, nil)
        }
    }

    func removeAll(of id: String) {
        state.withLock { $0.pending[id] = .afterRemoval([:]) }
    }

    /// How many instances wait for a photograph.
    var pendingCount: Int { state.withLock { $0.pending.values.reduce(0) { $0 + $1.instances.count } } }

    /// What the next photograph must have.
    func takePending() -> [InstanceChange] {
        let taken = state.withLock { state in
            state.beingSaved = state.pending
            state.pending = [:]
            return state.beingSaved
        }
        return taken.flatMap { id, pending in
            var changes: [InstanceChange] = []
            if pending.removesAll { changes.append(InstanceChange(tenant: tenant, entity: id, number: nil, row: nil)) }
            for (number, instance) in pending.instances {
                changes.append(
                    InstanceChange(
                        tenant: tenant, entity: id, number: number, row: instance.map { $0.row(number: number) }))
            }
            return changes
        }
    }

    /// The photograph that was taken last is on disk.
    func forgetSaved() { state.withLock { $0.beingSaved = [:] } }
}
