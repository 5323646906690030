import Crypto
import Foundation
import SwiftASN1
import X509

/// What one kind of certificate says about itself (RFC 5280 §4.2). One factory for each kind; nothing else decides.
struct CertificateProfile {
    let subject: DistinguishedName
    let basicConstraints: BasicConstraints
    let keyUsage: KeyUsage
    let extendedKeyUsage: ExtendedKeyUsage.Usage?
    let names: [GeneralName]

    /// An authority below which stand at most `pathLength` further authorities.
    static func authority(
        named commonName: String, organisation: String, trustDomain: SPIFFEID, pathLength: Int
    ) throws -> CertificateProfile {
        CertificateProfile(
            subject: try subject(commonName: commonName, organisation: organisation),
            basicConstraints: .isCertificateAuthority(maxPathLength: pathLength),
            keyUsage: KeyUsage(keyCertSign: true, cRLSign: true), extendedKeyUsage: nil,
            // Names the trust domain that the authority signs for (X.509-SVID §2).
            names: [.uniformResourceIdentifier(trustDomain.description)])
    }

    /// A device or an operator: a client with exactly one SPIFFE ID (X.509-SVID §2 to §4).
    static func client(_ id: SPIFFEID, commonName: String, organisation: String) throws -> CertificateProfile {
        CertificateProfile(
            subject: try subject(commonName: commonName, organisation: organisation),
            basicConstraints: .notCertificateAuthority, keyUsage: KeyUsage(digitalSignature: true),
            extendedKeyUsage: .clientAuth, names: [.uniformResourceIdentifier(id.description)])
    }

    /// A server under names and addresses.
    static func server(names: ServerNames, organisation: String) throws -> CertificateProfile {
        CertificateProfile(
            subject: try subject(commonName: names.commonName, organisation: organisation),
            basicConstraints: .notCertificateAuthority, keyUsage: KeyUsage(digitalSignature: true),
            extendedKeyUsage: .serverAuth, names: names.generalNames)
    }

    private static func subject(commonName: String, organisation: String) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName(organisation)
            CommonName(commonName)
        }
    }

    /// Signs a certificate of this profile.
    func certificate(
        for publicKey: Certificate.PublicKey, issuer: DistinguishedName, issuerKey: Certificate.PrivateKey,
        notBefore: Date, notAfter: Date
    ) throws -> CertificateDocument {
        let certificate = try Certificate(
            version: .v3, serialNumber: CertificateProfile.randomSerialNumber(), publicKey: publicKey,
            notValidBefore: notBefore, notValidAfter: notAfter, issuer: issuer, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try extensions(for: publicKey, issuerKey: issuerKey.publicKey), issuerPrivateKey: issuerKey)
        return try CertificateDocument(issued: certificate)
    }

    private func extensions(
        for publicKey: Certificate.PublicKey, issuerKey: Certificate.PublicKey
    ) throws -> Certificate.Extensions {
        var extensions = try Certificate.Extensions {
            Critical(basicConstraints)
            Critical(keyUsage)
            SubjectKeyIdentifier(hash: publicKey)
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuerKey).keyIdentifier)
            SubjectAlternativeNames(names)
        }
        if let extendedKeyUsage {
            try extensions.append(Certificate.Extension(ExtendedKeyUsage([extendedKeyUsage]), critical: false))
        }
        return extensions
    }

    /// 16 random bytes, positive and of constant length: 126 random bits (CA/Browser Forum asks for 64).
    private static func randomSerialNumber() -> Certificate.SerialNumber {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[0] = bytes[0] & 0x3F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }
}
