import CityModel
import CityStorage
import TransparencyLog

/// Checks batches one after the other, from the first or from a known tree on: each content against its leaf, each leaf
/// against the tree.
struct BatchChecker {
    /// What became of a batch.
    enum Verdict {
        /// It is what was committed.
        case whole(BatchContent, events: [CityEvent])
        /// Its leaf is in the ledger, its content is lost; and why.
        case contentLost(String)
        /// Nothing of it can be believed; and why.
        case lost(String)
    }

    /// A checked batch.
    struct Checked {
        let verdict: Verdict
        /// The hashes that its leaf completes, as far as they are known.
        let hashes: [Digest?]
        /// Whether the row's own hashes are those.
        let hashesAgree: Bool
        /// The right text of its leaf; that of a whole batch can be made again.
        let leafText: [UInt8]
    }

    private let origin: String
    private let recovered: [UInt64: [AttributeDefinition]]
    private let known: (SeriesID) -> AttributeDefinition?
    private(set) var chain: LedgerChain
    private var frames: [LeafFrame?] = []
    /// What the batch that is being read has put in the place of which frame.
    private var replaced: [(index: Int, frame: LeafFrame?)] = []

    /// From the first batch on.
    ///
    /// - Parameters:
    ///   - origin: The log's name.
    ///   - definitions: What series mean, from the views: they stand in for those of lost batches.
    init(origin: String, definitions: [(since: UInt64, definition: AttributeDefinition)]) {
        self.origin = origin
        recovered = Dictionary(grouping: definitions, by: \.since).mapValues { $0.map(\.definition) }
        known = { _ in nil }
        chain = LedgerChain()
    }

    /// From a later batch on.
    ///
    /// - Parameters:
    ///   - origin: The log's name.
    ///   - chain: The tree before that batch.
    ///   - known: What series mean by earlier batches. Asked once for each series that turns up.
    init(origin: String, chain: LedgerChain, known: @escaping (SeriesID) -> AttributeDefinition?) {
        self.origin = origin
        recovered = [:]
        self.known = known
        self.chain = chain
    }

    /// The definitions that the views have of a batch, in the order of their numbers.
    func recoveredDefinitions(of sequence: UInt64) -> [AttributeDefinition] {
        (recovered[sequence] ?? []).sorted { $0.series < $1.series }
    }

    /// Checks the next batch.
    ///
    /// - Parameters:
    ///   - row: Its row; nil when it cannot be read.
    ///   - sequence: Its number: one more than the last one's.
    /// - Returns: What became of it.
    mutating func check(_ row: JournalRow?, at sequence: UInt64) -> Checked {
        guard let row else { return give(up: sequence, "its row is missing or cannot be read") }
        let isLeafStored = row.hashes.first == MerkleHash.leaf(row.leafText)
        let content = read(row)
        switch content {
        case .success(let whole):
            let leafText = whole.leafText
            guard leafText == row.leafText || row.hashes.first == MerkleHash.leaf(leafText) else {
                guard isLeafStored else { return give(up: sequence, "neither its content nor its leaf is what it was") }
                return keepLeaf(of: row, "its content does not hash to the root that its leaf states")
            }
            let (completed, agrees) = chain.append(MerkleHash.leaf(leafText), stored: row.hashes)
            return Checked(
                verdict: .whole(whole.content, events: whole.events), hashes: completed,
                hashesAgree: agrees && leafText == row.leafText, leafText: leafText)
        case .failure(let reason):
            guard isLeafStored else { return give(up: sequence, reason.message) }
            return keepLeaf(of: row, reason.message)
        }
    }

    private mutating func keepLeaf(of row: JournalRow, _ reason: String) -> Checked {
        for definition in recoveredDefinitions(of: row.sequence) { define(definition) }
        let (completed, agrees) = chain.append(MerkleHash.leaf(row.leafText), stored: row.hashes)
        return Checked(verdict: .contentLost(reason), hashes: completed, hashesAgree: agrees, leafText: row.leafText)
    }

    private mutating func give(up sequence: UInt64, _ reason: String) -> Checked {
        for definition in recoveredDefinitions(of: sequence) { define(definition) }
        let (completed, _) = chain.append(nil, stored: [])
        return Checked(verdict: .lost(reason), hashes: completed, hashesAgree: true, leafText: [])
    }

    private typealias Whole = (content: BatchContent, events: [CityEvent], leafText: [UInt8])

    /// Reads a row's content and makes its leaf's text anew from it.
    private mutating func read(_ row: JournalRow) -> Result<Whole, StorageError> {
        replaced.removeAll(keepingCapacity: true)
        let result = Result { () throws(StorageError) in try leaf(of: row) }
        if case .failure = result {
            for (index, frame) in replaced.reversed() { frames[index] = frame }
        }
        return result
    }

    private mutating func leaf(of row: JournalRow) throws(StorageError) -> Whole {
        guard let bytes = row.content else { throw StorageError(.damaged, "its content cannot be read") }
        let content = try BatchContent(decoding: bytes)
        let salts = BatchSalts(secret: content.salt, count: content.entryCount)
        var events: [CityEvent] = []
        var text: [UInt8] = []
        var ends: [Int] = []
        for (index, json) in content.events.enumerated() {
            let event = try EventCoding.decode(json)
            if case .attributeDefined(let definition) = event { define(definition) }
            events.append(event)
            text.append(contentsOf: LeafText.event(json, salt: salts[index]))
            ends.append(text.count)
        }
        for (index, observation) in content.observations.enumerated() {
            guard let frame = frame(of: observation.series) else {
                throw StorageError(
                    .damaged, "it has observations of series \(observation.series.index), whose definition is lost")
            }
            frame.append(observation, salt: salts[content.events.count + index], to: &text)
            ends.append(text.count)
        }
        let root = MerkleTree.root(ofLeafHashes: MerkleHash.leaves(concatenated: text, ends: ends))
        let leafText = LeafText.batch(
            origin: origin, sequence: row.sequence, committedAt: row.committedAt, entries: content.entryCount,
            readingsRoot: root.base64)
        return (content, events, leafText)
    }

    private mutating func frame(of series: SeriesID) -> LeafFrame? {
        let index = Int(series.index)
        if index < frames.count, let frame = frames[index] { return frame }
        guard let definition = known(series) else { return nil }
        define(definition)
        return index < frames.count ? frames[index] : nil
    }

    private mutating func define(_ definition: AttributeDefinition) {
        let index = Int(definition.series.index)
        // A number far beyond those known is damage: it must not make us reserve the earth.
        guard index <= frames.count + 1_000_000 else { return }
        while frames.count <= index { frames.append(nil) }
        replaced.append((index, frames[index]))
        frames[index] = LeafFrame(definition)
    }
}
