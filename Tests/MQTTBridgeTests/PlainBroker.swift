import MQTTPackets
import MQTTSessions
import NIOCore

/// A broker as far as one client sees it: the real session machinery, and a disk that is never full and never slow.
struct PlainBroker {
    private static let now = SessionInstant(microseconds: 1_700_000_000_000_000)

    private(set) var session: Session
    /// Payloads that the client has published, each as often as the broker took it.
    private(set) var taken: [String] = []
    /// Refuses what is published on these topics.
    var forbidden: Set<String> = []
    private var decoder = PacketDecoder(role: .server)
    private var unread = ByteBuffer()
    private var version = ProtocolVersion.v5

    init() { session = Session(clientIdentifier: "bridge", at: PlainBroker.now) }

    /// A new network connection.
    mutating func accept() {
        decoder = PacketDecoder(role: .server)
        unread = ByteBuffer()
    }

    /// The network connection is gone.
    mutating func lose() {
        var outbox = Outbox(budgetBytes: 0)
        _ = session.close(at: PlainBroker.now, because: .networkLost, into: &outbox)
    }

    /// Loses its memory: the session is gone, and nothing was written down.
    mutating func forget() {
        lose()
        session = Session(clientIdentifier: "bridge", at: PlainBroker.now)
    }

    /// What the client had published and not released is forgotten.
    mutating func forgetReceived() {
        var outbox = Outbox(budgetBytes: 0)
        session.forgetReceived(into: &outbox)
    }

    /// A message for the client.
    mutating func deliver(_ payload: String, to topic: String, qos: QoS) -> ByteBuffer {
        var outbox = Outbox(budgetBytes: 1 << 20)
        _ = session.deliver(
            ApplicationMessage(
                topicName: Array(topic.utf8), payload: ByteBuffer(string: payload), qos: qos,
                receivedAt: PlainBroker.now),
            grant: SubscriptionGrant(options: SubscriptionOptions(maximumQoS: .exactlyOnce)), at: PlainBroker.now,
            into: &outbox)
        return bytes(of: outbox)
    }

    /// What the broker answers.
    mutating func receive(_ bytes: ByteBuffer) throws -> ByteBuffer {
        unread.writeImmutableBuffer(bytes)
        var answers = ByteBuffer()
        while let packet = try decoder.next(from: &unread) { answers.writeImmutableBuffer(try answer(packet)) }
        return answers
    }

    private func bytes(of outbox: Outbox) -> ByteBuffer {
        var bytes = outbox.bytes
        bytes.writeImmutableBuffer(outbox.afterCommit)
        return bytes
    }

    private mutating func answer(_ packet: Packet) throws -> ByteBuffer {
        var outbox = Outbox(budgetBytes: 1 << 20)
        var violation: SessionViolation?
        switch packet {
        case .connect(let connect):
            version = connect.version
            let opening = session.open(
                connect, terms: ConnectionTerms(owner: "it", number: 1), at: PlainBroker.now, into: &outbox)
            try Packet.connack(Connack(sessionPresent: opening.sessionPresent)).encode(
                into: &outbox.bytes, version: version)
        case .publish(let publish):
            switch session.publishReceived(
                qos: publish.qos, packetIdentifier: publish.packetIdentifier ?? 0, into: &outbox)
            {
            case .accept(let ticket, _):
                let isForbidden = forbidden.contains(publish.topic)
                if !isForbidden { taken.append(String(buffer: publish.payload)) }
                session.complete(ticket, reasonCode: isForbidden ? .notAuthorized : .success, into: &outbox)
            case .duplicate: break
            case .violation(let found): violation = found
            }
        case .puback(let answer): violation = session.receivedPuback(answer, into: &outbox)
        case .pubrec(let answer): violation = session.receivedPubrec(answer, into: &outbox)
        case .pubrel(let answer): violation = session.receivedPubrel(answer, into: &outbox)
        case .pubcomp(let answer): violation = session.receivedPubcomp(answer, into: &outbox)
        case .subscribe(let subscribe):
            let codes = subscribe.subscriptions.map { ReasonCode(granting: $0.options.maximumQoS) }
            try Packet.suback(
                SubscribeAcknowledgement(packetIdentifier: subscribe.packetIdentifier, reasonCodes: codes)
            ).encode(into: &outbox.bytes, version: version)
        default: throw Unexpected(description: "\(packet.type)")
        }
        if let violation { throw Unexpected(description: "\(violation)") }
        session.drain(at: PlainBroker.now, into: &outbox)
        return bytes(of: outbox)
    }

    struct Unexpected: Error, CustomStringConvertible {
        let description: String
    }
}
