import MQTTClient
import MQTTPackets
import NIOCore
import Testing

@Suite("Client session")
struct ClientSessionTests {
    private func open(_ version: ProtocolVersion = .v5) -> ClientSession<String> {
        var session = ClientSession<String>(version: version)
        _ = session.received(.connack(Connack()))
        return session
    }

    private func message(_ identifier: UInt16?, _ qos: QoS) -> Packet {
        .publish(
            Publish(
                topicName: ByteBuffer(string: "a"), payload: ByteBuffer(), qos: qos, packetIdentifier: identifier))
    }

    private func isFault(_ action: ClientSession<String>.Action) -> Bool {
        if case .fault = action { true } else { false }
    }

    @Test("QoS 1: PUBACK settles the delivery, once")
    func qos1() throws {
        var session = open()
        let begun = session.beginDelivery("m", qos: .atLeastOnce)
        let identifier = try #require(begun)
        #expect(identifier == 1 && session.inFlight == 1)
        let puback = Packet.puback(Acknowledgement(packetIdentifier: identifier, reasonCode: .notAuthorized))
        guard case .settled("m", .notAuthorized) = session.received(puback) else {
            Issue.record("not settled")
            return
        }
        #expect(session.inFlight == 0)
        #expect(isFault(session.received(puback)))
    }

    @Test("QoS 2: PUBREC, PUBREL, PUBCOMP (5.0 §4.3.3)")
    func qos2() throws {
        var session = open()
        let begun = session.beginDelivery("m", qos: .exactlyOnce)
        let identifier = try #require(begun)
        let acknowledgement = Acknowledgement(packetIdentifier: identifier)
        guard case .send(.pubrel(acknowledgement)) = session.received(.pubrec(acknowledgement)) else {
            Issue.record("no PUBREL")
            return
        }
        #expect(isFault(session.received(.puback(acknowledgement))))
        guard case .settled("m", .success) = session.received(.pubcomp(acknowledgement)) else {
            Issue.record("not settled")
            return
        }
    }

    @Test("a refusing PUBREC settles the delivery at once (5.0 §4.3.3)")
    func qos2Refused() throws {
        var session = open()
        let begun = session.beginDelivery("m", qos: .exactlyOnce)
        let identifier = try #require(begun)
        let pubrec = Acknowledgement(packetIdentifier: identifier, reasonCode: .quotaExceeded)
        guard case .settled("m", .quotaExceeded) = session.received(.pubrec(pubrec)) else {
            Issue.record("not settled")
            return
        }
    }

    @Test("a QoS 2 message that comes twice is delivered once [MQTT-4.3.3-10]", arguments: ProtocolVersion.allCases)
    func receivedTwice(_ version: ProtocolVersion) {
        var session = open(version)
        guard case .deliver(_, answer: .pubrec) = session.received(message(7, .exactlyOnce)) else {
            Issue.record("not delivered")
            return
        }
        guard case .send(.pubrec) = session.received(message(7, .exactlyOnce)) else {
            Issue.record("delivered again")
            return
        }
        let release = Packet.pubrel(Acknowledgement(packetIdentifier: 7))
        for expected in [ReasonCode.success, version == .v5 ? .packetIdentifierNotFound : .success] {
            guard case .send(.pubcomp(let answer)) = session.received(release) else {
                Issue.record("no PUBCOMP")
                return
            }
            #expect(answer.reasonCode == expected)
        }
        guard case .deliver = session.received(message(7, .exactlyOnce)) else {
            Issue.record("identifier not free again")
            return
        }
    }

    @Test("packet identifiers in use are not used again [MQTT-2.2.1-3], and they can run out")
    func identifiers() throws {
        var session = open()
        let begun = session.beginRequest(answeredBy: .suback)
        let request = try #require(begun)
        var seen: Set<UInt16> = [request]
        while let identifier = session.beginDelivery("m", qos: .atLeastOnce) {
            #expect(identifier != 0 && seen.insert(identifier).inserted)
        }
        #expect(seen.count == 65_535)
        _ = session.received(.puback(Acknowledgement(packetIdentifier: 4_711)))
        #expect(session.beginDelivery("m", qos: .atLeastOnce) == 4_711)
        #expect(session.close().count == 65_534)
    }

    @Test(
        "what a server may not send is a fault",
        arguments: [
            Packet.connack(Connack()), .auth(Authentication()), .pingreq,
            .suback(SubscribeAcknowledgement(packetIdentifier: 9, reasonCodes: [.success])),
            .publish(
                Publish(topicName: ByteBuffer(string: "a"), payload: ByteBuffer(), properties: [.topicAlias(1)])),
        ])
    func faults(_ packet: Packet) {
        var session = open()
        #expect(isFault(session.received(packet)))
    }

    @Test("UNSUBACK does not answer SUBSCRIBE")
    func wrongAnswer() throws {
        var session = open()
        let begun = session.beginRequest(answeredBy: .suback)
        let identifier = try #require(begun)
        let answer = SubscribeAcknowledgement(packetIdentifier: identifier, reasonCodes: [.success])
        #expect(isFault(session.received(.unsuback(answer))))
    }
}

@Suite("Ping schedule (5.0 §3.1.2.10)")
struct PingScheduleTests {
    @Test("as long as packets go both ways, there is nothing to do")
    func busy() {
        var pings = PingSchedule()
        for _ in 0..<10 {
            #expect(pings.timerFired() == .nothing)
            pings.packetSent()
            pings.packetReceived()
        }
    }

    @Test("silence brings a ping, an answer brings silence", arguments: [true, false])
    func silence(_ sends: Bool) {
        var pings = PingSchedule()
        _ = pings.timerFired()
        for _ in 0..<5 {
            if sends { pings.packetSent() }
            #expect(pings.timerFired() == .ping)
            pings.packetSent()
            pings.packetReceived()
            #expect(pings.timerFired() == .nothing)
        }
    }

    @Test("after a whole interval without an answer the server is given up")
    func unanswered() {
        var pings = PingSchedule()
        _ = pings.timerFired()
        #expect(pings.timerFired() == .ping)
        pings.packetSent()
        #expect(pings.timerFired() == .nothing)
        #expect(pings.timerFired() == .ping)
        pings.packetSent()
        #expect(pings.timerFired() == .giveUp)
    }
}
