/// An append-only log that can prove what it holds to someone who was not there.
///
/// - Takes: leaves of any bytes, as their leaf hashes; the key that signs checkpoints.
/// - Gives: root hashes, inclusion and consistency proofs, signed checkpoints; and the offline verification of each.
/// - Owns: nothing. Every type is a value; hashes are kept by whoever implements ``StoredHashReader``.
/// - Relies on: SHA-256 and Ed25519 of swift-crypto. Knows nothing of files, databases or sockets.
/// - Formats: C2SP signed-note and tlog-checkpoint; key texts as in Go's `sumdb/note`. Hashing: RFC 6962 §2.1.
///
/// A log is kept with ``LogFrontier`` (append) and read back through ``StoredHashReader`` (proofs). Small trees that
/// fit in memory, such as the items of one batch, need neither: see ``MerkleTree``.
public enum LogLimits {
    /// Largest number of leaves in a tree: other implementations count leaves in a signed 64-bit integer.
    public static let treeSize = UInt64(Int64.max)
    /// Largest signed note that is read, in bytes: a text and the signatures of many witnesses.
    public static let noteBytes = 1_000_000
    /// Most signatures that are read in one note. The specification asks for 16 at least; Go's `sumdb/note` stops at
    /// 100.
    public static let noteSignatures = 100
    /// Largest key name in bytes: names are schema-less URLs and appear in every signature line.
    public static let keyNameBytes = 1_024
}
