public import CityModel
public import CityStorage
public import TransparencyLog

/// What an inspection of a journal has found. It reads the files alone: the city need not be open, and may be.
public struct JournalInspection: Sendable {
    /// Something wrong with a batch.
    public struct Damage: Sendable {
        /// The batch.
        public let batch: UInt64
        /// What is wrong, for people.
        public let what: String
    }

    /// Something wrong with a checkpoint.
    public struct CheckpointProblem: Sendable {
        /// Over how many batches it was signed.
        public let size: UInt64
        /// What is wrong, for people.
        public let what: String
    }

    /// The number of the newest batch.
    public private(set) var newest: UInt64 = 0
    /// When the newest batch that can be read was committed.
    public private(set) var newestCommittedAt: Timestamp?
    /// How many batches are what was committed.
    public private(set) var wholeBatches = 0
    /// How many observations they hold.
    public private(set) var observations = 0
    /// How many batches have something wrong with them.
    public private(set) var damagedBatches = 0
    /// How many batches an earlier salvage has told to be lost; they do not count as damaged.
    public private(set) var knownLosses = 0
    /// What is wrong, the first ``damageShown`` of them.
    public private(set) var damage: [Damage] = []
    /// How many checkpoints were held against the tree.
    public private(set) var checkpointsHeld = 0
    /// Checkpoints that are not over this journal.
    public private(set) var checkpointProblems: [CheckpointProblem] = []
    /// The devices as the journal's batches up to ``viewsApplied`` have them.
    public private(set) var devices: [DeviceID: DeviceRecord] = [:]
    /// The batch up to which ``devices`` goes.
    public let viewsApplied: UInt64
    /// The devices as the views had them at ``viewsApplied``; nil where they cannot be read, or changed all the while.
    public let savedDevices: [DeviceID: DeviceRecord]?

    /// Most damaged batches that are told one by one.
    public static let damageShown = 50
    /// Most checkpoints that are held against the tree: the newest ones.
    static let checkpointsRead = 1_000
    /// How often the views are read again because a city that is served has changed them meanwhile.
    private static let photographTries = 50

    /// Inspects every batch, every link of the ledger and the newest checkpoints.
    ///
    /// - Parameters:
    ///   - reader: The journal's file.
    ///   - views: The views' file, where it can be read: what it knows of series stands in for what lost batches knew.
    ///   - checkpoint: The newest checkpoint, a signed note, where one was kept apart from the journal.
    ///   - origin: The log's name.
    ///   - verifier: The log's key.
    ///   - progress: Called now and then with the number of batches inspected, and of all.
    /// - Throws: ``StorageError`` when not even the number of batches can be found out.
    public init(
        of reader: JournalReader, views: ViewReader?, checkpoint: String? = nil, origin: String, verifier: NoteVerifier,
        progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(StorageError) {
        // The views and the checkpoints first: what they are over is in the journal by then.
        let photograph = JournalInspection.photograph(of: views)
        var checkpoints = reader.checkpoints().prefix(JournalInspection.checkpointsRead).map { ($0.size, $0.note) }
        newest = try reader.newestSequence()
        viewsApplied = photograph?.applied ?? newest
        savedDevices = photograph?.devices
        if let checkpoint { add(apart: checkpoint, verifier, to: &checkpoints) }
        var checker = BatchChecker(origin: origin, definitions: views?.definitions() ?? [])
        let known = Salvage.lostBatches(in: reader)
        var sequence: UInt64 = 0
        while sequence < newest {
            sequence += 1
            let row = reader.row(sequence)
            let checked = checker.check(row, at: sequence)
            if known.contains(sequence) { knownLosses += 1 } else { note(checked, row, sequence) }
            while let (size, note) = checkpoints.last, size <= sequence {
                checkpoints.removeLast()
                hold(note, size: size, against: checker.chain, origin, verifier)
            }
            if sequence % 256 == 0 { progress(sequence, newest) }
        }
        for (size, _) in checkpoints {
            checkpointProblems.append(
                CheckpointProblem(
                    size: size, what: "the journal has only \(newest) batches: the newest ones are missing"))
        }
    }

    /// The views' devices and the batch up to which they go, both of one moment.
    private static func photograph(of views: ViewReader?) -> (applied: UInt64, devices: [DeviceID: DeviceRecord]?)? {
        guard let views, var applied = try? views.appliedSequence() else { return nil }
        for _ in 0..<photographTries {
            let devices = Dictionary(views.devices().map { ($0.id, $0) }) { $1 }
            guard let after = try? views.appliedSequence() else { return nil }
            if after == applied { return (applied, devices) }
            applied = after
        }
        return (applied, nil)
    }

    /// Puts a checkpoint that was kept apart among the others, the newest first.
    private mutating func add(
        apart note: String, _ verifier: NoteVerifier, to checkpoints: inout [(UInt64, String)]
    ) {
        do throws(NoteError) {
            let size = try Checkpoint(signedNote: note, trusting: [verifier]).size
            let place = checkpoints.firstIndex { $0.0 <= size } ?? checkpoints.endIndex
            checkpoints.insert((size, note), at: place)
        } catch {
            checkpointProblems.append(
                CheckpointProblem(size: 0, what: "the one that is kept apart from the journal: \(error.message)"))
        }
    }

    private mutating func note(_ checked: BatchChecker.Checked, _ row: JournalRow?, _ sequence: UInt64) {
        newestCommittedAt = row?.committedAt ?? newestCommittedAt
        switch checked.verdict {
        case .whole(let content, let events):
            wholeBatches += 1
            observations += content.observations.count
            for case .device(let record) in events where sequence <= viewsApplied { devices[record.id] = record }
            if !checked.hashesAgree { add(sequence, "its leaf or hashes are not those of the tree") }
        case .contentLost(let reason): add(sequence, reason)
        case .lost(let reason): add(sequence, reason)
        }
    }

    private mutating func add(_ sequence: UInt64, _ what: String) {
        damagedBatches += 1
        if damage.count < JournalInspection.damageShown { damage.append(Damage(batch: sequence, what: what)) }
    }

    private mutating func hold(
        _ note: String, size: UInt64, against chain: LedgerChain, _ origin: String, _ verifier: NoteVerifier
    ) {
        checkpointsHeld += 1
        do throws(NoteError) {
            let checkpoint = try Checkpoint(signedNote: note, trusting: [verifier])
            if checkpoint.origin != origin || checkpoint.size != size || chain.size != size {
                checkpointProblems.append(CheckpointProblem(size: size, what: "it is of another log or size"))
            } else if let root = chain.rootHash, root != checkpoint.rootHash {
                checkpointProblems.append(
                    CheckpointProblem(size: size, what: "the batches before it are not those it was signed over"))
            }
        } catch {
            checkpointProblems.append(CheckpointProblem(size: size, what: error.message))
        }
    }
}
