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
