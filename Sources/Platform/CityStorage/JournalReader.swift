public import CityModel
import Foundation
import GRDB
public import TransparencyLog

/// A batch's row as it was found: nothing of it is believed before it is checked.
public struct JournalRow: Sendable {
    /// Its number, from 1.
    public let sequence: UInt64
    /// When it was sealed.
    public let committedAt: Timestamp
    /// The span of its observations' times; nil when it has none.
    public let observed: ClosedRange<Timestamp>?
    /// The text of its leaf in the log.
    public let leafText: [UInt8]
    /// The tree's hashes that its leaf completes.
    public let hashes: [Digest]
    /// ``BatchContent`` as bytes; nil when they cannot be read.
    public let content: [UInt8]?

    /// A row that was put together anew.
    package init(
        sequence: UInt64, committedAt: Timestamp, observed: ClosedRange<Timestamp>?, leafText: [UInt8],
        hashes: [Digest], content: [UInt8]?
    ) {
        self.sequence = sequence
        self.committedAt = committedAt
        self.observed = observed
        self.leafText = leafText
        self.hashes = hashes
        self.content = content
    }

    /// The row as a journal takes it, with what was found out about its content and hashes.
    package func sealed(content: [UInt8], hashes: [Digest]) -> SealedBatch {
        SealedBatch(
            sequence: sequence, committedAt: committedAt, observed: observed, leafText: leafText,
            completedHashes: hashes, content: content)
    }
}

/// Reads a journal's file that may be damaged, row by row and without writing to it. May be used while the city runs.
public final class JournalReader: Sendable {
    private let file: DamagedFile

    /// Opens the file.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when not even its first page can be read.
    public init(path: String) throws(StorageError) {
        file = try DamagedFile(path: path)
        _ = try file.values("SELECT count(*) FROM sqlite_schema")
    }

    /// What SQLite itself finds wrong; empty when all is well. Reads every page.
    public func integrityProblems() -> [String] { file.integrityProblems() }

    /// The number of the newest batch. Where the table's end cannot be read, its index is asked.
    public func newestSequence() throws(StorageError) -> UInt64 {
        do {
            return try file.values("SELECT max(sequence) FROM batch").first?.first?.unsigned ?? 0
        } catch {
            var newest: UInt64 = 0
            try? file.each("SELECT sequence FROM batch INDEXED BY batch_observed") { row in
                newest = max(newest, row.first?.unsigned ?? 0)
            }
            guard newest > 0 else { throw error }
            return newest
        }
    }

    /// A batch's row: nil when it is not there or cannot be read.
    public func row(_ sequence: UInt64) -> JournalRow? {
        let number = Int64(clamping: sequence)
        // Kept apart: a content of many pages may be damaged where its row's beginning is not.
        guard
            let head = firstRow(
                "SELECT committed_at, first_observed, last_observed, leaf, hashes FROM batch WHERE sequence = ?", number
            )
        else { return nil }
        return JournalRow(
            sequence: sequence, head: head,
            content: firstRow("SELECT content FROM batch WHERE sequence = ?", number)?.first?.bytes)
    }

    private func firstRow(_ query: String, _ number: Int64) -> [Cell]? {
        do {
            return try file.values(query, number).first
        } catch {
            return nil
        }
    }

    /// Every checkpoint that can be read, the newest first.
    public func checkpoints() -> [(size: UInt64, note: String, signedAt: Timestamp)] {
        var found: [(size: UInt64, note: String, signedAt: Timestamp)] = []
        try? file.each("SELECT size, note, signed_at FROM checkpoint ORDER BY size DESC") { cells in
            guard cells.count == 3, let size = cells[0].unsigned, let note = cells[1].text, let at = cells[2].integer
            else { return }
            found.append((size, note, Timestamp(microseconds: at)))
        }
        return found
    }

    /// What is kept beside the batches, as far as it can be read.
    package func keepings() -> [Keeping] {
        var found: [Keeping] = []
        try? file.each("SELECT key, value FROM keeping") { cells in
            guard cells.count == 2, let key = cells[0].bytes, let value = cells[1].bytes else { return }
            found.append(Keeping(key: key, value: value))
        }
        return found
    }

    /// Every setting or credential that can be read.
    package func pairs(of table: PairTable) -> [(key: String, value: String)] {
        var found: [(key: String, value: String)] = []
        try? file.each(table.query) { cells in
            guard cells.count == 2, let key = cells[0].text, let value = cells[1].text else { return }
            found.append((key, value))
        }
        return found
    }

    /// The journal's tables of names and values.
    package enum PairTable {
        case settings, credentials

        fileprivate var query: String {
            switch self {
            case .settings: "SELECT key, value FROM setting"
            case .credentials: "SELECT name, secret FROM credential"
            }
        }
    }
}

/// Reads the views' file that may be damaged, without writing to it.
public final class ViewReader: Sendable {
    private let file: DamagedFile

    /// Opens the file.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when not even its first page can be read.
    public init(path: String) throws(StorageError) {
        file = try DamagedFile(path: path)
        _ = try file.values("SELECT count(*) FROM sqlite_schema")
    }

    /// What SQLite itself finds wrong; empty when all is well.
    public func integrityProblems() -> [String] { file.integrityProblems() }

    /// The newest batch that the photograph includes.
    public func appliedSequence() throws(StorageError) -> UInt64 {
        let states = try file.values("SELECT value FROM state WHERE key LIKE 'applied%' LIMIT 3")
        return try ViewStore.agreed(
            try states.map { cells throws(StorageError) in
                guard let number = cells.first?.unsigned else { throw .unreadable("a number is missing") }
                return number
            })
    }

    /// What series mean and since which batch, as far as it can be read.
    public func definitions() -> [(since: UInt64, definition: AttributeDefinition)] {
        var found: [(since: UInt64, definition: AttributeDefinition)] = []
        try? file.each("SELECT since, record FROM definition ORDER BY since, series") { cells in
            guard cells.count == 2, let since = cells[0].unsigned, let record = cells[1].bytes,
                let definition = try? RecordCoding.definition(CheckedRecord.open(record))
            else { return }
            found.append((since, definition))
        }
        return found
    }

    /// The devices' records, as far as they can be read.
    public func devices() -> [DeviceRecord] {
        var found: [DeviceRecord] = []
        try? file.each("SELECT record FROM device ORDER BY id") { cells in
            guard let record = cells.first?.bytes, let device = try? RecordCoding.device(CheckedRecord.open(record))
            else { return }
            found.append(device)
        }
        return found
    }
}

extension JournalRow {
    /// From the cells of a row's head; nil when one of them is not what it was written as.
    fileprivate init?(sequence: UInt64, head: [Cell], content: [UInt8]?) {
        guard head.count == 5, let committedAt = head[0].integer else { return nil }
        guard let leaf = head[3].bytes, let hashes = head[4].bytes else { return nil }
        self.init(
            sequence: sequence, committedAt: Timestamp(microseconds: committedAt),
            observed: JournalRow.span(head[1].integer, head[2].integer), leafText: leaf,
            hashes: Digest.sequence(in: hashes), content: content)
    }

    /// A batch that the journal gives whole, to be checked like one that may be damaged.
    package init(_ stored: StoredBatch) {
        self.init(
            sequence: stored.sequence, committedAt: stored.committedAt, observed: nil, leafText: stored.leafText,
            hashes: stored.completedHashes, content: stored.content)
    }

    private static func span(_ first: Int64?, _ last: Int64?) -> ClosedRange<Timestamp>? {
        guard let first, let last, first <= last else { return nil }
        return Timestamp(microseconds: first)...Timestamp(microseconds: last)
    }
}

extension Digest {
    /// The digests that stand in `bytes` one behind the other; what is too short for one at the end is none.
    static func sequence(in bytes: [UInt8]) -> [Digest] {
        var digests: [Digest] = []
        var start = 0
        while start + Digest.byteCount <= bytes.count {
            if let digest = Digest(bytes[start..<(start + Digest.byteCount)]) { digests.append(digest) }
            start += Digest.byteCount
        }
        return digests
    }
}

/// A value in a damaged file: of any kind, whatever its column says.
private struct Cell {
    let value: DatabaseValue

    /// Not inlined: the optimiser of Swift 6.3.1 stops with an internal error when it is.
    @inline(never) var integer: Int64? { if case .int64(let number) = value.storage { number } else { nil } }
    var unsigned: UInt64? { integer.flatMap { UInt64(exactly: $0) } }
    var text: String? { if case .string(let text) = value.storage { text } else { nil } }
    var bytes: [UInt8]? {
        switch value.storage {
        case .blob(let data): Array(data)
        case .string(let text): Array(text.utf8)
        case .null, .int64, .double: nil
        }
    }
}

/// An SQLite file opened for reading alone.
private final class DamagedFile: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    init(path: String) throws(StorageError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StorageError(.missing, "\(path) is not there")
        }
        self.path = path
        queue = try sqlite(path) {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            // With it SQLite reads a file that is cut off as far as it goes, instead of refusing all of it.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
            return try DatabaseQueue(path: path, configuration: configuration)
        }
    }

    func values(_ query: String, _ argument: Int64? = nil) throws(StorageError) -> [[Cell]] {
        var rows: [[Cell]] = []
        try each(query, argument) { rows.append($0) }
        return rows
    }

    /// Calls `body` with each row until one cannot be read.
    func each(_ query: String, _ argument: Int64? = nil, _ body: ([Cell]) -> Void) throws(StorageError) {
        try sqlite(path) {
            try queue.read { database in
                let statement = try database.cachedStatement(sql: query)
                let rows = try Row.fetchCursor(statement, arguments: argument.map { [$0] } ?? [])
                while let row = try rows.next() { body(row.databaseValues.map { Cell(value: $0) }) }
            }
        }
    }

    func integrityProblems() -> [String] {
        do throws(StorageError) {
            return try values("PRAGMA integrity_check(20)").compactMap { $0.first?.text }.filter { $0 != "ok" }
        } catch {
            return [error.message]
        }
    }
}
