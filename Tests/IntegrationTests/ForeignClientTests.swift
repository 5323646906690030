import CityModel
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// Clients that other people wrote, with what `bastide device add` gives them.
    @Suite(
        "Mosquitto's clients",
        .enabled(if: Mosquitto.isInstalled, "mosquitto_pub and mosquitto_sub are not installed"))
    struct ForeignClientTests {
        @Test("what they publish is kept, at QoS 0 and 1, in MQTT 3.1.1 and 5")
        func publish() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            var number = 0
            for version in Mosquitto.Version.allCases {
                for qos in ["0", "1"] {
                    number += 1
                    let reading = "{\"t\":\(1_700_000_000_000 + number),\"v\":\(number)}"
                    let outcome = try await Mosquitto.publish(
                        reading, to: "devices/gauge-1/v", at: server, as: gauge, version, ["-q", qos])
                    #expect(outcome.exited(0) && outcome.errors.isEmpty, "\(version), QoS \(qos): \(outcome.errors)")
                }
            }
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            for number in 1...number {
                let time = Timestamp(microseconds: (1_700_000_000_000 + Int64(number)) * 1_000)
                let key = JournalContents.Stored(device: "gauge-1", attribute: "value", observedAt: time)
                #expect(journal.readings[key] == [.number(Double(number))])
            }
            #expect(journal.refusals.isEmpty)
        }

        @Test("an operator's wildcard hears what devices publish: the retained message first, then what comes")
        func wildcard() async throws {
            let city = try await TestCity.found()
            let (gauge, meter) = (try await city.addDevice("gauge-1"), try await city.addDevice("meter-1"))
            let person = try await city.operatorCredentials()
            let server = try await city.serve()
            for version in Mosquitto.Version.allCases {
                let retained = "{\"v\":\(version == .v5 ? 5 : 3)}"
                let kept = try await Mosquitto.publish(
                    retained, to: "devices/gauge-1/v", at: server, as: gauge, version, ["-q", "1", "-r"])
                #expect(kept.exited(0), "\(kept.errors)")
                let subscriber = try Mosquitto.subscribe(
                    to: ["devices/+/v"], at: server, as: person, version, ["-q", "1", "-C", "3"])
                // The retained message tells that the subscription stands.
                #expect(await subscriber.output.line(containing: "devices") == "devices/gauge-1/v \(retained)")
                _ = try await Mosquitto.publish("{\"v\":7}", to: "devices/meter-1/v", at: server, as: meter, version)
                _ = try await Mosquitto.publish(
                    "{\"v\":8}", to: "devices/gauge-1/v", at: server, as: gauge, version, ["-q", "1"])
                let outcome = await subscriber.outcome()
                #expect(outcome.exited(0), "\(outcome.errors)")
                let lines = outcome.output.split(separator: "\n").dropFirst()
                #expect(lines.sorted() == ["devices/gauge-1/v {\"v\":8}", "devices/meter-1/v {\"v\":7}"])
            }
            await server.stop()
        }

        @Test("a retained message survives a restart, and an empty one removes it")
        func retained() async throws {
            let city = try await TestCity.found()
            let gauge = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let topic = "devices/gauge-1/v"
            _ = try await Mosquitto.publish("{\"v\":1}", to: topic, at: server, as: gauge, .v5, ["-q", "1", "-r"])
            await server.stop()
            let second = try await city.serve()
            let heard = try Mosquitto.subscribe(to: [topic], at: second, as: gauge, .v5, ["-C", "1"])
            #expect(await heard.outcome().output == "\(topic) {\"v\":1}\n")
            let removed = try await Mosquitto.publish("", to: topic, at: second, as: gauge, .v5, ["-q", "1", "-r"])
            #expect(removed.exited(0) && removed.errors.isEmpty, "\(removed.errors)")
            // Retained messages come right behind SUBACK: the first message is none, so there is none.
            let listener = try await second.connect(gauge)
            #expect(try await listener.subscribe(to: try TopicFilter(topic)) == .grantedQoS1)
            #expect(try await listener.publish("{\"v\":2}", by: "gauge-1") == .success)
            let first = await listener.messages.first { _ in true }
            #expect(first.map { String(buffer: $0.payload) } == "{\"v\":2}")
            await second.stop()
        }

        @Test("a device hears its own topics, and nothing else")
        func ownTopics() async throws {
            let city = try await TestCity.found()
            let (gauge, meter) = (try await city.addDevice("gauge-1"), try await city.addDevice("meter-1"))
            let server = try await city.serve()
            _ = try await Mosquitto.publish(
                "{\"v\":1}", to: "devices/meter-1/v", at: server, as: meter, .v5, ["-q", "1", "-r"])
            _ = try await Mosquitto.publish(
                "{\"v\":2}", to: "devices/gauge-1/v", at: server, as: gauge, .v5, ["-q", "1", "-r"])
            for (version, filter) in [
                (Mosquitto.Version.v5, "devices/meter-1/v"), (.v5, "#"), (.v5, "devices/+/v"), (.v3_1_1, "devices/#"),
                (.v5, "$share/all/devices/+/v"),
            ] {
                let refused = try Mosquitto.subscribe(to: [filter], at: server, as: gauge, version, ["-C", "1"])
                let outcome = await refused.outcome()
                #expect(outcome.output.isEmpty, "\(filter)")
                #expect(outcome.errors.contains("denied"), "\(filter): \(outcome.errors)")
            }
            let own = try Mosquitto.subscribe(to: ["devices/gauge-1/#"], at: server, as: gauge, .v5, ["-C", "1"])
            #expect(await own.outcome().output == "devices/gauge-1/v {\"v\":2}\n")
            await server.stop()
            var journal = JournalContents(of: city)
            try journal.readOn()
            let refusals = journal.refusals(of: "device/gauge-1")
            #expect(refusals.allSatisfy { $0.code == .topicNotOwn && $0.step == .authorise })
            #expect(refusals.reduce(0) { $0 + $1.count } == 5)
        }
    }
}
