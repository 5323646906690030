import Foundation
import GRDB
import GRDBSQLite

/// Runs `body` and turns what SQLite says into the store's own errors, naming the file.
func sqlite<T>(_ path: String, _ body: () throws -> T) throws(StorageError) -> T {
    do {
        return try body()
    } catch let error as StorageError {
        throw error.message.hasPrefix(path)
            ? error : StorageError(error.code, "\(path): \(error.message)", cause: error)
    } catch let error as DatabaseError {
        throw StorageError(error, path: path)
    } catch let error as any DecodedWrongly {
        throw StorageError(.damaged, "\(path): a record is not what was written", cause: error)
    } catch {
        throw StorageError(.inputOutput, "\(path): \(error)", cause: error)
    }
}

extension DatabasePool {
    /// Writes, and tells a disk without room from one that fails: SQLite calls a quota that is used up, and a file that
    /// may grow no more, an I/O error.
    func writing<T>(_ body: (Database) throws -> T) throws -> T {
        try writeWithoutTransaction { database in
            do {
                return try body(database)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
                let causes = database.systemErrors
                guard !causes.isEmpty, causes.allSatisfy({ isWantOfRoom($0) }) else { throw error }
                throw DatabaseError(resultCode: .SQLITE_FULL, message: error.message, sql: error.sql)
            }
        }
    }

    /// As ``writing(_:)``, in one transaction.
    func writingTransaction(_ body: (Database) throws -> Void) throws {
        try writing { database in
            try database.inTransaction {
                try body(database)
                return .commit
            }
        }
    }
}

extension Database {
    /// What the operating system last refused for each of the database's files, where it refused something.
    ///
    /// Asked of the files themselves: until 3.42 `sqlite3_system_errno` knows nothing of a commit that failed.
    fileprivate var systemErrors: [Int32] {
        [SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER].compactMap { which in
            var file: UnsafeMutablePointer<sqlite3_file>?
            var code: Int32 = 0
            guard sqlite3_file_control(sqliteConnection, "main", which, &file) == SQLITE_OK, let file,
                let control = file.pointee.pMethods?.pointee.xFileControl,
                control(file, SQLITE_FCNTL_LAST_ERRNO, &code) == SQLITE_OK, code != 0
            else { return nil }
            return code
        }
    }
}

/// Whether the operating system refuses to write for want of room: on the disk, in a quota, or in a file that may grow
/// no more.
package func isWantOfRoom(_ systemError: Int32) -> Bool { [ENOSPC, EDQUOT, EFBIG].contains(systemError) }

/// What a column or a record that is damaged makes its decoder throw.
private protocol DecodedWrongly: Error {}
extension RowDecodingError: DecodedWrongly {}
extension DecodingError: DecodedWrongly {}

/// The columns of a row of a file that may be damaged: of any type, whatever the table says. GRDB's own subscripts trap.
extension Row {
    func integer(_ column: Int) throws(StorageError) -> Int64 {
        guard let integer = try optionalInteger(column) else { throw .unreadable("an integer is missing") }
        return integer
    }

    func optionalInteger(_ column: Int) throws(StorageError) -> Int64? {
        switch storage(column) {
        case .int64(let integer): return integer
        case .null: return nil
        default: throw .unreadable("a column is not an integer")
        }
    }

    func unsigned(_ column: Int) throws(StorageError) -> UInt64 {
        guard let unsigned = UInt64(exactly: try integer(column)) else { throw .unreadable("a number is negative") }
        return unsigned
    }

    func bytes(_ column: Int) throws(StorageError) -> [UInt8] {
        guard let bytes = try optionalBytes(column) else { throw .unreadable("bytes are missing") }
        return bytes
    }

    func optionalBytes(_ column: Int) throws(StorageError) -> [UInt8]? {
        switch storage(column) {
        case .blob(let data): return Array(data)
        case .null: return nil
        default: throw .unreadable("a column is not bytes")
        }
    }

    func text(_ column: Int) throws(StorageError) -> String {
        guard case .string(let text) = storage(column) else { throw .unreadable("a column is not text") }
        return text
    }

    func number(_ column: Int) throws(StorageError) -> Double {
        switch storage(column) {
        case .double(let number): return number
        case .int64(let integer): return Double(integer)
        case .null: return 0
        default: throw .unreadable("a column is not a number")
        }
    }

    private func storage(_ column: Int) -> DatabaseValue.Storage {
        let value: DatabaseValue = self[column]
        return value.storage
    }
}

extension StorageError {
    fileprivate init(_ error: DatabaseError, path: String) {
        let (code, what): (Code, String) =
            switch error.resultCode {
            case .SQLITE_FULL: (.diskFull, "no room on the disk")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: (.damaged, "the file is damaged")
            // Statements are ours, so that one which does not fit the tables tells of the tables.
            case .SQLITE_ERROR: (.damaged, "its tables are not those that were made: \(error.message ?? "")")
            case .SQLITE_BUSY, .SQLITE_LOCKED: (.inUse, "another program has it open")
            case .SQLITE_IOERR where roomIsGone(path): (.diskFull, "no room on the disk")
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN: (.inputOutput, "it cannot be opened for writing")
            default: (.inputOutput, error.message ?? "SQLite error \(error.resultCode.rawValue)")
            }
        self.init(code, "\(path): \(what)", cause: error)
    }
}

/// Some file systems answer a full disk with an I/O error; ask them how much room there is.
private func roomIsGone(_ path: String) -> Bool {
    let folder = (path as NSString).deletingLastPathComponent
    guard let free = freeBytes(folder) else { return false }
    return free < 1 << 20
}

/// The bytes an unprivileged program may still write below `folder`.
package func freeBytes(_ folder: String) -> Int64? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    return Int64(status.f_bavail) * Int64(status.f_frsize)
}

/// A file's size in bytes; 0 when it isn't there.
package func fileSize(_ path: String) -> Int64 {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    return Int64(status.st_size)
}
