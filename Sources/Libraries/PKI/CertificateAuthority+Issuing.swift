public import Crypto
public import Foundation
import X509

extension CertificateAuthority {
    /// Issues a device certificate: TLS client, one SPIFFE ID, common name the device, organisation the agency.
    ///
    /// - Parameters:
    ///   - id: Of the form `/agency/<agency>/device/<id>`, in the authority's trust domain.
    ///   - publicKey: The device's public key.
    ///   - validity: Life from `now` on; it ends earlier if the issuing certificate does.
    ///   - now: The present. The certificate is valid from five minutes earlier on.
    /// - Returns: The certificate; the device presents it alone or with ``chainPEM``.
    /// - Throws: ``PKIError/Code/wrongRole``, ``PKIError/Code/wrongTrustDomain``, ``PKIError/Code/invalidName`` for an
    ///   agency or device of more than 64 characters, ``PKIError/Code/invalidValidity``,
    ///   ``PKIError/Code/authorityNotValidNow``.
    public func issueDevice(
        _ id: SPIFFEID, publicKey: P256.Signing.PublicKey, validity: Duration, now: Date
    ) throws(PKIError) -> CertificateDocument {
        guard case .device(let agency, let device) = id.role else {
            throw PKIError(.wrongRole, "`\(id)` does not name a device")
        }
        return try issueClient(
            id, commonName: device, agency: agency, publicKey: publicKey, validity: validity, now: now)
    }

    /// Issues an operator certificate: as a device's, with the operator as common name.
    ///
    /// - Parameters:
    ///   - id: Of the form `/agency/<agency>/operator/<name>`, in the authority's trust domain.
    ///   - publicKey: The operator's public key.
    ///   - validity: Life from `now` on; it ends earlier if the issuing certificate does.
    ///   - now: The present. The certificate is valid from five minutes earlier on.
    /// - Returns: The certificate.
    /// - Throws: As ``issueDevice(_:publicKey:validity:now:)``.
    public func issueOperator(
        _ id: SPIFFEID, publicKey: P256.Signing.PublicKey, validity: Duration, now: Date
    ) throws(PKIError) -> CertificateDocument {
        guard case .operator(let agency, let name) = id.role else {
            throw PKIError(.wrongRole, "`\(id)` does not name an operator")
        }
        return try issueClient(id, commonName: name, agency: agency, publicKey: publicKey, validity: validity, now: now)
    }

    /// Issues a server certificate.
    ///
    /// - Parameters:
    ///   - dnsNames: The server's names; a leading `*.` stands for one label.
    ///   - ipAddresses: The server's IPv4 and IPv6 addresses. One name or address at least.
    ///   - publicKey: The server's public key.
    ///   - validity: Life from `now` on, at most ``PKILimits/serverValidity``; it ends earlier if the issuing
    ///     certificate does.
    ///   - now: The present. The certificate is valid from five minutes earlier on.
    /// - Returns: The certificate; the server presents it followed by ``chainPEM``.
    /// - Throws: ``PKIError/Code/invalidName``, ``PKIError/Code/invalidValidity``,
    ///   ``PKIError/Code/authorityNotValidNow``.
    public func issueServer(
        dnsNames: [String], ipAddresses: [String] = [], publicKey: P256.Signing.PublicKey,
        validity: Duration = PKILimits.serverValidity, now: Date
    ) throws(PKIError) -> CertificateDocument {
        guard validity <= PKILimits.serverValidity else {
            throw PKIError(.invalidValidity, "a server certificate lives 397 days at most")
        }
        let names = try ServerNames(dnsNames: dnsNames, ipAddresses: ipAddresses)
        return try issue(
            try CertificateAuthority.making("server") {
                try CertificateProfile.server(names: names, organisation: organisation)
            }, publicKey: publicKey, validity: validity, now: now)
    }

    private func issueClient(
        _ id: SPIFFEID, commonName: String, agency: String, publicKey: P256.Signing.PublicKey, validity: Duration,
        now: Date
    ) throws(PKIError) -> CertificateDocument {
        guard id.trustDomain == trustDomain else {
            throw PKIError(.wrongTrustDomain, "`\(id)` is not in the trust domain `\(trustDomain)`")
        }
        try CertificateAuthority.requireName(commonName, "common name")
        try CertificateAuthority.requireName(agency, "agency")
        return try issue(
            try CertificateAuthority.making("client") {
                try CertificateProfile.client(id, commonName: commonName, organisation: agency)
            }, publicKey: publicKey, validity: validity, now: now)
    }

    private func issue(
        _ profile: CertificateProfile, publicKey: P256.Signing.PublicKey, validity: Duration, now: Date
    ) throws(PKIError) -> CertificateDocument {
        guard validity >= .seconds(1) else {
            throw PKIError(.invalidValidity, "a certificate lives one second at least")
        }
        guard now >= issuing.notBefore, now < issuing.notAfter else {
            throw PKIError(
                .authorityNotValidNow,
                "the issuing certificate is valid from \(issuing.notBefore.ISO8601Format()) to "
                    + issuing.notAfter.ISO8601Format())
        }
        // No certificate outlives its issuer: after that it could not be verified anyway.
        let notAfter = min(now.after(validity), issuing.notAfter)
        return try CertificateAuthority.making("client or server") {
            try profile.certificate(
                for: Certificate.PublicKey(publicKey), issuer: issuing.certificate.subject,
                issuerKey: issuingKey.certificateKey, notBefore: now.beforeClockSkew, notAfter: notAfter)
        }
    }

    /// The city, as the issuing certificate names it.
    private var organisation: String {
        for name in issuing.certificate.subject {
            for attribute in name where attribute.type == .RDNAttributeType.organizationName {
                if let text = String(attribute.value) { return text }
            }
        }
        return trustDomain
    }
}
