public import Crypto

/// A private key that signs notes under a name. Prints itself without the key.
public struct NoteSigner: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private static let privatePrefix = "PRIVATE+KEY+"

    /// The public half: what to hand to those who verify.
    public let verifier: NoteVerifier
    private let key: Curve25519.Signing.PrivateKey

    /// A signer with the given key.
    ///
    /// - Parameters:
    ///   - name: Not empty, without spaces and plus; for a log a schema-less URL such as `city.example/ledger`.
    ///   - key: The private key; by default a new one from the system's random source.
    /// - Throws: ``NoteError/Code/malformedKey``.
    public init(name: String, key: Curve25519.Signing.PrivateKey = .init()) throws(NoteError) {
        verifier = try NoteVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation))
        self.key = key
    }

    /// Reads a signer key, as Go's `note.GenerateKey` writes it.
    ///
    /// - Parameter privateText: The form `PRIVATE+KEY+name+hash+base64`.
    /// - Throws: ``NoteError/Code/malformedKey``, ``NoteError/Code/unsupportedKeyType`` or
    ///   ``NoteError/Code/wrongKeyID``.
    public init(privateText: String) throws(NoteError) {
        guard privateText.utf8.starts(with: NoteSigner.privatePrefix.utf8) else {
            throw NoteError(.malformedKey, "a signer key begins with PRIVATE+KEY+")
        }
        let parsed = try NoteKeyText(
            parsing: Substring(privateText.utf8.dropFirst(NoteSigner.privatePrefix.utf8.count)))
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: parsed.key) else {
            throw NoteError(.malformedKey, "signer key `\(parsed.name)` is not an Ed25519 private key")
        }
        try self.init(name: parsed.name, key: key)
        guard verifier.keyID == parsed.keyID else {
            throw NoteError(.wrongKeyID, "the ID of signer key `\(parsed.name)` does not belong to its name and key")
        }
    }

    /// The key's name.
    public var name: String { verifier.name }

    /// The signer key text. Whoever reads it can sign: keep it where only the log's owner reads.
    public var privateText: String {
        NoteSigner.privatePrefix
            + NoteKeyText(name: name, keyID: verifier.keyID, key: Array(key.rawRepresentation)).text
    }

    /// The name and the verifier key; never the private key.
    public var description: String { "signer of \(verifier.text)" }

    /// The name and the verifier key; never the private key.
    public var debugDescription: String { description }

    /// Shows the verifier key only.
    public var customMirror: Mirror { Mirror(self, children: ["verifier": verifier]) }

    func sign(_ text: String) throws(NoteError) -> [UInt8] {
        do {
            return Array(try key.signature(for: Array(text.utf8)))
        } catch {
            throw NoteError(.wrongSignature, "key `\(name)` could not sign: \(error)")
        }
    }
}
