import Foundation
import PKI
import SwiftASN1
import Testing
import X509

@Suite("The judgement of presented chains")
struct ChainVerifierTests {
    let city: TestCity
    let verifier: ChainVerifier
    let now = TestCity.now

    init() throws {
        city = try TestCity()
        verifier = try city.verifier()
    }

    @Test("a device is known by its own certificate, alone, with its issuer, or with the root as well")
    func accepted() throws {
        let issuing = city.authority.issuing.der
        for above in [[], [issuing], [issuing, city.authority.root.der], [[0xFF]]] {
            let identity = try verifier.verify([city.device.der] + above, now: now)
            #expect(identity.spiffeID == city.deviceID)
            #expect(identity.serialNumber == city.device.serialNumber)
            #expect(identity.fingerprint == city.device.fingerprint)
            #expect(identity.notAfter == city.device.notAfter)
        }
    }

    @Test("a verifier that knows the root only needs the issuing certificate from the peer")
    func rootOnly() throws {
        let rootOnly = try ChainVerifier(trustDomain: "city.example", trustAnchors: [city.authority.root])
        let chain = [city.device.der, city.authority.issuing.der]
        #expect(try rootOnly.verify(chain, now: now).spiffeID == city.deviceID)
        #expect(try rootOnly.verify(chain + [city.authority.root.der], now: now).spiffeID == city.deviceID)
        expect(.untrustedIssuer, [city.device.der], verifier: rootOnly)
        expect(.malformed, [city.device.der, [0x30, 0x00]], verifier: rootOnly)
        expect(.untrustedIssuer, [city.device.der, city.authority.root.der], verifier: rootOnly)
    }

    @Test("after a change of key an authority of the same name is known beside the old one")
    func renewedIssuer() throws {
        let renewed = try TestCity()
        let both = try ChainVerifier(
            trustDomain: "city.example", trustAnchors: [city.authority.root, renewed.authority.root],
            issuers: [city.authority.issuing, renewed.authority.issuing])
        #expect(city.authority.issuing.subject == renewed.authority.issuing.subject)
        #expect(try both.verify([city.device.der], now: now).serialNumber == city.device.serialNumber)
        #expect(try both.verify([renewed.device.der], now: now).serialNumber == renewed.device.serialNumber)
    }

    @Test("the last second counts, the next does not; the first counts, the one before does not")
    func dates() throws {
        _ = try verifier.verify([city.device.der], now: city.device.notAfter)
        _ = try verifier.verify([city.device.der], now: city.device.notBefore)
        let late = try #require(expect(.expired, [city.device.der], now: city.device.notAfter.addingTimeInterval(1)))
        #expect(late.date == city.device.notAfter)
        #expect(late.message.contains("2027-04-15T08:00:00Z"))
        let early = try #require(
            expect(.notYetValid, [city.device.der], now: city.device.notBefore.addingTimeInterval(-1)))
        #expect(early.date == city.device.notBefore)
    }

    @Test("an issuer past its time vouches for nobody")
    func issuerDates() throws {
        var odd = OddCertificate()
        odd.notAfter = city.authority.issuing.notAfter.addingTimeInterval(86_400)
        let outliving = try odd.signed(in: city)
        expect(.issuerNotValidNow, [outliving.der], now: city.authority.issuing.notAfter.addingTimeInterval(1))
    }

    @Test("a certificate of another city's authority is not trusted, even under the same names")
    func otherAuthority() throws {
        let other = try TestCity(domain: "other.example")
        expect(.untrustedIssuer, [other.device.der])
        expect(.untrustedIssuer, [other.device.der, other.authority.issuing.der, other.authority.root.der])
        let twin = try TestCity()
        expect(.wrongSignature, [twin.device.der])
        expect(.wrongSignature, [twin.device.der, twin.authority.issuing.der])
        expect(.untrustedIssuer, [try OddCertificate().signed(by: nil, nil).der])
    }

    @Test("a certificate that breaks one rule of the profile is refused by that rule", arguments: OddCase.all)
    func oddCertificates(_ odd: OddCase) throws {
        var certificate = OddCertificate()
        odd.change(&certificate)
        expect(odd.code, [try certificate.signed(in: city).der])
    }

    @Test("a device cannot vouch for another device")
    func deviceAsIssuer() throws {
        let forged = try OddCertificate().signed(by: city.device, city.deviceKey)
        expect(.untrustedIssuer, [forged.der])
        expect(.issuerNotAnAuthority, [forged.der, city.device.der])
    }

    @Test("below the issuing authority there are no further authorities")
    func tooDeep() throws {
        let (authority, key) = try oddAuthority(below: city.authority.issuing, city.authority.issuingKey)
        let leaf = try OddCertificate().signed(by: authority, key)
        expect(.issuerNotAnAuthority, [leaf.der, authority.der])
    }

    @Test("an authority that demands an unknown rule is refused")
    func unknownRule() throws {
        let rule = Certificate.Extension(oid: [1, 3, 6, 1, 4, 1, 99_999, 1], critical: true, value: [0x05, 0x00])
        let (authority, key) = try oddAuthority(
            below: city.authority.root, city.creation.rootKey, additions: [rule])
        let leaf = try OddCertificate().signed(by: authority, key)
        expect(.unsupportedCriticalExtension, [leaf.der, authority.der])
    }

    @Test("no certificate, too many, too large, and garbage")
    func malformed() {
        expect(.noCertificate, [])
        expect(.chainTooLong, Array(repeating: city.device.der, count: PKILimits.chainCertificates + 1))
        expect(.malformed, [[]])
        expect(.malformed, [Array("-----BEGIN CERTIFICATE-----".utf8)])
        expect(.malformed, [Array(city.device.der.dropLast())])
        expect(.malformed, [city.device.der + [0]])
        expect(.malformed, [[UInt8](repeating: 0x30, count: PKILimits.certificateBytes + 1)])
        expect(.malformed, [[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]])
        expect(.malformed, [[UInt8](repeating: 0x30, count: 4_000)])
    }

    @Test("any flipped bit is noticed")
    func flippedBits() {
        for bit in 0..<city.device.der.count * 8 {
            var der = city.device.der
            der[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: ChainError.self, "bit \(bit)") { try verifier.verify([der], now: now) }
        }
    }

    @Test("random damage is refused and never traps")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<3_000 {
            var chain = [city.device.der, city.authority.issuing.der]
            let target = Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let position = Int.random(in: chain[target].indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: chain[target][position] = UInt8.random(in: 0...255, using: &random)
                case 1: chain[target].remove(at: position)
                default: chain[target].insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
            }
            guard let identity = try? verifier.verify(chain, now: now) else { continue }
            #expect(chain[0] == city.device.der && identity.spiffeID == city.deviceID, "seed \(seed)")
        }
    }

    @Test("what is no authority makes no verifier")
    func wrongAnchors() throws {
        #expect { try ChainVerifier(trustDomain: "a", trustAnchors: [city.device]) } throws: {
            ($0 as? PKIError)?.code == .notAnAuthority
        }
        let other = try TestCity(domain: "other.example")
        #expect {
            try ChainVerifier(
                trustDomain: "a", trustAnchors: [city.authority.root], issuers: [other.authority.issuing])
        } throws: {
            ($0 as? PKIError)?.code == .notAnAuthority
        }
    }

    private func oddAuthority(
        below issuer: CertificateDocument, _ issuerKey: SigningKey, additions: [Certificate.Extension] = []
    ) throws -> (CertificateDocument, SigningKey) {
        var odd = OddCertificate()
        odd.basicConstraints = .isCertificateAuthority(maxPathLength: nil)
        odd.keyUsage = KeyUsage(keyCertSign: true)
        odd.extendedKeyUsages = nil
        odd.subject = "another authority"
        odd.additions = additions
        return (try odd.signed(by: issuer, issuerKey), odd.key)
    }

    @discardableResult
    private func expect(
        _ code: ChainError.Code, _ chain: [[UInt8]], now: Date = TestCity.now, verifier: ChainVerifier? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ChainError? {
        do throws(ChainError) {
            let identity = try (verifier ?? self.verifier).verify(chain, now: now)
            Issue.record("accepted \(identity), expected \(code)", sourceLocation: sourceLocation)
            return nil
        } catch {
            if error.code != code { Issue.record("\(error), expected \(code)", sourceLocation: sourceLocation) }
            return error
        }
    }
}

/// One rule broken, and the code that says which.
struct OddCase: Sendable, CustomTestStringConvertible {
    let name: String
    let code: ChainError.Code
    let change: @Sendable (inout OddCertificate) -> Void
    var testDescription: String { name }

    static let all = [
        OddCase(name: "no name", code: .noSPIFFEName) { $0.uris = [] },
        OddCase(name: "a DNS name only", code: .noSPIFFEName) { odd in
            odd.uris = []
            odd.otherNames = [.dnsName("city.example")]
        },
        OddCase(name: "the same name twice", code: .severalSPIFFENames) { $0.uris += $0.uris },
        OddCase(name: "a web address beside the name", code: .severalSPIFFENames) {
            $0.uris.append("https://a.example")
        },
        OddCase(name: "a web address", code: .malformedSPIFFEName) { $0.uris = ["https://city.example/agency"] },
        OddCase(name: "a name with a query", code: .malformedSPIFFEName) { $0.uris = ["spiffe://city.example/a?b"] },
        OddCase(name: "the trust domain itself", code: .malformedSPIFFEName) { $0.uris = ["spiffe://city.example"] },
        OddCase(name: "another trust domain", code: .wrongTrustDomain) {
            $0.uris = ["spiffe://other.example/agency/water/device/gauge-7"]
        },
        OddCase(name: "expired", code: .expired) { $0.notAfter = TestCity.now.addingTimeInterval(-1) },
        OddCase(name: "not yet valid", code: .notYetValid) { $0.notBefore = TestCity.now.addingTimeInterval(1) },
        OddCase(name: "for servers", code: .notForClientAuthentication) { $0.extendedKeyUsages = [.serverAuth] },
        OddCase(name: "for any use", code: .notForClientAuthentication) { $0.extendedKeyUsages = [.any] },
        OddCase(name: "for no stated use", code: .notForClientAuthentication) { $0.extendedKeyUsages = nil },
        OddCase(name: "no key usage", code: .wrongKeyUsage) { $0.keyUsage = nil },
        OddCase(name: "key agreement only", code: .wrongKeyUsage) { $0.keyUsage = KeyUsage(keyAgreement: true) },
        OddCase(name: "signs certificates", code: .wrongKeyUsage) {
            $0.keyUsage = KeyUsage(digitalSignature: true, keyCertSign: true)
        },
        OddCase(name: "signs revocation lists", code: .wrongKeyUsage) {
            $0.keyUsage = KeyUsage(digitalSignature: true, cRLSign: true)
        },
        OddCase(name: "an authority", code: .authorityCertificate) {
            $0.basicConstraints = .isCertificateAuthority(maxPathLength: nil)
        },
        OddCase(name: "an unknown critical rule", code: .unsupportedCriticalExtension) {
            $0.additions = [.init(oid: [1, 3, 6, 1, 4, 1, 99_999, 1], critical: true, value: [0x05, 0x00])]
        },
        OddCase(name: "an unreadable extension", code: .malformed) { odd in
            odd.keyUsage = nil
            odd.additions = [.init(oid: [2, 5, 29, 15], critical: true, value: [0x05, 0x00])]
        },
    ]
}
