import Crypto

/// A public key that is trusted under a name (Ed25519, signature type 1).
public struct NoteVerifier: Hashable, Sendable, CustomStringConvertible {
    /// The key's name; for a log the origin of its checkpoints.
    public let name: String
    /// The first four bytes of a hash of name and key. An identifier, not a proof of anything.
    public let keyID: UInt32
    /// The 32 bytes of the public key (RFC 8032).
    public let publicKey: [UInt8]

    /// Reads a verifier key.
    ///
    /// - Parameter text: The form `name+hash+base64`, as in
    ///   `sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8`.
    /// - Throws: ``NoteError/Code/malformedKey``, ``NoteError/Code/unsupportedKeyType`` or
    ///   ``NoteError/Code/wrongKeyID``.
    public init(_ text: String) throws(NoteError) {
        let parsed = try NoteKeyText(parsing: text)
        try self.init(name: parsed.name, publicKey: parsed.key)
        guard keyID == parsed.keyID else {
            throw NoteError(.wrongKeyID, "the ID of key `\(name)` does not belong to its name and key")
        }
    }

    /// The verifier of a public key under a name.
    ///
    /// - Parameters:
    ///   - name: Not empty, without spaces and plus.
    ///   - publicKey: 32 bytes (RFC 8032).
    /// - Throws: ``NoteError/Code/malformedKey``.
    public init(name: String, publicKey: [UInt8]) throws(NoteError) {
        try NoteKeyText.requireName(name)
        guard publicKey.count == 32 else {
            throw NoteError(.malformedKey, "an Ed25519 key has 32 bytes, not \(publicKey.count)")
        }
        self.name = name
        self.publicKey = publicKey
        keyID = NoteKeyText.keyID(name: name, publicKey: publicKey)
    }

    /// The verifier key text, for publication.
    public var text: String { NoteKeyText(name: name, keyID: keyID, key: publicKey).text }

    /// The verifier key text.
    public var description: String { text }

    /// Whether the key has signed the text.
    func isValid(signature: [UInt8], for text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}
