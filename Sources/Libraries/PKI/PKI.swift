/// The city's own certificate authority, and the judgement of the certificates that peers present.
///
/// - Takes: names, public keys and instants; DER certificates from TLS handshakes.
/// - Gives: certificates and keys as PEM; a ``TrustedIdentity`` or a precise ``ChainError``.
/// - Owns: nothing. Keys and certificates are values; the caller keeps them, and keeps the root key offline.
/// - Relies on: swift-certificates, swift-asn1 and swift-crypto (BoringSSL). Opens no socket, reads no clock.
/// - Profiles: RFC 5280; SPIFFE X.509-SVID for devices and operators. Keys: ECDSA on P-256, signatures with SHA-256.
public enum PKILimits {
    /// Life of a root certificate: 20 years.
    public static let rootValidity = Duration.seconds(20 * 31_557_600)
    /// Life of an issuing certificate: 10 years.
    public static let issuingValidity = Duration.seconds(10 * 31_557_600)
    /// Longest life of a server certificate: 397 days; browsers refuse those with 398 and more.
    public static let serverValidity = Duration.seconds(397 * 86_400)
    /// How far certificates are dated back, because clocks of devices run late: 5 minutes.
    public static let clockSkew = Duration.seconds(300)
    /// Largest certificate that is read, in bytes: device certificates have about 700.
    public static let certificateBytes = 16_384
    /// Most certificates in a presented chain, the device's own included.
    public static let chainCertificates = 4
    /// Longest common name and organisation, in characters (RFC 5280, `ub-common-name`).
    public static let nameCharacters = 64
}
