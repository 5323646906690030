import CityModel
import CityStorage
import Foundation
import Glibc
import MQTTClient
import MQTTPackets
import NIOCore
import NIOPosix
import Synchronization
import Testing

extension BuiltProgramTests {
    /// Starting and stopping, as operators and their scripts see it.
    @Suite("Start and stop")
    struct LifecycleTests {
        @Test(
            "SIGTERM amid ingest: peers hear 0x8B, it exits with 0, and what was acknowledged is there after a restart")
        func terminate() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let idle = try await server.connect(credentials, MQTTConnectionOptions(clientIdentifier: "idle"))
            let diary = Diary(of: "gauge-1", from: 1_700_000_000_000)
            let connection = try await server.connect(credentials, MQTTConnectionOptions(publishWindow: 200))
            await #expect(throws: MQTTConnectionError.self) {
                while true {
                    let number = diary.make()
                    try await connection.publishPipelined(topicName: diary.topic, payload: diary.payload(of: number)) {
                        if case .success(let code) = $0 { diary.note(code, to: number) }
                    }
                    if diary.acknowledged.count > 500 { server.process.signal(SIGTERM) }
                }
            }
            #expect(await connection.closed.disconnectReason == .serverShuttingDown)
            #expect(await idle.closed.disconnectReason == .serverShuttingDown)
            #expect(await server.process.ended() == .exited(0))
            try await city.checkUp()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(diary.mistakes(in: journal).isEmpty)
            let second = try await city.serve()
            let history = try await second.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1")
            #expect(Set(history.map { Int($0.value) }).isSuperset(of: diary.acknowledged))
            #expect(await second.stop() == .exited(0))
        }

        @Test("a second `serve` in the same directory is refused, with 69, and the first one goes on")
        func secondServer() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let second = try await city.bastide(
                ["serve", city.path, "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0", "--json"])
            #expect(second.exited(69) && second.output.isEmpty)
            #expect(second.errors.contains("the city in \(city.path) is already open"), "\(second.errors)")
            let connection = try await server.connect(credentials)
            #expect(try await connection.publish("{\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
        }

        @Test(
            "a port that is taken ends `serve` with its address", arguments: ["--mqtt", "--https", "--lab-mqtt-port"])
        func portTaken(option: String) async throws {
            let city = try await TestCity.found()
            let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let address = "127.0.0.1:\(taken.localAddress?.port ?? 0)"
            // The last of two equal options counts.
            let free = [
                "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0", "--lab-mqtt-port", "0", "--lab-http-port", "0",
            ]
            let port = option.hasPrefix("--lab") ? String(address.split(separator: ":")[1]) : address
            let outcome = try await city.bastide(
                ["serve", city.path, "--lab", "--json"] + free + [option, port], limit: .seconds(20))
            #expect(outcome.exited(1) && outcome.output.isEmpty, "\(outcome.end)")
            #expect(outcome.errors.contains(address), "\(outcome.errors)")
            #expect(outcome.errors.contains("address already in use"), "\(outcome.errors)")
            // Nothing is left behind: the city can be served at once.
            #expect(await (try await city.serve()).stop() == .exited(0))
            try await taken.close()
        }

        @Test("where there is no city, `serve` says how to make one, with 69")
        func noCity() async throws {
            let city = try await TestCity.found()
            let empty = city.scratch("empty")
            try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
            let outcome = try await city.bastide(["serve", empty])
            #expect(outcome.exited(69), "\(outcome.end)")
            #expect(outcome.errors.contains("bastide init"), "\(outcome.errors)")
        }

        @Test("a damaged journal is not served: 74, and the file is named; damaged views are made again")
        func damage() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(credentials)
            #expect(try await connection.publish("{\"t\":1700000000000,\"v\":1}", by: "gauge-1") == .success)
            await server.stop()
            let directory = CityDirectory(city.path)
            try Data("not a database".utf8).write(to: URL(filePath: directory.views))
            let second = try await city.serve()
            #expect(
                try await second.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1").map(\.value) == [1])
            await second.stop()
            // With its write-ahead log, which could make it whole again.
            for suffix in ["", "-wal"] {
                try Data("not a database, either".utf8).write(to: URL(filePath: directory.journal + suffix))
            }
            let outcome = try await city.bastide(
                ["serve", city.path, "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0"], limit: .seconds(20))
            #expect(outcome.exited(74), "\(outcome.end)")
            #expect(outcome.errors.contains(directory.journal), "\(outcome.errors)")
        }
    }
}
