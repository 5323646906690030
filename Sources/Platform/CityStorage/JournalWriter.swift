public import CityModel
import TransparencyLog

/// Turns accepted entries into a durable batch and a leaf of the ledger. Used by one thread, the committer's.
///
/// A batch's Merkle root covers its entries, events first; the batch's own text is the log's leaf (RFC 6962 §2.1).
public final class JournalWriter {
    private let journal: any Journal
    private let ledger: Ledger
    private let series: SeriesTable
    private var frames: [LeafFrame?] = []
    private var randomness = SystemRandomNumberGenerator()
    /// Reused from batch to batch, but for those of unusual size.
    private var scratch: [UInt8] = []
    private static let scratchKept = 8 << 20
    private var ends: [Int] = []

    /// A writer that continues after the journal's newest batch.
    public init(journal: any Journal, ledger: Ledger, series: SeriesTable) {
        self.journal = journal
        self.ledger = ledger
        self.series = series
    }

    /// Commits the entries as one batch, and what is to be kept beside it: when this returns they survive loss of power.
    ///
    /// Every series of an observation must be defined, by an event of this batch or of an earlier one. Without entries
    /// there is no batch and no leaf; the receipt is then that of the newest batch.
    ///
    /// - Throws: ``StorageError``; nothing has then been kept, and the same entries may be tried again.
    public func commit(
        events: [CityEvent], observations: [Observation], keeping keepings: [Keeping] = [], at now: Timestamp
    ) throws(StorageError) -> Receipt {
        guard !events.isEmpty || !observations.isEmpty else {
            try journal.append(nil, keeping: keepings)
            return Receipt(batch: ledger.size, committedAt: now)
        }
        let secret = (0..<BatchContent.saltBytes).map { _ in UInt8.random(in: 0...255, using: &randomness) }
        let content = BatchContent(
            salt: secret, events: events.map(EventCoding.encode), observations: observations)
        for case .attributeDefined(let definition) in events { define(definition) }
        let root = MerkleTree.root(ofLeafHashes: leafHashes(of: content))
        let sequence = ledger.size + 1
        let leafText = LeafText.batch(
            origin: ledger.origin, sequence: sequence, committedAt: now, entries: content.entryCount,
            readingsRoot: root.base64)
        let next = ledger.advanced(with: MerkleHash.leaf(leafText))
        try journal.append(
            SealedBatch(
                sequence: sequence, committedAt: now, observed: span(of: observations), leafText: leafText,
                completedHashes: next.completed, content: content.encoded()), keeping: keepings)
        ledger.adopt(next.frontier)
        return Receipt(batch: sequence, committedAt: now)
    }

    private func define(_ definition: AttributeDefinition) {
        let index = Int(definition.series.index)
        while frames.count <= index { frames.append(nil) }
        frames[index] = LeafFrame(definition)
    }

    private func frame(of id: SeriesID) -> LeafFrame {
        let index = Int(id.index)
        if index < frames.count, let frame = frames[index] { return frame }
        guard let definition = series.recordedDefinition(of: id) else {
            preconditionFailure("an observation of series \(id.index) was accepted before the series was defined")
        }
        define(definition)
        return LeafFrame(definition)
    }

    private func leafHashes(of content: BatchContent) -> [Digest] {
        let salts = BatchSalts(secret: content.salt, count: content.entryCount)
        if scratch.capacity > JournalWriter.scratchKept { scratch = [] }
        scratch.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for (index, event) in content.events.enumerated() {
            scratch.append(contentsOf: LeafText.event(event, salt: salts[index]))
            ends.append(scratch.count)
        }
        var position = content.events.count
        for observation in content.observations {
            frame(of: observation.series).append(observation, salt: salts[position], to: &scratch)
            ends.append(scratch.count)
            position += 1
        }
        return scratch.withUnsafeBytes { MerkleHash.leaves(concatenated: $0, ends: ends) }
    }

    private func span(of observations: [Observation]) -> ClosedRange<Timestamp>? {
        guard let first = observations.first?.observedAt else { return nil }
        var (low, high) = (first, first)
        for observation in observations {
            low = min(low, observation.observedAt)
            high = max(high, observation.observedAt)
        }
        return low...high
    }
}
