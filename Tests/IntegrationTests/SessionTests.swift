import CityModel
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// The life of connections: repeated, silent, displaced, lost.
    @Suite("Sessions")
    struct SessionTests {
        @Test("a reading said again is acknowledged and changes nothing, even with another value")
        func duplicates() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            for _ in 0..<2 {
                let connection = try await server.connect(credentials)
                for value in [1, 1, 2] {
                    let answer = try await connection.publish("{\"t\":1700000000000,\"v\":\(value)}", by: "gauge-1")
                    #expect(answer == .success)
                }
                await connection.disconnect()
            }
            #expect(
                try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1").map(\.value) == [1])
            await server.stop()
            let second = try await city.serve()
            let connection = try await second.connect(credentials)
            #expect(try await connection.publish("{\"t\":1700000000000,\"v\":3}", by: "gauge-1") == .success)
            await second.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            let key = JournalContents.Stored(
                device: "gauge-1", attribute: "value", observedAt: Timestamp(seconds: 1_700_000_000))
            #expect(journal.readings[key] == [.number(1)])
        }

        @Test("late readings are kept, each in its place")
        func late() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(credentials)
            for second in [5, 3, 4, 1, 2, 3, 5] {
                let payload = "{\"t\":\((1_700_000_000 + second) * 1_000),\"v\":\(second)}"
                #expect(try await connection.publish(payload, by: "gauge-1") == .success)
            }
            let history = try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1")
            #expect(history.map(\.value) == [1, 2, 3, 4, 5])
            await server.stop()
        }

        @Test("a silent client is disconnected after one and a half Keep Alive intervals [MQTT-3.1.2-22], with 0x8D")
        func keepAlive() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let began = ContinuousClock.now
            let answer = try await server.say(
                try Packet.connect("gauge-1", keepAliveSeconds: 1).bytes(), as: credentials)
            let elapsed = began.duration(to: .now)
            #expect(answer.reasonCodes == [.success, .keepAliveTimeout] && answer.isClosed)
            #expect(elapsed >= .milliseconds(1_500) && elapsed < .seconds(3), "\(elapsed)")
            await server.stop()
        }

        @Test("a client that pings within its Keep Alive stays")
        func pings() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(credentials, MQTTConnectionOptions(keepAlive: .seconds(1)))
            // A second, silent connection of the same device measures the time: it ends when the first would.
            let silent = try await server.say(
                try Packet.connect("other", keepAliveSeconds: 2).bytes(), as: credentials)
            #expect(silent.reasonCodes == [.success, .keepAliveTimeout])
            #expect(try await connection.publish("{\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
        }

        @Test("a second connection with the same client identifier takes over [MQTT-3.1.4-3]: the first gets 0x8E")
        func takeover() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let first = try await server.connect(credentials, MQTTConnectionOptions(clientIdentifier: "gauge-1"))
            let second = try await server.connect(credentials, MQTTConnectionOptions(clientIdentifier: "gauge-1"))
            #expect(await first.closed.disconnectReason == .sessionTakenOver)
            #expect(try await second.publish("{\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
        }

        @Test("a client identifier belongs to its principal: nobody else can take the session over")
        func foreignTakeover() async throws {
            let city = try await TestCity.found()
            let (gauge, rude) = (try await city.addDevice("gauge-1"), try await city.addDevice("rude"))
            let server = try await city.serve()
            let options = MQTTConnectionOptions(clientIdentifier: "gauge-1")
            let first = try await server.connect(gauge, options)
            let second = try await server.connect(rude, options)
            #expect(try await second.publish("{\"v\":1}", by: "rude") == .success)
            #expect(try await first.publish("{\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
        }

        @Test("one identity in two places: the second is refused, the first goes on, and an alert is raised")
        func twoPlaces() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let first = try await server.connect(credentials)
            await #expect {
                _ = try await server.connect(credentials, MQTTConnectionOptions(localAddress: "127.0.0.66"))
            } throws: { error in
                (error as? MQTTConnectionError)?.reasonCode == .notAuthorized
            }
            #expect(try await first.publish("{\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.refusals(from: "127.0.0.66").map(\.code) == [.identityInUse])
            #expect(journal.alerts.contains { $0.kind == "identityInTwoPlaces" && $0.device == DeviceID("gauge-1") })
        }

        @Test("a lost connection leaves its will, which is kept and given on; a normal DISCONNECT takes it back")
        func will() async throws {
            let city = try await TestCity.found()
            let (gauge, person) = (try await city.addDevice("gauge-1"), try await city.operatorCredentials())
            let server = try await city.serve()
            let listener = try await server.connect(person, MQTTConnectionOptions(clientIdentifier: "listener"))
            #expect(try await listener.subscribe(to: try TopicFilter("devices/#")) == .grantedQoS1)
            func connect(willing value: Int) throws -> [UInt8] {
                let will = WillMessage(
                    topicName: "devices/gauge-1/v", payload: ByteBuffer(string: "{\"v\":\(value)}"), qos: .atLeastOnce)
                return try Packet.connect("gauge-1", will: will).bytes()
            }
            let normal = try Packet.disconnect(Disconnect()).bytes()
            let willing = try Packet.disconnect(Disconnect(reasonCode: .disconnectWithWillMessage)).bytes()
            _ = try await server.say(try connect(willing: 1) + normal, as: gauge)
            _ = try await server.say(try connect(willing: 2), as: gauge, andHangUp: true)
            _ = try await server.say(try connect(willing: 3) + willing, as: gauge)
            var heard: [String] = []
            for await message in listener.messages {
                heard.append(String(buffer: message.payload))
                if heard.count == 2 { break }
            }
            #expect(heard == ["{\"v\":2}", "{\"v\":3}"])
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.count(of: "value", by: "gauge-1") == 2)
        }

        @Test("a will for another device's topic is refused when it is due, and recorded")
        func foreignWill() async throws {
            let city = try await TestCity.found()
            let (honest, rude) = (try await city.addDevice("honest"), try await city.addDevice("rude"))
            let server = try await city.serve()
            let will = WillMessage(topicName: "devices/honest/v", payload: ByteBuffer(string: "{\"v\":666}"))
            _ = try await server.say(try Packet.connect("rude", will: will).bytes(), as: rude, andHangUp: true)
            let witness = try await server.connect(honest)
            #expect(try await witness.publish("{\"v\":1}", by: "honest") == .success)
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.refusals(of: "device/rude").map(\.code) == [.topicNotOwn])
            #expect(journal.count(of: "value", by: "honest") == 1)
        }
    }
}

extension MQTTCloseReason {
    /// The server's reason code, where it gave one.
    var disconnectReason: ReasonCode? {
        if case .serverDisconnected(let code, _, _) = self { code } else { nil }
    }
}
