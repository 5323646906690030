import CityStorage
import Foundation

/// A folder with what a device or a person needs to be known by: key, certificate, and the root to trust.
struct CredentialFolder {
    let path: String
    /// The files' name: `device` for `device.key` and `device.crt`.
    let stem: String

    /// The paths of the three files.
    struct Files: Encodable, Sendable {
        var key: String
        var certificate: String
        var authority: String
    }

    var files: Files {
        Files(key: "\(path)/\(stem).key", certificate: "\(path)/\(stem).crt", authority: "\(path)/ca.crt")
    }

    /// Makes the folder and finds out, before anything is issued, that the files can be written to it.
    ///
    /// - Returns: Whether there was no such folder before.
    @discardableResult
    func prepare(replacing: Bool) throws -> Bool {
        let isNew = !FileManager.default.fileExists(atPath: path)
        if !replacing, FileManager.default.fileExists(atPath: files.key) {
            throw CommandFailure(
                .cannotCreate, "\(files.key) is there already: `--replace` issues anew and overwrites it")
        }
        do {
            try DurableFile.makeFolder(path, mode: 0o700)
        } catch {
            throw CommandFailure(.cannotCreate, error.message)
        }
        guard FileManager.default.isWritableFile(atPath: path) else {
            throw CommandFailure(.cannotCreate, "\(path) cannot be written to")
        }
        return isNew
    }

    /// Makes the folder as ``prepare(replacing:)`` does and runs `issue`; when nothing is issued, a new folder goes again.
    func prepared<Issued: Sendable>(replacing: Bool, _ issue: () async throws -> Issued) async throws -> Issued {
        let isNew = try prepare(replacing: replacing)
        do {
            return try await issue()
        } catch {
            // Does nothing to a folder that holds something by now.
            if isNew { rmdir(path) }
            throw error
        }
    }

    func write(key: String, certificate: String, authority: String) throws {
        do {
            try DurableFile.write(key.utf8, to: files.key, mode: 0o600)
            try DurableFile.write(certificate.utf8, to: files.certificate, mode: 0o644)
            try DurableFile.write(authority.utf8, to: files.authority, mode: 0o644)
        } catch {
            throw CommandFailure(
                .cannotCreate, "\(error.message); the key is lost: issue anew with `--replace` once there is room")
        }
    }

    var listing: String {
        var facts = FactList()
        facts.add("  key", "\(files.key)  (secret)")
        facts.add("  certificate", files.certificate)
        facts.add("  authority", files.authority)
        return facts.text
    }
}
