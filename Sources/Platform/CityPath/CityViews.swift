public import CityContext
public import CityIdentity
public import CityModel
public import CityStorage
import Synchronization

/// All that the journal adds up to: what faces read from. Every view is safe from any thread.
public final class CityViews: Sendable {
    /// What each series means.
    public let series: SeriesTable
    /// The current state of every entity.
    public let twin: Twin
    /// The time series.
    public let history: History
    /// The devices.
    public let registry: DeviceRegistry
    /// The alerts.
    public let alerts: AlertBook
    /// The refusals of late.
    public let refusals: RefusalBook
    /// Messages kept for later subscribers.
    public let retained: RetainedBook
    /// What the context broker keeps.
    public let context: ContextStore
    /// What other brokers and devices know of.
    public let registrations = RegistrationBook()
    /// What its subscribers are still to be told.
    public let outbox: NotificationOutbox
    /// Where changes of it are decided.
    public let desk: ContextDesk
    /// Those who listen to its changes.
    public let contextChanges = ContextFeed()
    /// Those who listen.
    public let feed: LiveFeed

    let pending = PendingRecords()
    private let saved: ViewStore
    private let newest = Mutex(Receipt(batch: 0, committedAt: Timestamp(microseconds: 0)))

    init(views: ViewStore) {
        saved = views
        series = SeriesTable()
        twin = Twin()
        history = History(views: views)
        registry = DeviceRegistry()
        alerts = AlertBook()
        refusals = RefusalBook()
        retained = RetainedBook()
        context = ContextStore(saved: views)
        outbox = NotificationOutbox(twin: twin, registrations: registrations)
        desk = ContextDesk(store: context)
        feed = LiveFeed()
    }

    /// The newest batch that the views include.
    public var applied: Receipt { newest.withLock { $0 } }

    func advance(to receipt: Receipt) { newest.withLock { $0 = receipt } }

    /// What a series meant in the batch `sequence`.
    func definition(of series: SeriesID, at sequence: UInt64) throws(StorageError) -> AttributeDefinition? {
        if let definition = pending.definition(of: series, at: sequence) { return definition }
        return try saved.definition(of: series, at: sequence)
    }

    /// Fills the views from their last photograph.
    func restore(from saved: ViewStore) throws(StorageError) {
        // Before what devices observe: these have places of their own.
        let notifications = try context.restore()
        try outbox.restore(notifications, from: context)
        for snapshot in try saved.series() {
            try series.restore(snapshot.definition)
            twin.define(snapshot.definition)
            context.observe(snapshot.definition)
            history.restore(snapshot)
            guard let value = snapshot.value, let observedAt = snapshot.observedAt else { continue }
            twin.restore(
                CurrentValue(value: value, observedAt: observedAt, score: snapshot.score),
                of: snapshot.definition.series)
        }
        registry.apply(try saved.devices())
        alerts.restore(try saved.alerts(newest: AlertBook.bound))
        for refusal in try saved.refusals(newest: RefusalBook.bound) { refusals.apply(refusal) }
        for message in try saved.retained() { retained.apply(message) }
        advance(to: Receipt(batch: try saved.appliedSequence(), committedAt: Timestamp(microseconds: 0)))
    }
}
