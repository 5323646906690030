import Crypto
import Foundation
import PKI
import Testing

/// OpenSSL reads what we issue, and refuses what it should.
@Suite("Judged by OpenSSL", .enabled(if: OpenSSL.isAvailable, OpenSSL.skipReason))
struct OpenSSLTests {
    let city: TestCity

    init() throws {
        city = try TestCity()
    }

    @Test("device and operator chains verify strictly, as TLS clients")
    func clients() throws {
        let id = try SPIFFEID.operator("m.rossi", agency: "traffic", trustDomain: "city.example")
        let person = try city.authority.issueOperator(
            id, publicKey: SigningKey().publicKey, validity: .seconds(3_600), now: TestCity.now)
        for document in [city.device, person] {
            let outcome = try verify(document, purpose: "sslclient")
            #expect(outcome.status == 0, "\(outcome.output)")
            #expect(try verify(document, purpose: "sslserver").status != 0)
        }
    }

    @Test("server chains verify strictly, under their names and addresses only")
    func server() throws {
        let server = try city.authority.issueServer(
            dnsNames: ["city.example"], ipAddresses: ["127.0.0.1", "::1"], publicKey: SigningKey().publicKey,
            now: TestCity.now)
        for name in [["-verify_hostname", "city.example"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
            let outcome = try verify(server, purpose: "sslserver", name)
            #expect(outcome.status == 0, "\(outcome.output)")
        }
        #expect(try verify(server, purpose: "sslserver", ["-verify_hostname", "other.example"]).status != 0)
        #expect(try verify(server, purpose: "sslclient").status != 0)
    }

    @Test("the issuing authority verifies below the root, and is no client")
    func issuing() throws {
        let outcome = try OpenSSL.run(
            ["verify", "-x509_strict", "-check_ss_sig", "-attime", attime(), "-CAfile", "root.pem", "issuing.pem"],
            files: files)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test("expired, foreign and damaged chains are refused by OpenSSL as by us")
    func refused() throws {
        let verifier = try city.verifier()
        let late = city.device.notAfter.addingTimeInterval(1)
        let expired = try verify(city.device, purpose: "sslclient", at: late)
        #expect(expired.status != 0 && expired.output.contains("expired"), "\(expired.output)")
        #expect(throws: ChainError.self) { try verifier.verify([city.device.der], now: late) }

        let foreign = try TestCity().device
        #expect(try verify(foreign, purpose: "sslclient").status != 0)
        #expect(throws: ChainError.self) { try verifier.verify([foreign.der], now: TestCity.now) }

        var der = city.device.der
        der[der.count - 8] ^= 1
        let damaged = try CertificateDocument(der: der)
        #expect(try verify(damaged, purpose: "sslclient").status != 0)
        #expect(throws: ChainError.self) { try verifier.verify([der], now: TestCity.now) }
    }

    @Test("the text of a device certificate shows what was asked for")
    func text() throws {
        let outcome = try OpenSSL.run(
            ["x509", "-in", "device.pem", "-noout", "-text", "-serial", "-fingerprint", "-sha256"],
            files: ["device.pem": city.device.pem])
        for expected in [
            "Version: 3 (0x2)", "Signature Algorithm: ecdsa-with-SHA256", "ASN1 OID: prime256v1",
            "URI:spiffe://city.example/agency/water/device/gauge-7", "TLS Web Client Authentication",
            "X509v3 Key Usage: critical\n                Digital Signature\n",
            "X509v3 Basic Constraints: critical\n                CA:FALSE\n", "X509v3 Subject Key Identifier",
            "X509v3 Authority Key Identifier", "Subject: O = water, CN = gauge-7",
            "serial=\(city.device.serialNumber.uppercased())",
        ] {
            #expect(outcome.output.contains(expected), "`\(expected)` in \(outcome.output)")
        }
        let fingerprint = outcome.output.split(separator: "Fingerprint=").last?.replacing(":", with: "").lowercased()
        #expect(fingerprint?.hasPrefix(city.device.fingerprint) == true)
    }

    @Test("OpenSSL reads our keys, and we read OpenSSL's in both forms")
    func keys() throws {
        let pem = city.deviceKey.pem
        let publicPEM = try OpenSSL.run(["pkey", "-in", "key.pem", "-pubout"], files: ["key.pem": pem]).output
        #expect(publicPEM.trimmingCharacters(in: .newlines) == city.deviceKey.publicKey.pemRepresentation)
        let sec1 = try OpenSSL.run(["ec", "-in", "key.pem"], files: ["key.pem": pem]).output
        #expect(sec1.contains("-----BEGIN EC PRIVATE KEY-----"))
        let block = try #require(sec1.firstRange(of: "-----BEGIN EC PRIVATE KEY-----")).lowerBound
        #expect(
            try SigningKey(pem: String(sec1[block...])).publicKey.rawRepresentation
                == city.deviceKey.publicKey.rawRepresentation)
        let other = try OpenSSL.run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]).output
        #expect { try SigningKey(pem: other) } throws: { ($0 as? PKIError)?.code == .malformedKey }
    }

    private var files: [String: String] {
        ["root.pem": city.authority.root.pem, "issuing.pem": city.authority.issuing.pem]
    }

    private func attime(_ date: Date = TestCity.now) -> String { String(Int(date.timeIntervalSince1970)) }

    private func verify(
        _ document: CertificateDocument, purpose: String, _ options: [String] = [], at date: Date = TestCity.now
    ) throws -> (status: Int32, output: String) {
        try OpenSSL.run(
            ["verify", "-x509_strict", "-purpose", purpose, "-attime", attime(date)] + options
                + ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem"],
            files: files.merging(["leaf.pem": document.pem]) { $1 })
    }
}
