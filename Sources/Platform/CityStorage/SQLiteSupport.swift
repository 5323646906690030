import Foundation
import GRDB

/// Runs `body` and turns what SQLite says into the store's own errors, naming the file.
func sqlite<T>(_ path: String, _ body: () throws -> T) throws(StorageError) -> T {
    do {
        return try body()
    } catch let error as StorageError {
        throw error
    } catch let error as DatabaseError {
        throw StorageError(error, path: path)
    } catch {
        throw StorageError(.inputOutput, "\(path): \(error)", cause: error)
    }
}

extension StorageError {
    fileprivate init(_ error: DatabaseError, path: String) {
        let (code, what): (Code, String) =
            switch error.resultCode {
            case .SQLITE_FULL: (.diskFull, "no room on the disk")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: (.damaged, "the file is damaged")
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
