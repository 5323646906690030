import Crypto
import Foundation
import PKI
import SwiftASN1
import Testing
import X509

/// A city with its authority and one device, at one instant.
struct TestCity {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    let creation: CertificateAuthority.Creation
    let deviceKey = SigningKey()
    let deviceID: SPIFFEID
    let device: CertificateDocument

    var authority: CertificateAuthority { creation.authority }

    init(domain: String = "city.example") throws {
        creation = try CertificateAuthority.create(organisation: "Città di Esempio", domain: domain, now: Self.now)
        deviceID = try SPIFFEID.device("gauge-7", agency: "water", trustDomain: domain)
        device = try creation.authority.issueDevice(
            deviceID, publicKey: deviceKey.publicKey, validity: .seconds(86_400 * 90), now: Self.now)
    }

    func verifier() throws -> ChainVerifier { try ChainVerifier(authority: authority) }
}

/// A certificate that an authority would not issue, made without our own factories.
struct OddCertificate {
    var uris = ["spiffe://city.example/agency/water/device/gauge-7"]
    var otherNames: [GeneralName] = []
    var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    var extendedKeyUsages: [ExtendedKeyUsage.Usage]? = [.clientAuth]
    var basicConstraints: BasicConstraints = .notCertificateAuthority
    var notBefore = TestCity.now.addingTimeInterval(-300)
    var notAfter = TestCity.now.addingTimeInterval(86_400)
    var subject = "odd"
    var additions: [Certificate.Extension] = []
    var key = SigningKey()

    /// Signs under the name of `issuer` with `issuerKey`, which need not belong together; without, with its own.
    func signed(by issuer: CertificateDocument?, _ issuerKey: SigningKey?) throws -> CertificateDocument {
        let name = try DistinguishedName { CommonName(subject) }
        let publicKey = try certificateKey(key).publicKey
        let issuerName = try issuer.map { try Certificate(derEncoded: $0.der).subject } ?? name
        var extensions = try Certificate.Extensions { Critical(basicConstraints) }
        if let keyUsage { try extensions.append(Certificate.Extension(keyUsage, critical: true)) }
        if let extendedKeyUsages {
            try extensions.append(Certificate.Extension(ExtendedKeyUsage(extendedKeyUsages), critical: false))
        }
        let names = uris.map { GeneralName.uniformResourceIdentifier($0) } + otherNames
        if !names.isEmpty {
            try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false))
        }
        for addition in additions { try extensions.append(addition) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: notBefore,
            notValidAfter: notAfter, issuer: issuerName, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: certificateKey(issuerKey ?? key))
        return try CertificateDocument(pem: certificate.serializeAsPEM().pemString)
    }

    func signed(in city: TestCity) throws -> CertificateDocument {
        try signed(by: city.authority.issuing, city.authority.issuingKey)
    }

    private func certificateKey(_ key: SigningKey) throws -> Certificate.PrivateKey {
        Certificate.PrivateKey(try P256.Signing.PrivateKey(pemRepresentation: key.pem))
    }
}
