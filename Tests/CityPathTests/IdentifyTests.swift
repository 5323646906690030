import CityIdentity
import CityModel
import CityPath
import Foundation
import PKI
import Testing

@Suite("Identify: who is this?")
struct IdentifyTests {
    let test: TestCity

    init() throws {
        test = try TestCity()
    }

    /// What a handshake with this certificate comes to.
    private func identify(_ city: City, _ pem: String, from address: String? = nil) -> Result<Principal, Refusal> {
        do {
            let leaf = try CertificateDocument(pem: pem)
            return city.path.identify.certificate([leaf.der], at: test.clock.now).flatMap {
                city.path.identify.principal(of: $0, from: address)
            }
        } catch {
            Issue.record(error)
            return .failure(Refusal(step: .identify, code: .malformedPacket, message: "\(error)"))
        }
    }

    private func code(_ city: City, _ pem: String, from address: String? = nil) -> Refusal.Code? {
        if case .failure(let refusal) = identify(city, pem, from: address) { refusal.code } else { nil }
    }

    @Test("an enrolled device is known by its certificate, with its agency and zone")
    func device() async throws {
        try await test.withCity { city in
            let enrolled = try await city.enrol("gauge", with: test)
            #expect(try identify(city, enrolled.certificatePEM).get() == city.principal("gauge"))
        }
    }

    @Test("a suspended device is told so and why, a resumed one is let in, a revoked one never again")
    func status() async throws {
        try await test.withCity { city in
            let pem = try await city.enrol("gauge", with: test).certificatePEM
            let id = DeviceID("gauge")
            _ = try await city.setStatus(.suspended, of: id, reason: "found open", by: AuthoriseTests.eva).get()
            guard case .failure(let refusal) = identify(city, pem) else { throw Expected("a refusal") }
            #expect(refusal.code == .deviceSuspended)
            #expect(refusal.message.contains("found open"))
            _ = try await city.setStatus(.active, of: id, reason: nil, by: AuthoriseTests.eva).get()
            #expect(code(city, pem) == nil)
            _ = try await city.setStatus(.revoked, of: id, reason: "stolen", by: AuthoriseTests.eva).get()
            #expect(code(city, pem) == .deviceRevoked)
            let again = await city.setStatus(.active, of: id, reason: nil, by: AuthoriseTests.eva)
            #expect(again.refusal?.code == .deviceRevoked)
        }
        try await test.withCity { city in
            #expect(city.views.registry.device(DeviceID("gauge"))?.status == .revoked, "after a restart too")
        }
    }

    @Test("a replaced certificate is superseded, the new one is good")
    func superseded() async throws {
        try await test.withCity { city in
            let old = try await city.enrol("gauge", with: test).certificatePEM
            let new = try await city.enrol("gauge", replacing: true, with: test).certificatePEM
            #expect(code(city, old) == .certificateSuperseded)
            #expect(code(city, new) == nil)
        }
    }

    @Test("a certificate of another city, one that has ended, and one of nobody are told apart")
    func otherCertificates() async throws {
        let other = try TestCity()
        try await test.withCity { city in
            let foreign = try await other.withCity { try await $0.enrol("gauge", with: other).certificatePEM }
            #expect(code(city, foreign) == .certificateUntrusted)
            let unregistered = try test.certificates.authority.issueDevice(
                try SPIFFEID.device("ghost", agency: "city", trustDomain: "city.example"),
                publicKey: SigningKey().publicKey, validity: .seconds(86_400), now: test.clock.now.date)
            #expect(code(city, unregistered.pem) == .deviceUnknown)
            let own = try await city.enrol("gauge", with: test).certificatePEM
            test.clock.advance(by: .seconds(398 * 86_400))
            #expect(code(city, own) == .certificateExpired)
            guard case .failure(let none) = city.path.identify.certificate([], at: test.clock.now) else {
                throw Expected("a refusal")
            }
            #expect(none.code == .notIdentified)
            guard case .failure(let garbage) = city.path.identify.certificate([[1, 2, 3]], at: test.clock.now) else {
                throw Expected("a refusal")
            }
            #expect(garbage.code == .certificateUntrusted)
        }
    }

    @Test("a device of another agency's name is not this device")
    func otherAgency() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let claimed = try test.certificates.authority.issueDevice(
                try SPIFFEID.device("gauge", agency: "intruders", trustDomain: "city.example"),
                publicKey: SigningKey().publicKey, validity: .seconds(86_400), now: test.clock.now.date)
            #expect(code(city, claimed.pem) == .deviceUnknown)
        }
    }

    @Test("a device connects from its zone's networks only (IEC 62443)")
    func zones() async throws {
        try await test.withCity { city in
            let pem = try await city.enrol("pump", zone: "plant", with: test).certificatePEM
            #expect(code(city, pem, from: "10.1.2.3") == nil)
            #expect(code(city, pem, from: "192.0.2.7") == .zoneMismatch)
            #expect(code(city, pem) == nil)
        }
    }

    @Test("of an operator's certificates the last one is good, after a restart too")
    func operatorsLastCertificate() async throws {
        func issue(_ city: City) async throws -> String {
            try await city.issueOperatorCertificate(
                to: "eva", agency: "city", validityDays: 30, with: test.certificates.authority, by: .service("test")
            ).get().certificatePEM
        }
        let (old, new) = try await test.withCity { city in
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("test"))
            let old = try await issue(city)
            #expect(code(city, old) == nil)
            let new = try await issue(city)
            #expect(code(city, old) == .certificateSuperseded)
            return (old, new)
        }
        try await test.withCity { city in
            #expect(code(city, old) == .certificateSuperseded)
            #expect(code(city, new) == nil)
        }
    }

    @Test("a certificate that was good when the connection opened is not asked in again once it has ended")
    func endedWhileConnected() async throws {
        try await test.withCity { city in
            let pem = try await city.enrol("gauge", with: test).certificatePEM
            let leaf = try CertificateDocument(pem: pem)
            let identity = try city.path.identify.certificate([leaf.der], at: test.clock.now).get()
            #expect(city.path.identify.principal(of: identity).refusal == nil)
            test.clock.advance(by: Timestamp(identity.notAfter).since(test.clock.now))
            #expect(city.path.identify.principal(of: identity).refusal == nil, "to the last instant")
            test.clock.advance(by: .seconds(1))
            #expect(city.path.identify.principal(of: identity).refusal?.code == .certificateExpired)
        }
    }

    @Test("an operator's certificate stands for the account as it is now")
    func operators() async throws {
        try await test.withCity { city in
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("test"))
            let certificate = try await city.issueOperatorCertificate(
                to: "eva", agency: "city", validityDays: 30, with: test.certificates.authority, by: AuthoriseTests.eva
            ).get()
            #expect(try identify(city, certificate.certificatePEM).get() == AuthoriseTests.eva)
            try await city.setAccount("eva", password: "another horse battery", role: .operator, by: .service("test"))
            #expect(code(city, certificate.certificatePEM) == nil, "a new password leaves the certificate")
            #expect(try await city.removeAccount("eva", by: .service("test")))
            #expect(code(city, certificate.certificatePEM) == .notIdentified)
            try await city.setAccount("eva", password: "correct horse battery", role: .operator, by: .service("test"))
            #expect(code(city, certificate.certificatePEM) == .certificateSuperseded, "it was another eva's")
            let unknown = await city.issueOperatorCertificate(
                to: "nobody", agency: "city", validityDays: 30, with: test.certificates.authority,
                by: .service("test"))
            #expect(unknown.refusal?.code == .malformedPayload)
            let forbidden = await city.issueOperatorCertificate(
                to: "eva", agency: "city", validityDays: 30, with: test.certificates.authority,
                by: AuthoriseTests.adam)
            #expect(forbidden.refusal?.code == .notPermitted)
        }
    }
}

/// A test did not get what it needs to go on.
struct Expected: Error {
    let what: String

    init(_ what: String) {
        self.what = what
    }
}

extension Result where Failure == Refusal {
    var refusal: Refusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}
