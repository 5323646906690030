import CityIdentity
import CityStorage
import Foundation
import PKI
import Testing

@Suite("The certificate store")
struct CertificateStoreTests {
    let directory: CityDirectory
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    init() throws {
        directory = CityDirectory(NSTemporaryDirectory() + "city-\(UUID().uuidString)")
        try DurableFile.makeFolder(directory.path, mode: 0o700)
    }

    private func withStore(_ body: (CertificateStore) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        try body(
            try CertificateStore.create(
                in: directory, organisation: "Testville", domain: "city.example", now: CertificateStoreTests.now))
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("writes what it reads, keys for their owner alone")
    func written() throws {
        try withStore { store in
            let read = try CertificateStore(reading: directory)
            #expect(read.authority.root.pem == store.authority.root.pem)
            #expect(read.authority.trustDomain == "city.example")
            #expect(try permissions(directory.pki + "/root.key") == 0o600)
            #expect(try permissions(directory.pki + "/issuing.key") == 0o600)
            #expect(try permissions(directory.pki) == 0o700)
        }
    }

    @Test("a root key that was moved to a safe place is not missed; an issuing key is, by name")
    func missingFiles() throws {
        try withStore { _ in
            try FileManager.default.removeItem(atPath: directory.pki + "/root.key")
            _ = try CertificateStore(reading: directory)
            try FileManager.default.removeItem(atPath: directory.pki + "/issuing.key")
            do {
                _ = try CertificateStore(reading: directory)
                Issue.record("it was read without its key")
            } catch let error as StorageError {
                #expect(error.code == .missing)
                #expect(error.message.contains("issuing.key"))
            }
        }
    }

    @Test("another authority's key is refused")
    func otherKey() throws {
        try withStore { _ in
            try DurableFile.write(SigningKey().pem.utf8, to: directory.pki + "/issuing.key", mode: 0o600)
            #expect(throws: PKIError.self) { try CertificateStore(reading: directory) }
        }
    }

    @Test("a server certificate is issued once, and again for other names or near its end")
    func renewals() throws {
        try withStore { store in
            func renew(_ names: [String], days: Double = 0) throws -> Bool {
                try store.renewServerCertificate(
                    dnsNames: names, ipAddresses: ["127.0.0.1"],
                    now: CertificateStoreTests.now.addingTimeInterval(days * 86_400))
            }
            #expect(try renew(["a.example"]))
            #expect(try !renew(["a.example"]))
            #expect(try renew(["a.example", "b.example"]))
            #expect(try !renew(["a.example", "b.example"], days: 1))
            let current = try CertificateDocument(
                pem: try String(contentsOfFile: store.serverFiles.chain, encoding: .utf8))
            let daysLeft = current.notAfter.timeIntervalSince(CertificateStoreTests.now) / 86_400
            #expect(try !renew(["a.example", "b.example"], days: daysLeft - 31))
            #expect(try renew(["a.example", "b.example"], days: daysLeft - 29))
            #expect(try permissions(store.serverFiles.key) == 0o600)
        }
    }

    @Test("a renewal that was cut short is done again: key and certificate always belong together")
    func cutShort() throws {
        try withStore { store in
            func renew(_ name: String) throws -> Bool {
                try store.renewServerCertificate(
                    dnsNames: [name], ipAddresses: [], now: CertificateStoreTests.now)
            }
            #expect(try renew("a.example"))
            // The chain cannot be written: a folder stands in its place. The new key is there already.
            try FileManager.default.removeItem(atPath: store.serverFiles.chain)
            try DurableFile.makeFolder(store.serverFiles.chain + "/inside", mode: 0o700)
            #expect(throws: StorageError.self) { _ = try renew("b.example") }
            try FileManager.default.removeItem(atPath: store.serverFiles.chain)
            #expect(try renew("a.example"))
            #expect(try !renew("a.example"))
        }
    }

    @Test("damaged files are issued anew", arguments: ["/server.crt", "/server.key", "/server.names"])
    func damaged(file: String) throws {
        try withStore { store in
            func renew() throws -> Bool {
                try store.renewServerCertificate(
                    dnsNames: ["a.example"], ipAddresses: [], now: CertificateStoreTests.now)
            }
            #expect(try renew())
            try FileManager.default.removeItem(atPath: directory.pki + file)
            #expect(try renew())
            #expect(try !renew())
        }
    }
}
