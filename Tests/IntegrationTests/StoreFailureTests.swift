import Foundation
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// What the program does when its journal cannot be written.
    @Suite("The store fails")
    struct StoreFailureTests {
        /// Runs statements on the journal of a city that is being served, as no one should.
        private func meddle(_ city: TestCity, _ statement: String) async throws {
            let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])"
            let outcome = try await ChildProcess.run(
                "/usr/bin/env", ["python3", "-c", script, "\(city.path)/data/journal.sqlite", statement])
            try #require(outcome.exited(0), "\(outcome.errors)")
        }

        @Test("a journal that cannot be written ends the program with 74; it acknowledges nothing, and starts again")
        func failure() async throws {
            let city = try await TestCity.found()
            let server = try await city.serve()
            let connection = try await server.connect(try await city.addDevice("gauge-1"))
            #expect(try await connection.publish(#"{"v":1}"#, by: "gauge-1") == .success)
            try await meddle(city, "ALTER TABLE batch RENAME TO elsewhere")
            let code = try? await connection.publish(#"{"v":2}"#, by: "gauge-1")
            #expect(code != .success)
            let outcome = await server.process.outcome()
            #expect(outcome.exited(74), "\(outcome)")
            #expect(outcome.errors.contains("the store failed"), "\(outcome)")
            #expect(outcome.errors.contains("\(city.path)/data/journal.sqlite"), "\(outcome)")
            try await meddle(city, "ALTER TABLE elsewhere RENAME TO batch")
            let second = try await city.serve()
            let history = try await second.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1")
            #expect(history.map(\.value) == [1])
            await second.stop()
            try await city.checkUp()
        }

        @Test("a file that may grow no more is want of room: commits wait, and the program stops when it is told to")
        func fileLimit() async throws {
            let city = try await TestCity.found()
            let credentials = try await city.addDevice("gauge-1")
            let program = try #require(BuiltProgram.path)
            // 300 KiB for each file; the signal that would end the program stays away.
            let limited = "trap '' XFSZ; ulimit -f 300; exec \"$0\" \"$@\""
            let listen = ["--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0", "--json"]
            let process = try ChildProcess(
                "/usr/bin/env", ["bash", "-c", limited, program, "serve", city.path] + listen, limit: .seconds(120))
            let line = try #require(await process.output.line(containing: "{"))
            let ports = try JSONDecoder().decode(ServedCity.Ports.self, from: Data(line.utf8))
            let connection = try await MQTTConnection.connect(
                host: "127.0.0.1", port: ports.mqtt, tls: try credentials.tlsContext(),
                options: MQTTConnectionOptions())
            let publishing = Task {
                for number in 0..<5_000 {
                    let payload = "{\"t\":\(1_700_000_000_000 + number),\"v\":\(Double(number) * 0.123_456_789)}"
                    guard try await connection.publish(payload, by: "gauge-1") == .success else { return number }
                }
                return 5_000
            }
            let wait = try #require(await process.errors.line(containing: "commits wait for room"))
            #expect(wait.contains("journal.sqlite"))
            process.signal(SIGTERM)
            #expect(await process.ended() == .exited(0))
            let kept = (try? await publishing.value) ?? 0
            #expect(kept < 5_000)
            try await city.checkUp()
        }
    }
}
