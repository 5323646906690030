import MQTTPackets
import NIOCore
import Testing

@Suite("Forwarding publications")
struct ForwardingTests {
    /// Those of a PUBLISH on the wire, as bytes.
    private func wire(_ properties: Properties) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try Publish(topicName: text("t"), payload: text("p"), properties: properties)
            .encode(into: &buffer, version: .v5)
        let decoder = try decoder(from: .server, .v5)
        guard case .publish(let header) = buffer.withUnsafeReadableBytes({ decoder.scan($0) }) else { return [] }
        return Array(buffer.readableBytesView[header.properties])
    }

    private let forwarded: [Property] = [
        .userProperty(name: "b", value: "1"), .payloadFormatIndicator(.utf8), .contentType("text/plain"),
        .userProperty(name: "a", value: "2"), .responseTopic("r/s"), .correlationData(text("c")),
        .userProperty(name: "b", value: "1"),
    ]

    @Test("what belongs to one connection stays behind, the rest keeps its order [MQTT-3.3.2-17]")
    func split() throws {
        let list =
            [.topicAlias(3)] + forwarded[..<3] + [.messageExpiryInterval(seconds: 70), .subscriptionIdentifier(9)]
            + forwarded[3...]
        let raw = try wire(Properties(list))
        let kept = try #require(raw.withUnsafeBytes { ForwardedProperties(publish: $0) })
        #expect(kept.messageExpirySeconds == 70)
        #expect(kept.properties.list == [.messageExpiryInterval(seconds: 70)] + forwarded)
        #expect(kept == (try ForwardedProperties(Properties(list))))
        #expect(kept == ForwardedProperties(bytes: kept.bytes, messageExpirySeconds: 70))
        #expect(!kept.isEmpty)
    }

    @Test("none are none")
    func empty() throws {
        let none = ForwardedProperties()
        #expect(none.isEmpty && none.properties.isEmpty)
        #expect([].withUnsafeBytes { ForwardedProperties(publish: $0) } == none)
        #expect(try ForwardedProperties([.willDelayInterval(seconds: 4), .topicAlias(1)]) == none)
        #expect(ForwardedProperties(bytes: [], messageExpirySeconds: nil) == none)
    }

    @Test("bytes that are no properties, or that are not forwarded, are refused")
    func refused() throws {
        let alias = try wire([.topicAlias(3)])
        let expiry = try wire([.messageExpiryInterval(seconds: 70)])
        for raw in [[0xFF], [0x01, 2], [0x03, 0, 9], alias, expiry] {
            #expect(ForwardedProperties(bytes: raw, messageExpirySeconds: nil) == nil, "\(raw)")
        }
        let whole = try wire(Properties(forwarded))
        for length in 1..<whole.count {
            // Cut between two properties, the rest is whole again.
            guard let kept = ForwardedProperties(bytes: Array(whole[..<length]), messageExpirySeconds: nil) else {
                continue
            }
            #expect(kept.bytes == Array(whole[..<length]))
        }
        #expect(throws: PacketEncodingError.self) { try ForwardedProperties([.responseTopic("a/#")]) }
        #expect(throws: PacketEncodingError.self) {
            try ForwardedProperties([.contentType(String(repeating: "x", count: 65_536))])
        }
    }

    @Test("the packet is the one that the slow encoder writes", arguments: ProtocolVersion.allCases)
    func encoded(version: ProtocolVersion) throws {
        let kept = try ForwardedProperties(Properties(forwarded))
        for (qos, payloadBytes) in [(QoS.atMostOnce, 0), (.atLeastOnce, 100), (.exactlyOnce, 20_000)] {
            let payload = ByteBuffer(repeating: 7, count: payloadBytes)
            var expected = Publish(
                topicName: text("a/b"), payload: payload, qos: qos, retain: true, isDuplicate: qos != .atMostOnce,
                packetIdentifier: qos == .atMostOnce ? nil : 300)
            if version == .v5 {
                expected.properties = Properties(
                    [
                        .messageExpiryInterval(seconds: 5), .topicAlias(4), .subscriptionIdentifier(268_435_455),
                        .subscriptionIdentifier(1), .subscriptionIdentifier(200),
                    ] + forwarded)
            }
            var (slow, fast) = (ByteBuffer(), ByteBuffer())
            try expected.encode(into: &slow, version: version)
            #expect(encode(expected, kept, version: version, maximum: slow.readableBytes - 1, into: &fast) == false)
            #expect(fast.readableBytes == 0)
            #expect(encode(expected, kept, version: version, maximum: slow.readableBytes, into: &fast))
            #expect(fast == slow)
        }
    }

    private func encode(
        _ publish: Publish, _ kept: ForwardedProperties, version: ProtocolVersion, maximum: Int,
        into buffer: inout ByteBuffer
    ) -> Bool {
        publish.topicName.withUnsafeReadableBytes { topicName in
            kept.bytes.withUnsafeBytes { properties in
                publish.payload.withUnsafeReadableBytes { payload in
                    var parts = ForwardedPublish(topicName: topicName, properties: properties, payload: payload)
                    parts.qos = publish.qos
                    parts.retain = publish.retain
                    parts.isDuplicate = publish.isDuplicate
                    parts.packetIdentifier = publish.packetIdentifier ?? 0
                    parts.messageExpirySeconds = 5
                    parts.topicAlias = version == .v5 ? 4 : 0
                    parts.subscriptionIdentifier = 268_435_455
                    parts.furtherSubscriptionIdentifiers = [1, 200]
                    return PacketEncoder.encode(parts, version: version, maximumPacketBytes: maximum, into: &buffer)
                }
            }
        }
    }

    @Test("acknowledgements are those that the slow encoder writes", arguments: ProtocolVersion.allCases)
    func acknowledgements(version: ProtocolVersion) throws {
        let makers: [(PacketType, (Acknowledgement) -> Packet, ReasonCode)] = [
            (.puback, Packet.puback, .quotaExceeded), (.pubrec, Packet.pubrec, .notAuthorized),
            (.pubrel, Packet.pubrel, .packetIdentifierNotFound), (.pubcomp, Packet.pubcomp, .packetIdentifierNotFound),
        ]
        for (type, make, failure) in makers {
            for reasonCode in [ReasonCode.success, failure] {
                var (slow, fast) = (ByteBuffer(), ByteBuffer())
                let said = version == .v5 ? reasonCode : .success
                try make(Acknowledgement(packetIdentifier: 515, reasonCode: said)).encode(into: &slow, version: version)
                PacketEncoder.encodeAcknowledgement(
                    type, packetIdentifier: 515, reasonCode: reasonCode, version: version, into: &fast)
                #expect(fast == slow)
            }
        }
    }
}
