public import CityModel
import Foundation
import Synchronization
public import TransparencyLog

/// The city's transparency log as readers see it: its size, its checkpoints and its proofs. One leaf for each batch.
///
/// Safe from any thread. The committer moves it forward after each durable batch.
public final class Ledger: Sendable {
    /// The log's name, the first line of every checkpoint: `<domain>/ledger`.
    public let origin: String
    /// With which anyone can check a checkpoint (C2SP signed-note verifier key).
    public let verifierKey: String

    private let signer: NoteSigner
    private let journal: any Journal
    private let checkpointFile: String?
    private let frontier: Mutex<LogFrontier>

    /// Opens the log over the batches of a journal and holds it against the newest checkpoints kept.
    ///
    /// - Parameters:
    ///   - origin: The log's name.
    ///   - signer: The log's key.
    ///   - journal: Keeps its leaves and hashes, and checkpoints beside them.
    ///   - checkpointFile: Where the newest checkpoint is kept as well, apart from the journal: without it, a journal that
    ///     lost its end together with the checkpoints over it looks like a whole one. Nil for none.
    /// - Throws: ``StorageError/Code/damaged`` when the hashes in the journal don't make the tree that was signed.
    public init(
        origin: String, signer: NoteSigner, journal: any Journal, checkpointFile: String? = nil
    ) throws(StorageError) {
        self.checkpointFile = checkpointFile
        self.origin = origin
        self.signer = signer
        self.verifierKey = signer.verifier.text
        self.journal = journal
        let reader = JournalHashes(journal: journal)
        let size = journal.lastSequence
        do {
            frontier = Mutex(try LogFrontier(size: size, reader: reader))
            _ = try Checkpoint(origin: origin, size: size, rootHash: .zero)
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.damaged, "the ledger's tree cannot be read from the journal", cause: error)
        }
        if let kept = try journal.newestCheckpoint() { try hold(kept.note, in: "the newest checkpoint in the journal") }
        if let checkpointFile, let note = try Ledger.checkpoint(in: checkpointFile) {
            try hold(note, in: "the checkpoint in \(checkpointFile)")
        }
    }

    /// The signed note in a file, unchecked; nil when there is no such file.
    ///
    /// - Throws: ``StorageError/Code/inputOutput`` when it cannot be read.
    package static func checkpoint(in file: String) throws(StorageError) -> String? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw StorageError(.inputOutput, "\(file) cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func hold(_ note: String, in place: String) throws(StorageError) {
        let signed: Checkpoint
        do {
            signed = try Checkpoint(signedNote: note, trusting: [signer.verifier])
        } catch {
            throw StorageError(.damaged, "\(place) isn't signed by this city's ledger key", cause: error)
        }
        guard signed.size <= size else {
            throw StorageError(
                .damaged,
                "the journal ends at batch \(size), but \(place) was signed over \(signed.size): batches are missing")
        }
        guard try rootHash(size: signed.size) == signed.rootHash else {
            throw StorageError(
                .damaged, "the journal's first \(signed.size) batches aren't those that \(place) was signed over")
        }
    }

    /// How many leaves the log has: the number of the newest batch.
    public var size: UInt64 { frontier.withLock { $0.size } }

    func advanced(with leaf: Digest) -> (frontier: LogFrontier, completed: [Digest]) {
        var next = frontier.withLock { $0 }
        let completed = next.append(leaf)
        return (next, completed)
    }

    func adopt(_ next: LogFrontier) {
        frontier.withLock { $0 = next }
    }

    /// A signed checkpoint over the log as it is now.
    public func checkpoint() -> (size: UInt64, rootHash: Digest, note: String) {
        let now = frontier.withLock { $0 }
        do {
            let checkpoint = try Checkpoint(origin: origin, size: now.size, rootHash: now.rootHash)
            return (now.size, now.rootHash, try checkpoint.signed(with: [signer]).encoded)
        } catch {
            preconditionFailure("the origin was accepted when the ledger was opened: \(error)")
        }
    }

    /// Signs a checkpoint and keeps it, in the journal and in the file for it. Durable when it returns.
    public func keepCheckpoint(at now: Timestamp) throws(StorageError) {
        let checkpoint = checkpoint()
        guard checkpoint.size > 0 else { return }
        try journal.keepCheckpoint(size: checkpoint.size, note: checkpoint.note, at: now)
        if let checkpointFile { try DurableFile.write(checkpoint.note.utf8, to: checkpointFile, mode: 0o644) }
    }

    /// The hashes on the right edge of the tree when it had `size` leaves.
    package func frontier(size: UInt64) throws(StorageError) -> LogFrontier {
        try reading { try LogFrontier(size: size, reader: JournalHashes(journal: journal)) }
    }

    /// The root hash when the log had `size` leaves.
    public func rootHash(size: UInt64) throws(StorageError) -> Digest {
        try reading { try JournalHashes(journal: journal).rootHash(size: size) }
    }

    /// The hashes that prove leaf `index` is in the log of `size` leaves (RFC 6962 §2.1.1). Needs `index < size`.
    public func inclusionProof(of index: UInt64, in size: UInt64) throws(StorageError) -> InclusionProof {
        try reading { try JournalHashes(journal: journal).inclusionProof(of: index, in: size) }
    }

    /// The hashes that prove the log of `first` leaves is a prefix of that of `second` (RFC 6962 §2.1.2).
    public func consistencyProof(from first: UInt64, to second: UInt64) throws(StorageError) -> ConsistencyProof {
        try reading { try JournalHashes(journal: journal).consistencyProof(from: first, to: second) }
    }

    private func reading<T>(_ body: () throws -> T) throws(StorageError) -> T {
        do {
            return try body()
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.damaged, "the ledger's tree cannot be read from the journal", cause: error)
        }
    }
}

struct JournalHashes: StoredHashReader {
    let journal: any Journal

    func hash(level: Int, index: UInt64) throws -> Digest {
        try journal.storedHash(level: level, index: index)
    }
}
