import CityModel
import CityPath
import MQTTPackets
import Foundation
import NIOCore

/// What one read of a connection has brought, before it goes to the committer.
struct Gathered {
    /// A publication that wants an answer: acknowledged after the commit, or refused, in the order they came.
    struct Answer {
        let packetIdentifier: UInt16
        let refusal: Refusal?
    }

    var observations: [Observation] = []
    var retained: [String: RetainedMessage] = [:]
    var answers: [Answer] = []
    var hasRefusals = false
    var messages: [RelayedMessage] = []

    var isEmpty: Bool { observations.isEmpty && answers.isEmpty && messages.isEmpty && retained.isEmpty }
}

/// PUBLISH from the peer: through the path, acknowledged after the commit.
extension Connection {
    /// A peer with this many publications unacknowledged is not read from until half of them are.
    private static let pauseAt = 2_048

    /// One publication, read where it lies.
    func handle(_ header: PublishHeader, in packet: UnsafeRawBufferPointer, at now: Timestamp) {
        guard case .open(let peer) = state else { return }
        let topic = UnsafeRawBufferPointer(rebasing: packet[header.topicName])
        let payload = UnsafeRawBufferPointer(rebasing: packet[header.payload])
        if let violation = violation(header) {
            breakOff(because: violation.reason, violation.words)
            return
        }
        let refusal: Refusal?
        switch openRoute(topic, peer.principal) {
        case .failure(let no): refusal = no
        case .success(let route):
            let before = gathered.observations.count
            // An empty retained message says nothing: it takes back what was retained before [MQTT-3.3.1-6].
            let isRemoval = header.retain && payload.isEmpty
            refusal =
                isRemoval
                ? nil
                : shared.path.understand(
                    payload, on: route, at: now, scratch: &scratch.object, into: &gathered.observations)
            if refusal == nil, header.retain || !shared.relay.isIdle {
                keepForSubscribers(header, route, payload, observationsFrom: before)
            }
        }
        if let refusal {
            refuse(refusal, header, peer)
        } else if header.qos == .atLeastOnce {
            gathered.answers.append(Gathered.Answer(packetIdentifier: header.packetIdentifier, refusal: nil))
        }
    }

    /// A publication that did not come through the fast road: never, as long as the decoder scans it first.
    func handle(_ publish: Publish) {
        disconnect(because: .implementationSpecificError, "PUBLISH on \(publish.topic) was not understood")
    }

    private func violation(_ header: PublishHeader) -> (reason: ReasonCode, words: String)? {
        if header.qos == .exactlyOnce { return (.qosNotSupported, "QoS 2 is not supported: Maximum QoS is 1") }
        if header.topicAlias != 0 { return (.topicAliasInvalid, "Topic Alias Maximum is 0") }
        if header.qos == .atLeastOnce, unacknowledged + gathered.answers.count >= 65_535 {
            return (.receiveMaximumExceeded, "more publications are unacknowledged than there are packet identifiers")
        }
        return nil
    }

    /// The route of a topic: the one of the message before if it is the same topic and still open.
    private func openRoute(_ topic: UnsafeRawBufferPointer, _ principal: Principal) -> Result<Route, Refusal> {
        if let route, topic.elementsEqualBytes(routeTopic), shared.path.isOpen(route) { return .success(route) }
        let opened = shared.path.open(principal, topic: String(decoding: topic, as: UTF8.self))
        if case .success(let new) = opened {
            route = new
            routeTopic = Array(topic)
        }
        return opened
    }

    private func keepForSubscribers(
        _ header: PublishHeader, _ route: Route, _ payload: UnsafeRawBufferPointer, observationsFrom first: Int
    ) {
        if header.retain {
            gathered.retained[route.topic] = RetainedMessage(
                topic: route.topic, payload: Array(payload), qos: header.qos.rawValue)
        }
        guard !shared.relay.isIdle else { return }
        gathered.messages.append(
            RelayedMessage(
                topic: route.topic, payload: ByteBuffer(bytes: payload), qos: header.qos, retain: header.retain,
                dataClass: shared.path.highestClass(of: gathered.observations[first...]), publisher: number))
    }

    /// A refused publication: recorded; answered with its reason in MQTT 5. MQTT 3.1.1 has no such answer, so a QoS 1
    /// publication ends the connection there [3.1.1 MQTT-3.3.5-2]; to acknowledge it would be to say that it was kept.
    private func refuse(_ refusal: Refusal, _ header: PublishHeader, _ peer: Peer) {
        shared.path.record(refusal, by: peer.principal, from: address)
        guard header.qos == .atLeastOnce else { return }
        if peer.version == .v5 {
            gathered.answers.append(Gathered.Answer(packetIdentifier: header.packetIdentifier, refusal: refusal))
            gathered.hasRefusals = true
        } else {
            submitGathered()
            disconnect(because: refusal.code.pubackReason)
        }
    }

    /// Hands what was gathered to the committer, in one piece.
    func submitGathered() {
        guard !gathered.isEmpty else { return }
        let group = gathered
        gathered = Gathered()
        let handle = NIOLoopBound(self, eventLoop: eventLoop)
        let loop = eventLoop
        let (answers, hasRefusals, messages) = (group.answers, group.hasRefusals, group.messages)
        var changes = AcceptedChanges { [shared] result in
            if case .success = result {
                for message in messages { shared.relay.publish(message, in: shared.directory) }
            }
            guard !answers.isEmpty else { return }
            loop.execute { handle.value.answer(answers, hasRefusals: hasRefusals, result) }
        }
        changes.observations = group.observations
        changes.events = group.retained.values.map(CityEvent.retained)
        unacknowledged += answers.count
        if let refusal = shared.path.commit(changes) {
            shared.path.record(refusal, by: principal, from: address)
            answer(answers, hasRefusals: hasRefusals, .failure(refusal))
        } else if unacknowledged > Connection.pauseAt, !isPaused {
            isPaused = true
            setReading(false)
        }
    }

    /// The committer is done with these: acknowledge them, in order [MQTT-4.6.0-2].
    private func answer(_ answers: [Gathered.Answer], hasRefusals: Bool, _ result: Result<Receipt, Refusal>) {
        unacknowledged -= answers.count
        if isPaused, unacknowledged < Connection.pauseAt / 2 {
            isPaused = false
            setReading(true)
        }
        guard case .open(let peer) = state else { return }
        switch result {
        case .success where !hasRefusals:
            write { buffer in
                buffer.reserveCapacity(minimumWritableBytes: answers.count * 4)
                for answer in answers {
                    PacketEncoder.encodePuback(packetIdentifier: answer.packetIdentifier, into: &buffer)
                }
            }
        case .success:
            for answer in answers { acknowledge(answer.packetIdentifier, answer.refusal, peer) }
        case .failure(let refusal):
            guard peer.version == .v5 else {
                disconnect(because: refusal.code.pubackReason)
                return
            }
            for answer in answers { acknowledge(answer.packetIdentifier, answer.refusal ?? refusal, peer) }
        }
    }

    private func acknowledge(_ identifier: UInt16, _ refusal: Refusal?, _ peer: Peer) {
        var acknowledgement = Acknowledgement(packetIdentifier: identifier)
        if let refusal {
            acknowledgement.reasonCode = refusal.code.pubackReason
            if peer.wantsReasons { acknowledgement.properties = [.reasonString(refusal.message)] }
        }
        send(.puback(acknowledgement), version: peer.version, maximumPacketBytes: peer.maximumPacketBytes)
    }

    private func setReading(_ isReading: Bool) {
        guard let channel = context?.channel else { return }
        // A failure means that the channel is closed, and then there is nothing to read.
        _ = channel.setOption(.autoRead, value: isReading)
    }

    /// A peer that vanished has left a message for that case (MQTT 5.0 §3.1.2.5). It walks the path like any other.
    func publish(_ will: WillMessage, of peer: Peer) {
        let topic = Array(will.topicName.utf8)
        var refusal: Refusal?
        will.payload.withUnsafeReadableBytes { payload in
            topic.withUnsafeBytes { bytes in
                switch openRoute(bytes, peer.principal) {
                case .failure(let no): refusal = no
                case .success(let route):
                    let header = gathered.observations.count
                    refusal = shared.path.understand(
                        payload, on: route, at: shared.path.clock.now, scratch: &scratch.object,
                        into: &gathered.observations)
                    guard refusal == nil else { return }
                    if will.retain {
                        gathered.retained[route.topic] = RetainedMessage(
                            topic: route.topic, payload: Array(payload), qos: will.qos.rawValue)
                    }
                    gathered.messages.append(
                        RelayedMessage(
                            topic: route.topic, payload: will.payload, qos: will.qos, retain: will.retain,
                            dataClass: shared.path.highestClass(of: gathered.observations[header...]), publisher: number
                        ))
                }
            }
        }
        if let refusal { shared.path.record(refusal, by: peer.principal, from: address) }
        submitGathered()
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func elementsEqualBytes(_ other: [UInt8]) -> Bool {
        guard count == other.count, let base = baseAddress else { return isEmpty && other.isEmpty }
        return other.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp(base, $0, count) == 0 } ?? true
        }
    }
}
