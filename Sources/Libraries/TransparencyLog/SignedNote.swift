/// A text with signatures, as received or as signed by us (C2SP signed-note).
///
///     text, ends in a newline
///     empty line
///     "— " name " " base64(key ID, 4 bytes ‖ signature) newline       one or more
///
/// Nothing is checked before ``verify(trusting:)``; its result has another type.
public struct SignedNote: Hashable, Sendable, CustomStringConvertible {
    /// One signature line.
    public struct Signature: Hashable, Sendable {
        /// The name of the key that is said to have signed.
        public let name: String
        /// The ID of the key that is said to have signed.
        public let keyID: UInt32
        /// The signature itself; its form depends on the type of the key.
        public let bytes: [UInt8]
    }

    /// The text, with its final newline.
    public let text: String
    /// In the order of their lines.
    public let signatures: [Signature]

    init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Signs a text.
    ///
    /// - Parameters:
    ///   - text: Ends in a newline; has no control characters besides.
    ///   - signers: One or more keys, each at most once.
    /// - Throws: ``NoteError/Code/malformedNote`` or ``NoteError/Code/tooLarge``.
    public init(signing text: String, with signers: [NoteSigner]) throws(NoteError) {
        guard text.utf8.last == UInt8(ascii: "\n"), SignedNote.hasPlainCharacters(text.utf8) else {
            throw NoteError(.malformedNote, "a note text ends in a newline and has no control characters besides")
        }
        guard !signers.isEmpty else { throw NoteError(.malformedNote, "a note has one signature at least") }
        self = try SignedNote(text: text, signatures: []).adding(signers)
    }

    /// The note with further signatures at its end; an earlier one by the same key is replaced.
    ///
    /// - Parameter signers: The keys to sign with. Verify the note first: a signature says that its text is agreed to.
    /// - Returns: The note with the new signatures.
    /// - Throws: ``NoteError/Code/tooLarge``.
    public func adding(_ signers: [NoteSigner]) throws(NoteError) -> SignedNote {
        var all = signatures
        for signer in signers {
            let verifier = signer.verifier
            all.removeAll { $0.isBy(verifier) }
            all.append(Signature(name: verifier.name, keyID: verifier.keyID, bytes: try signer.sign(text)))
        }
        let note = SignedNote(text: text, signatures: all)
        guard all.count <= LogLimits.noteSignatures, note.encoded.utf8.count <= LogLimits.noteBytes else {
            throw SignedNote.tooLarge
        }
        return note
    }

    /// The note as it is sent and kept.
    public var encoded: String {
        signatures.reduce(into: text + "\n") { note, signature in
            let keyID = withUnsafeBytes(of: signature.keyID.bigEndian) { Array($0) }
            note += "\u{2014} \(signature.name) \(Base64.encode(keyID + signature.bytes))\n"
        }
    }

    /// The note as it is sent and kept.
    public var description: String { encoded }

    /// Checks the signatures.
    ///
    /// Signatures of keys that are not trusted are ignored, whatever they hold. One wrong signature of a trusted key
    /// spoils the note. Of several signatures by one key only the first counts, as in Go's `sumdb/note`.
    ///
    /// - Parameter verifiers: The trusted keys.
    /// - Returns: The text and the keys that have signed it: one at least.
    /// - Throws: ``NoteError/Code/wrongSignature`` or ``NoteError/Code/noKnownSignature``.
    public func verify(trusting verifiers: [NoteVerifier]) throws(NoteError) -> VerifiedNote {
        var signedBy: [NoteVerifier] = []
        for verifier in verifiers where !signedBy.contains(verifier) {
            guard let signature = signatures.first(where: { $0.isBy(verifier) }) else { continue }
            guard verifier.isValid(signature: signature.bytes, for: text) else {
                throw NoteError(.wrongSignature, "the signature of key `\(verifier.name)` is not for this text")
            }
            signedBy.append(verifier)
        }
        guard !signedBy.isEmpty else { throw NoteError(.noKnownSignature, "no trusted key has signed the note") }
        return VerifiedNote(text: text, signedBy: signedBy)
    }

    static var tooLarge: NoteError {
        NoteError(
            .tooLarge, "a note has at most \(LogLimits.noteBytes) bytes and \(LogLimits.noteSignatures) signatures")
    }

    /// No control characters (below U+0020) but newlines.
    static func hasPlainCharacters(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") }
    }
}

/// A text that one trusted key at least has signed. Only ``SignedNote/verify(trusting:)`` makes one.
public struct VerifiedNote: Hashable, Sendable {
    /// The text, with its final newline.
    public let text: String
    /// The trusted keys that have signed, in the order in which they were given.
    public let signedBy: [NoteVerifier]
}

extension SignedNote.Signature {
    /// Names are compared byte by byte: two spellings of one letter are two names.
    fileprivate func isBy(_ verifier: NoteVerifier) -> Bool {
        keyID == verifier.keyID && name.utf8.elementsEqual(verifier.name.utf8)
    }
}
