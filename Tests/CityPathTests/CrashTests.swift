import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Synchronization
import Testing
import TimeSeries
import TransparencyLog

@Suite("Crashes: acknowledged means durable")
struct CrashTests {
    /// The times of readings that were acknowledged.
    final class Acknowledged: Sendable {
        private let times = Mutex<Set<Int64>>([])

        var all: Set<Int64> { times.withLock { $0 } }

        func note(_ more: [Int64]) { times.withLock { $0.formUnion(more) } }
    }

    /// Copies a city's data as a crash would leave it: whatever is in the files at this moment. The views first: a batch
    /// is synced before it is in any view, so that no crash leaves views of batches that the journal does not have.
    private func copy(_ test: TestCity) throws -> TestCity {
        let folder = NSTemporaryDirectory() + "city-\(UUID().uuidString)"
        let copy = TestCity(copyOf: test, in: folder)
        try DurableFile.makeFolder(copy.directory.data, mode: 0o700)
        try DurableFile.write("x".utf8, to: copy.directory.configuration, mode: 0o600)
        for name in ["views.sqlite", "views.sqlite-wal", "journal.sqlite", "journal.sqlite-wal"] {
            let (source, target) = (test.directory.data + "/" + name, copy.directory.data + "/" + name)
            if FileManager.default.fileExists(atPath: source) {
                try FileManager.default.copyItem(atPath: source, toPath: target)
            }
        }
        return copy
    }

    /// Every reading that was acknowledged is there exactly once, and the ledger's tree is that of its leaves.
    private func check(_ copy: TestCity, has acknowledged: Set<Int64>, _ label: String) async throws {
        try await copy.withCity { city in
            let series = try #require(
                city.views.series.number(of: "temperature", of: EntityID("urn:ngsi-ld:WeatherObserved:gauge")))
            let kept = try city.views.history.readings(of: series, in: Int64.min...Int64.max).map(\.time)
            #expect(Set(kept).count == kept.count, "\(label)")
            #expect(acknowledged.isSubset(of: kept), "\(label): \(acknowledged.subtracting(kept).count) are lost")
            #expect(city.views.applied.batch == city.ledger.size)
            if let time = kept.last {
                try city.proof(
                    of: "temperature", of: EntityID("urn:ngsi-ld:WeatherObserved:gauge"),
                    observedAt: Timestamp(microseconds: time)
                ).verify(trustedKey: copy.signer.verifier)
            }
        }
        let times = try copy.journalledObservations().filter { $0.value.number != nil }.map(\.observedAt)
        #expect(Set(times).count == times.count, "\(label): nothing is in the journal twice")
        let journal = try SQLiteJournal(path: copy.directory.journal)
        let leaves = try journal.batches(after: 0, limit: 100_000).map { MerkleHash.leaf($0.leafText) }
        let ledger = try Ledger(origin: TestCity.origin, signer: copy.signer, journal: journal)
        #expect(ledger.checkpoint().rootHash == MerkleTree.root(ofLeafHashes: leaves), "\(label)")
    }

    @Test(
        "killed at any moment of committing, nothing acknowledged is lost, nothing is there twice", arguments: [1, 2])
    func killed(round: UInt64) async throws {
        let test = try TestCity()
        let acknowledged = Acknowledged()
        let city = try test.open()
        defer { city.close() }
        try await city.enrol("gauge", with: test)
        var copies: [(city: TestCity, had: Set<Int64>)] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    var random = SeededRandom(seed: round * 10 + UInt64(writer))
                    var next = 0
                    for _ in 0..<60 {
                        let count = 1 + random.below(40)
                        let times = (next..<(next + count)).map { 1_799_000_000_000 + $0 * 3 + writer }
                        next += count
                        let observations = try times.flatMap {
                            try city.understood("{\"t\":\($0),\"temp\":\($0 % 7)}", from: "gauge").get()
                        }
                        // A sender that lost the answer sends again.
                        for _ in 0...(random.below(6) == 0 ? 1 : 0) {
                            _ = try await city.path.committed(observations: observations).get()
                        }
                        acknowledged.note(observations.map(\.observedAt.microseconds))
                        // Photographs of the views are due now and then.
                        if random.below(10) == 0 { test.clock.advance(by: .seconds(16)) }
                    }
                }
            }
            var taken = 0
            while taken < 6 {
                let had = acknowledged.all
                guard had.count >= (taken + 1) * 400 else {
                    await Task.yield()
                    continue
                }
                copies.append((try copy(test), had))
                taken += 1
            }
            try await group.waitForAll()
        }
        for (number, copy) in copies.enumerated() {
            try await check(copy.city, has: copy.had, "round \(round), copy \(number)")
        }
    }

    @Test(
        "a crash cuts the write-ahead log anywhere: the batches before the cut are there, whole",
        arguments: seeds.prefix(3))
    func tornLog(seed: UInt64) async throws {
        let test = try TestCity()
        let city = try test.open()
        defer { city.close() }
        try await city.enrol("gauge", with: test)
        for second in 0..<30 {
            try await city.publish("{\"t\":\(1_799_000_000_000 + second),\"temp\":1}", from: "gauge")
        }
        var random = SeededRandom(seed: seed)
        for _ in 0..<3 {
            let torn = try copy(test)
            let log = URL(fileURLWithPath: torn.directory.journal + "-wal")
            let bytes = try Data(contentsOf: log)
            try bytes.prefix(bytes.count / 3 + random.below(bytes.count * 2 / 3)).write(to: log)
            try await check(torn, has: [], "seed \(seed)")
        }
    }
}
