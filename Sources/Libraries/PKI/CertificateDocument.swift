import Crypto
public import Foundation
import SwiftASN1
import X509

/// A certificate as a document: to keep, to send, to load again. Holding one says nothing about trust.
public struct CertificateDocument: Hashable, Sendable, CustomStringConvertible {
    /// The DER encoding.
    public let der: [UInt8]
    /// The serial number in lower-case hexadecimal, two digits a byte.
    public let serialNumber: String
    /// First instant at which the certificate is valid.
    public let notBefore: Date
    /// Last instant at which the certificate is valid.
    public let notAfter: Date
    let certificate: Certificate

    /// Reads a certificate.
    ///
    /// - Parameter der: The DER encoding, of at most ``PKILimits/certificateBytes``.
    /// - Throws: ``PKIError/Code/malformedCertificate``.
    public init(der: [UInt8]) throws(PKIError) {
        guard der.count <= PKILimits.certificateBytes, let node = try? DER.parse(der),
            CertificateDocument.hasWholeSignatureBytes(node), let certificate = try? Certificate(derEncoded: node)
        else { throw PKIError(.malformedCertificate, "the certificate is not X.509 in DER") }
        self.init(certificate, der: der)
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// - Parameter pem: One `CERTIFICATE` block or several.
    /// - Throws: ``PKIError/Code/malformedCertificate``.
    public init(pem: String) throws(PKIError) {
        guard let documents = try? PEMDocument.parseMultiple(pemString: pem),
            let document = documents.first(where: { $0.discriminator == "CERTIFICATE" })
        else { throw PKIError(.malformedCertificate, "the certificate is not X.509 in PEM") }
        try self.init(der: document.derBytes)
    }

    init(issued certificate: Certificate) throws {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        self.init(certificate, der: serializer.serializedBytes)
    }

    private init(_ certificate: Certificate, der: [UInt8]) {
        self.certificate = certificate
        self.der = der
        serialNumber = hexadecimal(certificate.serialNumber.bytes)
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
    }

    /// The signature's bit string ends at a byte. The parser ignores unused bits, which would let one certificate
    /// appear in several encodings.
    private static func hasWholeSignatureBytes(_ certificate: ASN1Node) -> Bool {
        guard case .constructed(let parts) = certificate.content, let signature = Array(parts).last,
            case .primitive(let bytes) = signature.content
        else { return false }
        return bytes.first == 0
    }

    /// The PEM text, with a final newline.
    public var pem: String { PEMDocument(type: "CERTIFICATE", derBytes: der).pemString + "\n" }

    /// SHA-256 of the DER encoding, in lower-case hexadecimal.
    ///
    /// To show, not to revoke by: whoever holds a certificate can negate the second half of its ECDSA signature, which
    /// stays valid under another fingerprint. The serial number is signed.
    public var fingerprint: String { hexadecimal(SHA256.hash(data: der)) }

    /// The subject as text: `CN=gauge-7,O=water`.
    public var subject: String { certificate.subject.description }

    /// Subject and serial number.
    public var description: String { "\(subject) (\(serialNumber))" }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 0x0F)])
    }
    return String(decoding: text, as: UTF8.self)
}
