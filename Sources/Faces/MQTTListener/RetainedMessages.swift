import CityModel
import CityStorage
import MQTTPackets
import MQTTSessions
import NIOCore
import Synchronization

/// Messages kept for those who subscribe later (MQTT 5.0 §3.3.1.3). Safe from any thread.
///
/// Kept beside the journal: a reading in one of them is in the journal itself already. The class of its data is kept with
/// each, so that who may not see it live does not see it later.
final class RetainedMessages: Sendable {
    /// The most topics that may have one; then those who publish to more are refused.
    static let bound = 100_000
    /// The most bytes that all of them may take.
    static let boundBytes = 256 << 20

    private struct State {
        var tree = TopicTree<RelayedMessage>()
        var bytes = 0
        /// What messages on their way to the disk will need.
        var reserved = Room(topics: 0, bytes: 0)

        mutating func release(_ room: Room) {
            reserved.topics -= room.topics
            reserved.bytes -= room.bytes
        }
    }

    /// Room that a message needs.
    struct Room: Sendable {
        fileprivate(set) var topics: Int
        fileprivate(set) var bytes: Int
    }

    private let state = Mutex(State())

    /// How many topics have one.
    var count: Int { state.withLock { $0.tree.count } }

    /// Takes room for a message until it is kept, or given up.
    ///
    /// Two messages for a topic that has none yet take a place each while both are on their way.
    ///
    /// - Returns: To be given back by ``apply(_:in:)`` or ``release(_:)``; nil when there is no room.
    func reserve(for message: ApplicationMessage) -> Room? {
        guard message.payload.readableBytes > 0 else { return Room(topics: 0, bytes: 0) }
        return state.withLock { state in
            let room = Room(topics: state.tree[message.topicName] == nil ? 1 : 0, bytes: message.queuedBytes)
            guard state.bytes + state.reserved.bytes + room.bytes <= RetainedMessages.boundBytes,
                room.topics == 0 || state.tree.count + state.reserved.topics < RetainedMessages.bound
            else { return nil }
            state.reserved.topics += room.topics
            state.reserved.bytes += room.bytes
            return room
        }
    }

    /// Gives room back: the message could not be committed.
    func release(_ room: Room) { state.withLock { $0.release(room) } }

    /// Keeps a message in the place of the one before; one without a payload only takes that away [MQTT-3.3.1-6].
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - room: What was reserved for it; nil for what the program itself says.
    func apply(_ message: RelayedMessage, in room: Room? = nil) {
        state.withLock { state in
            if let room { state.release(room) }
            let topic = message.content.topicName
            if let old = state.tree[topic] { state.bytes -= old.content.queuedBytes }
            guard message.content.payload.readableBytes > 0 else {
                state.tree[topic] = nil
                return
            }
            state.tree[topic] = message
            state.bytes += message.content.queuedBytes
        }
    }

    /// Those that a new subscription gets: what matches and has not expired.
    func messages(for filter: TopicFilter, at now: SessionInstant) -> [RelayedMessage] {
        state.withLock { state in
            var found: [RelayedMessage] = []
            state.tree.forEachMatch(filter) { message in
                if !message.content.isExpired(at: now) { found.append(message) }
                return true
            }
            return found
        }
    }

    /// Brings back what was kept.
    ///
    /// - Returns: The keys of records that cannot be read, or that have expired.
    func restore(_ keepings: [Keeping], at now: SessionInstant) -> [[UInt8]] {
        keepings.compactMap { keeping in
            guard let message = RelayedMessage(retained: keeping), !message.content.isExpired(at: now) else {
                return keeping.key
            }
            apply(message)
            return nil
        }
    }
}

// MARK: As they are kept

extension Keeping {
    /// Under which all retained messages are found; the topic name follows.
    static let retained = Array("mqtt/retained/".utf8)

    /// A retained message as it is kept; nothing, where it has no payload.
    ///
    ///     version 1 | QoS 1 | data class 1 | received at 8 | has expiry 1 | expiry 4 | length 4 | properties | payload
    init(retained message: RelayedMessage) {
        let content = message.content
        let key = Keeping.retained + content.topicName
        guard content.payload.readableBytes > 0 else {
            self.init(key: key, value: nil)
            return
        }
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(1))
        buffer.writeInteger(content.qos.rawValue)
        buffer.writeInteger(UInt8(DataClass.allCases.firstIndex(of: message.dataClass) ?? DataClass.allCases.count))
        buffer.writeInteger(content.receivedAt.microseconds)
        buffer.writeInteger(UInt8(content.properties.messageExpirySeconds == nil ? 0 : 1))
        buffer.writeInteger(content.properties.messageExpirySeconds ?? 0)
        buffer.writeInteger(UInt32(content.properties.bytes.count))
        buffer.writeBytes(content.properties.bytes)
        buffer.writeImmutableBuffer(content.payload)
        self.init(key: key, value: Array(buffer.readableBytesView))
    }
}

extension RelayedMessage {
    /// A retained message from where it was kept; nil when it is damaged.
    init?(retained keeping: Keeping) {
        guard keeping.key.starts(with: Keeping.retained), keeping.key.count > Keeping.retained.count,
            let value = keeping.value
        else { return nil }
        var buffer = ByteBuffer(bytes: value)
        guard
            let (version, qos, dataClass, receivedAt, hasExpiry, expiry, length) = buffer.readMultipleIntegers(
                as: (UInt8, UInt8, UInt8, Int64, UInt8, UInt32, UInt32).self), version == 1,
            let quality = QoS(rawValue: qos), Int(dataClass) < DataClass.allCases.count,
            let bytes = buffer.readBytes(length: Int(length)),
            let properties = ForwardedProperties(bytes: bytes, messageExpirySeconds: hasExpiry == 1 ? expiry : nil)
        else { return nil }
        content = ApplicationMessage(
            topicName: Array(keeping.key[Keeping.retained.count...]), payload: buffer, qos: quality, retain: true,
            properties: properties, receivedAt: SessionInstant(microseconds: receivedAt))
        self.dataClass = DataClass.allCases[Int(dataClass)]
    }
}
