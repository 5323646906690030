/// Why a key or a certificate could not be made or loaded. Branch on `code`, show `message`.
public struct PKIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Closed on purpose: each caller has an answer to each.
    public enum Code: String, Sendable, CaseIterable {
        /// A key is not a P-256 key in PEM.
        case malformedKey
        /// A certificate is not X.509 in PEM or DER.
        case malformedCertificate
        /// A name is empty, too long or of the wrong form.
        case invalidName
        /// The requested validity is not positive, or longer than allowed.
        case invalidValidity
        /// A SPIFFE ID of another trust domain than the authority's.
        case wrongTrustDomain
        /// A SPIFFE ID of another kind than the certificate asked for.
        case wrongRole
        /// The issuing certificate is expired, or not yet valid.
        case authorityNotValidNow
        /// The key is not that of the issuing certificate.
        case keyMismatch
        /// A certificate is not that of an authority, or is not signed by the one it should be.
        case notAnAuthority
    }

    /// What to branch on.
    public let code: Code
    /// One sentence for people. Never holds a private key.
    public let message: String

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
