/// What a log commits to: its size and root hash at one moment (C2SP tlog-checkpoint).
///
///     origin newline
///     size, decimal, newline
///     base64(root hash) newline
///     extension line newline       any number; best none
public struct Checkpoint: Hashable, Sendable {
    /// Identifies the log; the same as the name of its key.
    public let origin: String
    /// Number of leaves.
    public let size: UInt64
    /// RFC 6962 root of the tree of ``size`` leaves.
    public let rootHash: Digest
    /// Opaque lines without newline; none is empty. Witnesses do not audit them.
    public let extensionLines: [String]

    /// A checkpoint of our own, or one made from its parts.
    ///
    /// - Parameters:
    ///   - origin: One line, not empty.
    ///   - size: Number of leaves, at most ``LogLimits/treeSize``.
    ///   - rootHash: Root of the tree of `size` leaves.
    ///   - extensionLines: Each one line, not empty.
    /// - Throws: ``NoteError/Code/malformedCheckpoint``.
    public init(origin: String, size: UInt64, rootHash: Digest, extensionLines: [String] = []) throws(NoteError) {
        guard ([origin] + extensionLines).allSatisfy({ Checkpoint.isLine($0) }) else {
            throw NoteError(.malformedCheckpoint, "a checkpoint's lines are not empty and have no control characters")
        }
        guard size <= LogLimits.treeSize else {
            throw NoteError(.malformedCheckpoint, "a tree has at most \(LogLimits.treeSize) leaves, not \(size)")
        }
        self.origin = origin
        self.size = size
        self.rootHash = rootHash
        self.extensionLines = extensionLines
    }

    /// Reads the text of a checkpoint: of a ``VerifiedNote``, or of one whose signatures do not matter.
    ///
    /// - Parameter text: The note text, with its final newline.
    /// - Throws: ``NoteError/Code/malformedCheckpoint``.
    public init(text: String) throws(NoteError) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 4, lines.last?.isEmpty == true else {
            throw NoteError(.malformedCheckpoint, "a checkpoint has three lines at least and ends in a newline")
        }
        let contents = lines.dropLast().map { String(Substring($0)) }
        guard let size = UInt64(contents[1]), String(size).utf8.elementsEqual(contents[1].utf8) else {
            throw NoteError(
                .malformedCheckpoint, "the tree size `\(contents[1].prefix(40))` is not a plain decimal number")
        }
        guard let rootHash = Digest(base64: contents[2]) else {
            throw NoteError(.malformedCheckpoint, "the root hash is not 44 characters of base64")
        }
        try self.init(origin: contents[0], size: size, rootHash: rootHash, extensionLines: Array(contents[3...]))
    }

    /// Reads a signed checkpoint and checks its signatures.
    ///
    /// - Parameters:
    ///   - note: The signed note, as text.
    ///   - verifiers: The trusted keys; one of them at least must have signed.
    /// - Throws: ``NoteError`` with the code of the first thing that is wrong.
    public init(signedNote note: String, trusting verifiers: [NoteVerifier]) throws(NoteError) {
        try self.init(text: try SignedNote(parsing: note).verify(trusting: verifiers).text)
    }

    /// The note text, with its final newline.
    public var text: String {
        ([origin, String(size), rootHash.base64] + extensionLines).map { $0 + "\n" }.joined()
    }

    /// Signs the checkpoint.
    ///
    /// Never sign two checkpoints between which there is no consistency proof: it is how logs are caught lying.
    ///
    /// - Parameter signers: One or more keys; the log's own is named like ``origin``.
    /// - Returns: The signed note; ``SignedNote/encoded`` is what to publish.
    /// - Throws: ``NoteError/Code/malformedNote`` without signers; ``NoteError/Code/tooLarge``.
    public func signed(with signers: [NoteSigner]) throws(NoteError) -> SignedNote {
        try SignedNote(signing: text, with: signers)
    }

    private static func isLine(_ line: String) -> Bool {
        !line.isEmpty && line.utf8.allSatisfy { $0 >= 0x20 }
    }
}
