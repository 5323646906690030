import CityModel
import CityStorage
import Testing
import TransparencyLog

/// What every engine's journal must do. Each engine's tests call ``check(_:)`` with a journal that is empty.
enum JournalSuite {
    /// Runs the whole suite.
    static func check(_ journal: any Journal) async throws {
        try empty(journal)
        try settings(journal)
        let receipts = try appends(journal)
        try reads(journal, receipts)
        try candidates(journal)
        try hashes(journal)
        try checkpoints(journal)
        // The checkpoints above were signed by nobody: real ones let the ledger open.
        let signer = try NoteSigner(name: origin)
        try await readsBesideAppends(journal, signer)
        try keepings(journal, signer)
    }

    private static let origin = "suite.example/ledger"

    private static func writer(
        _ journal: any Journal, _ signer: NoteSigner? = nil
    ) throws -> (JournalWriter, Ledger) {
        let ledger = try Ledger(origin: origin, signer: try signer ?? NoteSigner(name: origin), journal: journal)
        let series = SeriesTable()
        try series.restore(definition(0))
        return (JournalWriter(journal: journal, ledger: ledger, series: series), ledger)
    }

    private static func empty(_ journal: any Journal) throws {
        #expect(journal.lastSequence == 0)
        #expect(try journal.batch(1) == nil)
        #expect(try journal.batch(0) == nil)
        #expect(try journal.batches(after: 0, limit: 10).isEmpty)
        #expect(try journal.candidates(observedAt: .start).isEmpty)
        #expect(try journal.newestCheckpoint() == nil)
        #expect(throws: StorageError.self) { try journal.storedHash(level: 0, index: 0) }
    }

    private static func settings(_ journal: any Journal) throws {
        #expect(try journal.setting("suite") == nil)
        try journal.keepSetting("suite", "one")
        try journal.keepSetting("suite", "two \"Ü\" '")
        #expect(try journal.setting("suite") == "two \"Ü\" '")
    }

    /// Ten batches: the observations of batch n lie in the seconds 10n to 10n + 5, but the last one's reach back to 25.
    private static func appends(_ journal: any Journal) throws -> [Receipt] {
        let (writer, ledger) = try writer(journal)
        return try (1...10).map { number in
            let times: [Int64] = number == 10 ? [25, 100] : [Int64(number) * 10, Int64(number) * 10 + 5]
            let receipt = try writer.commit(
                events: number == 1 ? [.attributeDefined(definition(0))] : [],
                observations: times.map { observation(0, at: $0, .number(Double(number))) },
                at: .start + .seconds(number))
            #expect(receipt == Receipt(batch: UInt64(number), committedAt: .start + .seconds(number)))
            #expect(journal.lastSequence == UInt64(number))
            #expect(ledger.size == UInt64(number))
            return receipt
        }
    }

    private static func reads(_ journal: any Journal, _ receipts: [Receipt]) throws {
        let all = try journal.batches(after: 0, limit: 100)
        #expect(all.map(\.sequence) == receipts.map(\.batch))
        #expect(all.map(\.committedAt) == receipts.map(\.committedAt))
        #expect(try journal.batches(after: 4, limit: 3).map(\.sequence) == [5, 6, 7])
        #expect(try journal.batches(after: 10, limit: 3).isEmpty)
        #expect(try journal.batches(after: .max, limit: 3).isEmpty)
        let fifth = try #require(try journal.batch(5))
        #expect(fifth.content == all[4].content)
        #expect(fifth.leafText == all[4].leafText)
        #expect(fifth.completedHashes == [MerkleHash.leaf(fifth.leafText)])
        #expect(all[7].completedHashes.count == 4, "the eighth leaf completes the trees of one, two, four and eight")
        #expect(try BatchContent(decoding: fifth.content).observations.map(\.value) == [.number(5), .number(5)])
        #expect(try journal.batch(11) == nil)
        #expect(try journal.batch(.max) == nil)
        #expect(journal.bytesOnDisk > 0)
    }

    /// Beside a batch and without one; the last of several about one key counts; a prefix finds its own only.
    private static func keepings(_ journal: any Journal, _ signer: NoteSigner) throws {
        let (writer, ledger) = try writer(journal, signer)
        let (size, newest) = (ledger.size, journal.lastSequence)
        _ = try writer.commit(
            events: [], observations: [],
            keeping: [
                Keeping(key: [1, 255, 2], value: [2]), Keeping(key: [1, 255, 1], value: [9]),
                Keeping(key: [1, 255, 1], value: [1]), Keeping(key: [2], value: []),
                Keeping(key: [1, 254], value: [0]),
                Keeping(key: [1, 255, 3], value: [3]), Keeping(key: [1, 255, 3], value: nil),
            ], at: .start)
        #expect(ledger.size == size && journal.lastSequence == newest, "what is only kept is no batch")
        #expect(
            try journal.keepings(under: [1, 255]) == [
                Keeping(key: [1, 255, 1], value: [1]), Keeping(key: [1, 255, 2], value: [2]),
            ])
        _ = try writer.commit(
            events: [], observations: [observation(0, at: 1_000, .number(1))],
            keeping: [Keeping(key: [1, 255, 1], value: nil), Keeping(key: [255, 255], value: [7])], at: .start)
        #expect(ledger.size == size + 1)
        #expect(try journal.keepings(under: [1, 255]).map(\.key) == [[1, 255, 2]])
        #expect(try journal.keepings(under: [255]) == [Keeping(key: [255, 255], value: [7])])
        #expect(try journal.keepings(under: []).count == 4)
        #expect(try journal.keepings(under: [3]).isEmpty)
    }

    private static func candidates(_ journal: any Journal) throws {
        func candidates(_ seconds: Int64) throws -> [UInt64] {
            try journal.candidates(observedAt: .start + .seconds(seconds))
        }
        #expect(try candidates(10) == [1])
        #expect(try candidates(15) == [1])
        #expect(try candidates(16).isEmpty, "between two batches")
        #expect(try candidates(30) == [3, 10], "the last batch's span covers it")
        #expect(try candidates(9).isEmpty)
        #expect(try candidates(101).isEmpty)
    }

    /// The hashes that readers get make the very tree that the leaves make.
    private static func hashes(_ journal: any Journal) throws {
        let leaves = try journal.batches(after: 0, limit: 100).map { MerkleHash.leaf($0.leafText) }
        for (index, leaf) in leaves.enumerated() {
            #expect(try journal.storedHash(level: 0, index: UInt64(index)) == leaf)
        }
        #expect(try journal.storedHash(level: 3, index: 0) == MerkleTree.root(ofLeafHashes: Array(leaves[..<8])))
        #expect(try journal.storedHash(level: 1, index: 4) == MerkleTree.root(ofLeafHashes: Array(leaves[8..<10])))
        #expect(throws: StorageError.self) { try journal.storedHash(level: 4, index: 0) }
        #expect(throws: StorageError.self) { try journal.storedHash(level: 0, index: 10) }
    }

    private static func checkpoints(_ journal: any Journal) throws {
        try journal.keepCheckpoint(size: 4, note: "four", at: .start)
        try journal.keepCheckpoint(size: 10, note: "ten", at: .start)
        try journal.keepCheckpoint(size: 7, note: "seven", at: .start + .seconds(1))
        let newest = try #require(try journal.newestCheckpoint())
        #expect(newest.size == 10)
        #expect(newest.note == "ten")
    }

    /// Readers see a prefix of the journal, whole batches in order, while the writer goes on.
    private static func readsBesideAppends(_ journal: any Journal, _ signer: NoteSigner) async throws {
        let root = try MerkleTree.root(
            ofLeafHashes: journal.batches(after: 0, limit: 100).map { MerkleHash.leaf($0.leafText) })
        let note = try Checkpoint(origin: origin, size: 10, rootHash: root).signed(with: [signer]).encoded
        try journal.keepCheckpoint(size: 10, note: note, at: .start)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let ledger = try Ledger(origin: origin, signer: signer, journal: journal)
                let series = SeriesTable()
                try series.restore(definition(0))
                let writer = JournalWriter(journal: journal, ledger: ledger, series: series)
                for number in 11...60 {
                    _ = try writer.commit(
                        events: [], observations: [observation(0, at: Int64(number) * 10, .number(1))],
                        at: .start + .seconds(number))
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    while journal.lastSequence < 60 {
                        let before = journal.lastSequence
                        let sequences = try journal.batches(after: 0, limit: 100).map(\.sequence)
                        #expect(sequences == Array(1...UInt64(sequences.count)))
                        #expect(sequences.count >= Int(before), "what was acknowledged can be read")
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
