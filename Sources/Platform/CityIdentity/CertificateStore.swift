public import CityStorage
public import Foundation
public import PKI

/// The certificate authority of a city as files below `pki/`: keys readable by their owner alone.
///
/// The root key signs the issuing certificate and nothing else; move `root.key` to a safe place once the city is made.
public struct CertificateStore: Sendable {
    /// The authority: root, issuing certificate and issuing key.
    public let authority: CertificateAuthority
    private let directory: CityDirectory

    /// Makes an authority for a new city and writes it.
    ///
    /// - Throws: ``StorageError`` or `PKIError`.
    public static func create(
        in directory: CityDirectory, organisation: String, domain: String, now: Date
    ) throws -> CertificateStore {
        try DurableFile.makeFolder(directory.pki, mode: 0o700)
        let creation = try CertificateAuthority.create(organisation: organisation, domain: domain, now: now)
        let authority = creation.authority
        try DurableFile.write(creation.rootKey.pem.utf8, to: directory.pki + "/root.key", mode: 0o600)
        try DurableFile.write(authority.root.pem.utf8, to: directory.pki + "/root.crt", mode: 0o644)
        try DurableFile.write(authority.issuingKey.pem.utf8, to: directory.pki + "/issuing.key", mode: 0o600)
        try DurableFile.write(authority.issuing.pem.utf8, to: directory.pki + "/issuing.crt", mode: 0o644)
        return CertificateStore(authority: authority, directory: directory)
    }

    private init(authority: CertificateAuthority, directory: CityDirectory) {
        self.authority = authority
        self.directory = directory
    }

    /// Reads the authority of a city.
    ///
    /// - Throws: ``StorageError`` naming the file that is missing or cannot be read; `PKIError` for a wrong one.
    public init(reading directory: CityDirectory) throws {
        self.directory = directory
        authority = try CertificateAuthority(
            rootPEM: try CertificateStore.text(directory.pki + "/root.crt"),
            issuingPEM: try CertificateStore.text(directory.pki + "/issuing.crt"),
            issuingKeyPEM: try CertificateStore.text(directory.pki + "/issuing.key"))
    }

    private static func text(_ path: String) throws(StorageError) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw StorageError(.missing, "\(path) cannot be read: \(error.localizedDescription)", cause: error)
        }
    }

    /// Where the servers' certificate (with the issuing one behind it) and key are.
    public var serverFiles: (chain: String, key: String) {
        (directory.pki + "/server.crt", directory.pki + "/server.key")
    }

    /// The root certificate's file: what a device needs to trust the city.
    public var rootFile: String { directory.pki + "/root.crt" }

    /// Issues a server certificate when there is none for these names, or the one there ends within thirty days.
    ///
    /// - Returns: Whether a new one was issued.
    /// - Throws: ``StorageError`` or `PKIError`.
    public func renewServerCertificate(dnsNames: [String], ipAddresses: [String], now: Date) throws -> Bool {
        let names = (dnsNames + ipAddresses).joined(separator: "\n")
        let marker = directory.pki + "/server.names"
        if let chain = try? String(contentsOfFile: serverFiles.chain, encoding: .utf8),
            let current = try? CertificateDocument(pem: chain),
            FileManager.default.isReadableFile(atPath: serverFiles.key),
            current.notAfter > now.addingTimeInterval(30 * 86_400),
            (try? String(contentsOfFile: marker, encoding: .utf8)) == names
        {
            return false
        }
        // The marker goes first and comes back last: without it, a renewal cut short is done again.
        unlink(marker)
        let key = SigningKey()
        let certificate = try authority.issueServer(
            dnsNames: dnsNames, ipAddresses: ipAddresses, publicKey: key.publicKey, now: now)
        try DurableFile.write(key.pem.utf8, to: serverFiles.key, mode: 0o600)
        try DurableFile.write((certificate.pem + authority.chainPEM).utf8, to: serverFiles.chain, mode: 0o644)
        try DurableFile.write(names.utf8, to: marker, mode: 0o644)
        return true
    }
}
