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
        let device: DeviceID?
        /// The serial number of the certificate it came with; nil with a token, and in the laboratory.
        let certificateSerial: String?
        let presence: Presence
        let handle: ConnectionHandle
    }

    fileprivate struct State {
        var entries: [UInt64: Entry] = [:]
        var byDevice: [DeviceID: Set<UInt64>] = [:]
        var lastSeen: [DeviceID: Timestamp] = [:]
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    private let numbers = Atomic<UInt64>(0)
    private let listener = Mutex<ListenerShared?>(nil)

    /// What the listener that fills this directory shares; nil before it runs.
    var book: ListenerShared? { listener.withLock { $0 } }

    func belongs(to shared: ListenerShared) { listener.withLock { $0 = shared } }

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
        /// It is in.
        case admitted
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
            state.entries[entry.number] = entry
            if let device = entry.device {
                state.byDevice[device, default: []].insert(entry.number)
                state.lastSeen[device] = entry.presence.since
            }
            return .admitted
        }
    }

    func leave(_ number: UInt64, at now: Timestamp) {
        state.withLock { state in
            if let device = state.entries[number]?.device { state.lastSeen[device] = now }
            state.forget(number)
        }
    }

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

    /// Writes what the session has for the peer, together with what others have for it in this turn of the event loop.
    func flush() { onLoop { $0.flushSoon() } }

    /// Writes what the session has for the peer now.
    func flushNow() { onLoop { $0.flush() } }

    /// Disconnects a peer whose queue is full.
    func overflowed() { channel.eventLoop.execute { connection.value.overflowed() } }

    /// Writes bytes that waited for a commit.
    func write(_ bytes: ByteBuffer) { channel.eventLoop.execute { connection.value.write(bytes) } }

    /// Disconnects the peer if it would not be let in now.
    func identifyAgain() { channel.eventLoop.execute { connection.value.identifyAgain() } }

    /// Writes CONNACK, which waited for a commit.
    func answerConnect(_ connack: ByteBuffer) { channel.eventLoop.execute { connection.value.answerConnect(connack) } }

    private func onLoop(_ body: @escaping @Sendable (Connection) -> Void) {
        if channel.eventLoop.inEventLoop {
            body(connection.value)
        } else {
            channel.eventLoop.execute { body(connection.value) }
        }
    }
}
