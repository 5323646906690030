import CityModel
import CityStorage
import Logging

/// Brings the views up to the journal's newest batch when a city is opened.
///
/// Each content is held against its leaf, and each leaf against the tree, before it counts: what somebody has changed in
/// the file since is not served as the truth. Only what is replayed is checked.
struct Replay {
    let journal: SQLiteJournal
    let ledger: Ledger
    let publish: Publish
    let views: CityViews
    let store: ViewStore
    let directory: CityDirectory
    let logger: Logger

    /// Replays, with a photograph now and then: a journal may be larger than the memory.
    ///
    /// - Returns: What detectors found and the city had not yet raised when it stopped.
    /// - Throws: ``StorageError/Code/damaged`` when a batch is not what was committed, or the views turn out to be damaged.
    func run() throws(StorageError) -> [AlertDraft] {
        guard views.applied.batch < ledger.size else { return [] }
        let lost = Salvage.lostBatches(told: try journal.setting(Salvage.settingKey))
        var checker = BatchChecker(
            origin: ledger.origin, chain: LedgerChain(try ledger.frontier(size: views.applied.batch)),
            known: views.series.recordedDefinition)
        var found: [AlertDraft] = []
        var (replayed, unsaved) = (0, 0)
        while true {
            let batches = try journal.batches(after: views.applied.batch, limit: 16)
            guard !batches.isEmpty else { break }
            for stored in batches {
                let batch = try check(stored, with: &checker, isLost: lost.contains(stored.sequence))
                for case .alertRaised(let alert) in batch.events { found.removeAll { $0.isAbout(alert) } }
                found.append(contentsOf: publish.apply(batch))
                if let damage = store.damage { throw damage }
                replayed += batch.observations.count
                unsaved += batch.observations.count
                // With findings that no batch has raised yet, a photograph would forget them.
                if unsaved > Photographer.observations, found.isEmpty {
                    try Photographer.save(publish.snapshot(), to: store, of: views)
                    unsaved = 0
                }
            }
        }
        if replayed > 0 {
            logger.info("replayed the journal's end", metadata: ["observations": "\(replayed)"])
        }
        return found
    }

    /// The next batch, if it is what was committed; of one that a salvage could not save, what stands in its place.
    private func check(
        _ stored: StoredBatch, with checker: inout BatchChecker, isLost: Bool
    ) throws(StorageError) -> CommittedBatch {
        let sequence = views.applied.batch + 1
        guard stored.sequence == sequence else {
            throw StorageError(damagedJournalOf: directory, "batch \(sequence) is missing")
        }
        do throws(StorageError) {
            let checked = checker.check(JournalRow(stored), at: sequence)
            switch checked.verdict {
            case .whole(let content, let events):
                guard checked.hashesAgree else {
                    throw StorageError(.damaged, "its leaf or hashes are not those of the tree")
                }
                return try CommittedBatch(stored, content, events, series: views.series)
            case .contentLost(let reason), .lost(let reason):
                guard isLost else { throw StorageError(.damaged, reason) }
                return try CommittedBatch(replacing: stored, series: views.series)
            }
        } catch {
            throw StorageError(
                damagedJournalOf: directory, "batch \(sequence): \(error.message)", cause: error.cause)
        }
    }
}

extension StorageError {
    /// The journal is not what it was; says what to do.
    init(damagedJournalOf directory: CityDirectory, _ what: String, cause: (any Error)? = nil) {
        let named = what.hasPrefix(directory.journal) ? what : "\(directory.journal): \(what)"
        self.init(
            .damaged,
            "\(named). Nothing was changed. Bring back the newest backup, or save what is whole: "
                + "bastide doctor \(directory.path) --salvage NEWDIR", cause: cause)
    }
}

extension CommittedBatch {
    /// A batch as the journal has it; definitions are learnt on the way.
    fileprivate init(
        _ stored: StoredBatch, _ content: BatchContent, _ events: [CityEvent], series: SeriesTable
    ) throws(StorageError) {
        for case .attributeDefined(let definition) in events { try series.restore(definition) }
        let count = series.count
        guard content.observations.allSatisfy({ $0.series.index < count }) else {
            throw StorageError(.damaged, "it has observations of a series that no batch defines")
        }
        self.init(
            receipt: Receipt(batch: stored.sequence, committedAt: stored.committedAt), events: events,
            observations: content.observations)
    }
}

extension CommittedBatch {
    /// What a salvage has put in the place of a lost batch: definitions, and nothing that anybody has said.
    fileprivate init(replacing stored: StoredBatch, series: SeriesTable) throws(StorageError) {
        let content = try BatchContent(decoding: stored.content)
        var events: [CityEvent] = []
        for json in content.events {
            let event = try EventCoding.decode(json)
            guard case .attributeDefined = event else { throw StorageError(.damaged, "it is more than a stand-in") }
            events.append(event)
        }
        guard content.observations.isEmpty else { throw StorageError(.damaged, "it is more than a stand-in") }
        try self.init(stored, content, events, series: series)
    }
}

extension AlertDraft {
    fileprivate func isAbout(_ alert: AlertRecord) -> Bool {
        entity == alert.entity && attribute == alert.attribute && kind == alert.kind && observedAt == alert.observedAt
    }
}
