import CityModel
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// Readings that do not say what they should: refused with the place and what was expected there, and nothing of
    /// them is kept.
    @Suite("Bad readings")
    struct BadReadingTests {
        /// A publication that is to be refused.
        struct Case: Sendable {
            let what: String
            var deviceType = "sensor"
            /// Where it is published: below the device's own topics, or, if it begins with a slash, anywhere.
            var topic = "v"
            let payload: String
            let code: Refusal.Code
            var reason = ReasonCode.payloadFormatInvalid
            /// What the message says: the JSON path of the mistake where it is one of JSON.
            let says: String
        }

        private static let nesting = String(repeating: "[", count: 100_000)
        private static let digits = String(repeating: "9", count: 100_000)

        static let cases: [Case] = [
            Case(what: "nothing", payload: "", code: .malformedPayload, says: "at `$`"),
            Case(
                what: "half an object", payload: "{\"v\":", code: .malformedPayload, says: "at `$.v`, line 1, column 6"),
            Case(what: "bytes after the object", payload: "{\"v\":1} x", code: .malformedPayload, says: "at `$`"),
            Case(what: "a number alone", payload: "42", code: .malformedPayload, says: "at `$`"),
            Case(what: "an array", payload: "[1]", code: .malformedPayload, says: "at `$`"),
            Case(
                what: "an empty object", payload: "{}", code: .malformedPayload,
                says: "at `$`: expected at least one of `v`"),
            Case(
                what: "a time alone", payload: "{\"t\":1700000000000}", code: .malformedPayload,
                says: "expected at least one of `v`"),
            Case(what: "NaN", payload: "{\"v\":NaN}", code: .malformedPayload, says: "at `$.v`"),
            Case(what: "infinity", payload: "{\"v\":Infinity}", code: .malformedPayload, says: "at `$.v`"),
            Case(
                what: "a number that no Double holds", payload: "{\"v\":1e999}", code: .malformedPayload,
                says: "at `$.v`"),
            Case(what: "100,000 digits", payload: "{\"v\":\(digits)}", code: .malformedPayload, says: "at `$.v`"),
            Case(what: "100,000 brackets", payload: "{\"v\":\(nesting)", code: .malformedPayload, says: "at `$.v"),
            Case(what: "the same name twice", payload: "{\"v\":1,\"v\":2}", code: .malformedPayload, says: "at `$.v`"),
            Case(what: "null", payload: "{\"v\":null}", code: .malformedPayload, says: "at `$.v`"),
            Case(what: "an object as value", payload: "{\"v\":{\"w\":1}}", code: .malformedPayload, says: "at `$.v`"),
            Case(
                what: "half a surrogate pair", payload: "{\"v\":\"\\ud800\"}", code: .malformedPayload, says: "at `$.v`"
            ),
            Case(what: "an unknown key", payload: "{\"w\":1}", code: .attributeUnknown, says: "at `$.w`"),
            Case(
                what: "a known and an unknown key", payload: "{\"v\":1,\"w\":1}", code: .attributeUnknown,
                says: "at `$.w`"),
            Case(
                what: "the year 2300", payload: "{\"t\":10413792000000,\"v\":1}", code: .timeOutOfRange,
                says: "at `$.t`"),
            Case(what: "1969", payload: "{\"t\":-1,\"v\":1}", code: .timeOutOfRange, says: "at `$.t`"),
            Case(
                what: "a time beyond all calendars", payload: "{\"t\":1e300,\"v\":1}", code: .timeOutOfRange,
                says: "at `$.t`"),
            Case(
                what: "a time that is none", payload: "{\"t\":\"yesterday\",\"v\":1}", code: .malformedPayload,
                says: "at `$.t`"),
            Case(
                what: "30 February", payload: "{\"t\":\"2024-02-30T00:00:00Z\",\"v\":1}", code: .malformedPayload,
                says: "at `$.t`"),
            Case(
                what: "a speed of 9,999 km/h", deviceType: "traffic-counter", payload: "{\"speed\":9999}",
                code: .outOfRange,
                says: "at `$.speed`: expected at most 300"),
            Case(
                what: "a negative count", deviceType: "traffic-counter", payload: "{\"count\":-1}", code: .outOfRange,
                says: "at `$.count`: expected at least 0"),
            Case(
                what: "words where a number has a unit", deviceType: "traffic-counter", payload: "{\"speed\":\"fast\"}",
                code: .malformedPayload, says: "at `$.speed`"),
            Case(
                what: "one good and one bad value", deviceType: "traffic-counter",
                payload: "{\"count\":7,\"speed\":9999}",
                code: .outOfRange, says: "at `$.speed`"),
            Case(
                what: "another device's topic", topic: "/devices/honest/v", payload: "{\"v\":1}", code: .topicNotOwn,
                reason: .topicNameInvalid, says: "not on `devices/honest/v`"),
            Case(
                what: "a topic that belongs to nobody", topic: "/city/mayor", payload: "{\"v\":1}", code: .topicNotOwn,
                reason: .topicNameInvalid, says: "not on `city/mayor`"),
            Case(
                what: "the server's own topics", topic: "/$SYS/uptime", payload: "{\"v\":1}", code: .topicNotOwn,
                reason: .topicNameInvalid, says: "not on `$SYS/uptime`"),
            Case(
                what: "a topic without meaning", topic: "firmware", payload: "{\"v\":1}", code: .topicNotOwn,
                reason: .topicNameInvalid, says: "has no meaning"),
            Case(
                what: "an entity in another unit", deviceType: "traffic-counter", topic: "ngsi-ld",
                payload: #"{"averageVehicleSpeed":{"type":"Property","value":40,"unitCode":"HM"}}"#,
                code: .unitMismatch,
                says: "at `$.averageVehicleSpeed.unitCode`: expected `KMH`, found `HM`"),
            Case(
                what: "another device's entity", topic: "ngsi-ld",
                payload: #"{"id":"urn:ngsi-ld:Device:honest","type":"Device","level":{"type":"Property","value":1}}"#,
                code: .entityNotOwn, reason: .notAuthorized, says: "urn:ngsi-ld:Device:honest"),
            Case(
                what: "an entity without attributes", topic: "ngsi-ld", payload: "{}", code: .malformedPayload,
                says: "at `$`"),
        ]

        @Test("each is refused with its reason code and the JSON path of the mistake, and the connection goes on")
        func badReadings() async throws {
            let city = try await TestCity.found()
            _ = try await city.addDevice("honest")
            var credentials: [Credentials] = []
            for (index, example) in BadReadingTests.cases.enumerated() {
                credentials.append(try await city.addDevice("bad-\(index)", type: example.deviceType))
            }
            let server = try await city.serve()
            for (index, example) in BadReadingTests.cases.enumerated() {
                try await expectRefusal(of: example, by: "bad-\(index)", credentials[index], at: server)
            }
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            for (index, example) in BadReadingTests.cases.enumerated() {
                let refusals = journal.refusals(of: "device/bad-\(index)")
                #expect(refusals.map(\.code) == [example.code], "\(example.what)")
                #expect(refusals.allSatisfy { $0.message.contains(example.says) }, "\(example.what): \(refusals)")
                let kept = journal.readings.filter { $0.key.device == "bad-\(index)" && $0.key.attribute != "name" }
                #expect(kept.count == 1, "\(example.what): only the good reading is kept")
            }
        }

        private func expectRefusal(
            of example: Case, by device: String, _ credentials: Credentials, at server: ServedCity
        ) async throws {
            let topic =
                example.topic.hasPrefix("/") ? String(example.topic.dropFirst()) : "devices/\(device)/\(example.topic)"
            let good = example.deviceType == "sensor" ? "{\"v\":1}" : "{\"count\":1}"
            let publications = [(topic, example.payload), ("devices/\(device)/v", good)]
            var bytes = try Packet.connect(device).bytes()
            for (index, (topic, payload)) in publications.enumerated() {
                let publish = Publish(
                    topicName: ByteBuffer(string: topic), payload: ByteBuffer(string: payload), qos: .atLeastOnce,
                    packetIdentifier: UInt16(index + 1))
                bytes += try Packet.publish(publish).bytes()
            }
            let answer = try await server.say(bytes, as: credentials) { packet in
                if case .puback(let acknowledgement) = packet { acknowledgement.packetIdentifier == 2 } else { false }
            }
            #expect(answer.reasonCodes == [.success, example.reason, .success], "\(example.what): \(answer.packets)")
            guard answer.packets.count == 3, case .puback(let refusal) = answer.packets[1] else { return }
            let words = refusal.properties.reasonString ?? ""
            #expect(words.contains(example.says), "\(example.what): `\(words)`")
        }

        @Test("a payload beyond Maximum Packet Size ends the connection with 0x95, and what came before it is kept")
        func tooLarge() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let topic = ByteBuffer(string: "devices/gauge-1/v")
            func publish(_ payload: String, _ identifier: UInt16) throws -> [UInt8] {
                try Packet.publish(
                    Publish(
                        topicName: topic, payload: ByteBuffer(string: payload), qos: .atLeastOnce,
                        packetIdentifier: identifier)
                ).bytes()
            }
            let large = "{\"v\":1,\"w\":\"\(String(repeating: "x", count: 300_000))\"}"
            let answer = try await server.say(
                try Packet.connect("gauge-1").bytes() + publish("{\"t\":1700000000000,\"v\":1}", 1) + publish(large, 2),
                as: credentials)
            #expect(answer.reasonCodes.contains(.packetTooLarge) && answer.isClosed, "\(answer.packets)")
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.count(of: "value", by: "gauge-1") == 1)
            #expect(journal.refusals(of: "device/gauge-1").map(\.code) == [.tooLarge])
        }

        @Test("in MQTT 3.1.1, which cannot say why, a refused QoS 1 publication ends the connection unacknowledged")
        func oldVersion() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let publish = Publish(
                topicName: ByteBuffer(string: "devices/gauge-1/v"), payload: ByteBuffer(string: "{\"w\":1}"),
                qos: .atLeastOnce, packetIdentifier: 1)
            let answer = try await server.say(
                try Packet.connect("gauge-1", version: .v3_1_1).bytes(.v3_1_1) + Packet.publish(publish).bytes(.v3_1_1),
                as: credentials, version: .v3_1_1)
            #expect(answer.reasonCodes == [.success] && answer.isClosed, "\(answer.packets)")
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.refusals(of: "device/gauge-1").map(\.code) == [.attributeUnknown])
        }
    }
}
