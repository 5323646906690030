/// All that a stranger needs to check one reading offline, but for the key to trust.
///
/// The log's leaves are batches; each batch states the root of a tree of its own, whose leaves are readings. The proof
/// climbs from the reading to the batch, from the batch to the checkpoint, and from there to the key.
///
/// Its JSON form:
///
///     {"reading": "leaf text",
///      "batch": {"text": "leaf text", "readingIndex": 0, "readingCount": 1, "readingProof": ["base64"]},
///      "log": {"leafIndex": 0, "treeSize": 1, "proof": ["base64"]},
///      "checkpoint": "signed note", "verifierKey": "name+hash+base64"}
public struct NestedProof: Codable, Hashable, Sendable {
    /// The batch that holds the reading, and the reading's place in it.
    public struct Batch: Codable, Hashable, Sendable {
        /// The exact text of the batch: JSON with a member `readingsRoot`, the base64 root of the tree over its
        /// readings. Where it also has a number `readingCount`, that must agree with ``readingCount``.
        public let text: String
        /// Zero-based position of the reading in the batch.
        public let readingIndex: UInt64
        /// Number of readings in the batch.
        public let readingCount: UInt64
        /// The hashes of the reading's ``InclusionProof``.
        public let readingProof: [Digest]

        /// A batch and a place in it.
        ///
        /// - Parameters:
        ///   - text: The exact text of the batch, the leaf of the log.
        ///   - proof: Proves the reading to be in the batch.
        public init(text: String, proof: InclusionProof) {
            self.text = text
            readingIndex = proof.index
            readingCount = proof.treeSize
            readingProof = proof.hashes
        }
    }

    /// The batch's place in the log.
    public struct Log: Codable, Hashable, Sendable {
        /// Zero-based position of the batch in the log.
        public let leafIndex: UInt64
        /// Number of batches in the log at the time of the checkpoint.
        public let treeSize: UInt64
        /// The hashes of the batch's ``InclusionProof``.
        public let proof: [Digest]

        /// A place in the log.
        ///
        /// - Parameter proof: Proves the batch to be in the log.
        public init(proof: InclusionProof) {
            leafIndex = proof.index
            treeSize = proof.treeSize
            self.proof = proof.hashes
        }
    }

    /// The exact text of the reading.
    public let reading: String
    /// Where the reading is.
    public let batch: Batch
    /// Where the batch is.
    public let log: Log
    /// The signed checkpoint of the log, a note.
    public let checkpoint: String
    /// The key that signed the checkpoint. A hint: the key to trust comes from elsewhere.
    public let verifierKey: String

    /// A proof put together by the log's owner.
    ///
    /// - Parameters:
    ///   - reading: The exact text of the reading.
    ///   - batch: Where the reading is.
    ///   - log: Where the batch is.
    ///   - checkpoint: The encoded signed note.
    ///   - verifierKey: The text of the key that signed the checkpoint.
    public init(reading: String, batch: Batch, log: Log, checkpoint: String, verifierKey: String) {
        self.reading = reading
        self.batch = batch
        self.log = log
        self.checkpoint = checkpoint
        self.verifierKey = verifierKey
    }
}
