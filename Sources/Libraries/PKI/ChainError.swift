public import Foundation

/// Why a presented certificate is not accepted. Branch on `code`, show `message`.
public struct ChainError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Closed on purpose: each is recorded, counted and explained to the operator.
    public enum Code: String, Sendable, CaseIterable {
        /// The peer presented no certificate.
        case noCertificate
        /// The peer presented more than ``PKILimits/chainCertificates`` certificates.
        case chainTooLong
        /// The bytes are not an X.509 certificate, or one of its extensions cannot be read.
        case malformed
        /// No trusted authority bears the issuer's name.
        case untrustedIssuer
        /// The issuer is known, but has not signed this certificate: forged or damaged.
        case wrongSignature
        /// The certificate is past its time.
        case expired
        /// The certificate's time has not come.
        case notYetValid
        /// An authority above the certificate is past its time, or its time has not come.
        case issuerNotValidNow
        /// A certificate above is not an authority's, or may not have this one below it.
        case issuerNotAnAuthority
        /// The certificate is an authority's: it does not identify a device.
        case authorityCertificate
        /// The key may not sign handshakes, or may sign certificates.
        case wrongKeyUsage
        /// The certificate is not for TLS clients.
        case notForClientAuthentication
        /// The certificate demands a rule that is not known here.
        case unsupportedCriticalExtension
        /// There is no SPIFFE ID.
        case noSPIFFEName
        /// There are several URIs where one SPIFFE ID belongs.
        case severalSPIFFENames
        /// The name is not a SPIFFE ID of a device or person.
        case malformedSPIFFEName
        /// The SPIFFE ID is of another trust domain.
        case wrongTrustDomain
    }

    /// What to branch on.
    public let code: Code
    /// One sentence for people.
    public let message: String
    /// For ``Code/expired`` the last valid instant, for ``Code/notYetValid`` the first.
    public let date: Date?

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String, date: Date? = nil) {
        self.code = code
        self.message = message
        self.date = date
    }
}
