public import CityModel
import Foundation
import GRDB
import Synchronization
public import TimeSeries

/// The views on disk: a photograph of what the journal's batches add up to, up to one of them.
///
/// Everything here can be made again from the journal, and is when the file is damaged. Damage that is found while the
/// file is in use leaves a mark beside it: what can be read is read until the next start, which puts the file aside.
/// Writes are not synced: after a loss of power the photograph is an older one and more of the journal is replayed.
public final class ViewStore: Sendable {
    /// The version of the tables and records. A file of another version counts as damaged: it is made again.
    private static let layout = 5
    /// How many refusals the views keep; older ones stay in the journal.
    private static let refusalsKept = 10_000

    private let pool: DatabasePool
    private let path: String
    private let firstDamage = Mutex<StorageError?>(nil)

    /// Opens the views at `path`, making the file when it isn't there. One that bears the mark of damage is put aside.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when the file isn't a whole SQLite database, or of another layout.
    public init(path: String) throws(StorageError) {
        self.path = path
        if ViewStore.isToBeMadeAgain(path) { ViewStore.putAside(path) }
        pool = try sqlite(path) {
            var configuration = Configuration()
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
            return try DatabasePool(path: path, configuration: configuration)
        }
        let found = try sqlite(path) {
            try pool.read { try $0.tableExists("state") ? Int.fetchOne($0, sql: "PRAGMA user_version") : nil }
        }
        switch found {
        case ViewStore.layout: break
        case nil: try sqlite(path) { try pool.writingTransaction(ViewStore.makeTables) }
        case let other?: throw StorageError(.damaged, "\(path) has layout \(other), not \(ViewStore.layout)")
        }
    }

    private static func makeTables(_ database: Database) throws {
        try database.execute(
            sql: """
                PRAGMA user_version = \(layout);
                CREATE TABLE IF NOT EXISTS state(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS series(
                    id INTEGER PRIMARY KEY, definition BLOB NOT NULL, observed_at INTEGER, value BLOB, score REAL,
                    head BLOB, late BLOB);
                CREATE TABLE IF NOT EXISTS definition(
                    series INTEGER, since INTEGER, record BLOB NOT NULL, PRIMARY KEY(series, since)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS detector(series INTEGER PRIMARY KEY, state BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS block(
                    series INTEGER, first INTEGER, last INTEGER, readings INTEGER NOT NULL, data BLOB NOT NULL,
                    PRIMARY KEY(series, first, last)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS word(
                    series INTEGER, at INTEGER, value BLOB NOT NULL, PRIMARY KEY(series, at)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS device(id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS alert(id INTEGER PRIMARY KEY, record BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS refusal(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, record BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS retained(topic TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
                """)
        try database.execute(sql: contextTables)
    }

    /// The newest batch that the photograph includes; 0 for none.
    ///
    /// Written twice, so that damage is not taken for a photograph of batches that the journal has lost.
    public func appliedSequence() throws(StorageError) -> UInt64 {
        try reading { database in
            let states = try Row.fetchAll(database, sql: "SELECT value FROM state WHERE key LIKE 'applied%' LIMIT 3")
            return try ViewStore.agreed(try states.map { row throws(StorageError) in try row.unsigned(0) })
        }
    }

    /// The number that is written twice; 0 where it was never written.
    static func agreed(_ numbers: [UInt64]) throws(StorageError) -> UInt64 {
        guard let first = numbers.first else { return 0 }
        guard numbers == [first, first] else { throw .unreadable("which batch it goes up to is told in two ways") }
        return first
    }

    /// Writes a photograph, in one transaction.
    public func save(_ snapshot: ViewSnapshot) throws(StorageError) {
        try marking { try pool.writingTransaction { try ViewStore.write(snapshot, to: $0) } }
    }

    func reading<T>(_ body: (Database) throws -> T) throws(StorageError) -> T {
        try marking { try pool.read(body) }
    }

    /// Reads or writes; damage that turns up is marked.
    private func marking<T>(_ body: () throws -> T) throws(StorageError) -> T {
        do throws(StorageError) {
            return try sqlite(path, body)
        } catch {
            if error.code == .damaged { mark(error) }
            throw error
        }
    }

    // MARK: - Damage

    /// What was found to be damaged since the file was opened, first of all.
    public var damage: StorageError? { firstDamage.withLock { $0 } }

    /// Marks the file as damaged, so that the next start makes the views again.
    func mark(_ damage: StorageError) {
        let isFirst = firstDamage.withLock { first in
            guard first == nil else { return false }
            first = damage
            return true
        }
        guard isFirst else { return }
        // Where not even the mark can be written, the next start finds the damage as this one did.
        try? DurableFile.write("\(damage.message)\n".utf8, to: ViewStore.markFile(path), mode: 0o600)
    }

    private static func markFile(_ path: String) -> String { path + ".remake" }

    /// Whether the file at `path` was found to be damaged while it was in use.
    public static func isToBeMadeAgain(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: markFile(path))
    }

    /// Renames a file that was found to be damaged, and takes the mark away.
    private static func putAside(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { rename(path + suffix, path + ".damaged" + suffix) }
        unlink(markFile(path))
    }

    /// Removes the file at `path` with all that belongs to it. Nobody may have it open.
    public static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        unlink(markFile(path))
    }

    // MARK: - Writing

    private static func write(_ snapshot: ViewSnapshot, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO state VALUES ('applied', ?1), ('appliedAgain', ?1)",
            arguments: [Int64(clamping: snapshot.appliedSequence)])
        try write(series: snapshot, to: database)
        try write(records: snapshot, to: database)
        try write(context: snapshot.context, to: database)
    }

    private static func write(series snapshot: ViewSnapshot, to database: Database) throws {
        let series = try database.cachedStatement(sql: "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)")
        for row in snapshot.series {
            try series.execute(arguments: [
                Int64(row.definition.series.index), CheckedRecord.seal(RecordCoding.encode(row.definition)),
                row.observedAt?.microseconds,
                row.value.map { Data(ValueCoding.encode($0)) }, Double(row.score), Data(row.head.make()),
                Data(row.late.make()),
            ])
        }
        let detector = try database.cachedStatement(sql: "INSERT OR REPLACE INTO detector VALUES (?, ?)")
        for (series, state) in snapshot.detectors {
            try detector.execute(arguments: [Int64(series.index), Data(state.make())])
        }
        let block = try database.cachedStatement(sql: "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)")
        for (series, sealed) in snapshot.blocks {
            try block.execute(arguments: [
                Int64(series.index), sealed.header.firstTime, sealed.header.lastTime, sealed.header.count,
                Data(sealed.bytes),
            ])
        }
        let word = try database.cachedStatement(sql: "INSERT OR REPLACE INTO word VALUES (?, ?, ?)")
        for observation in snapshot.words {
            try word.execute(arguments: [
                Int64(observation.series.index), observation.observedAt.microseconds,
                Data(ValueCoding.encode(observation.value)),
            ])
        }
        let definition = try database.cachedStatement(sql: "INSERT OR REPLACE INTO definition VALUES (?, ?, ?)")
        for (since, record) in snapshot.definitions {
            try definition.execute(arguments: [
                Int64(record.series.index), Int64(clamping: since), CheckedRecord.seal(RecordCoding.encode(record)),
            ])
        }
    }

    private static func write(records snapshot: ViewSnapshot, to database: Database) throws {
        let device = try database.cachedStatement(sql: "INSERT OR REPLACE INTO device VALUES (?, ?)")
        for record in snapshot.devices {
            try device.execute(arguments: [record.id.text, CheckedRecord.seal(RecordCoding.encode(record))])
        }
        for record in snapshot.alerts {
            try database.execute(
                sql: "INSERT OR REPLACE INTO alert VALUES (?, ?)",
                arguments: [Int64(clamping: record.id), try blob(record)])
        }
        for record in snapshot.refusals {
            try database.execute(
                sql: "INSERT INTO refusal(at, record) VALUES (?, ?)",
                arguments: [record.at.microseconds, try blob(record)])
        }
        if !snapshot.refusals.isEmpty {
            try database.execute(
                sql: "DELETE FROM refusal WHERE id <= (SELECT max(id) FROM refusal) - ?",
                arguments: [ViewStore.refusalsKept])
        }
        for message in snapshot.retained {
            if message.payload.isEmpty {
                try database.execute(sql: "DELETE FROM retained WHERE topic = ?", arguments: [message.topic])
            } else {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO retained VALUES (?, ?)", arguments: [message.topic, try blob(message)])
            }
        }
    }

    private static func blob(_ record: some Encodable) throws -> Data { try JSONEncoder().encode(record) }

    // MARK: - Reading

    /// The current state of every series, in order of their numbers.
    public func series() throws(StorageError) -> [SeriesSnapshot] {
        try reading { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT definition, observed_at, value, score, head, late FROM series ORDER BY id")
            var result: [SeriesSnapshot] = []
            while let row = try rows.next() {
                result.append(
                    SeriesSnapshot(
                        definition: try RecordCoding.definition(CheckedRecord.open(row.bytes(0))),
                        observedAt: try row.optionalInteger(1).map { Timestamp(microseconds: $0) },
                        value: try row.optionalBytes(2).map { bytes throws(StorageError) in
                            try ValueCoding.decode(bytes)
                        }, score: Float(try row.number(3)), head: LateBytes(try row.optionalBytes(4) ?? []),
                        late: LateBytes(try row.optionalBytes(5) ?? [])))
            }
            return result
        }
    }

    /// What a series meant in the batch `sequence`, or nil when no photograph knows.
    public func definition(of series: SeriesID, at sequence: UInt64) throws(StorageError) -> AttributeDefinition? {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT record FROM definition WHERE series = ? AND since <= ? ORDER BY since DESC LIMIT 1")
            let row = try Row.fetchOne(statement, arguments: [Int64(series.index), Int64(clamping: sequence)])
            return try row.map { try RecordCoding.definition(CheckedRecord.open($0.bytes(0))) }
        }
    }

    /// The saved state of a series' detector, or nil.
    public func detector(of series: SeriesID) throws(StorageError) -> [UInt8]? {
        try reading { database in
            let statement = try database.cachedStatement(sql: "SELECT state FROM detector WHERE series = ?")
            return try Row.fetchOne(statement, arguments: [Int64(series.index)])?.bytes(0)
        }
    }

    /// The sealed blocks of a series that may hold readings made in `span`, oldest first.
    public func blocks(of series: SeriesID, in span: ClosedRange<Int64>) throws(StorageError) -> [Block] {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT data FROM block WHERE series = ? AND first <= ? AND last >= ? ORDER BY first")
            let rows = try Row.fetchCursor(
                statement, arguments: [Int64(series.index), span.upperBound, span.lowerBound])
            var blocks: [Block] = []
            while let row = try rows.next() {
                do {
                    blocks.append(try Block(bytes: try row.bytes(0)))
                } catch let error as BlockError {
                    throw damagedBlock(of: series, cause: error)
                }
            }
            return blocks
        }
    }

    /// The first and last times of the sealed blocks of a series that may hold readings made in `span`.
    func blockSpans(of series: SeriesID, in span: ClosedRange<Int64>) throws(StorageError) -> [ClosedRange<Int64>] {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT first, last FROM block WHERE series = ? AND first <= ? AND last >= ?")
            let rows = try Row.fetchCursor(
                statement, arguments: [Int64(series.index), span.upperBound, span.lowerBound])
            var spans: [ClosedRange<Int64>] = []
            while let row = try rows.next() {
                let (first, last) = (try row.integer(0), try row.integer(1))
                guard first <= last else { throw damagedBlock(of: series, cause: nil) }
                spans.append(first...last)
            }
            return spans
        }
    }

    /// The sealed block with these first and last times; nil when there is none.
    func block(of series: SeriesID, _ span: ClosedRange<Int64>) throws(StorageError) -> Block? {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT data FROM block WHERE series = ? AND first = ? AND last = ?")
            let row = try Row.fetchOne(
                statement, arguments: [Int64(series.index), span.lowerBound, span.upperBound])
            guard let row else { return nil }
            do {
                return try Block(bytes: try row.bytes(0))
            } catch let error as BlockError {
                throw damagedBlock(of: series, cause: error)
            }
        }
    }

    private func damagedBlock(of series: SeriesID, cause: (any Error)?) -> StorageError {
        StorageError(.damaged, "\(path): a block of series \(series.index) is damaged", cause: cause)
    }

    /// The values of a series that are not numbers, made in `span`, newest first.
    public func words(
        of series: SeriesID, in span: ClosedRange<Int64>, newest limit: Int
    ) throws(StorageError) -> [Observation] {
        try reading { database in
            let statement = try database.cachedStatement(
                sql: "SELECT at, value FROM word WHERE series = ? AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?")
            let rows = try Row.fetchCursor(
                statement, arguments: [Int64(series.index), span.lowerBound, span.upperBound, limit])
            var words: [Observation] = []
            while let row = try rows.next() {
                words.append(
                    Observation(
                        series: series, observedAt: Timestamp(microseconds: try row.integer(0)),
                        value: try ValueCoding.decode(row.bytes(1))))
            }
            return words
        }
    }

    /// Every device's record.
    public func devices() throws(StorageError) -> [DeviceRecord] {
        try reading { database in
            let rows = try Row.fetchCursor(database, sql: "SELECT record FROM device ORDER BY id")
            var devices: [DeviceRecord] = []
            while let row = try rows.next() {
                devices.append(try RecordCoding.device(CheckedRecord.open(row.bytes(0))))
            }
            return devices
        }
    }

    /// The newest alerts, oldest first.
    public func alerts(newest limit: Int) throws(StorageError) -> [AlertRecord] {
        try records("SELECT record FROM alert ORDER BY id DESC LIMIT \(limit)").reversed()
    }

    /// The newest refusals, oldest first.
    public func refusals(newest limit: Int) throws(StorageError) -> [RefusalRecord] {
        try records("SELECT record FROM refusal ORDER BY id DESC LIMIT \(limit)").reversed()
    }

    /// Every retained message.
    public func retained() throws(StorageError) -> [RetainedMessage] { try records("SELECT record FROM retained") }

    private func records<Record: Decodable>(_ query: String) throws(StorageError) -> [Record] {
        try reading { database in
            let decoder = JSONDecoder()
            return try Data.fetchAll(database, sql: query).map { try decoder.decode(Record.self, from: $0) }
        }
    }

    /// Lets go of the file. Nothing may be asked of the views on disk afterwards.
    public func close() throws(StorageError) {
        try sqlite(path) {
            // Before the pool's readers are the last to go, which cannot do it. What stays in the log is read from there.
            try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        }
    }

    /// Bytes of sealed blocks and the readings in them.
    public func blockTotals() throws(StorageError) -> (bytes: Int64, readings: Int64) {
        try reading { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT coalesce(sum(length(data)), 0), coalesce(sum(readings), 0) FROM block")
            return (try row?.integer(0) ?? 0, try row?.integer(1) ?? 0)
        }
    }
}
