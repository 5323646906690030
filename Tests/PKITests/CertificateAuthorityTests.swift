import Crypto
import Foundation
import PKI
import SwiftASN1
import Testing
import X509

@Suite("What the authority issues [RFC 5280, X.509-SVID]")
struct CertificateAuthorityTests {
    let city: TestCity
    let now = TestCity.now

    init() throws {
        city = try TestCity()
    }

    @Test("root and issuing certificates are authorities of 20 and 10 years, dated back by the clock skew")
    func authorities() throws {
        for (document, years, pathLength) in [(city.authority.root, 20, 1), (city.authority.issuing, 10, 0)] {
            let certificate = try Certificate(derEncoded: document.der)
            #expect(try certificate.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: pathLength))
            #expect(try certificate.extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
            #expect(certificate.extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true)
            #expect(certificate.extensions[oid: .X509ExtensionID.keyUsage]?.critical == true)
            #expect(document.notBefore == now.addingTimeInterval(-300))
            #expect(document.notAfter == now.addingTimeInterval(Double(years) * 31_557_600))
        }
        #expect(city.authority.root.subject != city.authority.issuing.subject)
    }

    @Test("a device certificate has exactly one name, its uses, and its agency")
    func device() throws {
        let certificate = try Certificate(derEncoded: city.device.der)
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(Array(names) == [.uniformResourceIdentifier("spiffe://city.example/agency/water/device/gauge-7")])
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(certificate.extensions[oid: .X509ExtensionID.keyUsage]?.critical == true)
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.clientAuth]))
        #expect(certificate.subject.description.contains("CN=gauge-7"))
        #expect(certificate.subject.description.contains("O=water"))
        let issuing = try Certificate(derEncoded: city.authority.issuing.der)
        #expect(
            try certificate.extensions.authorityKeyIdentifier?.keyIdentifier
                == issuing.extensions.subjectKeyIdentifier?.keyIdentifier)
        #expect(try certificate.extensions.subjectKeyIdentifier != nil)
        #expect(certificate.publicKey == Certificate.PublicKey(city.deviceKey.publicKey))
    }

    @Test("serial numbers are 16 positive random bytes")
    func serialNumbers() throws {
        let serials = try (0..<50).map { _ in
            try city.authority.issueDevice(
                city.deviceID, publicKey: city.deviceKey.publicKey, validity: .seconds(60), now: now
            ).serialNumber
        }
        #expect(Set(serials).count == 50)
        #expect(serials.allSatisfy { $0.utf8.count == 32 && ("4"..."7").contains($0.prefix(1)) })
    }

    @Test("a certificate does not outlive its issuer")
    func clamped() throws {
        let late = city.authority.issuing.notAfter.addingTimeInterval(-60)
        let document = try city.authority.issueDevice(
            city.deviceID, publicKey: city.deviceKey.publicKey, validity: .seconds(86_400), now: late)
        #expect(document.notAfter == city.authority.issuing.notAfter)
        #expect(city.device.notAfter == now.addingTimeInterval(86_400 * 90))
    }

    @Test("a server certificate carries its names and addresses")
    func server() throws {
        let document = try city.authority.issueServer(
            dnsNames: ["city.example", "*.city.example", "localhost"], ipAddresses: ["127.0.0.1", "2001:db8::1"],
            publicKey: SigningKey().publicKey, now: now)
        let certificate = try Certificate(derEncoded: document.der)
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(
            names.prefix(3).elementsEqual([.dnsName("city.example"), .dnsName("*.city.example"), .dnsName("localhost")])
        )
        #expect(names.dropFirst(3).first == .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])))
        #expect(names.count == 5)
        #expect(document.notAfter == now.addingTimeInterval(397 * 86_400))
        #expect(document.subject.contains("Città di Esempio"))
    }

    @Test("an operator certificate names the operator")
    func person() throws {
        let id = try SPIFFEID.operator("m.rossi", agency: "traffic", trustDomain: "city.example")
        let document = try city.authority.issueOperator(
            id, publicKey: SigningKey().publicKey, validity: .seconds(3_600), now: now)
        #expect(try city.verifier().verify([document.der], now: now).spiffeID == id)
        #expect(document.subject.contains("CN=m.rossi"))
    }

    @Test("keys and certificates go out to PEM and come back as the same authority")
    func reloaded() throws {
        let loaded = try CertificateAuthority(
            rootPEM: city.authority.root.pem, issuingPEM: city.authority.issuing.pem,
            issuingKeyPEM: city.authority.issuingKey.pem)
        #expect(loaded.trustDomain == "city.example")
        #expect(loaded.root == city.authority.root)
        let document = try loaded.issueDevice(
            city.deviceID, publicKey: city.deviceKey.publicKey, validity: .seconds(60), now: now)
        #expect(try city.verifier().verify([document.der], now: now).serialNumber == document.serialNumber)
        #expect(try CertificateDocument(der: document.der) == document)
        #expect(try CertificateDocument(pem: document.pem + city.authority.chainPEM) == document)
    }

    @Test("a key is read from PKCS#8 and from SEC 1, and does not print itself")
    func keys() throws {
        let key = SigningKey()
        #expect(key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n") && key.pem.hasSuffix("-----END PRIVATE KEY-----\n"))
        #expect(try SigningKey(pem: key.pem).publicKey.rawRepresentation == key.publicKey.rawRepresentation)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "P-256 private key" && dumped.contains("P-256 private key"))
        #expect(!dumped.contains("key:"))
    }

    @Test("an authority is not loaded from parts that do not belong together")
    func mismatchedParts() throws {
        let other = try TestCity().authority
        let own = city.authority
        expect(.keyMismatch) { () throws(PKIError) in
            _ = try CertificateAuthority(
                rootPEM: own.root.pem, issuingPEM: own.issuing.pem, issuingKeyPEM: other.issuingKey.pem)
        }
        expect(.notAnAuthority) { () throws(PKIError) in
            _ = try CertificateAuthority(
                rootPEM: other.root.pem, issuingPEM: own.issuing.pem, issuingKeyPEM: own.issuingKey.pem)
        }
        expect(.notAnAuthority) { () throws(PKIError) in
            _ = try CertificateAuthority(
                rootPEM: own.issuing.pem, issuingPEM: city.device.pem, issuingKeyPEM: city.deviceKey.pem)
        }
        expect(.malformedCertificate) { () throws(PKIError) in
            _ = try CertificateAuthority(rootPEM: "x", issuingPEM: own.issuing.pem, issuingKeyPEM: own.issuingKey.pem)
        }
        expect(.malformedKey) { () throws(PKIError) in
            _ = try CertificateAuthority(
                rootPEM: own.root.pem, issuingPEM: own.issuing.pem, issuingKeyPEM: own.root.pem)
        }
    }

    @Test("an authority without a trust domain in its certificate is not loaded")
    func withoutTrustDomain() throws {
        var odd = OddCertificate()
        odd.uris = []
        odd.keyUsage = KeyUsage(keyCertSign: true)
        odd.basicConstraints = .isCertificateAuthority(maxPathLength: 0)
        odd.extendedKeyUsages = nil
        let issuing = try odd.signed(by: city.authority.root, city.creation.rootKey)
        expect(.notAnAuthority) { () throws(PKIError) in
            _ = try CertificateAuthority(
                rootPEM: city.authority.root.pem, issuingPEM: issuing.pem, issuingKeyPEM: odd.key.pem)
        }
    }

    @Test("names outside the authority's domain or of the wrong kind are refused")
    func wrongNames() throws {
        let foreign = try SPIFFEID.device("x", agency: "water", trustDomain: "other.example")
        let person = try SPIFFEID.operator("x", agency: "water", trustDomain: "city.example")
        let long = try SPIFFEID.device(String(repeating: "x", count: 65), agency: "water", trustDomain: "city.example")
        expect(.wrongTrustDomain) { () throws(PKIError) in try issue(foreign) }
        expect(.wrongRole) { () throws(PKIError) in try issue(person) }
        expect(.invalidName) { () throws(PKIError) in try issue(long) }
        expect(.wrongRole) { () throws(PKIError) in
            _ = try city.authority.issueOperator(
                city.deviceID, publicKey: city.deviceKey.publicKey, validity: .seconds(1), now: now)
        }
    }

    @Test("validities that are no time, or too long, are refused")
    func wrongValidity() {
        expect(.invalidValidity) { () throws(PKIError) in try issue(city.deviceID, validity: .zero) }
        expect(.invalidValidity) { () throws(PKIError) in try issue(city.deviceID, validity: .seconds(-1)) }
        expect(.invalidValidity) { () throws(PKIError) in
            _ = try city.authority.issueServer(
                dnsNames: ["a"], publicKey: city.deviceKey.publicKey, validity: .seconds(398 * 86_400), now: now)
        }
        expect(.authorityNotValidNow) { () throws(PKIError) in
            try issue(city.deviceID, now: city.authority.issuing.notAfter)
        }
        expect(.authorityNotValidNow) { () throws(PKIError) in
            try issue(city.deviceID, now: now.addingTimeInterval(-301))
        }
    }

    @Test(
        "server names that are none are refused",
        arguments: [
            "", ".", "a..b", "-a.example", "a-.example", "a b", "a_b", "*", "*.example", "a.*.example", "ü.example",
            "a/b",
            String(repeating: "a", count: 64),
        ])
    func wrongServerNames(name: String) {
        expect(.invalidName) { () throws(PKIError) in
            _ = try city.authority.issueServer(dnsNames: [name], publicKey: city.deviceKey.publicKey, now: now)
        }
        expect(.invalidName) { () throws(PKIError) in
            _ = try city.authority.issueServer(
                dnsNames: [], ipAddresses: [name], publicKey: city.deviceKey.publicKey, now: now)
        }
        expect(.invalidName) { () throws(PKIError) in
            _ = try city.authority.issueServer(dnsNames: [], publicKey: city.deviceKey.publicKey, now: now)
        }
    }

    @Test(
        "organisations and domains that are none are refused",
        arguments: [
            ("", "city.example"), (String(repeating: "x", count: 65), "city.example"), ("a\nb", "city.example"),
            ("City", ""), ("City", "City.example"), ("City", "city.example/x"),
        ])
    func wrongCity(organisation: String, domain: String) {
        expect(.invalidName) { () throws(PKIError) in
            _ = try CertificateAuthority.create(organisation: organisation, domain: domain, now: now)
        }
    }

    @Test("the longest trust domain still makes two different authorities")
    func longestDomain() throws {
        let long = try TestCity(domain: String(repeating: "a", count: 255))
        #expect(try long.verifier().verify([long.device.der], now: now).spiffeID == long.deviceID)
    }

    @Test("an instant that certificates cannot hold is refused")
    func absurdInstant() {
        expect(.invalidValidity) { () throws(PKIError) in
            _ = try CertificateAuthority.create(
                organisation: "City", domain: "city.example", now: Date(timeIntervalSince1970: 253_402_300_000))
        }
    }

    @Test(
        "texts that are no certificate or key are refused",
        arguments: [
            "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ])
    func malformedPEM(text: String) {
        expect(.malformedCertificate) { () throws(PKIError) in _ = try CertificateDocument(pem: text) }
        expect(.malformedKey) { () throws(PKIError) in _ = try SigningKey(pem: text) }
    }

    private func issue(_ id: SPIFFEID, validity: Duration = .seconds(60), now: Date = TestCity.now) throws(PKIError) {
        _ = try city.authority.issueDevice(id, publicKey: city.deviceKey.publicKey, validity: validity, now: now)
    }

    private func expect(_ code: PKIError.Code, _ body: () throws(PKIError) -> Void) {
        do throws(PKIError) {
            try body()
            Issue.record("succeeded, expected \(code)")
        } catch {
            if error.code != code { Issue.record("\(error), expected \(code)") }
        }
    }
}
