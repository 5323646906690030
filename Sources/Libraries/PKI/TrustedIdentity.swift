public import Foundation

/// Who a peer is, proved by its certificate. Only ``ChainVerifier`` makes one.
public struct TrustedIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The one name in the certificate.
    public let spiffeID: SPIFFEID
    /// The certificate's serial number in lower-case hexadecimal, two digits a byte: what to revoke by.
    public let serialNumber: String
    /// SHA-256 of the certificate's DER encoding, in lower-case hexadecimal. To show, not to revoke by: see
    /// ``CertificateDocument/fingerprint``.
    public let fingerprint: String
    /// Last instant at which the certificate is valid: a connection should not live longer.
    public let notAfter: Date

    /// The name and the serial number.
    public var description: String { "\(spiffeID) (\(serialNumber))" }
}
