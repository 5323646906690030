import MQTTPackets
import NIOCore
import Testing

@Suite("Packets that are to be refused")
struct MalformedTests {
    @Test("names the rule and the reason code, and consumes nothing", arguments: MalformedVector.all)
    func refused(_ vector: MalformedVector) throws {
        try expectRefusal(of: vector, by: decoder(from: vector.sender, vector.version))
    }

    @Test("as the first packet, too", arguments: MalformedVector.connects)
    func refusedAtOnce(_ vector: MalformedVector) throws {
        try expectRefusal(of: vector, by: PacketDecoder(role: .server))
    }

    private func expectRefusal(of vector: MalformedVector, by decoder: PacketDecoder) throws {
        var decoder = decoder
        var buffer = bytes(vector.hex)
        let before = buffer
        let error = try #require(throws: PacketDecodingError.self) { _ = try decoder.next(from: &buffer) }
        #expect(error.rule == vector.rule)
        #expect(error.reasonCode == vector.reasonCode)
        #expect(buffer == before)
        #expect(throws: error) { _ = try decoder.next(from: &buffer) }
    }

    @Test("every rule is broken by some vector, and its message names a clause")
    func everyRule() throws {
        var rules = Set((MalformedVector.all + MalformedVector.connects).map(\.rule))
        rules.insert(.packetTooLarge)  // has its own tests
        #expect(rules == Set(DecodingRule.allCases))
        for vector in MalformedVector.all {
            var decoder = try decoder(from: vector.sender, vector.version)
            var buffer = bytes(vector.hex)
            let error = try #require(throws: PacketDecodingError.self) { _ = try decoder.next(from: &buffer) }
            #expect(error.message.contains("§") || error.message.contains("[MQTT-") || error.message.contains("table"))
        }
    }

    @Test("an oversize packet is refused from its fixed header alone, before the body arrives")
    func oversize() throws {
        var decoder = try decoder(from: .client, .v5, maximumPacketBytes: 100)
        var header = bytes("30 63")
        let error = try #require(throws: PacketDecodingError.self) { _ = try decoder.next(from: &header) }
        #expect(error.rule == .packetTooLarge)
        #expect(error.reasonCode == .packetTooLarge)
        var fits = bytes("30 62")
        #expect(try decoder.next(from: &fits) == nil)
    }

    @Test("type and flags are judged from the first byte alone", arguments: ["00", "36", "38", "c1", "20"])
    func firstByte(_ hex: String) throws {
        var decoder = try decoder(from: .client, .v5)
        var buffer = bytes(hex)
        #expect(throws: PacketDecodingError.self) { _ = try decoder.next(from: &buffer) }
    }

    @Test("3.1.1 asks for no minimal remaining length")
    func overlongRemainingLength() throws {
        var decoder = try decoder(from: .client, .v3_1_1)
        var buffer = bytes("c0 80 00")
        #expect(try decoder.next(from: &buffer) == .pingreq)
    }

    @Test("the version is known even if the rest of CONNECT is wrong, so that the answer can be written in it")
    func versionOfABadConnect() throws {
        var decoder = PacketDecoder(role: .server)
        var buffer = bytes("10 0d 0004 4d515454 05 03 0000 00 0000")
        #expect(throws: PacketDecodingError.self) { _ = try decoder.next(from: &buffer) }
        #expect(decoder.version == .v5)
    }

    @Test("U+FEFF is kept [5.0 MQTT-1.5.4-3; 3.1.1 MQTT-1.5.3-3]")
    func byteOrderMark() throws {
        var decoder = try decoder(from: .client, .v5)
        var buffer = bytes("30 07 0004 efbbbf61 00")
        let packet = try decoder.next(from: &buffer)
        #expect(packet == .publish(Publish(topicName: text("\u{FEFF}a"), payload: text(""))))
    }

    @Test("user properties, and subscription identifiers of a PUBLISH, may be repeated")
    func repetition() throws {
        let properties: Properties = [
            .userProperty(name: "a", value: ""), .subscriptionIdentifier(1), .userProperty(name: "a", value: ""),
            .subscriptionIdentifier(1),
        ]
        let packet = Packet.publish(Publish(topicName: text("a"), payload: text(""), properties: properties))
        var buffer = ByteBuffer()
        try packet.encode(into: &buffer, version: .v5)
        var decoder = try decoder(from: .server, .v5)
        #expect(try decoder.next(from: &buffer) == packet)
    }
}
