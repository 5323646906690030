import CityModel
import CityStorage
import Foundation
import GRDB
import Testing
import TransparencyLog

@Suite("The journal in SQLite")
struct SQLiteJournalTests {
    let folder: TemporaryFolder
    let signer: NoteSigner

    init() throws {
        folder = try TemporaryFolder()
        signer = try NoteSigner(name: TestJournal.origin)
    }

    @Test("passes the suite that every engine passes")
    func suite() async throws {
        try await JournalSuite.check(try SQLiteJournal(path: folder.journal))
    }

    @Test("syncs every commit to disk, new or opened again: what is acknowledged survives loss of power")
    func synced() throws {
        for _ in 0..<2 { #expect(try SQLiteJournal(path: folder.journal).syncsEveryCommit()) }
    }

    @Test("one that is being filled is synced at the end, and then commit by commit again")
    func filled() throws {
        let city = try TestJournal(in: folder, signer: signer)
        try city.journal.filling { () throws(StorageError) in
            #expect(try !city.journal.syncsEveryCommit())
            for setting in 0..<10 { try city.journal.keepSetting("\(setting)", "x") }
        }
        #expect(try city.journal.syncsEveryCommit())
        #expect(try folder.bytes("journal.sqlite-wal").isEmpty, "all is in the file itself")
        #expect(try SQLiteJournal(existing: folder.journal).setting("9") == "x")
    }

    @Test("one that must be there is not made when it is missing or empty", arguments: [true, false])
    func mustExist(isMissing: Bool) throws {
        if !isMissing { try folder.overwrite("journal.sqlite", with: Data()) }
        let error = storageError { _ = try SQLiteJournal(existing: folder.journal) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(folder.journal) == true)
        #expect(folder.names == (isMissing ? [] : ["journal.sqlite"]))
        #expect(try folder.names.allSatisfy { try folder.bytes($0).isEmpty })
        _ = try SQLiteJournal(path: folder.journal)
        #expect(try SQLiteJournal(existing: folder.journal).lastSequence == 0)
    }

    @Test("goes on where it was when it is opened again")
    func reopened() throws {
        try TestJournal(in: folder, signer: signer).commit(batches: 0..<5)
        let again = try TestJournal(in: folder, signer: signer)
        #expect(again.journal.lastSequence == 5)
        try again.series.restore(definition(0))
        #expect(try again.commit(batches: 5..<6).map(\.batch) == [6])
    }

    @Test("two batches of one number cannot be: the second is refused and the journal stays as it was")
    func sameNumber() throws {
        let first = try TestJournal(in: folder, signer: signer)
        let second = try TestJournal(in: folder, signer: signer)
        try first.commit(batches: 0..<1)
        #expect(throws: StorageError.self) { try second.commit(batches: 0..<1) }
        #expect(try first.journal.batches(after: 0, limit: 9).count == 1)
        #expect(try first.journal.integrityProblems().isEmpty)
    }

    @Test("keeps, replaces and removes secrets by name")
    func credentials() throws {
        let journal = try SQLiteJournal(path: folder.journal)
        #expect(try journal.secret(of: "eva") == nil)
        try journal.keepSecret("1", of: "eva")
        try journal.keepSecret("2", of: "eva")
        try journal.keepSecret("3", of: "adam")
        #expect(try journal.secret(of: "eva") == "2")
        #expect(try journal.credentialNames() == ["adam", "eva"])
        try journal.keepSecret(nil, of: "eva")
        #expect(try journal.credentialNames() == ["adam"])
    }

    @Test("refuses a file of a newer format, says which, and leaves it as it was")
    func newerFormat() throws {
        _ = try SQLiteJournal(path: folder.journal)
        let queue = try DatabaseQueue(path: folder.journal)
        try queue.write { try $0.execute(sql: "DROP TABLE checkpoint; UPDATE setting SET value = '2'") }
        let error = storageError { _ = try SQLiteJournal(path: folder.journal) }
        #expect(error?.code == .newerFormat)
        #expect(error?.message.contains("format 2") == true)
        #expect(error?.message.contains("knows 1") == true)
        #expect(try queue.read { try $0.tableExists("checkpoint") } == false, "no table was made in it")
    }

    @Test("a format that is no number is damage", arguments: ["", "one", "-1", "0"])
    func unreadableFormat(version: String) throws {
        _ = try SQLiteJournal(path: folder.journal)
        try DatabaseQueue(path: folder.journal).write {
            try $0.execute(sql: "UPDATE setting SET value = ? WHERE key = 'formatVersion'", arguments: [version])
        }
        #expect(storageError { _ = try SQLiteJournal(path: folder.journal) }?.code == .damaged)
    }

    /// A journal of some batches in one file, without a write-ahead log beside it.
    private func wholeFile() throws -> Data {
        do { try TestJournal(in: folder, signer: signer).commit(batches: 0..<60, readings: 200) }
        try DatabaseQueue(path: folder.journal).writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let bytes = try folder.bytes("journal.sqlite")
        for name in folder.names { folder.remove(name) }
        return bytes
    }

    /// Opens the journal and reads all of it, as a city does that makes its views again.
    private func readAll() throws {
        let journal = try SQLiteJournal(path: folder.journal)
        let ledger = try Ledger(origin: TestJournal.origin, signer: signer, journal: journal)
        var next: UInt64 = 0
        while let batch = try journal.batches(after: next, limit: 1).first {
            _ = try BatchContent(decoding: batch.content)
            next = batch.sequence
        }
        if ledger.size > 0 { _ = try ledger.inclusionProof(of: 0, in: ledger.size) }
    }

    @Test("a file cut off anywhere past its header is damaged, and the error names it")
    func truncated() throws {
        let whole = try wholeFile()
        for share in [0.1, 0.3, 0.5, 0.7, 0.9, 0.999] {
            try folder.overwrite("journal.sqlite", with: whole.prefix(Int(Double(whole.count) * share)))
            let error = storageError { try readAll() }
            #expect(error?.code == .damaged, "cut to \(share): \(error?.message ?? "no error")")
            #expect(error?.message.contains(folder.journal) == true, "\(share): \(error?.message ?? "")")
            for name in folder.names { folder.remove(name) }
        }
    }

    @Test("zeros and garbage in its place are damaged, and the error names it", arguments: [true, false])
    func overwritten(isZeroed: Bool) throws {
        var random = SeededRandom(seed: 11)
        try folder.overwrite(
            "journal.sqlite", with: isZeroed ? Data(count: 40_960) : Data(random.bytes(40_960)))
        let error = storageError { try readAll() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(folder.journal) == true)
    }

    @Test("bytes damaged anywhere never trap: it reads, or says that it is damaged", arguments: seeds)
    func fuzz(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let whole = try wholeFile()
        for _ in 0..<12 {
            var bytes = whole
            for _ in 0...random.below(30) {
                let place = random.below(bytes.count)
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            try folder.overwrite("journal.sqlite", with: bytes)
            if let error = storageError({ try readAll() }) {
                #expect([.damaged, .newerFormat, .inputOutput].contains(error.code), "seed \(seed): \(error.message)")
                #expect(error.code != .inputOutput || error.message.contains(folder.journal))
            }
            for name in folder.names { folder.remove(name) }
        }
    }

    @Test(
        "columns of another type than was written are damage, not a trap",
        arguments: [
            "UPDATE batch SET content = 'text' WHERE sequence = 2", "UPDATE batch SET leaf = 7 WHERE sequence = 2",
            "UPDATE batch SET committed_at = x'00' WHERE sequence = 2",
            "UPDATE batch SET hashes = x'00' WHERE sequence = 2", "UPDATE batch SET sequence = -5 WHERE sequence = 2",
        ])
    func wrongColumns(statement: String) throws {
        let city = try TestJournal(in: folder, signer: signer)
        try city.commit(batches: 0..<4)
        try DatabaseQueue(path: folder.journal).write { try $0.execute(sql: statement) }
        let error = storageError {
            _ = try city.journal.batches(after: 0, limit: 10).map { try BatchContent(decoding: $0.content) }
            _ = try city.journal.storedHash(level: 0, index: 1)
        }
        #expect(error?.code == .damaged)
    }
}
