/// When a subscription's notifications are due: throttling, periods, the pause after a failure, and the counters
/// (CIM 009 §5.2.12, §5.2.14.2, §5.2.15, §5.8.6).
///
/// A value: changes and instants in, decisions out. The shell owns timer and endpoint. It asks ``changed(at:)`` when a
/// change matches and ``timerFired(at:)`` at ``nextTimer``; where the answer is to notify and there is something to
/// say, it sends, tells ``sent(at:)`` at once, and later how it went. Instants are in microseconds since 1970.
public struct SubscriptionClock: Sendable, Hashable {
    /// What to do.
    public enum Decision: Sendable, Hashable {
        /// Send a notification now.
        case notify
        /// Nothing now; ask again then.
        case check(at: Int64)
        /// Nothing.
        case ignore
    }

    private enum Schedule: Hashable {
        /// A notification follows each change, this far from the one before.
        case onChange(throttling: Duration?)
        /// A notification is sent in each period, whatever happens; the next one then.
        case periodic(every: Duration, next: Int64)
    }

    /// How it went so far: to be kept in ``Subscription/deliveries``.
    public private(set) var record: DeliveryRecord
    private var schedule: Schedule
    private var cooldown: Duration?
    private var isActive: Bool
    private var expiresAt: Int64?

    /// The clock of a subscription that was entered, or found in the store again.
    ///
    /// The first period ends one `timeInterval` after the last notification, or after now if there was none.
    ///
    /// - Parameters:
    ///   - subscription: With its counters.
    ///   - now: In microseconds since 1970.
    public init(_ subscription: Subscription, at now: Int64) {
        record = subscription.deliveries
        cooldown = subscription.notification.endpoint.cooldown
        isActive = subscription.isActive ?? true
        expiresAt = subscription.expiresAt
        schedule = .onChange(throttling: subscription.throttling)
        if let interval = subscription.timeInterval { schedule = Self.periodic(interval, after: now, record: record) }
    }

    /// Takes over what an update changed. Counters stay; a new `timeInterval` begins now.
    ///
    /// - Parameters:
    ///   - subscription: As it is now.
    ///   - now: In microseconds since 1970.
    public mutating func update(to subscription: Subscription, at now: Int64) {
        cooldown = subscription.notification.endpoint.cooldown
        isActive = subscription.isActive ?? true
        expiresAt = subscription.expiresAt
        guard let interval = subscription.timeInterval else {
            schedule = .onChange(throttling: subscription.throttling)
            return
        }
        if case .periodic(let every, _) = schedule, every == max(interval, DocumentLimits.shortestInterval) { return }
        schedule = Self.periodic(interval, after: now, record: DeliveryRecord())
    }

    private static func periodic(_ interval: Duration, after now: Int64, record: DeliveryRecord) -> Schedule {
        let every = max(interval, DocumentLimits.shortestInterval)
        // A clock that was set back must not postpone the next one for longer than a period.
        return .periodic(every: every, next: min(record.lastNotification ?? now, now).later(by: every))
    }

    /// When ``timerFired(at:)`` has something to say; nil if no notification is due without a change.
    public var nextTimer: Int64? {
        guard case .periodic(_, let next) = schedule, isActive, expiresAt.map({ next < $0 }) ?? true else { return nil }
        return next
    }

    /// A change matches the subscription.
    ///
    /// - Parameter now: In microseconds since 1970.
    /// - Returns: ``Decision/notify``; ``Decision/ignore`` while the subscription is paused or expired, within the
    ///   throttling after the last notification, within the cooldown after a failure, and where notifications are
    ///   periodic. What is ignored is not made up for (§5.2.15).
    public func changed(at now: Int64) -> Decision {
        guard case .onChange(let throttling) = schedule, isDelivering(at: now) else { return .ignore }
        if let last = record.lastNotification, let throttling, Self.isWithin(throttling, after: last, now) {
            return .ignore
        }
        return .notify
    }

    /// The timer fired.
    ///
    /// - Parameter now: In microseconds since 1970.
    /// - Returns: ``Decision/notify`` once in a period, however many were missed; ``Decision/check(at:)`` when it is
    ///   too early, or within the cooldown after a failure; ``Decision/ignore`` where there is no period any more.
    public mutating func timerFired(at now: Int64) -> Decision {
        guard case .periodic(let every, let next) = schedule, nextTimer != nil else { return .ignore }
        guard now >= next else { return .check(at: next) }
        let missed = (now - next) / every.inMicroseconds
        schedule = .periodic(every: every, next: next.later(by: every * Int(missed + 1)))
        if isDelivering(at: now) { return .notify }
        return nextTimer.map { .check(at: $0) } ?? .ignore
    }

    /// A notification goes out.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func sent(at now: Int64) { record.sent(at: now) }

    /// The receiver has taken it.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func succeeded(at now: Int64) { record.succeeded(at: now) }

    /// The receiver has not taken it, or did not answer in time: its cooldown begins.
    ///
    /// - Parameter now: In microseconds since 1970.
    public mutating func failed(at now: Int64) { record.failed(at: now) }

    /// Whether the subscription is active and its endpoint not being left alone.
    private func isDelivering(at now: Int64) -> Bool {
        guard isActive, expiresAt.map({ now < $0 }) ?? true else { return false }
        guard record.status == .failed, let failure = record.lastFailure, let cooldown else { return true }
        return !Self.isWithin(cooldown, after: failure, now)
    }

    /// Whether less than a period has passed. An instant in the future means that the clock was set back: it is over.
    private static func isWithin(_ period: Duration, after start: Int64, _ now: Int64) -> Bool {
        start <= now && now < start.later(by: period)
    }
}
