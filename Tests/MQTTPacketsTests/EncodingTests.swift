import MQTTPackets
import NIOCore
import Testing

@Suite("Encoding what may not be sent")
struct EncodingTests {
    private func error(_ packet: Packet, _ version: ProtocolVersion, maximum: Int? = nil) throws -> PacketEncodingError
    {
        var buffer = text("kept")
        let error = try #require(throws: PacketEncodingError.self) {
            try packet.encode(
                into: &buffer, version: version, maximumPacketBytes: maximum ?? MQTTLimits.packetBytes)
        }
        #expect(buffer == text("kept"))
        return error
    }

    private func rule(_ packet: Packet, _ version: ProtocolVersion) throws -> DecodingRule? {
        guard case .illegal(let inner) = try error(packet, version) else { return nil }
        return inner.rule
    }

    @Test("a field of more than 65,535 bytes")
    func fieldTooLong() throws {
        let long = String(repeating: "a", count: 65_536)
        let expected = PacketEncodingError.fieldTooLong(bytes: 65_536)
        #expect(try error(.connect(Connect(version: .v5, clientIdentifier: long)), .v5) == expected)
        #expect(try error(.publish(Publish(topicName: text(long), payload: text(""))), .v3_1_1) == expected)
        #expect(try error(.disconnect(Disconnect(properties: [.reasonString(long)])), .v5) == expected)
    }

    @Test("a packet larger than the receiver allows")
    func packetTooLarge() throws {
        let publish = Packet.publish(Publish(topicName: text("a"), payload: text("123456")))
        #expect(try error(publish, .v5, maximum: 11) == .packetTooLarge(bytes: 12))
        let disconnect = Packet.disconnect(Disconnect(reasonCode: .quotaExceeded, properties: [.reasonString("x")]))
        #expect(try error(disconnect, .v5, maximum: 7) == .packetTooLarge(bytes: 8))
        var buffer = ByteBuffer()
        try publish.encode(into: &buffer, version: .v5, maximumPacketBytes: 12)
        #expect(buffer.readableBytes == 12)
    }

    @Test("what 3.1.1 has no place for")
    func notIn311() throws {
        let refusals: [Packet] = [
            .auth(Authentication()), .connack(Connack(reasonCode: .banned)),
            .puback(Acknowledgement(packetIdentifier: 1, reasonCode: .notAuthorized)),
            .disconnect(Disconnect(reasonCode: .disconnectWithWillMessage)),
            .publish(Publish(topicName: text("a"), payload: text(""), properties: [.topicAlias(1)])),
            .subscribe(
                Subscribe(
                    packetIdentifier: 1,
                    subscriptions: [.init(topicFilter: try TopicFilter("a"), options: .init(noLocal: true))])),
            .connect(Connect(version: .v5, clientIdentifier: "a")),
        ]
        for packet in refusals { #expect(try error(packet, .v3_1_1) == .notInVersion(.v3_1_1, packet.type)) }
    }

    @Test("what the receiver would refuse, by the receiver's own rules")
    func illegal() throws {
        let noTopics = Packet.subscribe(Subscribe(packetIdentifier: 1, subscriptions: []))
        #expect(try rule(noTopics, .v5) == .noTopicFilters)
        #expect(try rule(.puback(Acknowledgement(packetIdentifier: 0)), .v3_1_1) == .packetIdentifierZero)
        #expect(try rule(.connack(Connack(sessionPresent: true, reasonCode: .banned)), .v5) == .sessionPresentOnRefusal)
        let anonymous = Connect(version: .v3_1_1, clientIdentifier: "c", password: text("x"))
        #expect(try rule(.connect(anonymous), .v3_1_1) == .passwordWithoutUserName)
        #expect(try rule(.connect(Connect(version: .v5, clientIdentifier: "a\0")), .v5) == .nullCharacter)
        let wildcard = Publish(topicName: text("a/+"), payload: text(""))
        #expect(try rule(.publish(wildcard), .v5) == .wildcardInTopicName)
        let duplicate = Publish(topicName: text("a"), payload: text(""), isDuplicate: true)
        #expect(try rule(.publish(duplicate), .v5) == .duplicateAtQoS0)
        let anonymousMessage = Publish(topicName: text("a"), payload: text(""), qos: .atLeastOnce)
        #expect(try rule(.publish(anonymousMessage), .v5) == .packetIdentifierZero)
        #expect(try rule(.connack(Connack(properties: [.maximumQoS(.exactlyOnce)])), .v5) == .propertyOutOfRange)
        let identifier = Publish(topicName: text("a"), payload: text(""), properties: [.subscriptionIdentifier(.max)])
        #expect(try rule(.publish(identifier), .v5) == .propertyOutOfRange)
        #expect(try rule(.suback(.init(packetIdentifier: 1, reasonCodes: [.banned])), .v5) == .reasonCodeNotAllowed)
    }

    @Test("a packet identifier at QoS 0 [5.0 MQTT-2.2.1-2; 3.1.1 MQTT-2.3.1-5]")
    func identifierAtQoS0() throws {
        let publish = Publish(topicName: text("a"), payload: text(""), packetIdentifier: 1)
        #expect(try error(.publish(publish), .v5) == .packetIdentifierAtQoS0)
    }

    @Test("3.1.1 has one failure for SUBACK: 0x80")
    func subackFailure() throws {
        var buffer = ByteBuffer()
        let answer = SubscribeAcknowledgement(packetIdentifier: 1, reasonCodes: [.notAuthorized, .grantedQoS1])
        try Packet.suback(answer).encode(into: &buffer, version: .v3_1_1)
        #expect(hex(buffer) == "90 04 00 01 80 01")
    }
}

@Suite("The short ways of busy connections")
struct PacketEncoderTests {
    @Test("PUBACK, PINGREQ and PINGRESP are what the packets encode to", arguments: ProtocolVersion.allCases)
    func short(_ version: ProtocolVersion) throws {
        var (short, long) = (ByteBuffer(), ByteBuffer())
        PacketEncoder.encodePuback(packetIdentifier: 0xABCD, into: &short)
        PacketEncoder.encodePubacks(packetIdentifiers: [1, 0xFFFF], into: &short)
        PacketEncoder.encodePubacks(packetIdentifiers: [], into: &short)
        PacketEncoder.encodePingreq(into: &short)
        PacketEncoder.encodePingresp(into: &short)
        for identifier in [0xABCD, 1, 0xFFFF] as [UInt16] {
            try Packet.puback(Acknowledgement(packetIdentifier: identifier)).encode(into: &long, version: version)
        }
        try Packet.pingreq.encode(into: &long, version: version)
        try Packet.pingresp.encode(into: &long, version: version)
        #expect(hex(short) == hex(long))
    }

    @Test("PUBLISH is what the packet encodes to", arguments: ProtocolVersion.allCases, QoS.allCases)
    func publish(_ version: ProtocolVersion, _ qos: QoS) throws {
        for count in [0, 1, 100, 128, 20_000] {
            let (topic, payload) = (text("city/river"), ByteBuffer(repeating: 7, count: count))
            let identifier: UInt16 = qos == .atMostOnce ? 0 : 9
            var (short, long) = (ByteBuffer(), ByteBuffer())
            try topic.withUnsafeReadableBytes { topic in
                try payload.withUnsafeReadableBytes { payload in
                    try PacketEncoder.encodePublish(
                        topicName: topic, payload: payload, qos: qos, retain: true, packetIdentifier: identifier,
                        version: version, into: &short)
                }
            }
            try Packet.publish(
                Publish(
                    topicName: topic, payload: payload, qos: qos, retain: true,
                    packetIdentifier: identifier == 0 ? nil : identifier)
            ).encode(into: &long, version: version)
            #expect(short == long)
        }
    }

    @Test("a PUBLISH that may not be sent leaves the buffer as it was")
    func refused() throws {
        for (topic, qos, identifier) in [
            ("a/#", QoS.atMostOnce, 0), ("", .atMostOnce, 0), ("a", .atMostOnce, 1), ("a", .atLeastOnce, 0),
        ] as [(String, QoS, UInt16)] {
            var buffer = text("kept")
            #expect(throws: PacketEncodingError.self) {
                try text(topic).withUnsafeReadableBytes { name in
                    try PacketEncoder.encodePublish(
                        topicName: name, payload: name, qos: qos, packetIdentifier: identifier, version: .v5,
                        into: &buffer)
                }
            }
            #expect(buffer == text("kept"))
        }
    }
}
