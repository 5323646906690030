/// Why a key, a note or a checkpoint is refused. Branch on `code`, show `message`.
public struct NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Closed on purpose: whoever reads notes from outside has an answer to each.
    public enum Code: String, Sendable, CaseIterable {
        /// A key text is not of the form name+ID+base64, or its name is not allowed.
        case malformedKey
        /// A key is of another type than Ed25519.
        case unsupportedKeyType
        /// The key ID in a key text is not that of its name and key: a copying error, or a forgery.
        case wrongKeyID
        /// The bytes are not a signed note.
        case malformedNote
        /// The note exceeds ``LogLimits/noteBytes`` or ``LogLimits/noteSignatures``.
        case tooLarge
        /// A signature of a known key is not for this text.
        case wrongSignature
        /// No known key has signed the note.
        case noKnownSignature
        /// The text is not a checkpoint.
        case malformedCheckpoint
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
