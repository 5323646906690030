import CityModel
public import CityStorage
public import TransparencyLog

/// Saves what can be saved of a damaged journal into a fresh one.
///
/// Batches keep their numbers and leaves, so that proofs and checkpoints given away earlier stay good. A batch whose
/// content is lost leaves its leaf; one that is lost altogether leaves a gap that proofs across it cannot pass. Where
/// the tree cannot be carried on, because its right edge is lost, later batches are committed anew under new numbers.
public struct Salvage: Sendable {
    /// Batches that are as they were.
    public private(set) var kept = 0
    /// Observations in batches that were kept or committed anew.
    public private(set) var observations = 0
    /// Batches that are lost, or of which only the leaf is left; and why.
    public private(set) var lost: [JournalInspection.Damage] = []
    /// Batches that have new numbers because the tree before them could not be carried on.
    public private(set) var renumbered: [UInt64] = []
    /// The batch up to which the ledger is the one that checkpoints were signed over.
    public private(set) var ledgerIntactUpTo: UInt64 = 0
    /// Whether a batch is lost with its leaf: proofs whose way to the root needs it cannot be made any more.
    public private(set) var hasGaps = false
    /// How many checkpoints reach beyond that: whoever holds them must be told.
    public private(set) var voidCheckpoints = 0
    /// What series mean, from the views, where the batch that said so is lost.
    public private(set) var definitionsRecovered = 0
    /// Series of which nothing is known any more but that there were such.
    public private(set) var seriesLost = 0
    /// Devices whose newest record came from the views.
    public private(set) var devicesRecovered = 0

    /// Under which the journal keeps the numbers of batches that were lost before.
    static let settingKey = "salvage.lost"

    /// The batches that an earlier salvage could not save.
    static func lostBatches(in reader: JournalReader) -> Set<UInt64> {
        lostBatches(told: reader.pairs(of: .settings).first { $0.key == settingKey }?.value)
    }

    /// The batches that an earlier salvage could not save, as a journal's setting tells them.
    static func lostBatches(told text: String?) -> Set<UInt64> {
        Set((text ?? "").split(separator: " ").compactMap { UInt64($0) })
    }

    private struct Plan {
        var verdicts: [UInt64: BatchChecker.Checked] = [:]
        var replacements: [UInt64: [AttributeDefinition]] = [:]
        var devices: [DeviceID: DeviceRecord] = [:]
    }

    /// Salvages.
    ///
    /// - Parameters:
    ///   - reader: The damaged journal.
    ///   - views: The views beside it, where they can be read.
    ///   - checkpoint: The newest checkpoint, a signed note, where one was kept apart from the journal.
    ///   - target: A journal without batches.
    ///   - origin: The log's name.
    ///   - signer: The log's key.
    ///   - progress: Called now and then with the number of batches read, and of all.
    /// - Throws: ``StorageError`` when the damaged journal has nothing to give, or the new one cannot be written.
    public init(
        from reader: JournalReader, views: ViewReader?, checkpoint: String? = nil, into target: SQLiteJournal,
        origin: String, signer: NoteSigner, progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws(StorageError) {
        let newest = try reader.newestSequence()
        let definitions = views?.definitions() ?? []
        let plan = plan(reader, newest, BatchChecker(origin: origin, definitions: definitions), progress)
        let apart = checkpoint.flatMap { try? Checkpoint(signedNote: $0, trusting: [signer.verifier]) }?.size ?? 0
        tellMissing(after: newest, [reader.checkpoints().first?.size, try? views?.appliedSequence(), apart])
        if apart > max(newest, reader.checkpoints().first?.size ?? 0) { voidCheckpoints += 1 }
        try target.filling { () throws(StorageError) in
            try copyTables(reader, origin, into: target)
            try copyBatches(reader, BatchChecker(origin: origin, definitions: definitions), plan, into: target)
            try commitRest(reader, newest, views, plan, into: target, origin, signer, definitions)
        }
    }

    // MARK: - First pass: what is there, and how far the tree reaches

    private mutating func plan(
        _ reader: JournalReader, _ newest: UInt64, _ first: BatchChecker, _ progress: (UInt64, UInt64) -> Void
    ) -> Plan {
        var checker = first
        var plan = Plan()
        var (count, newestLost): (UInt32, UInt64) = (0, 0)
        for sequence in stride(from: UInt64(1), through: newest, by: 1) {
            let checked = checker.check(reader.row(sequence), at: sequence)
            switch checked.verdict {
            case .whole(_, let events):
                for event in events {
                    if case .device(let record) = event { plan.devices[record.id] = record }
                    guard case .attributeDefined(let definition) = event else { continue }
                    while count < definition.series.index, newestLost > 0 {
                        plan.replacements[newestLost, default: []].append(.lost(SeriesID(index: count)))
                        seriesLost += 1
                        count += 1
                    }
                    count = max(count, definition.series.index + 1)
                }
            case .contentLost(let reason), .lost(let reason):
                if case .lost = checked.verdict { hasGaps = true }
                lost.append(JournalInspection.Damage(batch: sequence, what: reason))
                newestLost = sequence
                for definition in checker.recoveredDefinitions(of: sequence) where definition.series.index <= count {
                    plan.replacements[sequence, default: []].append(definition)
                    definitionsRecovered += 1
                    count = max(count, definition.series.index + 1)
                }
            }
            if checker.chain.isKnown { ledgerIntactUpTo = sequence }
            if sequence % 256 == 0 { progress(sequence, newest) }
        }
        return plan
    }

    /// Tells which batches there must have been after the newest one that is there.
    private mutating func tellMissing(after newest: UInt64, _ evidence: [UInt64?]) {
        let promised = evidence.compactMap(\.self).max() ?? newest
        for sequence in stride(from: newest + 1, through: min(promised, newest + 10_000), by: 1) {
            lost.append(
                JournalInspection.Damage(
                    batch: sequence, what: "a checkpoint was signed over it, or it is in the views, but it is not there"
                ))
        }
    }

    // MARK: - Second pass: as it was, as far as the tree can be carried on

    private mutating func copyTables(
        _ reader: JournalReader, _ origin: String, into target: SQLiteJournal
    ) throws(StorageError) {
        try target.keepSetting("origin", origin)
        let told = Salvage.lostBatches(in: reader).union(lost.map(\.batch)).filter { $0 <= ledgerIntactUpTo }
        try target.keepSetting(Salvage.settingKey, told.sorted().map { "\($0)" }.joined(separator: " "))
        for (name, secret) in reader.pairs(of: .credentials) { try target.keepSecret(secret, of: name) }
        try target.append(nil, keeping: reader.keepings())
        for checkpoint in reader.checkpoints() {
            guard checkpoint.size <= ledgerIntactUpTo else {
                voidCheckpoints += 1
                continue
            }
            try target.keepCheckpoint(size: checkpoint.size, note: checkpoint.note, at: checkpoint.signedAt)
        }
    }

    private mutating func copyBatches(
        _ reader: JournalReader, _ first: BatchChecker, _ plan: Plan, into target: SQLiteJournal
    ) throws(StorageError) {
        var checker = first
        for sequence in stride(from: UInt64(1), through: ledgerIntactUpTo, by: 1) {
            let row = reader.row(sequence)
            let checked = checker.check(row, at: sequence)
            let content: [UInt8]
            switch checked.verdict {
            case .whole(let whole, _):
                content = whole.encoded()
                kept += 1
                observations += whole.observations.count
            case .contentLost, .lost:
                content = Salvage.replacement(plan.replacements[sequence] ?? [])
            }
            let kept = JournalRow(
                sequence: sequence, committedAt: row?.committedAt ?? Timestamp(microseconds: 0),
                observed: row?.observed, leafText: checked.leafText, hashes: [], content: nil)
            // A hash that is not known is written as zeros: no proof across it will verify, and none should.
            try target.append(kept.sealed(content: content, hashes: checked.hashes.map { $0 ?? .zero }), keeping: [])
        }
    }

    /// What stands in for a lost content: the definitions that later batches need, and nothing else.
    private static func replacement(_ definitions: [AttributeDefinition]) -> [UInt8] {
        BatchContent(
            salt: [UInt8](repeating: 0, count: 32),
            events: definitions.map { EventCoding.encode(.attributeDefined($0)) }, observations: []
        ).encoded()
    }

    // MARK: - The rest: under new numbers

    private mutating func commitRest(
        _ reader: JournalReader, _ newest: UInt64, _ views: ViewReader?, _ plan: Plan, into target: SQLiteJournal,
        _ origin: String, _ signer: NoteSigner, _ definitions: [(since: UInt64, definition: AttributeDefinition)]
    ) throws(StorageError) {
        let series = SeriesTable()
        var checker = BatchChecker(origin: origin, definitions: definitions)
        let writer = JournalWriter(
            journal: target, ledger: try Ledger(origin: origin, signer: signer, journal: target), series: series)
        var committedAt = Timestamp(microseconds: 0)
        for sequence in stride(from: UInt64(1), through: newest, by: 1) {
            let row = reader.row(sequence)
            committedAt = row?.committedAt ?? committedAt
            let checked = checker.check(row, at: sequence)
            var events = (plan.replacements[sequence] ?? []).map { CityEvent.attributeDefined($0) }
            var found: [Observation] = []
            if case .whole(let content, let own) = checked.verdict {
                events = own
                found = content.observations
            }
            for case .attributeDefined(let definition) in events { try series.restore(definition) }
            guard sequence > ledgerIntactUpTo, !events.isEmpty || !found.isEmpty else { continue }
            _ = try writer.commit(events: events, observations: found, at: committedAt)
            if case .whole = checked.verdict { renumbered.append(sequence) }
            observations += found.count
        }
        let newer = (views?.devices() ?? []).filter { plan.devices[$0.id] != $0 }
        guard !lost.isEmpty, !newer.isEmpty else { return }
        let now = newer.map(\.statusChangedAt).max() ?? Timestamp(microseconds: 0)
        _ = try writer.commit(events: newer.map { .device($0) }, observations: [], at: now)
        devicesRecovered = newer.count
    }
}

extension AttributeDefinition {
    /// Stands in for a definition that nobody knows any more, so that the numbers behind it keep their meaning.
    fileprivate static func lost(_ series: SeriesID) -> AttributeDefinition {
        AttributeDefinition(
            series: series, entity: EntityID("urn:ngsi-ld:Lost:series-\(series.index)"), entityType: "Lost",
            attribute: "value", unitCode: nil, device: nil, agency: AgencyID("city"), zone: ZoneID("city"),
            label: DataLabel(dataClass: .restricted, retentionDays: nil, isCatalogued: false))
    }
}
