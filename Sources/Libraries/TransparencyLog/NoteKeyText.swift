import Crypto

/// What the text forms of verifier and signer keys have in common (C2SP signed-note, "Signatures").
///
///     name "+" 8 hexadecimal digits "+" base64(type byte ‖ 32 bytes of key)
struct NoteKeyText {
    /// Signature type of Ed25519 over the note text.
    static let ed25519: UInt8 = 0x01

    let name: String
    let keyID: UInt32
    let key: [UInt8]

    init(name: String, keyID: UInt32, key: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.key = key
    }

    /// Splits the text. The key ID is not yet compared with the key.
    init(parsing text: some StringProtocol) throws(NoteError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].utf8.count == 8, let idBytes = Hexadecimal.decode(parts[1].utf8),
            let typedKey = Base64.decode(parts[2].utf8), let type = typedKey.first
        else { throw NoteError(.malformedKey, "a key is written as name+8 hexadecimal digits+base64") }
        try NoteKeyText.requireName(parts[0])
        guard type == NoteKeyText.ed25519 else {
            throw NoteError(.unsupportedKeyType, "key `\(parts[0])` is of type \(type); only 1, Ed25519, is supported")
        }
        guard typedKey.count == 33 else {
            throw NoteError(.malformedKey, "an Ed25519 key has 32 bytes, `\(parts[0])` has \(typedKey.count - 1)")
        }
        name = String(parts[0])
        keyID = idBytes.reduce(0) { $0 << 8 | UInt32($1) }
        key = Array(typedKey.dropFirst())
    }

    var text: String {
        let id = withUnsafeBytes(of: keyID.bigEndian) { Hexadecimal.encode($0) }
        return "\(name)+\(id)+\(Base64.encode([NoteKeyText.ed25519] + key))"
    }

    /// SHA-256(name ‖ newline ‖ type ‖ public key), first four bytes, big-endian.
    static func keyID(name: String, publicKey: [UInt8]) -> UInt32 {
        let digest = SHA256.hash(data: Array(name.utf8) + [0x0A, ed25519] + publicKey)
        return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Key names are not empty and hold neither Unicode spaces nor plus nor control characters.
    static func isName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && name.utf8.count <= LogLimits.keyNameBytes
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace }
    }

    static func requireName(_ name: some StringProtocol) throws(NoteError) {
        guard isName(name) else {
            throw NoteError(
                .malformedKey, "a key name has no spaces and no plus, and 1 to \(LogLimits.keyNameBytes) bytes")
        }
    }
}
