public import CityModel
public import CityStorage
import JSONBytes
public import NGSILD
import Synchronization

/// What subscribers are still to be told: a view of the journal. Safe from any thread; the committer writes, the
/// notifier takes away what it has delivered.
///
/// A change waits here from when it is committed until the journal says that it is settled, so that nothing is lost
/// when the program is killed: after that some of it is told again (at least once). Matching here looks at what costs
/// little (types, ids, names of attributes); the rest is looked at when it is sent.
public final class NotificationOutbox: Sendable {
    /// The most changes that wait for one subscriber; of more, the oldest are given up.
    public static let backlog = 10_000
    /// What rows of the views are called.
    static let rowKind = "notification"

    /// What a subscription index is asked by.
    fileprivate struct Index {
        var byType: [String: Set<String>] = [:]
        var byEntity: [String: Set<String>] = [:]
        var others: Set<String> = []

        var isEmpty: Bool { byType.isEmpty && byEntity.isEmpty && others.isEmpty }

        func candidates(_ entity: Entity) -> Set<String> {
            var found = others
            if let ids = byEntity[entity.id] { found.formUnion(ids) }
            for type in entity.types { if let ids = byType[type] { found.formUnion(ids) } }
            return found
        }

        mutating func change(_ subscription: Subscription, _ edit: (inout Set<String>) -> Void) {
            let selectors = subscription.entities
            if !selectors.isEmpty, selectors.allSatisfy({ !$0.ids.isEmpty }) {
                for id in selectors.flatMap(\.ids) { Index.edit(&byEntity, id, edit) }
            } else if !selectors.isEmpty, selectors.allSatisfy({ $0.types != nil }) {
                for type in selectors.flatMap({ $0.types?.alternatives.compactMap(\.first) ?? [] }) {
                    Index.edit(&byType, type, edit)
                }
            } else {
                edit(&others)
            }
        }

        private static func edit(
            _ index: inout [String: Set<String>], _ key: String, _ edit: (inout Set<String>) -> Void
        ) {
            edit(&index[key, default: []])
            if index[key]?.isEmpty == true { index[key] = nil }
        }
    }

    fileprivate struct State {
        var standing: [SubscriptionKey: StandingSubscription] = [:]
        var indexes: [String: Index] = [:]
        var queues: [SubscriptionKey: NotificationQueue] = [:]
        var deliveries: [SubscriptionKey: DeliveryState] = [:]
        var nextNumber: UInt64 = 1
        var givenUp = 0
        /// What the next photograph must have: pending ones, and those that an earlier photograph has and are settled.
        var dirty: [String: PendingNotification?] = [:]
        var photographed: Set<String> = []
        var counterIsDirty = false
        var changed: Set<SubscriptionKey> = []
        var wake: (@Sendable () -> Void)?
    }

    private let twin: Twin
    let registrations: RegistrationBook
    private let state = Mutex(State())

    /// An outbox.
    ///
    /// - Parameters:
    ///   - twin: What devices observe.
    ///   - registrations: Told of registrations by this.
    public init(twin: Twin, registrations: RegistrationBook) {
        self.twin = twin
        self.registrations = registrations
    }

    // MARK: The committer

    /// Takes what was committed.
    ///
    /// - Parameters:
    ///   - change: What was committed; the store has it already.
    ///   - stored: The entity as the store has it now; for what devices observe of it.
    public func note(_ change: ContextChange, stored: StoredEntity?) {
        switch change {
        case .document(let change): note(change)
        case .evolution: break
        case .entity(let change):
            guard hasSubscriptions(change.key.tenant) else { return }
            let observed = stored.map { $0.series.isEmpty ? [] : observations(of: change.key.id) } ?? []
            enqueue(
                change.key, at: change.at, before: change.previous?.adding(observed),
                after: change.after?.adding(observed))
        }
    }

    /// Whether anybody may want to know of entities of a tenant.
    public func hasSubscriptions(_ tenant: String) -> Bool {
        state.withLock { $0.indexes[tenant].map { !$0.isEmpty } ?? false }
    }

    /// Takes what devices have observed of an entity.
    ///
    /// - Parameters:
    ///   - before: The entity with its former values.
    ///   - after: The same with those that were observed.
    ///   - at: When, in microseconds since 1970.
    public func noteObserved(before: LabelledEntity?, after: LabelledEntity, at: Int64) {
        enqueue(EntityKey(tenant: "", id: after.entity.id), at: at, before: before, after: after)
    }

    /// What devices observe of an entity, as attributes with labels.
    public func observations(of id: String) -> [(Attribute, AttributeLabel)] {
        guard let observed = twin.entity(EntityID(id)) else { return [] }
        return observed.attributes.map { attribute in
            let definition = attribute.definition
            return (
                attribute.ngsiLD,
                AttributeLabel(dataClass: definition.label.dataClass, agency: definition.agency)
            )
        }
    }

    private func note(_ change: DocumentChange) {
        switch change.kind {
        case .subscription: put(change, .entities)
        case .registrationSubscription: put(change, .registrations)
        case .delivery, .registrationDelivery:
            guard let delivery = change.content.flatMap(DeliveryState.init(document:)) else { return }
            let subject: Subscription.Subject = change.kind == .delivery ? .entities : .registrations
            let key = SubscriptionKey(subject: subject, tenant: change.tenant, id: change.id)
            state.withLock { $0.settle(key, delivery) }
        case .registration:
            guard let (before, after) = registrations.note(change) else { return }
            tell(tenant: change.tenant, at: change.at, before: before, after: after)
        case .context, .snapshot: break
        }
    }

    private func put(_ change: DocumentChange, _ subject: Subscription.Subject) {
        let key = SubscriptionKey(subject: subject, tenant: change.tenant, id: change.id)
        let standing = change.content.flatMap(StandingSubscription.init(document:))
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            state.put(standing, key)
            state.changed.insert(key)
            // Those who subscribe to registrations, or to other ones, are told at once what there is (§5.11.2.4).
            if subject == .registrations, standing?.subscription.status(at: change.at) == .active {
                state.append(at: change.at, .subscribed, key)
            }
            return state.wake
        }
        wake?()
    }

    private func tell(
        tenant: String, at: Int64, before: ContextSourceRegistration?, after: ContextSourceRegistration?
    ) {
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            let keys = state.standing.keys.filter { $0.subject == .registrations && $0.tenant == tenant }
            for key in keys.sorted(by: { $0.id < $1.id }) {
                guard let subscription = state.standing[key]?.subscription, subscription.timeInterval == nil,
                    subscription.status(at: at) == .active
                else { continue }
                state.append(at: at, .registration(before: before, after: after), key)
            }
            return keys.isEmpty ? nil : state.wake
        }
        wake?()
    }

    private func enqueue(_ key: EntityKey, at: Int64, before: LabelledEntity?, after: LabelledEntity?) {
        guard let entity = (after ?? before)?.entity else { return }
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            guard let candidates = state.indexes[key.tenant]?.candidates(entity), !candidates.isEmpty else {
                return nil
            }
            let change = NGSILD.EntityChange(from: before?.entity, to: after?.entity, at: at)
            var isWaiting = false
            for id in candidates.sorted() {
                let subscription = SubscriptionKey(subject: .entities, tenant: key.tenant, id: id)
                guard let standing = state.standing[subscription]?.subscription, standing.timeInterval == nil,
                    standing.status(at: at) == .active
                else { continue }
                // What takes too long to compare is looked at when it is sent, with a budget of its own.
                var budget = QueryBudget()
                if case .some(.none) = try? standing.match(change, within: &budget) { continue }
                state.append(at: at, .entity(id: key.id, before: before, after: after), subscription)
                isWaiting = true
            }
            return isWaiting ? state.wake : nil
        }
        wake?()
    }

    // MARK: Photographs

    /// What has changed since the photograph before.
    public func takeRows() -> [ContextRow] {
        let (dirty, counter) = state.withLock { state in
            defer { (state.dirty, state.counterIsDirty) = ([:], false) }
            for (id, entry) in state.dirty {
                if entry == nil { state.photographed.remove(id) } else { state.photographed.insert(id) }
            }
            return (state.dirty, state.counterIsDirty ? state.nextNumber : nil)
        }
        var rows = dirty.map { id, entry in
            ContextRow(
                kind: NotificationOutbox.rowKind, tenant: "", id: id,
                body: entry.map { entry in LateBytes { entry.coded } })
        }
        if let counter {
            rows.append(
                ContextRow(
                    kind: NotificationOutbox.rowKind, tenant: "", id: "next",
                    body: LateBytes { Array("{\"next\":\(counter)}".utf8) }))
        }
        return rows
    }

    /// Fills the outbox from the last photograph.
    ///
    /// - Parameters:
    ///   - rows: Those of its kind.
    ///   - store: Has the subscriptions.
    /// - Throws: ``CityStorage/StorageError/Code/damaged`` when something there can't be read.
    public func restore(_ rows: [ContextRow], from store: ContextStore) throws(StorageError) {
        registrations.restore(from: store)
        let kinds: [(Subscription.Subject, DocumentChange.Kind)] = [
            (.entities, .subscription), (.registrations, .registrationSubscription),
        ]
        for tenant in store.tenantNames + [""] {
            for (subject, kind) in kinds {
                for (id, content) in store.documents(kind, tenant: tenant) {
                    let key = SubscriptionKey(subject: subject, tenant: tenant, id: id)
                    let delivery = store.document(key.deliveryKind, tenant: tenant, id: id)
                        .flatMap(DeliveryState.init(document:))
                    state.withLock { state in
                        state.put(StandingSubscription(document: content), key)
                        state.deliveries[key] = delivery
                    }
                }
            }
        }
        var entries: [(SubscriptionKey, PendingNotification)] = []
        for row in rows {
            guard let body = row.body?.make(), let value = try? JSONValue(parsing: body) else {
                throw StorageError(.damaged, "what the views have of notification `\(row.id)` cannot be read")
            }
            if row.id == "next", case .object(let object) = value, let next = object.instant("next") {
                state.withLock { $0.nextNumber = UInt64(clamping: next) }
                continue
            }
            let parts = row.id.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 4, let number = UInt64(parts[2]),
                let entry = PendingNotification(coded: value, number: number)
            else { throw StorageError(.damaged, "what the views have of notification `\(row.id)` cannot be read") }
            let subject: Subscription.Subject = parts[0] == "r" ? .registrations : .entities
            entries.append((SubscriptionKey(subject: subject, tenant: String(parts[1]), id: String(parts[3])), entry))
        }
        state.withLock { state in
            for (key, entry) in entries.sorted(by: { $0.1.number < $1.1.number }) {
                state.queues[key, default: NotificationQueue()].append(entry)
                state.photographed.insert(key.row(entry.number))
            }
        }
    }

    // MARK: The notifier

    /// Has a call made whenever there is something new.
    func onNews(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// The subscriptions that changed since the last call; all of them at the first.
    func takeChanged() -> Set<SubscriptionKey> {
        state.withLock { state in
            defer { state.changed = [] }
            return state.changed
        }
    }

    /// All subscriptions there are.
    var all: [SubscriptionKey] { state.withLock { Array($0.standing.keys) } }

    /// Those for which something waits.
    var waiting: [SubscriptionKey] { state.withLock { Array($0.queues.keys) } }

    func standing(_ key: SubscriptionKey) -> (standing: StandingSubscription, delivery: DeliveryState)? {
        state.withLock { state in
            state.standing[key].map { ($0, state.deliveries[key] ?? DeliveryState()) }
        }
    }

    func step(_ key: SubscriptionKey, atMost bound: Int) -> [PendingNotification] {
        state.withLock { $0.queues[key]?.step(atMost: bound) ?? [] }
    }

    /// Takes away what is settled; the journal is to hear of it.
    func settle(_ key: SubscriptionKey, _ delivery: DeliveryState) { state.withLock { $0.settle(key, delivery) } }

    // MARK: Whoever asks

    /// How notifications of a subscription went.
    public func delivery(_ subject: Subscription.Subject, tenant: String, id: String) -> DeliveryState {
        state.withLock { $0.deliveries[SubscriptionKey(subject: subject, tenant: tenant, id: id)] ?? DeliveryState() }
    }

    /// How many changes wait for a subscriber.
    public func pendingCount(_ subject: Subscription.Subject, tenant: String, id: String) -> Int {
        state.withLock { $0.queues[SubscriptionKey(subject: subject, tenant: tenant, id: id)]?.count ?? 0 }
    }

    /// How many changes wait for all subscribers, and how many were given up since the start.
    public var totals: (waiting: Int, givenUp: Int) {
        state.withLock { state in (state.queues.values.reduce(0) { $0 + $1.count }, state.givenUp) }
    }
}

extension NotificationOutbox.State {
    fileprivate mutating func put(_ standing: StandingSubscription?, _ key: SubscriptionKey) {
        if let old = self.standing[key] {
            if key.subject == .entities { indexes[key.tenant]?.change(old.subscription) { $0.remove(key.id) } }
        }
        self.standing[key] = standing
        if let standing {
            guard key.subject == .entities else { return }
            indexes[key.tenant, default: NotificationOutbox.Index()].change(standing.subscription) {
                $0.insert(key.id)
            }
        } else {
            while let entry = queues[key]?.removeFirst() { forget(key.row(entry.number)) }
            queues[key] = nil
            deliveries[key] = nil
        }
    }

    fileprivate mutating func append(at: Int64, _ event: PendingNotification.Event, _ key: SubscriptionKey) {
        let entry = PendingNotification(number: nextNumber, at: at, event)
        nextNumber += 1
        counterIsDirty = true
        queues[key, default: NotificationQueue()].append(entry)
        dirty[key.row(entry.number)] = .some(entry)
        if queues[key]?.count ?? 0 > NotificationOutbox.backlog, let oldest = queues[key]?.removeFirst() {
            forget(key.row(oldest.number))
            givenUp += 1
        }
    }

    fileprivate mutating func settle(_ key: SubscriptionKey, _ delivery: DeliveryState) {
        guard standing[key] != nil else { return }
        if delivery.settledUpTo >= deliveries[key]?.settledUpTo ?? 0 { deliveries[key] = delivery }
        while let first = queues[key]?.first, first.number <= delivery.settledUpTo {
            _ = queues[key]?.removeFirst()
            forget(key.row(first.number))
        }
        if queues[key]?.isEmpty == true { queues[key] = nil }
    }

    private mutating func forget(_ row: String) {
        if photographed.contains(row) { dirty[row] = .some(nil) } else { dirty[row] = nil }
    }
}

extension SubscriptionKey {
    /// Neither tenants nor URIs have spaces.
    fileprivate func row(_ number: UInt64) -> String {
        "\(subject == .registrations ? "r" : "e") \(tenant) \(number) \(id)"
    }
}

extension LabelledEntity {
    /// The entity with what devices observe of it.
    public func adding(_ observed: [(Attribute, AttributeLabel)]) -> LabelledEntity {
        guard !observed.isEmpty else { return self }
        var all = self
        all.entity.attributes += observed.map(\.0)
        all.labels += observed.map(\.1)
        return all
    }

    /// What of it may be seen by one who may see no more than a class.
    func visible(upTo highest: DataClass) -> Entity {
        guard labels.contains(where: { $0.dataClass > highest }) else { return entity }
        var visible = entity
        visible.attributes = zip(entity.attributes, labels).filter { $0.1.dataClass <= highest }.map(\.0)
        return visible
    }
}
