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
        /// Which MQTT topics are whose.
        public var topics: TopicScheme
        /// Whether devices of a zone may connect from an address (IEC 62443: a zone has networks).
        public var isInZone: @Sendable (ZoneID, String) -> Bool
        /// What bridges to other brokers may, by their names.
        public var bridges: [String: BridgeRights] = [:]
        /// What other layouts of payloads mean.
        public var payloads = PayloadMappings.none
        /// The present.
        public var clock: CityClock
        /// How much of the committer's time a device may take with readings that come late.
        package var lateWork = LateBudget()
        /// Where to log.
        public var logger: Logger

        /// Parts.
        public init(
            origin: String, signer: NoteSigner, chains: ChainVerifier, catalogue: Catalogue,
            topics: TopicScheme = .standard,
            isInZone: @escaping @Sendable (ZoneID, String) -> Bool = { _, _ in true }, clock: CityClock, logger: Logger
        ) {
            self.origin = origin
            self.signer = signer
            self.chains = chains
            self.catalogue = catalogue
            self.topics = topics
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
    /// The tokens that stand in for certificates.
    public let tokens: Tokens
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
    let logger: Logger
    private let committer: Committer
    private let isClosed = Atomic<Bool>(false)

    /// Makes the empty journal of a city that is being founded. Nothing else makes one: a city that is opened without a
    /// journal has lost it.
    ///
    /// - Parameters:
    ///   - directory: The city's, in which there was none before.
    ///   - origin: `<domain>/ledger`: the log's name.
    /// - Throws: ``StorageError/Code/inputOutput`` when there is something of a city already, or no file can be made.
    public static func found(_ directory: CityDirectory, origin: String) throws(StorageError) {
        for folder in [directory.data, directory.ledger] { try DurableFile.makeFolder(folder, mode: 0o700) }
        let lock = try CityLock(directory)
        defer { withExtendedLifetime(lock) {} }
        for path in [directory.journal, directory.views, directory.ledgerCheckpoint]
        where FileManager.default.fileExists(atPath: path) {
            throw StorageError(.inputOutput, "\(path) is there already: no city can be founded where there was one")
        }
        let journal = try SQLiteJournal(path: directory.journal)
        try journal.keepSetting("origin", origin)
        try journal.close()
    }

    /// Opens a city: takes its lock, reads its views, replays what the journal has beyond them, and starts to commit.
    ///
    /// - Throws: ``StorageError``: ``StorageError/Code/damaged`` names the file and says what to do. Damaged views are not
    ///   an error, they are made again from the journal; views of batches that the journal has lost are kept, and are one.
    public static func open(_ directory: CityDirectory, _ parts: Parts) throws(StorageError) -> City {
        guard directory.isCity else {
            throw StorageError(
                .missing, "there is no city in \(directory.path): make one with `bastide init \(directory.path)`")
        }
        do throws(StorageError) {
            return try openOnce(directory, parts)
        } catch  where error.code == .damaged && ViewStore.isToBeMadeAgain(directory.views) {
            // The views turned out to be damaged only while the journal's end was replayed: they are put aside now.
            return try openOnce(directory, parts)
        }
    }

    private static func openOnce(_ directory: CityDirectory, _ parts: Parts) throws(StorageError) -> City {
        guard fileSize(directory.journal) > 0 else {
            // Before anything is made in its place, a lock included.
            let isThere = FileManager.default.fileExists(atPath: directory.journal)
            throw StorageError(damagedJournalOf: directory, "it is \(isThere ? "empty" : "not there")")
        }
        let lock = try CityLock(directory)
        let (journal, ledger) = try naming(directory) { () throws(StorageError) in
            let journal = try SQLiteJournal(existing: directory.journal)
            let origin = try journal.setting("origin")
            guard origin == parts.origin else {
                throw StorageError(.damaged, "it belongs to `\(origin ?? "nobody")`, city.yaml to `\(parts.origin)`")
            }
            let ledger = try Ledger(
                origin: parts.origin, signer: parts.signer, journal: journal,
                checkpointFile: directory.ledgerCheckpoint)
            return (journal, ledger)
        }
        let (store, views) = try openViews(directory, newest: ledger.size, logger: parts.logger)
        let city = try City(directory, parts, lock: lock, journal: journal, ledger: ledger, store: store, views: views)
        city.relabel()
        return city
    }

    /// Runs `body`; what it finds damaged is told with the journal's name and what to do.
    private static func naming<T>(
        _ directory: CityDirectory, _ body: () throws(StorageError) -> T
    ) throws(StorageError) -> T {
        do throws(StorageError) {
            return try body()
        } catch {
            guard error.code == .damaged else { throw error }
            throw StorageError(damagedJournalOf: directory, error.message, cause: error.cause)
        }
    }

    private static func openViews(
        _ directory: CityDirectory, newest: UInt64, logger: Logger
    ) throws(StorageError) -> (ViewStore, CityViews) {
        if ViewStore.isToBeMadeAgain(directory.views) {
            logger.warning("the views were found to be damaged; they are put aside and made again from the journal")
        }
        let applied: UInt64
        do throws(StorageError) {
            let store = try ViewStore(path: directory.views)
            let views = CityViews(views: store)
            try views.restore(from: store)
            applied = views.applied.batch
            if applied <= newest { return (store, views) }
        } catch  where error.code == .damaged {
            logger.warning("the views are made again from the journal", metadata: ["reason": "\(error.message)"])
            ViewStore.remove(directory.views)
            let store = try ViewStore(path: directory.views)
            return (store, CityViews(views: store))
        }
        // A batch is synced before it is in any view: the journal had these batches, and the views are evidence of them.
        throw StorageError(
            damagedJournalOf: directory,
            "it ends at batch \(newest), but \(directory.views) was made of \(applied): batches are missing")
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
        tokens = try Tokens(table: journal)
        for problem in tokens.problems {
            parts.logger.error("a token cannot be read, and opens nothing", metadata: ["error": "\(problem)"])
        }
        committer = Committer()
        let refusals = RefusalLog(metrics: metrics)
        let accesses = AccessLog()
        let registry = views.registry
        path = GuardedPath(
            identify: Identify(
                chains: parts.chains, registry: registry, accounts: accounts, tokens: tokens, isInZone: parts.isInZone,
                clock: parts.clock),
            authoriser: DenyByDefault(
                topics: parts.topics, payloads: parts.payloads, catalogue: parts.catalogue,
                standing: RegisteredStandings(registry: registry, accounts: accounts, tokens: tokens),
                bridges: parts.bridges),
            refusals: refusals, accesses: accesses, clock: parts.clock,
            topics: parts.topics, payloads: parts.payloads,
            understand: Understand(
                catalogue: parts.catalogue, classify: Classify(catalogue: parts.catalogue), series: views.series),
            registry: registry, committer: committer)
        let publish = Publish(views: views, detectors: DetectorBank(saved: store))
        let unraised = try Replay(
            journal: journal, ledger: ledger, publish: publish, views: views, store: store, directory: directory,
            logger: parts.logger
        ).run()
        committer.start(
            Committer.Parts(
                commit: Commit(
                    writer: JournalWriter(journal: journal, ledger: ledger, series: views.series), series: views.series,
                    duplicates: DuplicateFilter(
                        history: views.history, journal: journal, series: views.series, budget: parts.lateWork)),
                publish: publish, ledger: ledger, alerts: views.alerts, series: views.series, refusals: refusals,
                accesses: accesses, metrics: metrics,
                photographer: Photographer(
                    store: store, views: views, startedAt: parts.clock.now, logger: parts.logger),
                unraised: unraised, clock: parts.clock, logger: parts.logger))
    }

    deinit { close() }

    /// Whether commits go on, and if not, why.
    public var storageProblem: String? {
        switch committer.state {
        case .working: nil
        case .waitingForRoom(let what), .failed(let what): what
        case .stopped: "the city is closed"
        }
    }

    /// What faces have had kept under keys that begin with `prefix`, in the order of the keys.
    public func keepings(under prefix: [UInt8]) throws(StorageError) -> [Keeping] {
        try journal.keepings(under: prefix)
    }

    /// How many observations wait to be committed.
    public var backlog: Int { committer.queue.depth }

    /// How many bytes wait to be committed. Submissions that would lift it above ``backlogByteBound`` are refused; a face
    /// stops reading from its peers long before that.
    public var backlogBytes: Int { committer.queue.bytes }

    /// The most bytes that may wait to be committed.
    public static let backlogByteBound = CommitQueue.byteBound

    /// What is wrong with the views, where something was found since the city was opened: commits go on, some reads fail,
    /// and the next start makes them again.
    public var viewsProblem: String? { store.damage?.message }

    /// Waits until the store fails or the city is closed. For one caller: who serves the city should end then.
    ///
    /// - Returns: Why nothing can be committed any more; nil when the city was closed, or the caller's task cancelled.
    public func storeFailure() async -> StorageError? {
        for await failure in committer.failures { return failure }
        return nil
    }

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
