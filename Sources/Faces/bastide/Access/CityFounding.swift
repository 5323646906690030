import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import TransparencyLog

/// Makes a city: folders, configuration, keys, certificates, the journal with its first entry. Whole or not at all.
struct CityFounding {
    let directory: CityDirectory
    let configuration: CityConfiguration
    let firstOperator: String

    /// What was made.
    struct Founded: Sendable, Encodable {
        var directory: String
        var city: String
        var domain: String
        var `operator`: String
        var password: String
        var ledgerKey: String
        var authorityCertificate: String
    }

    /// Makes the city.
    ///
    /// - Parameter clock: The present; certificates begin now.
    /// - Returns: What was made, with the first operator's password.
    /// - Throws: ``CommandFailure`` for a directory that is not empty or a value that will not do, before anything is
    ///   made; when something fails later, what was made is removed again.
    func make(clock: CityClock = .system) async throws -> Founded {
        try check()
        let wasThere = try requireEmpty()
        do {
            return try await fill(clock: clock)
        } catch {
            remove(keepingFolder: wasThere)
            throw error
        }
    }

    /// Values from flags are held to the same rules as those of a file: the text we would write is read back.
    private func check() throws {
        guard DeviceID.isPlainName(firstOperator) else { throw AccountError.nameUnfit(firstOperator) }
        for setting in CityConfiguration.settings
        where ["city.name", "city.domain", "server.names"].contains(setting.key) {
            var copy = configuration
            let value =
                switch setting.key {
                case "city.name": configuration.cityName
                case "city.domain": configuration.domain
                default: configuration.serverNames.joined(separator: ",")
                }
            try setting.apply(SettingSource(text: value, given: setting.key), to: &copy)
        }
    }

    /// - Returns: Whether the folder was there.
    private func requireEmpty() throws -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isFolder) else { return false }
        guard isFolder.boolValue else {
            throw CommandFailure(.cannotCreate, "\(directory.path) is a file, not a directory")
        }
        let contents = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        guard contents.isEmpty else {
            let what = directory.isCity ? "already holds a city" : "is not empty"
            throw CommandFailure(
                .cannotCreate, "\(directory.path) \(what): choose another directory; nothing was changed")
        }
        return true
    }

    private func fill(clock: CityClock) async throws -> Founded {
        try makeFolders()
        let now = clock.now.date
        let certificates = try CertificateStore.create(
            in: directory, organisation: configuration.cityName, domain: configuration.domain, now: now)
        _ = try certificates.renewServerCertificate(
            dnsNames: configuration.dnsNames, ipAddresses: configuration.ipAddresses, now: now)
        let signer = try NoteSigner(name: configuration.ledgerOrigin)
        try DurableFile.write((signer.privateText + "\n").utf8, to: directory.ledgerKey, mode: 0o600)
        try DurableFile.write((signer.verifier.text + "\n").utf8, to: directory.ledgerVerifier, mode: 0o644)
        try DurableFile.write(configuration.yaml.utf8, to: directory.configuration, mode: 0o644)
        try OwnersFiles.making { try City.found(directory, origin: configuration.ledgerOrigin) }
        return Founded(
            directory: directory.path, city: configuration.cityName, domain: configuration.domain,
            operator: firstOperator, password: try await makeOperator(), ledgerKey: signer.verifier.text,
            authorityCertificate: certificates.rootFile)
    }

    private func makeFolders() throws {
        let folders = [
            directory.path, directory.pki, directory.ledger, directory.data, directory.devices,
            (directory.socket as NSString).deletingLastPathComponent,
        ]
        do {
            for folder in folders {
                try DurableFile.makeFolder(folder, mode: 0o700)
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            }
        } catch let error as StorageError {
            throw CommandFailure(.cannotCreate, error.message)
        }
    }

    /// Opens the city once: from here on its journal has a first batch, and a checkpoint over it.
    private func makeOperator() async throws -> String {
        let city = try CityAccess.open(directory, configuration, logger: .program()).city
        let password = PasswordMaker.make()
        do {
            try await city.setAccount(
                firstOperator, password: password, role: .operator, by: .service("local:\(getuid())"))
        } catch {
            city.close()
            throw error
        }
        city.close()
        return password
    }

    private func remove(keepingFolder: Bool) {
        let manager = FileManager.default
        guard keepingFolder else {
            try? manager.removeItem(atPath: directory.path)
            return
        }
        for name in (try? manager.contentsOfDirectory(atPath: directory.path)) ?? [] {
            try? manager.removeItem(atPath: directory.path + "/" + name)
        }
    }
}
