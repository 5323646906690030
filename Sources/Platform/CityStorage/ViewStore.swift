public import CityModel
import Foundation
import GRDB
public import TimeSeries

/// The views on disk: a photograph of what the journal's batches add up to, up to one of them.
///
/// Everything here can be made again from the journal; when the file is damaged it is thrown away and made again.
/// Writes are not synced: after a loss of power the photograph is an older one and more of the journal is replayed.
public final class ViewStore: Sendable {
    private let pool: DatabasePool
    private let path: String

    /// Opens the views at `path`, making the file when it isn't there.
    public init(path: String) throws(StorageError) {
        self.path = path
        pool = try sqlite(path) {
            var configuration = Configuration()
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
            return try DatabasePool(path: path, configuration: configuration)
        }
        try sqlite(path) { try pool.write(ViewStore.makeTables) }
    }

    private static func makeTables(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS state(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS series(
                    id INTEGER PRIMARY KEY, definition BLOB NOT NULL, observed_at INTEGER, value BLOB, score REAL,
                    head BLOB);
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
    }

    /// The newest batch that the photograph includes; 0 for none.
    public func appliedSequence() throws(StorageError) -> UInt64 {
        try sqlite(path) {
            let value = try pool.read { database in
                try Int64.fetchOne(database, sql: "SELECT value FROM state WHERE key = 'applied'")
            }
            return UInt64(value ?? 0)
        }
    }

    /// Writes a photograph, in one transaction.
    public func save(_ snapshot: ViewSnapshot) throws(StorageError) {
        try sqlite(path) { try pool.write { try ViewStore.write(snapshot, to: $0) } }
    }

    private static func write(_ snapshot: ViewSnapshot, to database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO state VALUES ('applied', ?)", arguments: [Int64(snapshot.appliedSequence)])
        let series = try database.cachedStatement(sql: "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?)")
        for row in snapshot.series {
            try series.execute(arguments: [
                Int64(row.definition.series.index), try blob(row.definition), row.observedAt?.microseconds,
                row.value.map { Data(ValueCoding.encode($0)) }, Double(row.score), Data(row.head),
            ])
        }
        let detector = try database.cachedStatement(sql: "INSERT OR REPLACE INTO detector VALUES (?, ?)")
        for (series, state) in snapshot.detectors {
            try detector.execute(arguments: [Int64(series.index), Data(state)])
        }
        let block = try database.cachedStatement(sql: "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)")
        for (series, sealed) in snapshot.blocks {
            try block.execute(arguments: [
                Int64(series.index), sealed.header.firstTime, sealed.header.lastTime, sealed.header.count, Data(sealed.bytes),
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
            try definition.execute(arguments: [Int64(record.series.index), Int64(since), try blob(record)])
        }
        for record in snapshot.devices {
            try database.execute(
                sql: "INSERT OR REPLACE INTO device VALUES (?, ?)", arguments: [record.id.text, try blob(record)])
        }
        for record in snapshot.alerts {
            try database.execute(
                sql: "INSERT OR REPLACE INTO alert VALUES (?, ?)", arguments: [Int64(record.id), try blob(record)])
        }
        for record in snapshot.refusals {
            try database.execute(
                sql: "INSERT INTO refusal(at, record) VALUES (?, ?)",
                arguments: [record.at.microseconds, try blob(record)])
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

    /// The current state of every series, in order of their numbers.
    public func series() throws(StorageError) -> [SeriesSnapshot] {
        try sqlite(path) {
            try pool.read { database in
                let decoder = JSONDecoder()
                let rows = try Row.fetchCursor(
                    database, sql: "SELECT definition, observed_at, value, score, head FROM series ORDER BY id")
                var result: [SeriesSnapshot] = []
                while let row = try rows.next() {
                    let value = (row[2] as Data?).map { Array($0) }
                    result.append(
                        SeriesSnapshot(
                            definition: try decoder.decode(AttributeDefinition.self, from: row[0]),
                            observedAt: (row[1] as Int64?).map(Timestamp.init(microseconds:)),
                            value: try value.map { bytes throws(StorageError) in try ValueCoding.decode(bytes) },
                            score: Float(row[3] as Double? ?? 0), head: Array(row[4] as Data? ?? Data())))
                }
                return result
            }
        }
    }

    /// What a series meant in the batch `sequence`, or nil when no photograph knows.
    public func definition(of series: SeriesID, at sequence: UInt64) throws(StorageError) -> AttributeDefinition? {
        try sqlite(path) {
            try pool.read { database in
                try Data.fetchOne(
                    database,
                    sql: "SELECT record FROM definition WHERE series = ? AND since <= ? ORDER BY since DESC LIMIT 1",
                    arguments: [Int64(series.index), Int64(clamping: sequence)]
                ).map { try JSONDecoder().decode(AttributeDefinition.self, from: $0) }
            }
        }
    }

    /// The saved state of a series' detector, or nil.
    public func detector(of series: SeriesID) throws(StorageError) -> [UInt8]? {
        try sqlite(path) {
            try pool.read { database in
                let statement = try database.cachedStatement(sql: "SELECT state FROM detector WHERE series = ?")
                return try Data.fetchOne(statement, arguments: [Int64(series.index)]).map { Array($0) }
            }
        }
    }

    /// The sealed blocks of a series that may hold readings made in `span`, oldest first.
    public func blocks(of series: SeriesID, in span: ClosedRange<Int64>) throws(StorageError) -> [Block] {
        let data = try sqlite(path) {
            try pool.read { database in
                let statement = try database.cachedStatement(
                    sql: "SELECT data FROM block WHERE series = ? AND first <= ? AND last >= ? ORDER BY first")
                return try Data.fetchAll(
                    statement, arguments: [Int64(series.index), span.upperBound, span.lowerBound])
            }
        }
        var blocks: [Block] = []
        for bytes in data {
            do {
                blocks.append(try Block(bytes: Array(bytes)))
            } catch {
                throw StorageError(.damaged, "\(path): a block of series \(series.index) is damaged", cause: error)
            }
        }
        return blocks
    }

    /// The values of a series that are not numbers, made in `span`, newest first.
    public func words(
        of series: SeriesID, in span: ClosedRange<Int64>, newest limit: Int
    ) throws(StorageError) -> [Observation] {
        try sqlite(path) {
            try pool.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT at, value FROM word WHERE series = ? AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?",
                    arguments: [Int64(series.index), span.lowerBound, span.upperBound, limit]
                ).map { row in
                    Observation(
                        series: series, observedAt: Timestamp(microseconds: row[0]),
                        value: try ValueCoding.decode(Array(row[1] as Data)))
                }
            }
        }
    }

    /// Every device's record.
    public func devices() throws(StorageError) -> [DeviceRecord] { try records("SELECT record FROM device") }

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
        try sqlite(path) {
            let decoder = JSONDecoder()
            return try pool.read { database in
                try Data.fetchAll(database, sql: query).map { try decoder.decode(Record.self, from: $0) }
            }
        }
    }

    /// Bytes of sealed blocks and the readings in them.
    public func blockTotals() throws(StorageError) -> (bytes: Int64, readings: Int64) {
        try sqlite(path) {
            try pool.read { database in
                let row = try Row.fetchOne(
                    database, sql: "SELECT coalesce(sum(length(data)), 0), coalesce(sum(readings), 0) FROM block")
                return (row?[0] ?? 0, row?[1] ?? 0)
            }
        }
    }
}

/// What has changed in the views since the photograph before, up to one batch.
public struct ViewSnapshot: Sendable {
    /// The newest batch that is included.
    public var appliedSequence: UInt64
    /// Series whose current value or open block has changed.
    public var series: [SeriesSnapshot] = []
    /// The detectors of those series, as bytes.
    public var detectors: [(SeriesID, [UInt8])] = []
    /// Blocks sealed since.
    public var blocks: [(SeriesID, Block)] = []
    /// Values that are not numbers.
    public var words: [Observation] = []
    /// What series mean, each with the batch since which they mean it.
    public var definitions: [(since: UInt64, definition: AttributeDefinition)] = []
    /// Records that are new or have changed.
    public var devices: [DeviceRecord] = []
    /// Alerts that are new or have changed.
    public var alerts: [AlertRecord] = []
    /// Refusals since.
    public var refusals: [RefusalRecord] = []
    /// Retained messages that are new, changed or (empty) removed.
    public var retained: [RetainedMessage] = []

    /// A snapshot with nothing in it yet.
    public init(appliedSequence: UInt64) {
        self.appliedSequence = appliedSequence
    }
}

/// The state of one series at one batch.
public struct SeriesSnapshot: Sendable {
    /// What it means.
    public let definition: AttributeDefinition
    /// When its current value was observed.
    public let observedAt: Timestamp?
    /// Its current value.
    public let value: AttributeValue?
    /// The current value's anomaly score.
    public let score: Float
    /// Its open block, as a block's bytes; empty when there is none.
    public let head: [UInt8]

    /// A state.
    public init(
        definition: AttributeDefinition, observedAt: Timestamp?, value: AttributeValue?, score: Float, head: [UInt8]
    ) {
        self.definition = definition
        self.observedAt = observedAt
        self.value = value
        self.score = score
        self.head = head
    }
}

/// One value as bytes: the same form as in a batch.
enum ValueCoding {
    static func encode(_ value: AttributeValue) -> [UInt8] {
        var sink = ByteSink(capacity: 16)
        sink.append(value: value)
        return sink.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(StorageError) -> AttributeValue {
        var source = ByteSource(bytes)
        return try source.value()
    }
}
