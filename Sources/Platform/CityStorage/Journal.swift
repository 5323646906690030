public import CityModel
public import TransparencyLog

/// The contract of the journal: an append-only sequence of batches, numbered from 1, each a leaf of the ledger.
///
/// Both engines pass the same test suite. `append` is called by one thread at a time; everything else from anywhere.
public protocol Journal: Sendable {
    /// The number of the newest batch; 0 when there is none.
    var lastSequence: UInt64 { get }

    /// Keeps a batch, if there is one, and what is kept beside it. When this returns, all of it survives loss of power.
    ///
    /// - Parameters:
    ///   - batch: The next batch; nil when there is only something to keep.
    ///   - keepings: In order: of several about one key, the last counts.
    /// - Throws: ``StorageError``; after ``StorageError/Code/diskFull`` the journal is as it was and may be tried again.
    func append(_ batch: SealedBatch?, keeping keepings: [Keeping]) throws(StorageError)

    /// What is kept under keys that begin with `prefix`, in the order of the keys.
    func keepings(under prefix: [UInt8]) throws(StorageError) -> [Keeping]

    /// The batch with this number, or nil when there is none.
    func batch(_ sequence: UInt64) throws(StorageError) -> StoredBatch?

    /// At most `limit` batches after `sequence`, in order.
    func batches(after sequence: UInt64, limit: Int) throws(StorageError) -> [StoredBatch]

    /// The numbers of batches that may hold an observation made at `time`, oldest first.
    func candidates(observedAt time: Timestamp) throws(StorageError) -> [UInt64]

    /// A hash of the ledger's tree: of the complete subtree at `level` (0: leaves) and `index`.
    func storedHash(level: Int, index: UInt64) throws(StorageError) -> Digest

    /// Keeps a signed checkpoint, so that a restart can hold the tree against it.
    func keepCheckpoint(size: UInt64, note: String, at time: Timestamp) throws(StorageError)

    /// The newest checkpoint kept.
    func newestCheckpoint() throws(StorageError) -> (size: UInt64, note: String)?

    /// A small setting that belongs to the journal: the city's origin, the format's version.
    func setting(_ key: String) throws(StorageError) -> String?

    /// Keeps a small setting.
    func keepSetting(_ key: String, _ value: String) throws(StorageError)

    /// The bytes that the journal takes on disk.
    var bytesOnDisk: Int64 { get }
}

/// A batch whose content is encoded and whose place in the ledger is computed; only the disk is missing.
public struct SealedBatch: Sendable {
    /// Its number, from 1.
    public let sequence: UInt64
    /// When it was sealed.
    public let committedAt: Timestamp
    /// The earliest and latest time its observations were made at; nil when it has none.
    public let observed: ClosedRange<Timestamp>?
    /// The text of its leaf in the log.
    public let leafText: [UInt8]
    /// The tree's hashes that this leaf completes, from level 0 up.
    public let completedHashes: [Digest]
    /// ``BatchContent`` as bytes.
    public let content: [UInt8]
}

/// A batch as the journal has it.
public struct StoredBatch: Sendable {
    /// Its number, from 1.
    public let sequence: UInt64
    /// When it was sealed.
    public let committedAt: Timestamp
    /// The text of its leaf in the log.
    public let leafText: [UInt8]
    /// The tree's hashes that its leaf completes, from level 0 up, as they were kept.
    public let completedHashes: [Digest]
    /// ``BatchContent`` as bytes.
    public let content: [UInt8]
}
