import Foundation
import SwiftASN1
import X509

/// An authority whose certificate has been traced to a trust anchor, and what it may do.
struct TrustedIssuer: Sendable {
    let subject: DistinguishedName
    let publicKey: Certificate.PublicKey
    /// When it and all authorities above it are valid.
    let validity: ClosedRange<Date>?
    /// How many further authorities may stand below it; nil for any number.
    let pathLength: Int?

    /// A trust anchor: its signature is not checked, having it is what trust means.
    init(anchor: CertificateDocument) throws(PKIError) {
        do {
            try self.init(anchor.certificate, above: nil)
        } catch {
            throw PKIError(.notAnAuthority, "trust anchor `\(anchor.subject)`: \(error.message)")
        }
    }

    /// An authority that one of the given ones has signed.
    init(_ document: CertificateDocument, below issuers: [TrustedIssuer]) throws(PKIError) {
        do {
            try self.init(document.certificate, below: issuers)
        } catch {
            throw PKIError(.notAnAuthority, "issuer `\(document.subject)`: \(error.message)")
        }
    }

    init(_ certificate: Certificate, below issuers: [TrustedIssuer]) throws(ChainError) {
        try self.init(certificate, above: try TrustedIssuer.signer(of: certificate, among: issuers))
    }

    /// Extensions are read only now that the signature is known to be good.
    private init(_ certificate: Certificate, above: TrustedIssuer?) throws(ChainError) {
        guard case .isCertificateAuthority(let ownLength)? = try certificate.reading({ try $0.basicConstraints }),
            try certificate.reading({ try $0.keyUsage })?.keyCertSign == true
        else { throw ChainError(.issuerNotAnAuthority, "`\(certificate.subject)` is not an authority") }
        try certificate.requireKnownCriticalExtensions()
        if let allowed = above?.pathLength, allowed < 1 {
            throw ChainError(.issuerNotAnAuthority, "`\(certificate.issuer)` may not have authorities below it")
        }
        subject = certificate.subject
        publicKey = certificate.publicKey
        pathLength = [ownLength, above?.pathLength.map { $0 - 1 }].compactMap { $0 }.min()
        validity = TrustedIssuer.intersection(certificate, above)
    }

    private static func intersection(_ certificate: Certificate, _ above: TrustedIssuer?) -> ClosedRange<Date>? {
        var first = certificate.notValidBefore
        var last = certificate.notValidAfter
        if let above {
            guard let validity = above.validity else { return nil }
            first = max(first, validity.lowerBound)
            last = min(last, validity.upperBound)
        }
        return first <= last ? first...last : nil
    }

    /// The authority that has signed a certificate. Several may bear the issuer's name after a change of key.
    static func signer(
        of certificate: Certificate, among issuers: [TrustedIssuer]
    ) throws(ChainError) -> TrustedIssuer {
        var isNamed = false
        for issuer in issuers where issuer.subject == certificate.issuer {
            if issuer.publicKey.isValidSignature(certificate.signature, for: certificate) { return issuer }
            isNamed = true
        }
        guard isNamed else {
            throw ChainError(.untrustedIssuer, "the certificate's issuer `\(certificate.issuer)` is not trusted here")
        }
        throw ChainError(
            .wrongSignature, "the certificate is not signed by `\(certificate.issuer)`: it was forged or damaged")
    }
}
