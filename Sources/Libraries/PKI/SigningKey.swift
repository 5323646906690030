public import Crypto
import X509

/// A private key on P-256. Prints itself without the key.
public struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: P256.Signing.PrivateKey

    /// A new key, from the system's random source.
    public init() {
        key = P256.Signing.PrivateKey()
    }

    /// Reads a private key.
    ///
    /// - Parameter pem: PKCS#8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`), on P-256, not encrypted.
    /// - Throws: ``PKIError/Code/malformedKey``.
    public init(pem: String) throws(PKIError) {
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: pem)
        } catch {
            throw PKIError(.malformedKey, "the private key is not a P-256 key in PEM, PKCS#8 or SEC 1")
        }
    }

    /// PKCS#8 in PEM, with a final newline: what OpenSSL, curl and Mosquitto read. Whoever reads it has the key.
    public var pem: String { key.pemRepresentation + "\n" }

    /// The public half.
    public var publicKey: P256.Signing.PublicKey { key.publicKey }

    /// Names no secret.
    public var description: String { "P-256 private key" }

    /// Names no secret.
    public var debugDescription: String { description }

    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    var certificateKey: Certificate.PrivateKey { Certificate.PrivateKey(key) }
}
