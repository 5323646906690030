public import CityModel
import Foundation
import GRDB
import Synchronization
public import TransparencyLog

/// The journal in an SQLite file: write-ahead log, `synchronous = FULL`, one transaction a batch.
public final class SQLiteJournal: Journal {
    private let pool: DatabasePool
    private let path: String
    private let newest = Atomic<UInt64>(0)

    /// Opens a journal that must be there: a city without one has lost it, and must not begin a second one.
    ///
    /// - Throws: ``StorageError``: ``StorageError/Code/damaged`` when there is no such file, or nothing in it; else as
    ///   ``init(path:)``.
    public convenience init(existing path: String) throws(StorageError) {
        guard fileSize(path) > 0 else {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw StorageError(.damaged, "\(path) is \(isThere ? "empty" : "not there")")
        }
        try self.init(path: path)
    }

    /// Opens the journal at `path`, making it when it isn't there.
    ///
    /// - Throws: ``StorageError``: ``StorageError/Code/damaged`` when the file isn't a whole SQLite database,
    ///   ``StorageError/Code/newerFormat`` when a newer program wrote it, ``StorageError/Code/inputOutput`` when SQLite
    ///   will not sync each commit to disk.
    public init(path: String) throws(StorageError) {
        self.path = path
        try SQLiteJournal.refuseTruncated(path: path)
        pool = try sqlite(path) {
            var configuration = Configuration()
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            }
            return try DatabasePool(path: path, configuration: configuration)
        }
        try syncEveryCommit()
        guard try hasTables() else {
            try sqlite(path) {
                try pool.writingTransaction { database in
                    try SQLiteJournal.makeTables(database)
                    try SQLiteJournal.makeKeepings(database)
                }
            }
            return
        }
        guard let version = try setting("formatVersion"), let number = Int(version), number > 0 else {
            throw StorageError(.damaged, "\(path) does not say which format it has")
        }
        guard number <= StorageLimits.formatVersion else {
            throw StorageError(
                .newerFormat,
                "\(path) has format \(version); this program knows \(StorageLimits.formatVersion): use the newer bastide"
            )
        }
        newest.store(try readNewest(), ordering: .sequentiallyConsistent)
        try sqlite(path) { try pool.writingTransaction(SQLiteJournal.makeKeepings) }
    }

    /// What `PRAGMA synchronous` answers for FULL: a commit returns when the write-ahead log is synced.
    private static let synchronousFull = 2

    /// GRDB's pool sets `synchronous = NORMAL` when it turns on the write-ahead log, and with that a commit is not
    /// synced. So the level is set once more, after the pool is made, and read back.
    private func syncEveryCommit() throws(StorageError) {
        try sqlite(path) {
            try pool.writing { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        }
        guard try syncsEveryCommit() else {
            throw StorageError(
                .inputOutput, "\(path): SQLite does not sync its commits to disk, so that nothing can be acknowledged")
        }
    }

    /// Runs `body` with commits that are not synced one by one; all of them are when this returns. For a journal that
    /// nobody relies on yet: when it throws, the file is good for nothing.
    package func filling(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        try sqlite(path) { try pool.writing { try $0.execute(sql: "PRAGMA synchronous = NORMAL") } }
        try body()
        try sqlite(path) { try pool.writing { _ = try $0.checkpoint(.truncate) } }
        try syncEveryCommit()
    }

    /// Whether a commit is on the disk when it returns.
    package func syncsEveryCommit() throws(StorageError) -> Bool {
        try sqlite(path) {
            try pool.writing { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == SQLiteJournal.synchronousFull
        }
    }

    /// Came after the first journals were made; a program that does not know the table does no harm to it.
    private static func makeKeepings(_ database: Database) throws {
        try database.execute(
            sql: "CREATE TABLE IF NOT EXISTS keeping(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
    }

    private func hasTables() throws(StorageError) -> Bool {
        try sqlite(path) { try pool.read { try $0.tableExists("setting") } }
    }

    private func readNewest() throws(StorageError) -> UInt64 {
        try sqlite(path) {
            try pool.read { database in
                let row = try Row.fetchOne(database, sql: "SELECT sequence FROM batch ORDER BY sequence DESC LIMIT 1")
                return try row?.unsigned(0) ?? 0
            }
        }
    }

    private static func makeTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS batch(
                    sequence INTEGER PRIMARY KEY, committed_at INTEGER NOT NULL,
                    first_observed INTEGER, last_observed INTEGER,
                    leaf BLOB NOT NULL, hashes BLOB NOT NULL, content BLOB NOT NULL);
                CREATE INDEX IF NOT EXISTS batch_observed ON batch(last_observed, first_observed);
                CREATE TABLE IF NOT EXISTS checkpoint(
                    size INTEGER PRIMARY KEY, note TEXT NOT NULL, signed_at INTEGER NOT NULL);
                CREATE TABLE IF NOT EXISTS credential(name TEXT PRIMARY KEY, secret TEXT NOT NULL) WITHOUT ROWID;
                INSERT OR IGNORE INTO setting VALUES ('formatVersion', '\(StorageLimits.formatVersion)');
                """)
    }

    /// SQLite finds a cut-off file only when it reads the missing page; we want to know before we serve from it.
    ///
    /// The header states the pages there are: page size at byte 16, pages at byte 28 (SQLite file format, §1.3). Beside
    /// a write-ahead log, pages may still be in there.
    private static func refuseTruncated(path: String) throws(StorageError) {
        guard fileSize(path + "-wal") == 0, let file = FileHandle(forReadingAtPath: path),
            let header = try? file.read(upToCount: 100), header.count == 100
        else { return }
        let pageBytes = header[16...17].reduce(0) { $0 << 8 | Int64($1) }
        let pages = header[28...31].reduce(0) { $0 << 8 | Int64($1) }
        let expected = pages * (pageBytes == 1 ? 65_536 : pageBytes)
        guard fileSize(path) >= expected else {
            throw StorageError(.damaged, "\(path) is cut off: \(fileSize(path)) of \(expected) bytes are there")
        }
    }

    /// The number of the newest batch.
    public var lastSequence: UInt64 { newest.load(ordering: .sequentiallyConsistent) }

    /// Writes and syncs one batch and what is kept beside it, in one transaction.
    public func append(_ batch: SealedBatch?, keeping keepings: [Keeping]) throws(StorageError) {
        let keepings = Keeping.settled(keepings)
        try sqlite(path) {
            if keepings.isEmpty {
                try pool.writing { try SQLiteJournal.insert(batch, $0) }
            } else {
                try pool.writingTransaction { database in
                    try SQLiteJournal.insert(batch, database)
                    try SQLiteJournal.keep(keepings, database)
                }
            }
        }
        if let batch { newest.store(batch.sequence, ordering: .sequentiallyConsistent) }
    }

    private static func insert(_ batch: SealedBatch?, _ database: Database) throws {
        guard let batch else { return }
        let hashes = batch.completedHashes.reduce(into: Data()) { data, digest in
            digest.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        let insert = try database.cachedStatement(sql: "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?)")
        try insert.execute(arguments: [
            Int64(batch.sequence), batch.committedAt.microseconds, batch.observed?.lowerBound.microseconds,
            batch.observed?.upperBound.microseconds, Data(batch.leafText), hashes, Data(batch.content),
        ])
    }

    private static func keep(_ keepings: [Keeping], _ database: Database) throws {
        let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO keeping VALUES (?, ?)")
        let delete = try database.cachedStatement(sql: "DELETE FROM keeping WHERE key = ?")
        for keeping in keepings {
            if let value = keeping.value {
                try insert.execute(arguments: [Data(keeping.key), Data(value)])
            } else {
                try delete.execute(arguments: [Data(keeping.key)])
            }
        }
    }

    /// What is kept under a prefix.
    public func keepings(under prefix: [UInt8]) throws(StorageError) -> [Keeping] {
        try sqlite(path) {
            try pool.read { database in
                let rows =
                    if let end = Keeping.end(of: prefix) {
                        try Row.fetchCursor(
                            database, sql: "SELECT key, value FROM keeping WHERE key >= ? AND key < ? ORDER BY key",
                            arguments: [Data(prefix), Data(end)])
                    } else {
                        try Row.fetchCursor(
                            database, sql: "SELECT key, value FROM keeping WHERE key >= ? ORDER BY key",
                            arguments: [Data(prefix)])
                    }
                var keepings: [Keeping] = []
                while let row = try rows.next() {
                    keepings.append(Keeping(key: try row.bytes(0), value: try row.bytes(1)))
                }
                return keepings
            }
        }
    }

    /// One batch by its number.
    public func batch(_ sequence: UInt64) throws(StorageError) -> StoredBatch? {
        try batches(after: sequence &- 1, limit: 1).first { $0.sequence == sequence }
    }

    /// Batches in order.
    public func batches(after sequence: UInt64, limit: Int) throws(StorageError) -> [StoredBatch] {
        try sqlite(path) {
            try pool.read { database in
                let statement = try database.cachedStatement(
                    sql: """
                        SELECT sequence, committed_at, leaf, hashes, content FROM batch WHERE sequence > ?
                        ORDER BY sequence LIMIT ?
                        """)
                let rows = try Row.fetchCursor(statement, arguments: [Int64(clamping: sequence), limit])
                var batches: [StoredBatch] = []
                while let row = try rows.next() {
                    batches.append(
                        StoredBatch(
                            sequence: try row.unsigned(0), committedAt: Timestamp(microseconds: try row.integer(1)),
                            leafText: try row.bytes(2), completedHashes: Digest.sequence(in: try row.bytes(3)),
                            content: try row.bytes(4)))
                }
                return batches
            }
        }
    }

    /// The batches whose span of observation times covers `time`.
    public func candidates(observedAt time: Timestamp) throws(StorageError) -> [UInt64] {
        try sqlite(path) {
            try pool.read { database in
                try Int64.fetchAll(
                    database,
                    sql: """
                        SELECT sequence FROM batch WHERE last_observed >= ?1 AND first_observed <= ?1 ORDER BY sequence
                        """, arguments: [time.microseconds]
                ).compactMap { UInt64(exactly: $0) }
            }
        }
    }

    /// Reads the hash from the row of the leaf that completed its subtree.
    public func storedHash(level: Int, index: UInt64) throws(StorageError) -> Digest {
        let leaf = ((index + 1) << UInt64(level)) - 1
        let hashes = try sqlite(path) {
            try pool.read { database in
                try Data.fetchOne(
                    database, sql: "SELECT hashes FROM batch WHERE sequence = ?", arguments: [Int64(leaf + 1)])
            }
        }
        guard let hashes, hashes.count >= (level + 1) * 32,
            let digest = Digest(Array(hashes)[(level * 32)..<((level + 1) * 32)])
        else {
            throw StorageError(.damaged, "\(path): batch \(leaf + 1) lacks the ledger's hash at level \(level)")
        }
        return digest
    }

    /// Keeps a signed checkpoint.
    public func keepCheckpoint(size: UInt64, note: String, at time: Timestamp) throws(StorageError) {
        try sqlite(path) {
            try pool.writingTransaction { database in
                try database.execute(
                    sql: "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?)",
                    arguments: [Int64(size), note, time.microseconds])
            }
        }
    }

    /// The newest checkpoint kept.
    public func newestCheckpoint() throws(StorageError) -> (size: UInt64, note: String)? {
        try sqlite(path) {
            try pool.read { database in
                try Row.fetchOne(database, sql: "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
                    .map { row throws(StorageError) in (size: try row.unsigned(0), note: try row.text(1)) }
            }
        }
    }

    /// A small setting.
    public func setting(_ key: String) throws(StorageError) -> String? {
        try sqlite(path) {
            try pool.read { try String.fetchOne($0, sql: "SELECT value FROM setting WHERE key = ?", arguments: [key]) }
        }
    }

    /// Keeps a small setting.
    public func keepSetting(_ key: String, _ value: String) throws(StorageError) {
        try sqlite(path) {
            try pool.writingTransaction {
                try $0.execute(sql: "INSERT OR REPLACE INTO setting VALUES (?, ?)", arguments: [key, value])
            }
        }
    }

    /// The size of the file and of its write-ahead log.
    public var bytesOnDisk: Int64 { fileSize(path) + fileSize(path + "-wal") }

    /// Folds the write-ahead log into the file and lets go of it. Nothing may be asked of the journal afterwards.
    public func close() throws(StorageError) {
        try sqlite(path) {
            // Before the pool's readers are the last to go, which cannot do it. What stays in the log is read from there.
            try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        }
    }

    /// Reads every page and says what SQLite finds wrong; empty when all is well.
    public func integrityProblems() throws(StorageError) -> [String] {
        try sqlite(path) {
            try pool.read { try String.fetchAll($0, sql: "PRAGMA integrity_check(20)") }.filter { $0 != "ok" }
        }
    }
}

extension SQLiteJournal: CredentialTable {
    /// The secret kept under `name`.
    public func secret(of name: String) throws(StorageError) -> String? {
        try sqlite(path) {
            try pool.read {
                try String.fetchOne($0, sql: "SELECT secret FROM credential WHERE name = ?", arguments: [name])
            }
        }
    }

    /// Keeps, or with nil removes, the secret of `name`.
    public func keepSecret(_ secret: String?, of name: String) throws(StorageError) {
        try sqlite(path) {
            try pool.writingTransaction { database in
                if let secret {
                    try database.execute(
                        sql: "INSERT OR REPLACE INTO credential VALUES (?, ?)", arguments: [name, secret])
                } else {
                    try database.execute(sql: "DELETE FROM credential WHERE name = ?", arguments: [name])
                }
            }
        }
    }

    /// Every name that has a secret.
    public func credentialNames() throws(StorageError) -> [String] {
        try sqlite(path) {
            try pool.read { try String.fetchAll($0, sql: "SELECT name FROM credential ORDER BY name") }
        }
    }
}

/// Where the verifiers of passwords are kept. Not in the journal: what is there is meant to be proven to others.
public protocol CredentialTable: Sendable {
    /// The secret kept under `name`, or nil.
    func secret(of name: String) throws(StorageError) -> String?
    /// Keeps, or with nil removes, the secret of `name`. Durable when it returns.
    func keepSecret(_ secret: String?, of name: String) throws(StorageError)
    /// Every name that has a secret, in order.
    func credentialNames() throws(StorageError) -> [String]
}
