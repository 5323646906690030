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

        @Test("nobody holds up a stop: not who says nothing, nor who begins a handshake or a request and never ends it")
        func stopTime() async throws {
            let city = try await TestCity.found()
            let server = try await city.serve()
            let group = MultiThreadedEventLoopGroup.singleton
            func connect(to port: Int, saying words: String) async throws -> any Channel {
                let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
                if !words.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: words)) }
                return channel
            }
            // A handshake's first record, without its end.
            let halfHello = "\u{16}\u{3}\u{1}"
            let post = "POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            let plain = try #require(server.ports.laboratoryHTTP)
            let peers = [
                try await connect(to: server.ports.https, saying: ""),
                try await connect(to: server.ports.https, saying: halfHello),
                try await connect(to: server.ports.mqtt, saying: ""),
                try await connect(to: plain, saying: ""),
                try await connect(to: plain, saying: post + "Content-Length: 100\r\n\r\n"),
            ]
            // An answer on the same door: those above have been taken in.
            #expect(try await server.laboratory.get("/readyz").status == 200)
            let began = ContinuousClock.now
            #expect(await server.stop() == .exited(0))
            let taken = began.duration(to: .now)
            #expect(taken < .seconds(9), "it took \(taken)")
            // The city has closed them.
            for peer in peers { try await peer.closeFuture.get() }
        }

        @Test("the limit of open files is raised as far as it may be")
        func openFiles() async throws {
            let city = try await TestCity.found()
            let program = try #require(BuiltProgram.path)
            let command = "ulimit -Sn 128 && echo $$ && exec \"$0\" \"$@\""
            let process = try ChildProcess(
                "/bin/sh",
                [
                    "-c", command, program, "serve", city.path, "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0",
                    "--json",
                ])
            var lines = process.output.lines.makeAsyncIterator()
            let identifier = try #require(await lines.next())
            #expect(await lines.next()?.contains("mqtt") == true)
            let limits = try String(contentsOfFile: "/proc/\(identifier)/limits", encoding: .utf8)
            let files = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") } ?? ""
            let numbers = files.split(separator: " ").compactMap { Int($0) }
            #expect(numbers.count == 2 && numbers[0] > 128, "\(files)")
            process.signal(SIGTERM)
            #expect(await process.ended() == .exited(0))
        }

        @Test("when no more files may be open, the log says so, and the city goes on when there are fewer")
        func noMoreFiles() async throws {
            let city = try await TestCity.found()
            let program = try #require(BuiltProgram.path)
            let process = try ChildProcess(
                "/bin/sh",
                [
                    "-c", "ulimit -n 80 && exec \"$0\" \"$@\"", program, "serve", city.path, "--mqtt", "127.0.0.1:0",
                    "--https", "127.0.0.1:0", "--json",
                ])
            let line = try #require(await process.output.line(containing: "mqtt"))
            let port = try JSONDecoder().decode(ServedCity.Ports.self, from: Data(line.utf8)).mqtt
            var peers: [any Channel] = []
            for _ in 0..<80 {
                peers.append(
                    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .connect(host: "127.0.0.1", port: port).get())
            }
            #expect(await process.errors.line(containing: "connections wait") != nil)
            for peer in peers { peer.close(promise: nil) }
            for peer in peers { try await peer.closeFuture.get() }
            #expect(try await city.command("status").contains("served"))
            process.signal(SIGTERM)
            #expect(await process.ended() == .exited(0))
        }

        @Test("what was refused and what is known is listed while the city runs, and doctor finds no fault meanwhile")
        func commandsBesideIt() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let connection = try await server.connect(credentials)
            #expect(try await connection.publish("{\"v\":21.5}", by: "gauge-1") == .success)
            #expect(try await connection.publish("{\"v\":1}", by: "gauge-2").isError)
            // Refusals are committed together, a moment later; so is the alert that they raise.
            #expect(try await city.command("refusal", "list", until: "gauge-1"))
            #expect(try await city.command("alert", "list", until: "ABOUT"))
            #expect(try await city.command("entity", "list").contains("urn:ngsi-ld:Device:gauge-1"))
            let shown = try await city.command("entity", "show", "urn:ngsi-ld:Device:gauge-1")
            #expect(shown.contains("21.5"), "\(shown)")
            for round in 0..<4 {
                async let change = city.command("device", "suspend", "gauge-1", "--reason", "round \(round)")
                async let back = city.command("device", "add", "gauge-\(round + 10)")
                try await city.checkUp()
                _ = try await (change, back)
                try await city.command("device", "resume", "gauge-1")
            }
            #expect(await server.stop() == .exited(0))
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
            "a port that is taken ends `serve` with its address",
            arguments: ["--mqtt", "--https", "--lab-mqtt-port", "--lab-http-port"])
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
