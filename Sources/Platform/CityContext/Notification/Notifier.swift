public import CityModel
import JSONBytes
import NGSILD

/// Sends what subscribers are to be told: one notification after the other to each, all subscribers side by side.
///
/// A receiver that fails is tried again, later each time, while its changes wait in the ``NotificationOutbox``; no other
/// waits for it. How it went is told to the journal in short intervals, so that after a kill what was told in the last one
/// is told again, and nothing is left out.
public actor Notifier {
    /// What it needs of the city around it.
    public struct City: Sendable {
        /// The highest class that an owner may read now; nil when they may read nothing any more.
        public var sees: @Sendable (SubscriptionOwner) -> DataClass?
        /// Commits changes.
        public var commit: @Sendable ([ContextChange]) async throws -> Void
        /// The present, in microseconds since 1970.
        public var now: @Sendable () -> Int64
        /// Told of what went wrong, for people.
        public var complain: @Sendable (_ subscription: String, _ problem: String) -> Void

        /// What it needs.
        public init(
            sees: @escaping @Sendable (SubscriptionOwner) -> DataClass?,
            commit: @escaping @Sendable ([ContextChange]) async throws -> Void,
            now: @escaping @Sendable () -> Int64,
            complain: @escaping @Sendable (_ subscription: String, _ problem: String) -> Void
        ) {
            self.sees = sees
            self.commit = commit
            self.now = now
            self.complain = complain
        }
    }

    /// The most notifications that are under way at one time.
    public static let concurrency = 1_024
    /// The most entities in one notification of changes.
    public static let entitiesAtOnce = 100
    /// After the first failure; doubled after each that follows.
    public static let firstPause = Duration.seconds(5)
    /// The longest pause between two attempts.
    public static let longestPause = Duration.seconds(300)
    /// How often the journal is told how it went.
    public static let tellingInterval = Duration.milliseconds(250)

    private struct Worker {
        var standing: StandingSubscription
        var clock: SubscriptionClock
        var condition: QueryExpression?
        var context: JSONLDContext?
        var settledUpTo: UInt64
        var failures = 0
        var notBefore: Int64 = .min
        var isBusy = false
        /// Whether what is first was tried before: then it is not asked again whether to send it.
        var isRetry = false
    }

    private let store: ContextStore
    private let twin: Twin
    private let outbox: NotificationOutbox
    private let contexts: ContextCatalog
    private let egress: any Egress
    private let city: City
    private var workers: [SubscriptionKey: Worker] = [:]
    private var untold: Set<SubscriptionKey> = []
    private var periodic: Set<SubscriptionKey> = []
    private var underWay = 0
    private let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// A notifier.
    public init(
        store: ContextStore, twin: Twin, outbox: NotificationOutbox, contexts: ContextCatalog, egress: any Egress,
        city: City
    ) {
        self.store = store
        self.twin = twin
        self.outbox = outbox
        self.contexts = contexts
        self.egress = egress
        self.city = city
        (news, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let bell = bell
        outbox.onNews { bell.yield() }
    }

    /// Sends until the task is cancelled; then what is known of deliveries is told to the journal.
    public func run() async {
        for key in outbox.all { refresh(key) }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tellInIntervals() }
            var alarm: Task<Void, Never>?
            var next = begin(&group)
            while !Task.isCancelled {
                alarm?.cancel()
                if let next {
                    let pause = max(next - city.now(), 0)
                    let bell = bell
                    alarm = Task {
                        // An alarm that is cancelled has been set anew.
                        guard (try? await Task.sleep(for: .microseconds(pause))) != nil else { return }
                        bell.yield()
                    }
                }
                var iterator = news.makeAsyncIterator()
                guard await iterator.next() != nil else { break }
                next = begin(&group)
            }
            alarm?.cancel()
            group.cancelAll()
        }
        await tell()
    }

    /// Looks again at the subscriptions that changed.
    private func refresh(_ key: SubscriptionKey) {
        guard let (standing, delivery) = outbox.standing(key) else {
            workers[key] = nil
            untold.remove(key)
            periodic.remove(key)
            return
        }
        if standing.subscription.timeInterval == nil { periodic.remove(key) } else { periodic.insert(key) }
        var subscription = standing.subscription
        subscription.deliveries = delivery.record
        if var worker = workers[key] {
            worker.standing = standing
            worker.clock.update(to: subscription, at: city.now())
            (worker.condition, worker.context) = (nil, nil)
            worker.notBefore = .min
            workers[key] = worker
        } else {
            workers[key] = Worker(
                standing: standing, clock: SubscriptionClock(subscription, at: city.now()),
                settledUpTo: delivery.settledUpTo)
        }
    }

    /// Begins all that is due.
    ///
    /// - Returns: When something is due next; nil when nothing is without news.
    private func begin(_ group: inout DiscardingTaskGroup) -> Int64? {
        for key in outbox.takeChanged() { refresh(key) }
        let now = city.now()
        var next: Int64?
        for key in outbox.waiting {
            guard underWay < Notifier.concurrency else { break }
            guard let worker = workers[key], !worker.isBusy else { continue }
            guard worker.notBefore <= now else {
                next = min(next ?? .max, worker.notBefore)
                continue
            }
            start(key, &group) { await self.tellOfChanges(key) }
        }
        for key in periodic {
            guard let worker = workers[key], let due = worker.clock.nextTimer, !worker.isBusy,
                underWay < Notifier.concurrency
            else { continue }
            guard due <= now else {
                next = min(next ?? .max, due)
                continue
            }
            start(key, &group) { await self.tellPeriodically(key) }
        }
        return next
    }

    private func start(
        _ key: SubscriptionKey, _ group: inout DiscardingTaskGroup, _ work: @escaping @Sendable () async -> Void
    ) {
        workers[key]?.isBusy = true
        underWay += 1
        group.addTask {
            await work()
            await self.ended(key)
        }
    }

    private func ended(_ key: SubscriptionKey) {
        underWay -= 1
        workers[key]?.isBusy = false
        bell.yield()
    }

    // MARK: One subscription

    /// Tells of what has changed, step by step, until nothing waits or the receiver fails.
    private func tellOfChanges(_ key: SubscriptionKey) async {
        while !Task.isCancelled, let worker = workers[key] {
            let step = outbox.step(key, atMost: Notifier.entitiesAtOnce)
            guard let last = step.last else { return }
            let now = city.now()
            if worker.standing.subscription.status(at: now) != .active {
                settle(key, upTo: last.number)
                continue
            }
            if !worker.isRetry {
                guard case .notify = worker.clock.changed(at: now) else {
                    settle(key, upTo: last.number)
                    continue
                }
            }
            do {
                let contents = try await content(key, worker)
                guard let request = try contents?.request(for: step, at: now, tenant: key.tenant) else {
                    settle(key, upTo: last.number)
                    continue
                }
                guard await send(request, for: key, at: now) else { return }
                settle(key, upTo: last.number)
            } catch {
                failed(key, "\(error)", counts: false)
                return
            }
        }
    }

    private func tellPeriodically(_ key: SubscriptionKey) async {
        guard var worker = workers[key] else { return }
        let now = city.now()
        let decision = worker.clock.timerFired(at: now)
        workers[key]?.clock = worker.clock
        guard case .notify = decision else { return }
        do {
            let contents = try await content(key, worker)
            guard let request = try contents?.currentRequest(at: now, tenant: key.tenant) else {
                return
            }
            _ = await send(request, for: key, at: now)
            // What was missed is not made up for: the next period tells what is so then.
            workers[key]?.isRetry = false
        } catch {
            city.complain(key.id, "\(error)")
        }
    }

    /// What notifications of a subscription are made with; nil when its owner may not read any more, or its tenant is
    /// gone.
    private func content(
        _ key: SubscriptionKey, _ worker: Worker
    ) async throws -> (any NotificationContents)? {
        guard let highest = city.sees(worker.standing.owner), let tenant = store.tenant(key.tenant) else { return nil }
        let subscription = worker.standing.subscription
        var (condition, context) = (worker.condition, worker.context)
        if context == nil {
            let document = subscription.jsonldContext.map { JSONValue.string($0) } ?? subscription.context
            let resolved = try await contexts.resolve(document ?? .string(JSONLDContext.coreURL))
            context = resolved
            let asked = key.subject == .entities ? subscription.q : subscription.csf
            if let q = asked {
                let named = try await contexts.resolve(q.context ?? .string(JSONLDContext.coreURL))
                condition = try QueryExpression(
                    parsing: q.text, context: named, expanding: Set(subscription.expandValues))
            }
            workers[key]?.condition = condition
            workers[key]?.context = resolved
        }
        if key.subject == .registrations {
            return RegistrationContent(
                standing: worker.standing, context: context ?? .core, filter: condition,
                registrations: outbox.registrations.all(tenant: key.tenant))
        }
        let sight = EntitySight(store: tenant, twin: twin, upTo: highest, now: city.now())
        return NotificationContent(
            standing: worker.standing, context: context ?? .core, condition: condition, sight: sight, highest: highest)
    }

    /// - Returns: Whether the receiver has it.
    private func send(_ request: NotificationRequest, for key: SubscriptionKey, at now: Int64) async -> Bool {
        workers[key]?.clock.sent(at: now)
        untold.insert(key)
        do throws(EgressError) {
            switch request {
            case .http(let request):
                let answer = try await egress.send(request)
                guard (200..<300).contains(answer.status) else {
                    failed(key, "`\(request.url)` answered \(answer.status)")
                    return false
                }
            case .mqtt(let delivery): try await egress.publish(delivery)
            }
        } catch {
            failed(key, error.message)
            return false
        }
        workers[key]?.clock.succeeded(at: city.now())
        workers[key]?.failures = 0
        workers[key]?.isRetry = false
        return true
    }

    /// What waits is tried again, later each time.
    private func failed(_ key: SubscriptionKey, _ problem: String, counts: Bool = true) {
        guard var worker = workers[key] else { return }
        let now = city.now()
        if counts { worker.clock.failed(at: now) }
        let doubled = Notifier.firstPause * (1 << min(worker.failures, 10))
        var pause = min(doubled, Notifier.longestPause)
        if let cooldown = worker.standing.subscription.notification.endpoint.cooldown { pause = max(pause, cooldown) }
        worker.failures += 1
        worker.isRetry = true
        worker.notBefore = now + Int64(pause / .microseconds(1))
        workers[key] = worker
        untold.insert(key)
        city.complain(key.id, problem)
    }

    // MARK: What the journal hears

    private func settle(_ key: SubscriptionKey, upTo number: UInt64) {
        guard let worker = workers[key] else { return }
        workers[key]?.settledUpTo = number
        workers[key]?.isRetry = false
        untold.insert(key)
        outbox.settle(key, DeliveryState(settledUpTo: number, record: worker.clock.record))
    }

    private func tellInIntervals() async {
        while (try? await Task.sleep(for: Notifier.tellingInterval)) != nil { await tell() }
    }

    /// Tells the journal how deliveries went since the last time.
    private func tell() async {
        let now = city.now()
        let changes = untold.sorted { $0.id < $1.id }.compactMap { key -> ContextChange? in
            guard let worker = workers[key], outbox.standing(key) != nil else { return nil }
            let state = DeliveryState(settledUpTo: worker.settledUpTo, record: worker.clock.record)
            outbox.settle(key, state)
            return .document(
                DocumentChange(key.deliveryKind, tenant: key.tenant, id: key.id, at: now, content: state.document))
        }
        let told = untold
        untold = []
        guard !changes.isEmpty else { return }
        do {
            try await city.commit(changes)
        } catch {
            // They wait in the outbox still, as far as the journal knows: told again in the next interval.
            untold.formUnion(told)
            city.complain("all", "how deliveries went cannot be kept: \(error)")
        }
    }
}
