import CityModel
import CityPath
import CityStorage
import MQTTPackets
import MQTTSessions
import NIOCore

/// How much of one peer's is under way to the committer: a peer that has too much there is not read from.
struct PublishingLoad {
    /// With so many publications undecided, or so many bytes, reading stops until half of them are done. Other peers'
    /// readings need room in the queue before the committer, too.
    static let messages = 2_048
    static let bytes = 1 << 20

    private(set) var submissions = 0
    private(set) var messages = 0
    private(set) var bytes = 0

    var isFull: Bool { messages > PublishingLoad.messages || bytes > PublishingLoad.bytes }
    var isLow: Bool { messages < PublishingLoad.messages / 2 && bytes < PublishingLoad.bytes / 2 }
    /// Whether nothing is under way.
    var isIdle: Bool { submissions == 0 }

    mutating func begin(_ group: Gathered) {
        submissions += 1
        messages += group.answers.count
        bytes += group.bytes
    }

    mutating func finish(messages count: Int, bytes size: Int) {
        submissions -= 1
        messages -= count
        bytes -= size
    }
}

/// PUBLISH from the peer: through the path, acknowledged after the commit.
extension Connection {
    /// One publication, read where it lies.
    func handle(_ header: PublishHeader, in packet: UnsafeRawBufferPointer, at now: Timestamp) {
        guard case .open(let peer) = state else { return }
        var aliased: [UInt8]?
        if header.topicAlias != 0 {
            switch resolve(header, in: packet, peer) {
            case .success(let name): aliased = name
            case .failure(let violation): return breakOff(violation)
            }
        }
        let verdict = peer.client.update(for: number) { session, outbox in
            session.publishReceived(qos: header.qos, packetIdentifier: header.packetIdentifier, into: &outbox)
        }
        switch verdict {
        case nil, .duplicate: return
        case .violation(let violation): breakOff(violation)
        case .accept(let ticket, let change):
            let topic = UnsafeRawBufferPointer(rebasing: packet[header.topicName])
            let take = { (topic: UnsafeRawBufferPointer) in
                let publication = ArrivedPublication(
                    topicName: topic, payload: UnsafeRawBufferPointer(rebasing: packet[header.payload]),
                    properties: header.forwardedProperties(in: packet), qos: header.qos, retain: header.retain)
                return self.take(
                    publication, from: peer, at: now, with: change.map { Keeping($0, of: peer.client.key) })
            }
            let refusal = if let aliased { aliased.withUnsafeBytes(take) } else { take(topic) }
            decide(ticket, refusal, peer)
        }
    }

    private func resolve(
        _ header: PublishHeader, in packet: UnsafeRawBufferPointer, _ peer: Peer
    ) -> Result<[UInt8], SessionViolation> {
        let topic = UnsafeRawBufferPointer(rebasing: packet[header.topicName])
        let resolved = peer.client.update(for: number) { session, _ in
            Result { () throws(SessionViolation) in
                try session.resolveTopicAlias(header.topicAlias, topicName: topic)
            }
        }
        return resolved ?? .success(Array(topic))
    }

    /// An accepted publication waits for the commit. A refused one is recorded, and answered with its reason in MQTT 5.
    /// MQTT 3.1.1 has no such answer, so it ends the connection there [3.1.1 MQTT-3.3.5-2]; to acknowledge it would be to
    /// say that it was kept.
    private func decide(_ ticket: PublicationTicket, _ refusal: Refusal?, _ peer: Peer) {
        if let refusal { shared.path.record(refusal, by: peer.principal, from: address) }
        guard ticket.qos != .atMostOnce else { return }
        if let refusal, peer.version == .v3_1_1 {
            submitGathered()
            disconnect(because: refusal.code.pubackReason)
            peer.client.complete([Gathered.Answer(ticket: ticket, refusal: refusal)])
        } else {
            intake.add(Gathered.Answer(ticket: ticket, refusal: refusal))
        }
    }

    /// Hands what was gathered to the committer, in one piece.
    func submitGathered() {
        guard case .open(let peer) = state, !intake.gathered.isEmpty else { return }
        let group = intake.takeGathered()
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        let (answers, bytes) = (group.answers, group.bytes)
        shared.counters.received(bytes: 0, publications: group.count)
        peer.client.hasPublished(group.count)
        let isBehind = !load.isIdle
        load.begin(group)
        shared.submit(group, behindOthers: isBehind, on: eventLoop) { refusal in
            handle.value.submitted(answers, bytes: bytes, peer, refusal)
        }
        if load.isFull, !isPaused {
            isPaused = true
            updateReading()
        }
    }

    /// The committer is done with these: they are answered, in order [MQTT-4.6.0-2].
    private func submitted(_ answers: [Gathered.Answer], bytes: Int, _ peer: Peer, _ refusal: Refusal?) {
        load.finish(messages: answers.count, bytes: bytes)
        if isPaused, load.isLow {
            isPaused = false
            updateReading()
        }
        if let refusal {
            shared.path.record(refusal, by: peer.principal, from: address)
            if endsWhenNothingCanBeKept(peer) { disconnect(because: refusal.code.pubackReason) }
            peer.client.complete(
                answers.map { Gathered.Answer(ticket: $0.ticket, refusal: $0.refusal ?? refusal) })
        } else if !answers.isEmpty {
            peer.client.complete(answers)
        }
        flush()
    }
}

extension PublishHeader {
    /// What is handed on of the properties; they have been checked.
    fileprivate func forwardedProperties(in packet: UnsafeRawBufferPointer) -> ForwardedProperties {
        guard !properties.isEmpty else { return ForwardedProperties() }
        return ForwardedProperties(publish: UnsafeRawBufferPointer(rebasing: packet[properties]))
            ?? ForwardedProperties()
    }
}
