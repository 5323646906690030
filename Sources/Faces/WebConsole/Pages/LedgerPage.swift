/// A batch of the journal, which is a leaf of the ledger.
public struct BatchRow: Sendable, Hashable {
    /// Its number in the journal, from 1.
    public var sequence: UInt64
    /// When it became durable.
    public var committedAt: ConsoleTime
    /// How many entries it holds.
    public var entryCount: Int
    /// The root of its entries' tree, base64.
    public var readingsRoot: String

    /// A row.
    public init(sequence: UInt64, committedAt: ConsoleTime, entryCount: Int, readingsRoot: String) {
        self.sequence = sequence
        self.committedAt = committedAt
        self.entryCount = entryCount
        self.readingsRoot = readingsRoot
    }

    var view: View {
        [
            "sequence": .text(NumberWords.grouped(sequence)),
            "committedAt": .object(committedAt.view),
            "entryCount": .text(NumberWords.count(entryCount)),
            "readingsRoot": .text(readingsRoot),
        ]
    }
}

/// The ledger and how to check it, at `/ledger`.
public struct LedgerPage: Sendable, Hashable {
    /// What surrounds the page.
    public var frame: ConsoleFrame
    /// The log's name: the first line of its checkpoints.
    public var origin: String
    /// Number of leaves the newest checkpoint covers.
    public var size: UInt64
    /// Root hash of the newest checkpoint, base64.
    public var rootHash: String
    /// The newest checkpoint: a C2SP signed note.
    public var checkpoint: String
    /// The key that checks its signature, `name+hash+base64`.
    public var verifierKey: String
    /// The newest batches, newest first.
    public var batches: [BatchRow]
    /// The command that checks a downloaded proof offline.
    public var verifyCommand: String

    /// A ledger page.
    public init(
        frame: ConsoleFrame, origin: String, size: UInt64, rootHash: String, checkpoint: String, verifierKey: String,
        batches: [BatchRow], verifyCommand: String
    ) {
        self.frame = frame
        self.origin = origin
        self.size = size
        self.rootHash = rootHash
        self.checkpoint = checkpoint
        self.verifierKey = verifierKey
        self.batches = batches
        self.verifyCommand = verifyCommand
    }
}

extension LedgerPage: ConsoleContent {
    var city: ConsoleCity { frame.city }
    var signedInFrame: ConsoleFrame? { frame }

    func content(assets: ConsoleAssets) -> PageContent {
        PageContent(
            template: "ledger", title: "Ledger", section: .ledger, scripts: ["ledger"], styles: ["ledger"],
            view: [
                "origin": .text(origin),
                "size": .text(NumberWords.grouped(size)),
                "rootHash": .text(rootHash),
                "checkpoint": .text(checkpoint),
                "verifierKey": .text(verifierKey),
                "batches": .list(batches.map(\.view)),
                "hasBatches": .flag(!batches.isEmpty),
                "verifyCommand": .text(verifyCommand),
            ])
    }
}
