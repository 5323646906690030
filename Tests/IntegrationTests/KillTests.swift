import Glibc
import MQTTClient
import MQTTPackets
import NIOCore
import Synchronization
import Testing

extension BuiltProgramTests {
    /// Acknowledged means durable: the process may die at any instant.
    @Suite("SIGKILL during ingest")
    struct KillTests {
        private static let kills = 20
        private static let devices = ["kill-1", "kill-2", "kill-3"]

        @Test("20 kills in a row: every acknowledged reading is there exactly once, and the ledger verifies")
        func kills() async throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            let city = try await TestCity.found()
            var diaries: [(diary: Diary, credentials: Credentials)] = []
            for device in KillTests.devices {
                diaries.append((Diary(of: device, from: 1_700_000_000_000), try await city.addDevice(device)))
            }
            var journal = JournalContents(of: city)
            for kill in 1...KillTests.kills {
                let round = Round(server: try await city.serve(), random: &random)
                await withTaskGroup(of: Void.self) { group in
                    for (diary, credentials) in diaries {
                        let again = diary.unanswered.filter { _ in Bool.random(using: &random) }
                        group.addTask { await round.ingest(diary, credentials, again: again.sorted()) }
                    }
                }
                #expect(await round.server.process.ended() == .signalled(SIGKILL), "kill \(kill), seed \(seed)")
                try journal.readOn()
                let mistakes = diaries.flatMap { $0.diary.mistakes(in: journal) }
                try #require(mistakes.isEmpty, "kill \(kill), seed \(seed): \(mistakes.prefix(10))")
                // Now and then it may stop in peace: it saves its views, and the next lives begin with those.
                if kill.isMultiple(of: 7) { #expect(await (try await city.serve()).stop() == .exited(0)) }
            }
            try await city.checkUp()
            let acknowledged = diaries.reduce(0) { $0 + $1.diary.acknowledged.count }
            #expect(acknowledged > 1_000, "seed \(seed): too few readings were acknowledged to prove anything")
            #expect(diaries.allSatisfy { $0.diary.refused.isEmpty }, "seed \(seed)")
            try await checkHistory(of: city, diaries.map(\.diary), journal)
        }

        /// The views, made again from the journal after so many deaths, agree with it.
        private func checkHistory(of city: TestCity, _ diaries: [Diary], _ journal: JournalContents) async throws {
            let server = try await city.serve()
            for diary in diaries {
                let history = try await server.laboratory.history(of: "value", of: "urn:ngsi-ld:Device:\(diary.device)")
                #expect(history.count == journal.count(of: "value", by: diary.device))
                #expect(history.allSatisfy { diary.time(of: Int($0.value)) == $0.observedAt })
            }
            #expect(await server.stop() == .exited(0))
            try await city.checkUp()
        }
    }
}

/// One life of the server: devices publish until it is killed, at a moment that chance has chosen.
private final class Round: Sendable {
    /// Readings that a device sends before the next answer must have come.
    private static let window = 400

    let server: ServedCity
    /// The server dies when so many readings were handed over, or so many acknowledged, whichever comes first.
    private let fatal: (handedOver: Int, acknowledged: Int)
    private let counts = Mutex((handedOver: 0, acknowledged: 0))

    init(server: ServedCity, random: inout SeededGenerator) {
        self.server = server
        let moment = Int.random(in: 1...4_000, using: &random)
        // Half of the deaths come while something is handed over, half while something is acknowledged.
        fatal = Bool.random(using: &random) ? (moment, .max) : (.max, moment)
    }

    /// Publishes until the connection is gone: first what was not answered before, then new readings.
    func ingest(_ diary: Diary, _ credentials: Credentials, again: [Int]) async {
        let options = MQTTConnectionOptions(clientIdentifier: diary.device, publishWindow: Round.window)
        // The server may be dead already, by what the other devices did.
        guard let connection = try? await server.connect(credentials, options) else { return }
        do {
            for number in again { try await publish(number, of: diary, on: connection) }
            while true { try await publish(diary.make(), of: diary, on: connection) }
        } catch {
            // Every reading that was handed over is answered or given up before the connection counts as closed.
            _ = await connection.closed
        }
    }

    private func publish(_ number: Int, of diary: Diary, on connection: MQTTConnection) async throws {
        try await connection.publishPipelined(topicName: diary.topic, payload: diary.payload(of: number)) {
            [self] answer in
            guard case .success(let code) = answer else { return }
            diary.note(code, to: number)
            count { $0.acknowledged += 1 }
        }
        count { $0.handedOver += 1 }
    }

    private func count(_ change: (inout (handedOver: Int, acknowledged: Int)) -> Void) {
        let isFatal = counts.withLock { counts in
            change(&counts)
            return counts.handedOver >= fatal.handedOver || counts.acknowledged >= fatal.acknowledged
        }
        if isFatal { server.process.signal(SIGKILL) }
    }
}
