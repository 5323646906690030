import Foundation
import MQTTClient
import MQTTPackets
import Testing

extension BuiltProgramTests {
    /// `bastide mqtt`, and what clients notice of it.
    @Suite("Looking at MQTT sessions")
    struct MQTTSessionTests {
        /// A session as `bastide mqtt sessions --json` prints it.
        private struct Listed: Decodable {
            struct Subscription: Decodable { var filter: String }

            var owner: String
            var clientIdentifier: String
            var connected: Bool
            var version: String
            var subscriptions: [Subscription]
            var waiting: Int
            var published: Int
            var delivered: Int
        }

        private static func list(_ city: TestCity, _ arguments: String...) async throws -> [Listed] {
            let text = try await city.succeed(["mqtt", "sessions", "--json", "--city", city.path] + arguments)
            return try JSONDecoder().decode([Listed].self, from: Data(text.utf8))
        }

        @Test(
            "an operator sees who is connected and what waits, disconnects a client with 0x98, and ends its session",
            .enabled(if: Mosquitto.isInstalled, "Mosquitto's clients are not installed"))
        func lifecycle() async throws {
            let city = try await TestCity.found()
            let device = try await city.addDevice("gauge-1")
            let credentials = try await city.operatorCredentials()
            let server = try await city.serve()
            #expect(try await MQTTSessionTests.list(city).isEmpty)
            let filter = "city/+/gauge-1/app/#"
            let listening = try await server.connect(
                credentials,
                MQTTConnectionOptions(
                    clientIdentifier: "desk", cleanStart: true, properties: [.sessionExpiryInterval(seconds: 3_600)]))
            #expect(try await listening.subscribe(to: TopicFilter(filter), qos: .atLeastOnce) == .grantedQoS1)
            let topic = "city/city/gauge-1/app/state"
            #expect(try await Mosquitto.publish("1", to: topic, at: server, as: device, .v5, ["-q", "1"]).exited(0))
            var heard = listening.messages.makeAsyncIterator()
            #expect(await heard.next()?.topicName == topic)

            let owner = "person/operator"
            let connected = try #require(try await MQTTSessionTests.list(city, "--owner", owner, "--connected").first)
            #expect(connected.clientIdentifier == "desk" && connected.connected && connected.version == "5")
            #expect(connected.subscriptions.map(\.filter) == [filter])
            #expect(connected.delivered == 1)
            let table = try await city.command("mqtt", "sessions", "--subscriptions")
            #expect(table.contains("desk") && table.contains(filter))

            // Kicked: told why, and its session goes on.
            try await city.command("mqtt", "kick", owner, "desk")
            let reason = await listening.closed
            guard case .serverDisconnected(.administrativeAction, _, _) = reason else {
                Issue.record("closed for another reason: \(reason)")
                return
            }
            #expect(try await Mosquitto.publish("2", to: topic, at: server, as: device, .v5, ["-q", "1"]).exited(0))
            let away = try #require(try await MQTTSessionTests.list(city, "--owner", owner, "--no-connected").first)
            #expect(!away.connected && away.waiting == 1)
            let again = try await city.bastide(["mqtt", "kick", owner, "desk", "--city", city.path])
            #expect(again.exited(1) && again.errors.contains("endSession"), "\(again.errors)")

            // Its session ended: what waited is gone, and nobody is known by that name.
            try await city.command("mqtt", "kick", owner, "desk", "--end-session")
            #expect(try await MQTTSessionTests.list(city, "--owner", owner).isEmpty)
            let unknown = try await city.bastide(["mqtt", "kick", owner, "desk", "--city", city.path])
            #expect(unknown.exited(1) && unknown.errors.contains("no MQTT session"), "\(unknown.errors)")
            #expect(await server.stop() == .exited(0))
            let closed = try await city.bastide(["mqtt", "sessions", "--city", city.path])
            #expect(closed.exited(69) && closed.errors.contains("not served"), "\(closed.errors)")
        }

        @Test("top shows rates between two looks")
        func rates() async throws {
            let city = try await TestCity.found()
            let device = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(device, MQTTConnectionOptions(clientIdentifier: "gauge-1"))
            let publishing = Task {
                var value = 0
                while !Task.isCancelled {
                    value += 1
                    _ = try await connection.publish("{\"v\":\(value)}", by: "gauge-1")
                }
            }
            let table = try await city.command("mqtt", "top", "--once")
            publishing.cancel()
            let row = try #require(table.split(separator: "\n").first { $0.contains("device/gauge-1") })
            let cells = row.split(separator: " ")
            #expect(cells.count == 7 && Double(cells[2]).map { $0 > 0 } == true, "\(table)")
            await server.stop()
        }
    }
}
