/// The city's memory: the journal, which is the truth, and the views that are rebuilt from it.
///
/// - Takes: events and observations that have walked the guarded path, in order.
/// - Gives: a durable batch for each append, the ledger's hashes, batches to rebuild from, and blocks of history.
/// - Owns: `data/journal.sqlite` (durable: one sync to disk for each batch), `data/views.sqlite` (may be thrown away) and
///   `ledger/checkpoint` (the newest one, apart from the journal that it is over).
/// - Relies on: SQLite through GRDB, `TransparencyLog` for hashes, `TimeSeries` for blocks. Decides nothing.
public enum StorageLimits {
    /// Most observations in one batch, give or take one submission.
    public static let observationsPerBatch = 16_384
    /// Most bytes in one batch, give or take one submission: it is held in memory while it is written. 16,384 numbers
    /// take 0.7 MB; texts and retained messages may be larger. SQLite's own limit is a thousand million.
    public static let bytesPerBatch = 8 << 20
    /// Readings of one attribute in an open block before it is sealed and compressed.
    public static let readingsPerBlock = 1_024
    /// The version of the data directory's layout that this program writes.
    public static let formatVersion = 1
}

/// Why the store could not do what it was asked. Branch on `code`, show `message`, log `cause`.
public struct StorageError: Error, Sendable {
    /// Closed on purpose: who stores decides for each what becomes of the submissions that wait.
    public enum Code: String, Sendable, CaseIterable {
        /// No room on the disk; trying again later may succeed.
        case diskFull
        /// A file is not what it was when it was written.
        case damaged
        /// Another program has the city open.
        case inUse
        /// The directory was written by a newer program.
        case newerFormat
        /// There is no city in this directory.
        case missing
        /// The operating system refused: permissions, a failing disk.
        case inputOutput
    }

    /// What went wrong, to branch on.
    public let code: Code
    /// What went wrong, for people; names the file.
    public let message: String
    /// What the layer below said.
    public let cause: (any Error)?

    /// An error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}
