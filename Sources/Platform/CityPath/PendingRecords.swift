import CityModel
import CityStorage
import Synchronization

/// Records that the next photograph of the views must include.
final class PendingRecords: Sendable {
    /// What a series means, since which batch.
    typealias Definition = (since: UInt64, definition: AttributeDefinition)

    private struct State {
        var devices: [DeviceID: DeviceRecord] = [:]
        var alerts: [UInt64: AlertRecord] = [:]
        var refusals: [RefusalRecord] = []
        var retained: [String: RetainedMessage] = [:]
        var definitions: [SeriesID: [Definition]] = [:]
        /// Those of the photograph that is being saved; the file may not have them yet.
        var definitionsBeingSaved: [SeriesID: [Definition]] = [:]
    }

    private let state = Mutex(State())

    func note(_ event: CityEvent, in sequence: UInt64) {
        state.withLock { state in
            switch event {
            case .device(let record): state.devices[record.id] = record
            case .refusal(let record):
                state.refusals.append(record)
                // While the views cannot be saved: no more than a restart would read.
                if state.refusals.count > 2 * RefusalBook.bound { state.refusals.removeFirst(RefusalBook.bound) }
            case .retained(let message): state.retained[message.topic] = message
            case .attributeDefined(let definition):
                state.definitions[definition.series, default: []].append((sequence, definition))
            case .alertRaised, .alertAcknowledged, .access, .account, .token, .context: break
            }
        }
    }

    func note(alert: AlertRecord) { state.withLock { $0.alerts[alert.id] = alert } }

    /// What a series meant in a batch, where the file may not know it yet.
    func definition(of series: SeriesID, at sequence: UInt64) -> AttributeDefinition? {
        state.withLock { state in
            for definitions in [state.definitions[series], state.definitionsBeingSaved[series]] {
                if let found = definitions?.last(where: { $0.since <= sequence }) { return found.definition }
            }
            return nil
        }
    }

    func take(appliedSequence: UInt64) -> ViewSnapshot {
        state.withLock { state in
            var snapshot = ViewSnapshot(appliedSequence: appliedSequence)
            snapshot.devices = Array(state.devices.values)
            snapshot.alerts = Array(state.alerts.values)
            snapshot.refusals = state.refusals
            snapshot.retained = Array(state.retained.values)
            snapshot.definitions = state.definitions.values.flatMap { $0 }
            let definitions = state.definitions
            state = State()
            state.definitionsBeingSaved = definitions
            return snapshot
        }
    }

    /// The photograph that was taken last is on disk.
    func saved() { state.withLock { $0.definitionsBeingSaved = [:] } }
}
