import Foundation
import JSONBytes
import MQTTClient
import MQTTPackets
import NIOCore
import Testing

extension BuiltProgramTests {
    /// A full disk stops ingest, not the city.
    @Suite("Disk full")
    struct DiskFullTests {
        @Test(
            "acknowledgements stop, reads go on, /readyz says so; with room made, ingest resumes and nothing is lost",
            .enabled("a file system cannot be mounted here") { await SmallDisk.isPermitted() })
        func diskFull() async throws {
            try await SmallDisk.with(megabytes: 32) { try await fill($0) }
        }

        private func fill(_ disk: SmallDisk) async throws {
            let city = try await TestCity.found(in: disk.folder)
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            #expect(try await server.laboratory.get("/readyz").status == 200)
            let diary = Diary(of: "gauge-1", from: 1_600_000_000_000)
            let connection = try await server.connect(credentials, MQTTConnectionOptions(publishWindow: 50))
            try disk.fill()
            let publishing = Task { try await publish(200_000, of: diary, on: connection) }
            // The city logs it when its first commit has to wait.
            let line = await server.process.errors.line(containing: "commits wait for room")
            #expect(line != nil)
            let readiness = try await server.laboratory.get("/readyz")
            #expect(readiness.status == 503)
            #expect(try readiness.body.bool(at: ["ready"]) == false)
            #expect(try readiness.body.array(at: ["problems"]).count == 1, "\(readiness.body)")
            let history = try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:gauge-1")
            #expect(try await city.command("status").contains("no room"))
            let kept = Set(history.map { Int($0.value) })
            #expect(diary.acknowledged.isSubset(of: kept), "acknowledged without room")

            try disk.makeRoom()
            #expect(await server.process.errors.line(containing: "there is room again") != nil)
            publishing.cancel()
            try await publishing.value
            #expect(try await server.laboratory.get("/readyz").status == 200)
            #expect(diary.acknowledged.isStrictSuperset(of: kept))
            #expect(diary.unanswered.isEmpty && diary.refused.isEmpty)
            await connection.disconnect()
            #expect(await server.stop() == .exited(0))
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(diary.mistakes(in: journal).isEmpty)
            // It finds the disk small, and nothing else.
            let checkup = try await city.bastide(["doctor", city.path])
            let problems = checkup.output.split(separator: "\n").filter { $0.hasPrefix("PROBLEM") }
            #expect(problems.count == 1 && problems.allSatisfy { $0.contains("disk") }, "\(checkup.output)")
        }

        @Test(
            "SIGTERM while the disk is full: it exits, peers hear 0x8B, and what was acknowledged is kept",
            .enabled("a file system cannot be mounted here") { await SmallDisk.isPermitted() })
        func stop() async throws {
            try await SmallDisk.with(megabytes: 32) { try await stop($0) }
        }

        private func stop(_ disk: SmallDisk) async throws {
            let city = try await TestCity.found(in: disk.folder)
            let credentials = try await city.addDevice("gauge-1")
            let server = try await city.serve()
            let diary = Diary(of: "gauge-1", from: 1_600_000_000_000)
            let connection = try await server.connect(credentials, MQTTConnectionOptions(publishWindow: 50))
            try disk.fill()
            let publishing = Task { try await publish(200_000, of: diary, on: connection) }
            #expect(await server.process.errors.line(containing: "commits wait for room") != nil)
            #expect(await server.stop() == .exited(0))
            #expect(await connection.closed.disconnectReason == .serverShuttingDown)
            await #expect(throws: MQTTConnectionError.self) { try await publishing.value }
            try disk.makeRoom()
            var journal = JournalContents(of: city)
            try journal.readOn()
            #expect(!diary.acknowledged.isEmpty && diary.mistakes(in: journal).isEmpty)
            let second = try await city.serve()
            let back = try await second.connect(credentials)
            for number in diary.unanswered.sorted() {
                #expect(
                    try await back.publish(topicName: String(buffer: diary.topic), payload: diary.payload(of: number))
                        == .success)
            }
            await second.stop()
        }

        /// Publishes until it is cancelled, then waits for the last answers.
        private func publish(_ count: Int, of diary: Diary, on connection: MQTTConnection) async throws {
            var sent = 0
            while sent < count, !Task.isCancelled {
                sent += 1
                let number = diary.make()
                try await connection.publishPipelined(topicName: diary.topic, payload: diary.payload(of: number)) {
                    if case .success(let code) = $0 { diary.note(code, to: number) }
                }
            }
            // Acknowledgements come in order: behind the last of these there is none.
            let last = diary.make()
            let code = try await connection.publish(
                topicName: String(buffer: diary.topic), payload: diary.payload(of: last))
            diary.note(code, to: last)
        }
    }
}
