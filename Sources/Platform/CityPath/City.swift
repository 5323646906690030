public import CityIdentity
public import CityModel
public import CityStorage
import Foundation
public import Logging
public import PKI
import Synchronization
public import TransparencyLog

/// One city, open: its path, its views, its ledger. Faces are built over it.
public final class City: Sendable {
    /// What opening needs besides the directory.
    public struct Parts: Sendable {
        /// `<domain>/ledger`: the log's name.
        public var origin: String
        /// Signs checkpoints.
        public var signer: NoteSigner
        /// Checks the certificates that peers present.
        public var chains: ChainVerifier
        /// What is known of data.
        public var catalogue: Catalogue
        /// Whether devices of a zone may connect from an address (IEC 62443: a zone has networks).
        public var isInZone: @Sendable (ZoneID, String) -> Bool
        /// The present.
        public var clock: CityClock
        /// Where to log.
        public var logger: Logger

        /// Parts.
        public init(
            origin: String, signer: NoteSigner, chains: ChainVerifier, catalogue: Catalogue,
            isInZone: @escaping @Sendable (ZoneID, String) -> Bool = { _, _ in true }, clock: CityClock, logger: Logger
        ) {
            self.origin = origin
            self.signer = signer
            self.chains = chains
            self.catalogue = catalogue
            self.isInZone = isInZone
            self.clock = clock
            self.logger = logger
        }
    }

    /// Where it is.
    public let directory: CityDirectory
    /// The way in.
    public let path: GuardedPath
    /// What the journal adds up to.
    public let views: CityViews
    /// The ledger.
    public let ledger: Ledger
    /// The people who may sign in.
    public let accounts: Accounts
    /// What is counted.
    public let metrics: CityMetrics
    /// What is known of data.
    public let catalogue: Catalogue
    /// The present.
    public let clock: CityClock
    /// When the city was opened.
    public let openedAt: Timestamp

    let journal: SQLiteJournal
    /// Devices and entities whose records are being changed: of two changes at once, the second is refused.
    let changing = Mutex<Set<String>>([])
    private let lock: CityLock
    private let store: ViewStore
    private let logger: Logger
    private let committer: Committer
    private let isClosed = Atomic<Bool>(false)

    /// Opens a city: takes its lock, reads its views, replays what the journal has beyond them, and starts to commit.
    ///
    /// - Throws: ``StorageError``: ``StorageError/Code/damaged`` names the file; damaged views are not an error, they are
    ///   made again from the journal.
    public static func open(_ directory: CityDirectory, _ parts: Parts) throws(StorageError) -> City {
        guard directory.isCity else {
            throw StorageError(
                .missing, "there is no city in \(directory.path): make one with `bastide init \(directory.path)`")
        }
        try DurableFile.makeFolder(directory.data, mode: 0o700)
        do throws(StorageError) {
            return try openOnce(directory, parts)
        } catch  where error.code == .damaged && access(directory.views, F_OK) != 0 {
            // The views turned out to be damaged only while the journal's end was replayed, and were put aside.
            return try openOnce(directory, parts)
        }
    }

    private static func openOnce(_ directory: CityDirectory, _ parts: Parts) throws(StorageError) -> City {
        let lock = try CityLock(directory)
        let journal = try SQLiteJournal(path: directory.journal)
        if let origin = try journal.setting("origin") {
            guard origin == parts.origin else {
                throw StorageError(
                    .damaged, "\(directory.journal) belongs to `\(origin)`, city.yaml to `\(parts.origin)`")
            }
        } else {
            try journal.keepSetting("origin", parts.origin)
        }
        let ledger = try Ledger(origin: parts.origin, signer: parts.signer, journal: journal)
        if ledger.size == 0 { try refuseLostJournal(directory) }
        let (store, views) = try openViews(directory, newest: ledger.size, logger: parts.logger)
        return try City(directory, parts, lock: lock, journal: journal, ledger: ledger, store: store, views: views)
    }

    /// An empty journal beside views of something is no new city, and its views are all that is left: keep them.
    private static func refuseLostJournal(_ directory: CityDirectory) throws(StorageError) {
        guard let applied = try? ViewStore(path: directory.views).appliedSequence(), applied > 0 else { return }
        throw StorageError(
            .damaged,
            "\(directory.journal) is empty, but \(directory.views) was made of \(applied) batches: bring the journal back "
                + "from a backup, or move the views away to begin anew")
    }

    private static func openViews(
        _ directory: CityDirectory, newest: UInt64, logger: Logger
    ) throws(StorageError) -> (ViewStore, CityViews) {
        do throws(StorageError) {
            let store = try ViewStore(path: directory.views)
            let views = CityViews(views: store)
            try views.restore(from: store)
            guard views.applied.batch <= newest else {
                throw StorageError(.damaged, "the views are newer than the journal")
            }
            return (store, views)
        } catch  where error.code == .damaged {
            logger.warning("the views are made again from the journal", metadata: ["reason": "\(error.message)"])
            for suffix in ["", "-wal", "-shm"] { unlink(directory.views + suffix) }
            let store = try ViewStore(path: directory.views)
            return (store, CityViews(views: store))
        }
    }

    private init(
        _ directory: CityDirectory, _ parts: Parts, lock: CityLock, journal: SQLiteJournal, ledger: Ledger,
        store: ViewStore, views: CityViews
    ) throws(StorageError) {
        self.directory = directory
        self.lock = lock
        self.store = store
        logger = parts.logger
        self.journal = journal
        self.ledger = ledger
        self.views = views
        catalogue = parts.catalogue
        clock = parts.clock
        openedAt = parts.clock.now
        metrics = CityMetrics()
        accounts = Accounts(table: journal)
        committer = Committer()
        let refusals = RefusalLog(metrics: metrics)
        let accesses = AccessLog()
        let registry = views.registry
        path = GuardedPath(
            identify: Identify(
                chains: parts.chains, registry: registry, accounts: accounts, isInZone: parts.isInZone),
            authoriser: DenyByDefault(
                ownerOf: { entity in
                    registry.owner(of: entity).flatMap(registry.device).map { ($0.id, $0.zone) }
                }, generation: { registry.generation }),
            refusals: refusals, accesses: accesses, clock: parts.clock,
            understand: Understand(
                catalogue: parts.catalogue, classify: Classify(catalogue: parts.catalogue), series: views.series),
            registry: registry, committer: committer)
        let publish = Publish(views: views, detectors: DetectorBank(saved: store))
        let unraised = try City.replay(journal, into: publish, views, store, directory, logger: parts.logger)
        committer.start(
            Committer.Parts(
                commit: Commit(
                    writer: JournalWriter(journal: journal, ledger: ledger, series: views.series), series: views.series,
                    history: views.history),
                publish: publish, ledger: ledger, alerts: views.alerts, series: views.series, refusals: refusals,
                accesses: accesses, metrics: metrics,
                photographer: Photographer(
                    store: store, views: views, startedAt: parts.clock.now, logger: parts.logger),
                unraised: unraised, clock: parts.clock, logger: parts.logger))
    }

    deinit { close() }

    /// Brings the views up to the journal's newest batch, with a photograph now and then: a journal may be larger than
    /// the memory.
    ///
    /// - Returns: What detectors found and the city had not yet raised when it stopped.
    private static func replay(
        _ journal: SQLiteJournal, into publish: Publish, _ views: CityViews, _ store: ViewStore,
        _ directory: CityDirectory, logger: Logger
    ) throws(StorageError) -> [AlertDraft] {
        var found: [AlertDraft] = []
        var (replayed, unsaved) = (0, 0)
        while true {
            let batches = try journal.batches(after: views.applied.batch, limit: 16)
            guard !batches.isEmpty else { break }
            for stored in batches {
                let batch = try read(stored, after: views.applied.batch, views.series, directory)
                for case .alertRaised(let alert) in batch.events {
                    found.removeAll { $0.isAbout(alert) }
                }
                found.append(contentsOf: try publish.apply(batch))
                replayed += batch.observations.count
                unsaved += batch.observations.count
            }
            // With findings that no batch has raised yet, a photograph would forget them.
            if unsaved > Photographer.observations, found.isEmpty {
                try Photographer.save(publish.snapshot(), to: store, of: views)
                unsaved = 0
            }
        }
        if replayed > 0 {
            logger.info("replayed the journal's end", metadata: ["observations": "\(replayed)"])
        }
        return found
    }

    private static func read(
        _ stored: StoredBatch, after applied: UInt64, _ series: SeriesTable, _ directory: CityDirectory
    ) throws(StorageError) -> CommittedBatch {
        guard stored.sequence == applied + 1 else {
            throw StorageError(.damaged, "\(directory.journal): batch \(applied + 1) is missing")
        }
        do throws(StorageError) {
            return try CommittedBatch(stored, series: series)
        } catch {
            throw StorageError(
                error.code, "\(directory.journal): batch \(stored.sequence): \(error.message)", cause: error.cause)
        }
    }

    /// Whether commits go on, and if not, why.
    public var storageProblem: String? {
        switch committer.state {
        case .working: nil
        case .waitingForRoom(let what), .failed(let what): what
        case .stopped: "the city is closed"
        }
    }

    /// How many observations wait to be committed.
    public var backlog: Int { committer.queue.depth }

    /// The bytes that the journal takes on disk.
    public var journalBytes: Int64 { journal.bytesOnDisk }

    /// Commits what waits, saves the views and closes. Blocks until that is done; later submissions are refused. The
    /// directory's lock is held until the city is let go of.
    public func close() {
        committer.stop()
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        do throws(StorageError) {
            try journal.close()
            try store.close()
        } catch {
            logger.warning("a store was not closed cleanly", metadata: ["error": "\(error.message)"])
        }
    }
}

extension CommittedBatch {
    /// A batch as the journal has it; definitions are learnt on the way.
    init(_ stored: StoredBatch, series: SeriesTable) throws(StorageError) {
        let content = try BatchContent(decoding: stored.content)
        var events: [CityEvent] = []
        for json in content.events {
            let event = try EventCoding.decode(json)
            if case .attributeDefined(let definition) = event { try series.restore(definition) }
            events.append(event)
        }
        let count = series.count
        guard content.observations.allSatisfy({ $0.series.index < count }) else {
            throw StorageError(.damaged, "it has observations of a series that no batch defines")
        }
        self.init(
            receipt: Receipt(batch: stored.sequence, committedAt: stored.committedAt), events: events,
            observations: content.observations)
    }
}

extension AlertDraft {
    fileprivate func isAbout(_ alert: AlertRecord) -> Bool {
        entity == alert.entity && attribute == alert.attribute && kind == alert.kind && observedAt == alert.observedAt
    }
}
