/// Why a proof does not hold. Branch on `code`, show `message`.
public struct ProofError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Closed on purpose: whoever shows the outcome of a verification has a sentence for each.
    public enum Code: String, Sendable, CaseIterable {
        /// The leaf index is not below the tree size, or the older tree is the larger one.
        case outsideTree
        /// There are more or fewer hashes than a proof for these numbers has.
        case wrongLength
        /// The hashes lead to another root than the one claimed.
        case wrongRoot
        /// The proof names another verifier key than the trusted one.
        case untrustedKey
        /// The checkpoint is not a signed note, or its text is not a checkpoint.
        case malformedCheckpoint
        /// The checkpoint is not signed by the trusted key.
        case unsignedCheckpoint
        /// The checkpoint is of another log: its origin is not the name of the trusted key.
        case otherOrigin
        /// The proof in the log is made for another size than the checkpoint states.
        case otherTreeSize
        /// The batch is not the leaf of the log that it is said to be.
        case batchNotInLog
        /// The batch text does not state the root of its readings.
        case malformedBatch
        /// The batch text states another number of readings than the proof.
        case otherReadingCount
        /// The reading is not in the batch at the place where it is said to be.
        case readingNotInBatch
    }

    /// What to branch on.
    public let code: Code
    /// One sentence for people, with the numbers that disagree.
    public let message: String

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
