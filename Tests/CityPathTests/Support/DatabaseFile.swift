import Foundation
import GRDB

/// An SQLite file as somebody else finds it.
struct DatabaseFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Runs statements on the file.
    func execute(_ sql: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }

    /// Exchanges a text for another of the same length wherever it stands in the blobs of a column.
    ///
    /// - Returns: In how many rows it did.
    func replace(_ text: String, by other: String, in column: String, of table: String) throws -> Int {
        precondition(text.utf8.count == other.utf8.count)
        return try DatabaseQueue(path: path).write { database in
            let blobs = try Data.fetchAll(database, sql: "SELECT DISTINCT \(column) FROM \(table)")
            var count = 0
            for blob in blobs {
                var changed = blob
                while let place = changed.range(of: Data(text.utf8)) {
                    changed.replaceSubrange(place, with: Data(other.utf8))
                }
                guard changed != blob else { continue }
                try database.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?", arguments: [changed, blob])
                count += database.changesCount
            }
            return count
        }
    }

    /// The contents of a journal's batches, by their numbers.
    func contents() throws -> [(sequence: Int64, content: Data)] {
        try DatabaseQueue(path: path).read { database in
            try Row.fetchAll(database, sql: "SELECT sequence, content FROM batch ORDER BY sequence").map {
                ($0[0], $0[1])
            }
        }
    }

    /// Exchanges the content of one batch.
    func setContent(_ content: Data, of sequence: Int64) throws {
        try DatabaseQueue(path: path).write { database in
            try database.execute(
                sql: "UPDATE batch SET content = ? WHERE sequence = ?", arguments: [content, sequence])
        }
    }
}
