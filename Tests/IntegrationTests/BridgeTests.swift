import Foundation
import Glibc
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// A bridge to Mosquitto, in the place of the broker that a city had before.
    @Suite("A bridge to Mosquitto", .enabled(if: LegacyBroker.isInstalled, "mosquitto or openssl is not installed"))
    struct BridgeTests {
        /// A session that outlives its connection, at either broker.
        private static func lasting(_ name: String) -> MQTTConnectionOptions {
            MQTTConnectionOptions(
                clientIdentifier: name, cleanStart: false, properties: [.sessionExpiryInterval(seconds: 3_600)])
        }

        /// Payloads as they come, up to and including `last`.
        private func payloads(_ connection: MQTTConnection, until last: String) async -> [String] {
            var found: [String] = []
            for await message in connection.messages {
                found.append(String(buffer: message.payload))
                if found.last == last { break }
            }
            return found
        }

        private func publish(
            _ payload: String, to topic: String, at connection: MQTTConnection, _ qos: QoS = .atLeastOnce,
            _ properties: Properties = []
        ) async throws {
            let code = try await connection.publish(
                topicName: topic, payload: ByteBuffer(string: payload), qos: qos, properties: properties)
            #expect(!code.isError, "\(payload): \(code)")
        }

        @Test(
            "messages pass both ways at each QoS, in either edition, on the topics of the other side",
            arguments: ["5", "3.1.1"])
        func bothWays(_ version: String) async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(
                to: "127.0.0.1:\(legacy.port)", "tls: none", "version: \(version)",
                "out: [{topic: \"lamps/#\", qos: 2, remotePrefix: old/}]",
                "in: [{topic: \"state/#\", qos: 2, remotePrefix: plant/, localPrefix: legacy/}]")
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            let (there, here) = (try await legacy.connect(), try await server.connectToLaboratory())
            _ = try await there.subscribe(to: TopicFilter("old/#"), qos: .exactlyOnce)
            _ = try await here.subscribe(to: TopicFilter("legacy/#"), qos: .exactlyOnce)
            for qos in QoS.allCases {
                try await publish("out \(qos.rawValue)", to: "lamps/7/on", at: here, qos)
                let out = try #require(await there.messages.first { _ in true })
                #expect(out.topicName == "old/lamps/7/on" && out.qos == qos)
                #expect(String(buffer: out.payload) == "out \(qos.rawValue)")
                try await publish("in \(qos.rawValue)", to: "plant/state/7", at: there, qos)
                let into = try #require(await here.messages.first { _ in true })
                #expect(into.topicName == "legacy/state/7" && into.qos == qos)
                #expect(String(buffer: into.payload) == "in \(qos.rawValue)")
            }
            #expect(try await city.command("status", until: "connected: 3 in, 3 out, 0 queued"))
            #expect(await server.stop() == .exited(0))
        }

        @Test("what is said while the link is down waits, through SIGKILL, in its order; at QoS 0 it is lost")
        func queue() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(to: "127.0.0.1:\(legacy.port)", "tls: none", "out: [{topic: \"lamps/#\", qos: 2}]")
            let collector = try await legacy.connect(BridgeTests.lasting("collector"))
            _ = try await collector.subscribe(to: TopicFilter("lamps/#"), qos: .exactlyOnce)
            await collector.disconnect()
            let first = try await city.serve()
            #expect(await first.logs("bridge connected"))
            await legacy.stop()
            #expect(await first.logs("bridge lost its link"))
            let here = try await first.connectToLaboratory()
            for number in 1...50 { try await publish("\(number)", to: "lamps/1", at: here) }
            try await publish("lost", to: "lamps/1", at: here, .atMostOnce)
            await first.kill()
            let second = try await city.serve()
            let again = try await second.connectToLaboratory()
            try await publish("last", to: "lamps/1", at: again)
            #expect(try await city.command("status", until: "51 queued"))
            try await legacy.start()
            #expect(await second.logs("bridge connected"))
            #expect(try await city.command("status", until: "51 out, 0 queued"))
            let returned = try await legacy.connect(BridgeTests.lasting("collector"))
            #expect(await payloads(returned, until: "last") == (1...50).map(String.init) + ["last"])
            #expect(await second.stop() == .exited(0))
            try await city.checkUp()
        }

        @Test("a full queue leaves new messages out, keeps those that wait, and ends with the bridge")
        func fullQueue() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            let before = try String(contentsOfFile: "\(city.path)/city.yaml", encoding: .utf8)
            try city.bridge(to: "127.0.0.1:\(legacy.port)", "tls: none", "out: [{topic: \"lamps/#\"}]")
            await legacy.stop()
            let server = try await city.serve(["--set", "mqtt.queuedMessages=10"])
            #expect(await server.logs("bridge cannot connect"))
            let here = try await server.connectToLaboratory()
            for number in 1...30 { try await publish("\(number)", to: "lamps/1", at: here) }
            #expect(try await city.command("status", until: " 10 queued"))
            try await legacy.start()
            #expect(await server.logs("bridge connected"))
            #expect(try await city.command("status", until: " 10 out, 0 queued, 20 dropped"))
            #expect(await server.stop() == .exited(0))
            try Data(before.utf8).write(to: URL(filePath: "\(city.path)/city.yaml"))
            let without = try await city.serve()
            #expect(await without.logs("the session of a bridge that is gone has ended"))
            #expect(await without.stop() == .exited(0))
        }

        @Test("SIGKILL while messages of QoS 2 go out: each that was acknowledged arrives once")
        func killOutward() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(to: "127.0.0.1:\(legacy.port)", "tls: none", "out: [{topic: \"count/#\", qos: 2}]")
            let collector = try await legacy.connect(MQTTConnectionOptions(messageBacklog: 100_000))
            _ = try await collector.subscribe(to: TopicFilter("count/#"), qos: .exactlyOnce)
            var acknowledged: Set<String> = []
            for round in 1...6 {
                let server = try await city.serve()
                #expect(await server.logs("bridge connected"))
                let here = try await server.connectToLaboratory()
                let enough = Int.random(in: 20...300, using: &random)
                acknowledged.formUnion(await flood(here, prefix: "\(round)", kill: server, after: enough))
            }
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            #expect(try await city.command("status", until: " out, 0 queued"), "seed \(seed)")
            let here = try await server.connectToLaboratory()
            try await publish("last", to: "count/x", at: here, .exactlyOnce)
            check(await payloads(collector, until: "last"), against: acknowledged, seed)
            #expect(await server.stop() == .exited(0))
        }

        @Test("SIGKILL while messages of QoS 2 come in: each that the other broker took arrives once")
        func killInward() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(to: "127.0.0.1:\(legacy.port)", "tls: none", "in: [{topic: \"count/#\", qos: 2}]")
            let there = try await legacy.connect()
            var sent: Set<String> = []
            for round in 1...6 {
                let server = try await city.serve()
                #expect(await server.logs("bridge connected"))
                if round == 1 {
                    let collector = try await server.connectToLaboratory(BridgeTests.lasting("collector"))
                    _ = try await collector.subscribe(to: TopicFilter("count/#"), qos: .exactlyOnce)
                    await collector.disconnect()
                }
                // Mosquitto has them when they are acknowledged; the city dies somewhere on its way through them.
                let enough = Int.random(in: 20...200, using: &random)
                for number in 0..<400 {
                    let payload = "\(round)-\(number)"
                    try await publish(payload, to: "count/x", at: there, .exactlyOnce)
                    sent.insert(payload)
                    if number == enough { server.process.signal(SIGKILL) }
                }
                _ = await server.process.ended()
            }
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            try await publish("last", to: "count/x", at: there, .exactlyOnce)
            var options = BridgeTests.lasting("collector")
            options.messageBacklog = 100_000
            let collector = try await server.connectToLaboratory(options)
            check(await payloads(collector, until: "last"), against: sent, seed)
            #expect(await server.stop() == .exited(0))
        }

        /// Publishes until the city is killed: right after `enough` acknowledgements.
        private func flood(
            _ connection: MQTTConnection, prefix: String, kill server: ServedCity, after enough: Int
        ) async -> Set<String> {
            await withTaskGroup(of: String?.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        let code = try? await connection.publish(
                            topicName: "count/x", payload: ByteBuffer(string: "\(prefix)-\(number)"), qos: .exactlyOnce)
                        return code?.isError == false ? "\(prefix)-\(number)" : nil
                    }
                }
                var acknowledged: Set<String> = []
                for await payload in group {
                    if let payload { acknowledged.insert(payload) }
                    if acknowledged.count == enough { server.process.signal(SIGKILL) }
                }
                _ = await server.process.ended()
                return acknowledged
            }
        }

        private func check(_ arrived: [String], against acknowledged: Set<String>, _ seed: UInt64) {
            let payloads = arrived.filter { $0 != "last" }
            let repeated = payloads.count - Set(payloads).count
            #expect(repeated == 0, "\(repeated) came twice, seed \(seed)")
            let missing = acknowledged.subtracting(payloads).count
            #expect(missing == 0, "\(missing) of \(acknowledged.count) are missing, seed \(seed)")
            #expect(acknowledged.count > 100, "seed \(seed): too few to prove anything")
        }

        @Test("the same topics mapped both ways: each message is there once on either side")
        func noLoop() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(
                to: "127.0.0.1:\(legacy.port)", "tls: none", "out: [{topic: \"shared/#\"}]",
                "in: [{topic: \"shared/#\"}]")
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            let (there, here) = (try await legacy.connect(), try await server.connectToLaboratory())
            for connection in [there, here] { _ = try await connection.subscribe(to: TopicFilter("shared/#")) }
            try await publish("from here", to: "shared/x", at: here)
            #expect(await payloads(there, until: "from here") == ["from here"])
            try await publish("from there", to: "shared/x", at: there)
            // Whatever went round would have come before these.
            #expect(await payloads(here, until: "from there") == ["from here", "from there"])
            try await publish("end", to: "shared/x", at: here)
            #expect(await payloads(there, until: "end") == ["from there", "end"])
            #expect(await server.stop() == .exited(0))
        }

        @Test("a message that the city has given out does not come in again, whichever way it takes")
        func hopMark() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(to: "127.0.0.1:\(legacy.port)", "tls: none", "in: [{topic: \"far/#\"}]")
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            let (there, here) = (try await legacy.connect(), try await server.connectToLaboratory())
            _ = try await here.subscribe(to: TopicFilter("far/#"))
            let been: Properties = [.userProperty(name: "bastide-bridge", value: "rivertown.example")]
            try await publish("been here", to: "far/x", at: there, .exactlyOnce, been)
            try await publish("new", to: "far/x", at: there)
            #expect(await payloads(here, until: "new") == ["new"])
            #expect(await server.stop() == .exited(0))
        }

        @Test("over TLS with a password, out of a file that names no secret in the log")
        func guarded() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            let file = city.scratch("password")
            try Data("\(LegacyBroker.password)\n".utf8).write(to: URL(filePath: file))
            try city.bridge(
                to: "localhost:\(legacy.guardedPort)", "tls: {authority: \(legacy.authority)}",
                "userName: \(LegacyBroker.user)", "passwordFile: \(file)", "out: [{topic: \"lamps/#\"}]")
            let server = try await city.serve(["--set", "logging.level=trace"])
            #expect(await server.logs("bridge connected"))
            #expect(await server.stop() == .exited(0))
            #expect(!(await server.process.errors.all()).contains(LegacyBroker.password))
        }

        @Test("a wrong password and a wrong root are told, and the city serves on", arguments: ["password", "root"])
        func turnedAway(_ what: String) async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            let file = city.scratch("password")
            let password = what == "password" ? "guessed" : LegacyBroker.password
            try Data(password.utf8).write(to: URL(filePath: file))
            try city.bridge(
                to: "localhost:\(legacy.guardedPort)",
                "tls: {authority: \(what == "root" ? legacy.strangeAuthority : legacy.authority)}",
                "userName: \(LegacyBroker.user)", "passwordFile: \(file)", "out: [{topic: \"lamps/#\"}]")
            let server = try await city.serve()
            let line = try #require(await server.process.errors.line(containing: "bridge cannot connect"))
            let expected = what == "root" ? "cannot be verified with" : "refuses the connection: "
            #expect(line.contains(expected), "\(line)")
            #expect(try await city.command("status", until: expected))
            let here = try await server.connectToLaboratory()
            try await publish("waits", to: "lamps/1", at: here)
            #expect(try await city.command("status", until: "1 queued"))
            #expect(await server.stop() == .exited(0))
        }

        @Test(
            "a reading of the old broker is kept as the device's that the line names; others are refused, for the record"
        )
        func devices() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            _ = try await city.addDevice("gauge-7")
            try city.bridge(
                to: "127.0.0.1:\(legacy.port)", "tls: none",
                "in: [{topic: \"+/state\", remotePrefix: plant/, device: \"gauge-{1}\"}]")
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            let there = try await legacy.connect()
            try await publish("{\"t\":1700000000000,\"v\":7}", to: "plant/7/state", at: there)
            try await publish("{\"t\":1700000000000,\"v\":8}", to: "plant/8/state", at: there)
            try await publish("not a reading", to: "plant/7/state", at: there)
            try await publish("{\"t\":1700000001000,\"v\":9}", to: "plant/7/state", at: there)
            #expect(try await city.command("status", until: "4 in"))
            #expect(try await city.command("refusal", "list", until: "gauge-8"))
            let history = try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-7")
            #expect(history.map(\.value) == [7, 9])
            #expect(await server.stop() == .exited(0))
        }

        @Test("retained messages pass as retained: those there were before, and those that come")
        func retained() async throws {
            let legacy = try await LegacyBroker()
            let city = try await TestCity.found()
            try city.bridge(
                to: "127.0.0.1:\(legacy.port)", "tls: none", "out: [{topic: \"up/#\"}]", "in: [{topic: \"down/#\"}]")
            let there = try await legacy.connect()
            _ = try await there.publish(
                topicName: "down/x", payload: ByteBuffer(string: "old"), qos: .atLeastOnce, retain: true)
            let server = try await city.serve()
            #expect(await server.logs("bridge connected"))
            let here = try await server.connectToLaboratory()
            _ = try await here.publish(
                topicName: "up/x", payload: ByteBuffer(string: "new"), qos: .atLeastOnce, retain: true)
            #expect(try await city.command("status", until: "1 in, 1 out, 0 queued"))
            for (connection, topic, payload) in [(here, "down/x", "old"), (there, "up/x", "new")] {
                _ = try await connection.subscribe(to: TopicFilter(topic))
                let message = try #require(await connection.messages.first { _ in true })
                #expect(message.retain && String(buffer: message.payload) == payload, "\(topic)")
            }
            #expect(await server.stop() == .exited(0))
        }
    }
}
