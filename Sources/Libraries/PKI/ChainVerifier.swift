public import Foundation
import X509

/// Judges the certificates that TLS clients present. A value: build it once, use it from any thread.
///
/// Synchronous and quick, since it runs in every handshake: an authority given at the start is verified then, so that a
/// device's own certificate costs one signature check, whether presented alone or with its issuer.
///
/// Checked in this order, and the first that fails is reported: form, issuer and signature, dates, kind and use, name.
/// Nothing within a certificate is looked at before its signature is known to be good, but for issuer and dates.
public struct ChainVerifier: Sendable {
    /// The trust domain of accepted names.
    public let trustDomain: String
    private let issuers: [TrustedIssuer]

    /// A verifier for one trust domain.
    ///
    /// - Parameters:
    ///   - trustDomain: Accepted names are of this SPIFFE trust domain.
    ///   - trustAnchors: The root certificates; trusted because they are given here.
    ///   - issuers: Issuing certificates known from the start, each below an anchor or an earlier one. Peers need not
    ///     present these.
    /// - Throws: ``PKIError/Code/notAnAuthority`` when one of them is not an authority's or is not below an anchor.
    public init(
        trustDomain: String, trustAnchors: [CertificateDocument], issuers: [CertificateDocument] = []
    ) throws(PKIError) {
        var trusted: [TrustedIssuer] = []
        for anchor in trustAnchors { trusted.append(try TrustedIssuer(anchor: anchor)) }
        for issuer in issuers { trusted.append(try TrustedIssuer(issuer, below: trusted)) }
        self.trustDomain = trustDomain
        // Devices are issued by the lowest authorities: look at these first.
        self.issuers = trusted.reversed()
    }

    /// A verifier for what an authority issues.
    ///
    /// - Parameter authority: Its root is the trust anchor.
    /// - Throws: ``PKIError/Code/notAnAuthority``; not for an authority that was created or loaded by us.
    public init(authority: CertificateAuthority) throws(PKIError) {
        try self.init(
            trustDomain: authority.trustDomain, trustAnchors: [authority.root], issuers: [authority.issuing])
    }

    /// Who presents these certificates?
    ///
    /// - Parameters:
    ///   - chain: DER encodings as the TLS peer sent them: its own first, then any authorities above it.
    ///   - now: The present.
    /// - Returns: The identity.
    /// - Throws: The first rule that the chain breaks.
    public func verify(_ chain: [[UInt8]], now: Date) throws(ChainError) -> TrustedIdentity {
        guard let der = chain.first else {
            throw ChainError(.noCertificate, "the peer presented no certificate")
        }
        guard chain.count <= PKILimits.chainCertificates else {
            throw ChainError(.chainTooLong, "the peer presented \(chain.count) certificates")
        }
        let document = try ChainVerifier.parse(der)
        let certificate = document.certificate
        let issuer = try issuer(of: certificate, presented: chain.dropFirst())
        try requireValidity(of: certificate, below: issuer, now: now)
        try ChainVerifier.requireClient(certificate)
        return TrustedIdentity(
            spiffeID: try spiffeID(of: certificate), serialNumber: document.serialNumber,
            fingerprint: document.fingerprint, notAfter: document.notAfter)
    }

    private static func parse(_ der: [UInt8]) throws(ChainError) -> CertificateDocument {
        do {
            return try CertificateDocument(der: der)
        } catch {
            throw ChainError(.malformed, "the peer's certificate is not X.509 in DER")
        }
    }

    /// A known issuer, or one that the peer presented and that stands below a known one.
    private func issuer(
        of certificate: Certificate, presented: ArraySlice<[UInt8]>
    ) throws(ChainError) -> TrustedIssuer {
        do {
            return try TrustedIssuer.signer(of: certificate, among: issuers)
        } catch {
            guard !presented.isEmpty else { throw error }
        }
        // From the top down, so that nothing is read of an authority whose signature is not yet checked.
        var trusted = issuers
        for der in presented.reversed() {
            let authority = try ChainVerifier.parse(der).certificate
            // A root that the peer sent along is of no use: trust does not come from the peer.
            guard authority.issuer != authority.subject else { continue }
            trusted.insert(try TrustedIssuer(authority, below: trusted), at: 0)
        }
        return try TrustedIssuer.signer(of: certificate, among: trusted)
    }

    private func requireValidity(
        of certificate: Certificate, below issuer: TrustedIssuer, now: Date
    ) throws(ChainError) {
        guard now >= certificate.notValidBefore else {
            let date = certificate.notValidBefore
            throw ChainError(
                .notYetValid, "the certificate is valid from \(date.ISO8601Format()) on; check the clock", date: date)
        }
        guard now <= certificate.notValidAfter else {
            let date = certificate.notValidAfter
            throw ChainError(
                .expired, "the certificate expired at \(date.ISO8601Format()); a new one is needed", date: date)
        }
        guard let validity = issuer.validity, validity.contains(now) else {
            throw ChainError(.issuerNotValidNow, "the issuer `\(issuer.subject)` is not valid at this time")
        }
    }

    /// The leaf profile of X.509-SVID §4, for a TLS client.
    private static func requireClient(_ certificate: Certificate) throws(ChainError) {
        try certificate.requireKnownCriticalExtensions()
        if case .isCertificateAuthority? = try certificate.reading({ try $0.basicConstraints }) {
            throw ChainError(.authorityCertificate, "`\(certificate.subject)` is an authority, not a device or person")
        }
        guard let keyUsage = try certificate.reading({ try $0.keyUsage }), keyUsage.digitalSignature,
            !keyUsage.keyCertSign, !keyUsage.cRLSign
        else {
            throw ChainError(.wrongKeyUsage, "the certificate's key usage must be digital signature")
        }
        guard let usages = try certificate.reading({ try $0.extendedKeyUsage }), usages.contains(.clientAuth) else {
            throw ChainError(.notForClientAuthentication, "the certificate is not for client authentication")
        }
    }

    private func spiffeID(of certificate: Certificate) throws(ChainError) -> SPIFFEID {
        let uris = try certificate.uris()
        guard uris.count <= 1 else {
            throw ChainError(.severalSPIFFENames, "the certificate has \(uris.count) URIs where one SPIFFE ID belongs")
        }
        guard let uri = uris.first else {
            throw ChainError(.noSPIFFEName, "the certificate has no SPIFFE ID among its alternative names")
        }
        let id: SPIFFEID
        do {
            id = try SPIFFEID(uri)
        } catch {
            throw ChainError(.malformedSPIFFEName, "the certificate's name `\(uri.prefix(200))`: \(error)")
        }
        guard id.trustDomain == trustDomain else {
            throw ChainError(
                .wrongTrustDomain, "the certificate is of trust domain `\(id.trustDomain)`, not `\(trustDomain)`")
        }
        guard !id.path.isEmpty else {
            throw ChainError(
                .malformedSPIFFEName, "the certificate names the trust domain itself, not a device or person")
        }
        return id
    }
}
