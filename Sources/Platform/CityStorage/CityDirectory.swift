import Foundation
import Glibc

/// Where everything of a city is, below one directory. Copying it while the program is stopped is a backup.
public struct CityDirectory: Sendable, Hashable {
    /// The directory's path.
    public let path: String

    /// A city's directory.
    public init(_ path: String) {
        self.path = path
    }

    /// The configuration.
    public var configuration: String { path + "/city.yaml" }
    /// The city's own data catalogue, laid over the shipped one; may be missing.
    public var catalogue: String { path + "/catalogue.yaml" }
    /// The city's own mapping of foreign payloads, laid over the shipped one; may be missing.
    public var payloads: String { path + "/payloads.yaml" }
    /// The city's geometry for the map, GeoJSON; may be missing.
    public var geometry: String { path + "/geometry.json" }
    /// Keys and certificates of the certificate authority and the servers.
    public var pki: String { path + "/pki" }
    /// What the ledger needs besides the journal.
    public var ledger: String { path + "/ledger" }
    /// The ledger's signing key, as a C2SP note signer key.
    public var ledgerKey: String { ledger + "/ledger.key" }
    /// The ledger's verifier key, to be published.
    public var ledgerVerifier: String { ledger + "/ledger.pub" }
    /// The newest checkpoint, apart from the journal that it is over: a journal that lost its end, or is lost, shows.
    public var ledgerCheckpoint: String { ledger + "/checkpoint" }
    /// The stores.
    public var data: String { path + "/data" }
    /// The journal.
    public var journal: String { data + "/journal.sqlite" }
    /// The views.
    public var views: String { data + "/views.sqlite" }
    /// Held by the program that has the city open.
    public var lock: String { data + "/lock" }
    /// Where the running city listens for its own command line.
    public var socket: String { path + "/run/bastide.sock" }
    /// Keys and certificates handed to devices, one folder each.
    public var devices: String { path + "/devices" }

    /// Whether there is a city here.
    public var isCity: Bool { FileManager.default.fileExists(atPath: configuration) }
}

/// The right to have a city open, held as long as this value's owner lives. One program at a time has it.
public final class CityLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: ``StorageError/Code/inUse`` when another program has it.
    public init(_ directory: CityDirectory) throws(StorageError) {
        descriptor = open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(.inputOutput, "\(directory.lock) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StorageError(.inUse, "the city in \(directory.path) is already open: another bastide serves it")
        }
    }

    deinit { close(descriptor) }
}

/// Files that are written whole or not at all.
public enum DurableFile {
    /// Writes `bytes` to `path`: a new file beside it, synced, then renamed over it, then the folder synced.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - path: The file.
    ///   - mode: Its permissions: `0o600` for secrets.
    /// - Throws: ``StorageError`` with the operating system's words.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String, mode: UInt32) throws(StorageError) {
        let content = Array(bytes)
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(errno, path) }
        var problem: Int32?
        var written = 0
        while written < content.count, problem == nil {
            let count = content.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { problem = errno }
        }
        if problem == nil, fsync(descriptor) != 0 { problem = errno }
        close(descriptor)
        if problem == nil, rename(temporary, path) != 0 { problem = errno }
        if let problem {
            unlink(temporary)
            throw failure(problem, path)
        }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Makes a folder and those above it.
    ///
    /// - Throws: ``StorageError`` with the operating system's words.
    public static func makeFolder(_ path: String, mode: Int) throws(StorageError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        } catch {
            throw StorageError(.inputOutput, "\(path) cannot be made: \(error.localizedDescription)", cause: error)
        }
    }

    private static func failure(_ problem: Int32, _ path: String) -> StorageError {
        StorageError(
            isWantOfRoom(problem) ? .diskFull : .inputOutput,
            "\(path) cannot be written: \(String(cString: strerror(problem)))")
    }
}
