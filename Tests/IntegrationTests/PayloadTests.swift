import CityModel
import Foundation
import MQTTClient
import MQTTPackets
import NIOCore
import SparkplugB
import Testing

extension BuiltProgramTests {
    /// Devices that speak their makers' ways, played with Mosquitto's clients against the mapping that ships.
    @Suite(
        "Payloads of others",
        .enabled(if: Mosquitto.isInstalled, "mosquitto_pub and mosquitto_sub are not installed"))
    struct PayloadTests {
        /// A time as Tasmota writes it: of this second, without a zone.
        private func tasmotaTime() -> String {
            let formatter = ISO8601DateFormatter()
            return String(formatter.string(from: Date()).dropLast())
        }

        @Test("a Tasmota plug is an entity as soon as it is enrolled; what it cannot say is refused with its place")
        func tasmota() async throws {
            let city = try await TestCity.found()
            let plug = try await city.addDevice("plug-7", type: "smart-plug")
            let other = try await city.addDevice("plug-8", type: "smart-plug")
            let server = try await city.serve()
            // As Tasmota does: MQTT 3.1.1, QoS 0, a retained last will.
            let will = ["--will-topic", "tele/plug-7/LWT", "--will-payload", "Offline", "--will-retain"]
            let telegram = #"{"Time":"\#(tasmotaTime())","ENERGY":{"Power":57,"Voltage":231,"Total":12.5,"Today":1}}"#
            for (topic, payload) in [
                ("tele/plug-7/LWT", "Online"), ("tele/plug-7/SENSOR", telegram), ("stat/plug-7/POWER", "ON"),
                ("stat/plug-7/RESULT", #"{"POWER":"ON"}"#), ("tele/plug-7/SENSOR", #"{"ENERGY":{"Powr":1}}"#),
            ] {
                let outcome = try await Mosquitto.publish(payload, to: topic, at: server, as: plug, .v3_1_1, will)
                #expect(outcome.exited(0) && outcome.errors.isEmpty, "\(topic): \(outcome.errors)")
            }
            let forged = try await Mosquitto.publish(
                telegram, to: "tele/plug-7/SENSOR", at: server, as: other, .v5, ["-q", "1"])
            #expect(forged.errors.contains("not on `tele/plug-7/SENSOR`"), "\(forged)")
            let entity = "urn:ngsi-ld:ACMeasurement:plug-7"
            #expect(try await city.command("entity", "show", entity, until: "powerState"))
            let shown = try await city.command("entity", "show", entity)
            for expected in [
                "totalActivePower", "57", "voltage", "231", "totalActiveEnergyImport", "12.5", "connected",
            ] {
                #expect(shown.contains(expected), "\(expected): \(shown)")
            }
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.count(of: "totalActivePower", by: "plug-7") == 1)
            let refusals = journal.refusals(of: "device/plug-7")
            #expect(refusals.map(\.code) == [.attributeUnknown])
            #expect(refusals.first?.message.hasPrefix("at `$.ENERGY.Powr`: expected one of") == true)
            #expect(journal.refusals(of: "device/plug-8").map(\.code) == [.topicNotOwn])
        }

        @Test("a Tasmota plug hears its commands, and its last will says that it is gone")
        func will() async throws {
            let city = try await TestCity.found()
            let plug = try await city.addDevice("plug-7", type: "smart-plug")
            let person = try await city.operatorCredentials()
            let server = try await city.serve()
            let (topic, entity) = ("tele/plug-7/LWT", "urn:ngsi-ld:ACMeasurement:plug-7")
            let command = try await Mosquitto.publish(
                "ON", to: "cmnd/plug-7/POWER", at: server, as: person, .v5, ["-q", "1", "-r"])
            #expect(command.exited(0) && command.errors.isEmpty, "\(command.errors)")
            let will = ["--will-topic", topic, "--will-payload", "Offline", "--will-retain"]
            let client = try Mosquitto.subscribe(to: ["cmnd/plug-7/#"], at: server, as: plug, .v3_1_1, will)
            #expect(await client.output.line(containing: "cmnd") == "cmnd/plug-7/POWER ON")
            let there = try await Mosquitto.publish(
                "Online", to: topic, at: server, as: plug, .v3_1_1, ["-q", "1", "-r"])
            #expect(there.exited(0) && there.errors.isEmpty, "\(there.errors)")
            #expect(try await city.command("entity", "show", entity).contains("true"))
            client.signal(SIGKILL)
            #expect(try await city.command("entity", "show", entity, until: "false"))
            // An operator commands it, and does not speak for it.
            for (forged, payload) in [(topic, "Online"), ("stat/plug-7/POWER", "OFF")] {
                let outcome = try await Mosquitto.publish(
                    payload, to: forged, at: server, as: person, .v5, ["-q", "1"])
                #expect(outcome.errors.contains("is device `plug-7`'s"), "\(outcome)")
            }
            #expect(await server.stop() == .exited(0))
        }

        @Test("a Zigbee2MQTT bridge speaks for the devices that are listed for it, and for no other")
        func zigbee() async throws {
            let city = try await TestCity.found()
            let hub = try await city.addDevice("hub", type: "gateway")
            for (id, type) in [("climate-3", "indoor-climate"), ("door-1", "contact-sensor")] {
                _ = try await city.addDevice(id, type: type)
            }
            let mapping = """
                gateways:
                  hub:
                    devices: {Kitchen: climate-3, "Hall/door": door-1}
                    publish: ["zigbee2mqtt/bridge/#"]
                    subscribe: ["zigbee2mqtt/#"]
                """
            try mapping.write(toFile: city.path + "/payloads.yaml", atomically: true, encoding: .utf8)
            let server = try await city.serve()
            let subscriber = try Mosquitto.subscribe(to: ["zigbee2mqtt/#"], at: server, as: hub, .v5, ["-C", "1"])
            for (topic, payload) in [
                ("zigbee2mqtt/bridge/state", #"{"state":"online"}"#),
                ("zigbee2mqtt/Kitchen", #"{"temperature":21.25,"humidity":45.5,"battery":97,"linkquality":120}"#),
                ("zigbee2mqtt/Hall/door", #"{"contact":false,"battery":null,"linkquality":80}"#),
            ] {
                let outcome = try await Mosquitto.publish(
                    payload, to: topic, at: server, as: hub, .v3_1_1, ["-q", "1"])
                #expect(outcome.exited(0) && outcome.errors.isEmpty, "\(topic): \(outcome.errors)")
            }
            subscriber.signal(SIGTERM)
            let stranger = try await Mosquitto.publish(
                "{}", to: "zigbee2mqtt/Bathroom", at: server, as: hub, .v5, ["-q", "1"])
            #expect(stranger.errors.contains("not on `zigbee2mqtt/Bathroom`"), "\(stranger)")
            let climate = try await city.command("entity", "show", "urn:ngsi-ld:IndoorEnvironmentObserved:climate-3")
            for expected in ["21.25", "0.455", "0.97"] { #expect(climate.contains(expected), "\(climate)") }
            let door = try await city.command("entity", "show", "urn:ngsi-ld:Device:door-1")
            #expect(door.contains("open") && door.contains("true"), "\(door)")
            #expect(await server.stop() == .exited(0))
            try await city.checkUp()
        }

        @Test("an edge node's births and data become readings; without a birth it is asked for one")
        func sparkplug() async throws {
            let city = try await TestCity.found()
            let node = try await city.addDevice("node", type: "gateway")
            _ = try await city.addDevice("meter", type: "smart-plug")
            let mapping = "gateways:\n  node: {edgeNode: works/node-1, devices: {meter-1: meter}}\n"
            try mapping.write(toFile: city.path + "/payloads.yaml", atomically: true, encoding: .utf8)
            let server = try await city.serve()
            let now = UInt64(Date().timeIntervalSince1970 * 1_000)
            func say(_ topic: String, _ sequence: UInt64, _ metrics: [SparkplugMetric]) async throws {
                let payload = SparkplugPayload(timestamp: now, metrics: metrics, sequence: sequence)
                let file = city.scratch("payload-\(sequence).bin")
                try Data(payload.encoded()).write(to: URL(fileURLWithPath: file))
                let outcome = try await Mosquitto.publish(
                    file: file, to: "spBv1.0/works/\(topic)", at: server, as: node, .v3_1_1)
                #expect(outcome.exited(0) && outcome.errors.isEmpty, "\(topic): \(outcome.errors)")
            }
            let ear = try await server.connect(node)
            _ = try await ear.subscribe(to: try TopicFilter("spBv1.0/works/NCMD/node-1"))
            try await say("NDATA/node-1", 9, [])
            let asked = try #require(await ear.messages.first { _ in true })
            let command = try SparkplugPayload(decoding: Array(asked.payload.readableBytesView))
            #expect(command.metrics.map(\.name) == ["Node Control/Rebirth"])
            #expect(command.metrics.map { $0.value() } == [.boolean(true)])

            let birth = SparkplugMetric(name: "bdSeq", dataType: .uint64, wire: .long(0))
            try await say("NBIRTH/node-1", 0, [birth])
            let power = SparkplugMetric(name: "Power/Active", alias: 1, dataType: .float, wire: .float(100))
            try await say("DBIRTH/node-1/meter-1", 1, [power])
            try await say(
                "DDATA/node-1/meter-1", 2, [SparkplugMetric(alias: 1, timestamp: now + 1, wire: .float(42.5))])
            let entity = "urn:ngsi-ld:ACMeasurement:meter"
            #expect(try await city.command("entity", "show", entity, until: "42.5"))
            try await say("NDEATH/node-1", 3, [birth])
            #expect(try await city.command("entity", "show", entity, until: "false"))
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(journal.count(of: "totalActivePower", by: "meter") == 2)
            #expect(journal.refusals(of: "device/node").map(\.code) == [.malformedPayload])
        }
    }
}
