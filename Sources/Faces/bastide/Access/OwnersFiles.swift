import CityStorage
import Foundation

/// The files that nobody but their owner may read: the stores hold every reading and the verifiers of all passwords.
enum OwnersFiles {
    /// The stores' files, whether they are there or not.
    static func stores(of directory: CityDirectory) -> [String] {
        [directory.journal, directory.views].flatMap { path in ["", "-wal", "-shm"].map { path + $0 } }
    }

    /// Runs `body`; what it makes is its owner's alone. SQLite gives the files beside a database the database's mode.
    ///
    /// The mask is the process's: nothing else may make files meanwhile.
    static func making<Result>(_ body: () throws -> Result) rethrows -> Result {
        let usual = umask(0o077)
        defer { umask(usual) }
        return try body()
    }

    /// Closes to others the stores of a city that was made or copied with another mask.
    ///
    /// - Throws: `StorageError` when a file is another user's.
    static func close(_ directory: CityDirectory) throws(StorageError) {
        for path in stores(of: directory) {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            guard chmod(path, 0o600) == 0 else {
                throw StorageError(
                    .inputOutput, "\(path) can be read by others, and that cannot be changed: is it another user's?")
            }
        }
    }
}
