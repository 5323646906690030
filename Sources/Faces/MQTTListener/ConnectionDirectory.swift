public import CityModel
import MQTTPackets
import NIOCore
import Synchronization

/// Who is connected over MQTT, and how to reach them. Safe from any thread.
public final class ConnectionDirectory: Sendable {
    /// A device's live connection.
    public struct Presence: Sendable, Equatable {
        /// Where it comes from, without the port.
        public let address: String
        /// Since when.
        public let since: Timestamp
    }

    struct Entry {
        let number: UInt64
        let key: String
        let device: DeviceID?
        /// The serial number of the certificate it came with; nil in the laboratory.
        let certificateSerial: String?
        let presence: Presence
        let handle: ConnectionHandle
    }

    fileprivate struct State {
        var entries: [UInt64: Entry] = [:]
        var byKey: [String: UInt64] = [:]
        var byDevice: [DeviceID: Set<UInt64>] = [:]
        var lastSeen: [DeviceID: Timestamp] = [:]
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    private let numbers = Atomic<UInt64>(0)

    /// Nobody is connected.
    public init() {}

    /// The live connection of a device, the oldest if there are several.
    public func presence(of device: DeviceID) -> Presence? {
        state.withLock { state in
            state.byDevice[device]?.min().flatMap { state.entries[$0]?.presence }
        }
    }

    /// When a device was last connected, as far as is known since the start.
    public func lastSeen(_ device: DeviceID) -> Timestamp? { state.withLock { $0.lastSeen[device] } }

    /// How many devices are connected.
    public var deviceCount: Int { state.withLock { $0.byDevice.count } }

    /// Takes a place for a new transport connection, or answers false when all are taken.
    func reserve(atMost limit: Int) -> Bool {
        guard count.add(1, ordering: .relaxed).newValue <= limit else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func release() { count.subtract(1, ordering: .relaxed) }

    func nextNumber() -> UInt64 { numbers.add(1, ordering: .relaxed).newValue }

    /// How a new connection meets those that are there.
    enum Admission {
        /// It is in. The one that had the same client identifier, if any, is to go.
        case admitted(displaced: ConnectionHandle?)
        /// The device is connected from another address.
        case elsewhere(String)
    }

    func admit(_ entry: Entry) -> Admission {
        state.withLock { state in
            if let device = entry.device, let others = state.byDevice[device] {
                for other in others {
                    if let presence = state.entries[other]?.presence, presence.address != entry.presence.address {
                        return .elsewhere(presence.address)
                    }
                }
            }
            var displaced: ConnectionHandle?
            if let old = state.byKey[entry.key] {
                displaced = state.entries[old]?.handle
                state.forget(old)
            }
            state.entries[entry.number] = entry
            state.byKey[entry.key] = entry.number
            if let device = entry.device {
                state.byDevice[device, default: []].insert(entry.number)
                state.lastSeen[device] = entry.presence.since
            }
            return .admitted(displaced: displaced)
        }
    }

    func leave(_ number: UInt64, at now: Timestamp) {
        state.withLock { state in
            if let device = state.entries[number]?.device { state.lastSeen[device] = now }
            state.forget(number)
        }
    }

    func handle(_ number: UInt64) -> ConnectionHandle? { state.withLock { $0.entries[number]?.handle } }

    /// Disconnects a device where its record no longer lets it be here: it may not act, or it has another certificate.
    func close(unlessIn record: DeviceRecord, because reason: ReasonCode) {
        let handles = state.withLock { state in
            (state.byDevice[record.id] ?? []).compactMap { number -> ConnectionHandle? in
                guard let entry = state.entries[number] else { return nil }
                let isCurrent = record.status == .active && entry.certificateSerial == record.certificateSerial
                return isCurrent ? nil : entry.handle
            }
        }
        for handle in handles { handle.close(because: reason) }
    }

    /// Disconnects everyone and waits until they are gone.
    func closeAll(because reason: ReasonCode) async {
        let handles = state.withLock { $0.entries.values.map(\.handle) }
        for handle in handles { handle.close(because: reason) }
        for handle in handles { try? await handle.channel.closeFuture.get() }
    }
}

extension ConnectionDirectory.State {
    fileprivate mutating func forget(_ number: UInt64) {
        guard let entry = entries.removeValue(forKey: number) else { return }
        if byKey[entry.key] == number { byKey[entry.key] = nil }
        if let device = entry.device {
            byDevice[device]?.remove(number)
            if byDevice[device]?.isEmpty == true { byDevice[device] = nil }
        }
    }
}

/// A connection as other threads may touch it.
struct ConnectionHandle: Sendable {
    let number: UInt64
    let channel: any Channel
    let connection: NIOLoopBound<Connection>

    /// Disconnects the peer, with the reason where its protocol has reasons.
    func close(because reason: ReasonCode) {
        channel.eventLoop.execute { connection.value.disconnect(because: reason) }
    }

    /// Gives the peer a message.
    func deliver(_ message: RelayedMessage, as grant: MessageRelay.Tree.Grant) {
        if channel.eventLoop.inEventLoop {
            connection.value.deliver(message, as: grant)
        } else {
            channel.eventLoop.execute { connection.value.deliver(message, as: grant) }
        }
    }
}
