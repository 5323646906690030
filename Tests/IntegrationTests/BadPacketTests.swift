import CityModel
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// Bytes that are not MQTT, or not now: their sender is told and loses the connection, nobody else notices.
    @Suite("Bad packets")
    struct BadPacketTests {
        /// Bytes, and what becomes of the connection that they come on.
        struct Case: Sendable {
            enum Ending: Sendable {
                /// DISCONNECT or CONNACK with this reason code, and the connection is closed.
                case told(ReasonCode)
                /// The connection is closed without a word, for there is no packet to say it with.
                case silent
            }

            let what: String
            /// Sent behind a CONNECT of this version; nil when they are the first.
            var after: ProtocolVersion? = .v5
            /// How the answer is read.
            var answerVersion: ProtocolVersion { after ?? .v3_1_1 }
            let bytes: [UInt8]
            let ending: Ending
            var code = Refusal.Code.malformedPacket
        }

        /// A PUBLISH on `a/b` with these first bytes instead of a topic and a packet identifier that fit.
        private static func publish(flags: UInt8, _ body: [UInt8]) -> [UInt8] {
            [0x30 | flags, UInt8(body.count)] + body
        }

        static let cases: [Case] = [
            Case(
                what: "Remaining Length of five bytes", bytes: [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
                ending: .told(.malformedPacket)),
            Case(
                what: "Remaining Length longer than needed", bytes: [0xC0, 0x80, 0x00], ending: .told(.malformedPacket)),
            Case(
                what: "a packet larger than Maximum Packet Size, of which only the header comes",
                bytes: [0x30, 0xFF, 0xFF, 0xFF, 0x7F], ending: .told(.packetTooLarge), code: .tooLarge),
            Case(what: "packet type 0", bytes: [0x00, 0x00], ending: .told(.malformedPacket)),
            Case(
                what: "a topic that is not UTF-8", bytes: publish(flags: 0, [0, 2, 0xC3, 0x28, 0]),
                ending: .told(.malformedPacket)),
            Case(
                what: "a topic with U+0000", bytes: publish(flags: 0, [0, 2, 0x61, 0x00, 0]),
                ending: .told(.malformedPacket)),
            Case(
                what: "a topic longer than the packet", bytes: publish(flags: 0, [0xFF, 0xFF, 0x61]),
                ending: .told(.malformedPacket)),
            Case(
                what: "`+` in a topic name", bytes: publish(flags: 0, [0, 1, 0x2B, 0]), ending: .told(.malformedPacket)),
            Case(
                what: "`#` in a topic name", bytes: publish(flags: 0, [0, 1, 0x23, 0]), ending: .told(.malformedPacket)),
            Case(what: "no topic and no alias", bytes: publish(flags: 0, [0, 0, 0]), ending: .told(.protocolError)),
            Case(what: "QoS 3", bytes: publish(flags: 0b110, [0, 1, 0x61, 0, 1, 0]), ending: .told(.malformedPacket)),
            Case(
                what: "packet identifier 0", bytes: publish(flags: 0b010, [0, 1, 0x61, 0, 0, 0]),
                ending: .told(.protocolError)),
            Case(
                what: "a topic alias beyond Topic Alias Maximum",
                bytes: publish(flags: 0, [0, 1, 0x61, 3, 0x23, 1, 0]),
                ending: .told(.topicAliasInvalid), code: .unsupported),
            Case(
                what: "a topic alias that was never set", bytes: publish(flags: 0, [0, 0, 3, 0x23, 0, 1]),
                ending: .told(.protocolError), code: .unsupported),
            Case(
                what: "a property twice", bytes: publish(flags: 0, [0, 1, 0x61, 4, 0x01, 0, 0x01, 0]),
                ending: .told(.protocolError)),
            Case(what: "SUBSCRIBE without a topic filter", bytes: [0x82, 3, 0, 1, 0], ending: .told(.protocolError)),
            Case(
                what: "SUBSCRIBE with flags 0", bytes: [0x80, 7, 0, 1, 0, 0, 1, 0x61, 0],
                ending: .told(.malformedPacket)),
            Case(what: "SUBSCRIBE at QoS 3", bytes: [0x82, 7, 0, 1, 0, 0, 1, 0x61, 3], ending: .told(.protocolError)),
            Case(
                what: "`#` amid a topic filter", bytes: [0x82, 9, 0, 1, 0, 0, 3, 0x23, 0x2F, 0x61, 0],
                ending: .told(.malformedPacket)),
            Case(
                what: "No Local on a shared subscription",
                bytes: [0x82, 29, 0, 1, 0, 0, 23] + Array("$share/g/devices/rude/x".utf8) + [0b101],
                ending: .told(.protocolError)),
            Case(what: "a second CONNECT", bytes: connect(), ending: .told(.protocolError)),
            Case(what: "CONNACK from a client", bytes: [0x20, 3, 0, 0, 0], ending: .told(.protocolError)),
            Case(
                what: "AUTH, though no method was agreed on", bytes: [0xF0, 6, 0x19, 4, 0x15, 0, 1, 0x61],
                ending: .told(.protocolError),
                code: .unsupported),
            Case(
                what: "QoS 3 in MQTT 3.1.1", after: .v3_1_1, bytes: publish(flags: 0b110, [0, 1, 0x61, 0, 1]),
                ending: .silent),
            Case(
                what: "QoS 2 in MQTT 3.1.1 on a topic of nobody's", after: .v3_1_1,
                bytes: publish(flags: 0b100, [0, 1, 0x61, 0, 1]), ending: .silent, code: .topicNotOwn),
            Case(what: "PUBLISH before CONNECT", after: nil, bytes: publish(flags: 0, [0, 1, 0x61]), ending: .silent),
            Case(what: "HTTP", after: nil, bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8), ending: .silent),
            Case(
                what: "protocol level 6", after: nil, bytes: connect(level: 6),
                ending: .told(.unsupportedProtocolVersion)),
            Case(what: "MQTT 3.1", after: nil, bytes: connect(name: "MQIsdp", level: 3), ending: .silent),
            Case(what: "the reserved connect flag", after: nil, bytes: connect(flags: 0b11), ending: .silent),
            Case(
                what: "a CONNECT that ends too early", after: nil, bytes: [0x10, 4, 0, 4, 0x4D, 0x51], ending: .silent),
        ]

        private static func connect(name: String = "MQTT", level: UInt8 = 5, flags: UInt8 = 0b10) -> [UInt8] {
            let body = [0, UInt8(name.utf8.count)] + Array(name.utf8) + [level, flags, 0, 60, 0, 0, 1, 0x61]
            return [0x10, UInt8(body.count)] + body
        }

        @Test(
            "each is answered by its reason code and the end of the connection, and recorded; others are not disturbed")
        func badPackets() async throws {
            let city = try await TestCity.found()
            let (honest, rude) = (try await city.addDevice("honest"), try await city.addDevice("rude"))
            let server = try await city.serve()
            let witness = try await server.connect(honest)
            for (index, example) in BadPacketTests.cases.enumerated() {
                let opening = try example.after.map { try Packet.connect("rude", version: $0).bytes($0) } ?? []
                let answer = try await server.say(
                    opening + example.bytes, as: rude, version: example.answerVersion, from: "127.0.1.\(index + 1)")
                #expect(answer.isClosed, "\(example.what)")
                let expected = (example.after == nil ? [] : [ReasonCode.success]) + example.ending.reasonCodes
                #expect(answer.reasonCodes == expected, "\(example.what): \(answer.packets)")
                #expect(try await witness.publish("{\"v\":1}", by: "honest") == .success, "after \(example.what)")
            }
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            for (index, example) in BadPacketTests.cases.enumerated() {
                let refusals = journal.refusals(from: "127.0.1.\(index + 1)")
                #expect(refusals.map(\.code) == [example.code], "\(example.what): \(refusals.map(\.message))")
                let principal = example.after == nil ? "unknown/127.0.1.\(index + 1)" : "device/rude"
                #expect(refusals.map(\.principal) == [principal], "\(example.what)")
            }
            #expect(journal.count(of: "value", by: "rude") == 0)
        }

        @Test("noise: hundreds of connections with mutated packets, and the city goes on as if nothing were")
        func noise() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let city = try await TestCity.found()
            let (honest, rude) = (try await city.addDevice("honest"), try await city.addDevice("rude"))
            let server = try await city.serve()
            let witness = try await server.connect(honest)
            let good = try BadPacketTests.goodConversation()
            for _ in 0..<300 {
                var bytes = good
                for _ in 0...Int.random(in: 0...6, using: &random) {
                    let place = Int.random(in: bytes.indices, using: &random)
                    switch Int.random(in: 0...2, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: place)
                    default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    }
                }
                _ = try? await server.say(bytes, as: rude, andHangUp: true)
            }
            #expect(try await witness.publish("{\"v\":1}", by: "honest") == .success, "seed \(seed)")
            #expect(await server.stop() == .exited(0), "seed \(seed)")
            try await city.checkUp()
        }

        private static func goodConversation() throws -> [UInt8] {
            let topic = ByteBuffer(string: "devices/rude/v")
            let payload = ByteBuffer(string: "{\"t\":1700000000000,\"v\":1.5}")
            let publish = Publish(topicName: topic, payload: payload, qos: .atLeastOnce, packetIdentifier: 7)
            let subscription = Subscription(topicFilter: try TopicFilter("devices/rude/#"))
            let packets: [Packet] = [
                .connect("rude"), .publish(publish),
                .subscribe(Subscribe(packetIdentifier: 8, subscriptions: [subscription])), .pingreq,
                .disconnect(Disconnect()),
            ]
            return try packets.flatMap { try $0.bytes() }
        }
    }
}

extension BuiltProgramTests.BadPacketTests.Case.Ending {
    fileprivate var reasonCodes: [ReasonCode] {
        switch self {
        case .told(let code): [code]
        case .silent: []
        }
    }
}
