import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

/// When the tests' time begins: a Tuesday in November 2023.
let start = SessionInstant(microseconds: 1_700_000_000_000_000)

/// That many seconds after ``start``.
func second(_ number: Double) -> SessionInstant { start.advanced(by: .seconds(number)) }

/// Xorshift: the same seed, the same numbers, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

func connect(
    _ version: ProtocolVersion = .v5, clean: Bool = false, will: WillMessage? = nil, with properties: Properties = []
) -> Connect {
    Connect(version: version, clientIdentifier: "c", cleanStart: clean, will: will, properties: properties)
}

/// A property list with a session expiry of an hour, and others.
func hour(_ others: Property...) -> Properties { Properties([.sessionExpiryInterval(seconds: 3_600)] + others) }

func terms(_ change: (inout SessionLimits) -> Void = { _ in }) -> ConnectionTerms {
    var limits = SessionLimits()
    change(&limits)
    return ConnectionTerms(owner: "owner", number: 7, limits: limits)
}

/// A session whose client has just connected.
func connected(
    _ version: ProtocolVersion = .v5, clean: Bool = false, will: WillMessage? = nil, with properties: Properties = [],
    limits: (inout SessionLimits) -> Void = { _ in }
) -> Session {
    var session = Session(clientIdentifier: "c", at: start)
    var outbox = Outbox()
    _ = session.open(
        connect(version, clean: clean, will: will, with: properties), terms: terms(limits), at: start, into: &outbox)
    session.drain(at: start, into: &outbox)
    return session
}

func message(
    _ payload: String, _ qos: QoS = .atLeastOnce, topic: String = "t", retain: Bool = false,
    _ properties: Properties = [], publisher: UInt64 = 1, at instant: SessionInstant = start
) throws -> ApplicationMessage {
    ApplicationMessage(
        topicName: Array(topic.utf8), payload: ByteBuffer(string: payload), qos: qos, retain: retain,
        properties: try ForwardedProperties(properties), publisher: publisher, receivedAt: instant)
}

func grant(_ qos: QoS = .exactlyOnce, identifier: UInt32? = nil, noLocal: Bool = false, asPublished: Bool = false)
    -> SubscriptionGrant
{
    SubscriptionGrant(
        options: SubscriptionOptions(maximumQoS: qos, noLocal: noLocal, retainAsPublished: asPublished),
        subscriptionIdentifier: identifier)
}

func ack(_ identifier: UInt16, _ reasonCode: ReasonCode = .success) -> Acknowledgement {
    Acknowledgement(packetIdentifier: identifier, reasonCode: reasonCode)
}

extension Session {
    /// Delivers a message to a subscription that allows everything.
    mutating func deliver(
        _ payload: String, _ qos: QoS = .atLeastOnce, topic: String = "t", at now: SessionInstant = start,
        mode: DeliveryMode = .immediate, into outbox: inout Outbox
    ) throws -> DeliveryOutcome {
        deliver(try message(payload, qos, topic: topic), grant: grant(), at: now, mode: mode, into: &outbox)
    }

    /// Reopens with the same terms.
    @discardableResult
    mutating func reopen(
        _ connect: Connect, at now: SessionInstant = second(10), into outbox: inout Outbox,
        limits: (inout SessionLimits) -> Void = { _ in }
    ) -> SessionOpening {
        open(connect, terms: terms(limits), at: now, into: &outbox)
    }
}

extension Outbox {
    /// The packets that may be written at once, taken out, in short.
    mutating func take(_ version: ProtocolVersion = .v5) throws -> [String] {
        defer { bytes.clear() }
        return try packets(in: bytes, version).map(\.short)
    }

    /// The packets that wait for the commit, taken out, in short.
    mutating func takeAfterCommit(_ version: ProtocolVersion = .v5) throws -> [String] {
        defer { afterCommit.clear() }
        return try packets(in: afterCommit, version).map(\.short)
    }

    /// The changes, taken out, in short.
    mutating func takeChanges() -> [String] {
        defer { changes = [] }
        return changes.map(\.short)
    }
}

/// All packets that a server has sent.
func packets(in bytes: ByteBuffer, _ version: ProtocolVersion) throws -> [Packet] {
    var bytes = bytes
    var decoder = PacketDecoder(role: .client(version))
    var packets: [Packet] = []
    while let packet = try decoder.next(from: &bytes) { packets.append(packet) }
    try #require(bytes.readableBytes == 0, "part of a packet")
    return packets
}

extension Packet {
    /// Such as `PUBLISH 1 QoS 2 DUP t: hello`, `PUBREL 1` and `PUBCOMP 1 0x92`.
    var short: String {
        switch self {
        case .publish(let publish):
            let flags = (publish.isDuplicate ? " DUP" : "") + (publish.retain ? " RETAIN" : "")
            let identifier = publish.packetIdentifier.map { " \($0)" } ?? ""
            return
                "PUBLISH\(identifier) QoS \(publish.qos.rawValue)\(flags) \(publish.topic): "
                + String(buffer: publish.payload)
        case .puback(let ack): return "PUBACK " + ack.short
        case .pubrec(let ack): return "PUBREC " + ack.short
        case .pubrel(let ack): return "PUBREL " + ack.short
        case .pubcomp(let ack): return "PUBCOMP " + ack.short
        default: return "\(self)"
        }
    }
}

extension Acknowledgement {
    fileprivate var short: String {
        "\(packetIdentifier)" + (reasonCode == .success ? "" : " 0x" + String(reasonCode.rawValue, radix: 16))
            + (properties.reasonString.map { " " + $0 } ?? "")
    }
}

extension SessionChange {
    /// The kind of change, and its subject where it is short.
    var short: String {
        switch self {
        case .head(let head): head.isConnected ? "head, connected" : "head, absent"
        case .removeSession: "remove session"
        case .subscribe(let filter, _): "subscribe \(filter)"
        case .unsubscribe(let filter): "unsubscribe \(filter)"
        case .enqueue(_, let message, _): "enqueue \(String(buffer: message.payload))"
        case .release: "release"
        case .remove: "remove"
        case .receivedIdentifier(let identifier, _): "received \(identifier)"
        case .forgotIdentifier(let identifier): "forgot \(identifier)"
        }
    }
}

extension PublicationVerdict {
    /// The ticket of a publication that was accepted.
    var ticket: PublicationTicket? {
        if case .accept(let ticket, _) = self { ticket } else { nil }
    }

    /// What is to be committed with it.
    var change: SessionChange? {
        if case .accept(_, let change) = self { change } else { nil }
    }

    var violation: SessionViolation? {
        if case .violation(let violation) = self { violation } else { nil }
    }

    var isDuplicate: Bool {
        if case .duplicate = self { true } else { false }
    }
}
