public import Foundation
import SwiftASN1
import X509

/// The city's issuing authority: one key that signs the certificates of devices, operators and servers.
///
/// It stands below a root whose key it does not hold: devices trust the root, the issuing certificate can be replaced.
public struct CertificateAuthority: Sendable {
    /// A new authority and the key of its root.
    public struct Creation: Sendable {
        /// The authority, ready to issue.
        public let authority: CertificateAuthority
        /// Needed only to make another issuing certificate. Keep it offline.
        public let rootKey: SigningKey
    }

    /// The root certificate: the trust anchor that devices get.
    public let root: CertificateDocument
    /// The issuing certificate, signed by the root.
    public let issuing: CertificateDocument
    /// The key of the issuing certificate.
    public let issuingKey: SigningKey
    /// The trust domain of all names it issues.
    public let trustDomain: String

    /// Makes a root and an issuing authority, with new keys.
    ///
    /// - Parameters:
    ///   - organisation: The city: organisation of both subjects, 1 to 64 characters.
    ///   - domain: The SPIFFE trust domain, such as `city.example`.
    ///   - now: The present. Certificates are valid from five minutes earlier on.
    /// - Returns: The authority and the root's key.
    /// - Throws: ``PKIError/Code/invalidName``.
    public static func create(organisation: String, domain: String, now: Date) throws(PKIError) -> Creation {
        try requireName(organisation, "organisation")
        let trustDomain: SPIFFEID
        do { trustDomain = try SPIFFEID(trustDomain: domain) } catch { throw PKIError(.invalidName, "\(error)") }

        let rootKey = SigningKey()
        let issuingKey = SigningKey()
        let (root, issuing) = try making("authority") {
            let rootProfile = try CertificateProfile.authority(
                named: commonName("root of \(domain)"), organisation: organisation, trustDomain: trustDomain,
                pathLength: 1)
            let root = try rootProfile.certificate(
                for: rootKey.certificateKey.publicKey, issuer: rootProfile.subject, issuerKey: rootKey.certificateKey,
                notBefore: now.beforeClockSkew, notAfter: now.after(PKILimits.rootValidity))
            let issuingProfile = try CertificateProfile.authority(
                named: commonName("issuing authority of \(domain)"), organisation: organisation,
                trustDomain: trustDomain, pathLength: 0)
            let issuing = try issuingProfile.certificate(
                for: issuingKey.certificateKey.publicKey, issuer: rootProfile.subject,
                issuerKey: rootKey.certificateKey, notBefore: now.beforeClockSkew,
                notAfter: now.after(PKILimits.issuingValidity))
            return (root, issuing)
        }
        let authority = CertificateAuthority(
            root: root, issuing: issuing, issuingKey: issuingKey, trustDomain: domain)
        return Creation(authority: authority, rootKey: rootKey)
    }

    private init(root: CertificateDocument, issuing: CertificateDocument, issuingKey: SigningKey, trustDomain: String) {
        self.root = root
        self.issuing = issuing
        self.issuingKey = issuingKey
        self.trustDomain = trustDomain
    }

    /// Loads an authority that was kept.
    ///
    /// - Parameters:
    ///   - rootPEM: The root certificate.
    ///   - issuingPEM: The issuing certificate.
    ///   - issuingKeyPEM: The key of the issuing certificate.
    /// - Throws: ``PKIError/Code/malformedCertificate``, ``PKIError/Code/malformedKey``,
    ///   ``PKIError/Code/notAnAuthority`` when the root has not signed the issuing certificate,
    ///   ``PKIError/Code/keyMismatch`` when the key is another's.
    public init(rootPEM: String, issuingPEM: String, issuingKeyPEM: String) throws(PKIError) {
        root = try CertificateDocument(pem: rootPEM)
        issuing = try CertificateDocument(pem: issuingPEM)
        issuingKey = try SigningKey(pem: issuingKeyPEM)
        let anchor = try TrustedIssuer(anchor: root)
        _ = try TrustedIssuer(issuing, below: [anchor])
        guard issuingKey.certificateKey.publicKey == issuing.certificate.publicKey else {
            throw PKIError(.keyMismatch, "the key is not that of the issuing certificate `\(issuing.subject)`")
        }
        guard let name = issuing.certificate.onlyURI, let id = try? SPIFFEID(name), id.path.isEmpty else {
            throw PKIError(.notAnAuthority, "the issuing certificate does not name a SPIFFE trust domain")
        }
        trustDomain = id.trustDomain
    }

    /// The issuing certificate's PEM: what a device or server appends to its own to form its chain.
    public var chainPEM: String { issuing.pem }

    /// Cut to what a common name holds.
    private static func commonName(_ text: String) -> String { String(text.prefix(PKILimits.nameCharacters)) }

    static func requireName(_ name: String, _ what: String) throws(PKIError) {
        guard (1...PKILimits.nameCharacters).contains(name.unicodeScalars.count),
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw PKIError(.invalidName, "the \(what) `\(name.prefix(80))` has not 1 to 64 printable characters")
        }
    }

    /// Turns what the encoders throw into our error: they refuse nothing that passed our own checks but extreme dates.
    static func making<Result>(_ what: String, _ body: () throws -> Result) throws(PKIError) -> Result {
        do {
            return try body()
        } catch {
            throw PKIError(.invalidValidity, "the \(what) certificate cannot be written: \(error)")
        }
    }
}

extension Date {
    /// Certificates know whole seconds.
    var beforeClockSkew: Date { after(.zero - PKILimits.clockSkew) }

    func after(_ duration: Duration) -> Date {
        let seconds = timeIntervalSince1970.rounded(.down) + Double(duration.components.seconds)
        return Date(timeIntervalSince1970: seconds)
    }
}
