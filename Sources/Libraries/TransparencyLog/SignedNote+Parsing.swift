extension SignedNote {
    private static let newline = UInt8(ascii: "\n")
    /// Em dash and space, before each signature.
    private static let signaturePrefix = Array("\u{2014} ".utf8)

    /// Reads a signed note. Its signatures are not checked.
    ///
    /// - Parameter bytes: The whole note.
    /// - Throws: ``NoteError/Code/malformedNote`` or ``NoteError/Code/tooLarge``.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= LogLimits.noteBytes else { throw SignedNote.tooLarge }
        guard SignedNote.hasPlainCharacters(bytes), String(validating: bytes, as: UTF8.self) != nil else {
            throw NoteError(.malformedNote, "a note is UTF-8 without control characters")
        }
        // The last empty line divides: the text may hold others.
        guard let gap = SignedNote.lastEmptyLine(in: bytes) else {
            throw NoteError(.malformedNote, "a note has an empty line before its signatures")
        }
        let block = bytes[(gap + 1)...]
        guard let last = block.last, last == SignedNote.newline else {
            throw NoteError(.malformedNote, "a note ends in a signature line and a newline")
        }
        var signatures: [Signature] = []
        for line in block.dropLast().split(separator: SignedNote.newline, omittingEmptySubsequences: false) {
            guard signatures.count < LogLimits.noteSignatures else { throw SignedNote.tooLarge }
            guard let signature = SignedNote.signature(inLine: line) else {
                throw NoteError(.malformedNote, "signature line \(signatures.count + 1) is malformed")
            }
            signatures.append(signature)
        }
        self.init(text: String(decoding: bytes[..<gap], as: UTF8.self), signatures: signatures)
    }

    /// Reads a signed note. Its signatures are not checked.
    ///
    /// - Parameter note: The whole note.
    /// - Throws: ``NoteError/Code/malformedNote`` or ``NoteError/Code/tooLarge``.
    public init(parsing note: String) throws(NoteError) {
        try self.init(parsing: Array(note.utf8))
    }

    /// Position of the newline that is the last empty line; the byte before it ends the text.
    private static func lastEmptyLine(in bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last { bytes[$0] == newline && bytes[$0 - 1] == newline }
    }

    private static func signature(inLine line: ArraySlice<UInt8>) -> Signature? {
        guard line.starts(with: signaturePrefix) else { return nil }
        let parts = line.dropFirst(signaturePrefix.count).split(
            separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base64.decode(parts[1]), bytes.count > 4 else { return nil }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard NoteKeyText.isName(name) else { return nil }
        return Signature(
            name: name, keyID: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, bytes: Array(bytes.dropFirst(4)))
    }
}
