import Foundation
import Glibc
import NIOCore
import NIOPosix
import Testing

extension BuiltProgramTests {
    /// The first start of `bastide demo`, which takes a while and may end at any moment of it.
    @Suite("Founding the demo town")
    struct DemoTests {
        private let folder = FileManager.default.temporaryDirectory.appending(path: "bastide-\(UUID().uuidString)").path
        private var town: String { folder + "/town" }

        private func start() throws -> ChildProcess {
            let program = try #require(BuiltProgram.path)
            let arguments = ["demo", town, "--mqtt", "127.0.0.1:0", "--https", "127.0.0.1:0", "--json"]
            return try ChildProcess(program, arguments, limit: .seconds(180))
        }

        /// Starts the town, sees it ready, and stops it.
        private func startAndStop() async throws {
            let process = try start()
            let ready = await process.output.line(containing: "\"https\"")
            #expect(ready != nil, "\(process.errors.soFar)")
            process.signal(SIGTERM)
            #expect(await process.ended() == .exited(0), "\(process.errors.soFar)")
        }

        private func names(in path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        }

        @Test("a start that is killed while the town is founded leaves none; the next one founds it whole")
        func killed() async throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let first = try start()
            #expect(await first.errors.line(containing: "writing a week of history") != nil)
            first.signal(SIGKILL)
            #expect(await first.ended() == .signalled(SIGKILL))
            #expect(try names(in: town) == [".founding"])

            try await startAndStop()
            #expect(try names(in: town + "/devices").count > 400)
            #expect(!(try names(in: town).contains(".founding")))
            let program = try #require(BuiltProgram.path)
            let doctor = try await ChildProcess.run(program, ["doctor", town])
            #expect(doctor.exited(0), "\(doctor.output)\(doctor.errors)")

            // The same when it ends while what was made moves to its place: nothing is founded again.
            let key = try String(contentsOfFile: town + "/ledger/ledger.pub", encoding: .utf8)
            try FileManager.default.createDirectory(atPath: town + "/.founding", withIntermediateDirectories: false)
            for name in ["city.yaml", "data"] {
                try FileManager.default.moveItem(atPath: "\(town)/\(name)", toPath: "\(town)/.founding/\(name)")
            }
            try await startAndStop()
            #expect(try String(contentsOfFile: town + "/ledger/ledger.pub", encoding: .utf8) == key)
            #expect(!(try names(in: town).contains(".founding")))
            try await portTaken(by: program)
        }

        /// A port that is taken ends the town's start with its address; devices that wait for the port do not hold it up.
        private func portTaken(by program: String) async throws {
            let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let address = "127.0.0.1:\(taken.localAddress?.port ?? 0)"
            for (option, other) in [("--mqtt", "--https"), ("--https", "--mqtt")] {
                let outcome = try await ChildProcess.run(
                    program, ["demo", town, option, address, other, "127.0.0.1:0", "--json"], limit: .seconds(30))
                #expect(outcome.exited(1), "\(option): \(outcome.end)")
                #expect(outcome.errors.contains(address), "\(option): \(outcome.errors)")
            }
            try await taken.close()
        }

        @Test("a directory that holds something else is left as it is, with 73")
        func notEmpty() async throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: town, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(filePath: town + "/letter.txt"))
            let outcome = try await start().outcome()
            #expect(outcome.exited(73), "\(outcome.end)")
            #expect(outcome.errors.contains("is not empty"), "\(outcome.errors)")
            #expect(try names(in: town) == ["letter.txt"])
        }
    }
}
