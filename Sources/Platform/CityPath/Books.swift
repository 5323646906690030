public import CityModel
import Synchronization

/// The newest alerts, a view of the journal. Safe from any thread; only the committer writes.
public final class AlertBook: Sendable {
    /// The most alerts held in memory, give or take ``slack``; older ones stay in the journal.
    public static let bound = 10_000
    /// So many more are let in before the oldest go together: one by one would move all the others each time.
    static let slack = 1_000

    private struct State {
        var alerts: [AlertRecord] = []
        var open = 0
        var next: UInt64 = 1
    }

    private let state = Mutex(State())

    /// A book without alerts.
    public init() {}

    func restore(_ alerts: [AlertRecord]) {
        state.withLock { state in
            state.alerts = alerts
            state.open = alerts.count { $0.acknowledgedAt == nil }
            state.next = (alerts.last?.id ?? 0) &+ 1
        }
    }

    /// The number for a new alert, taken once.
    func takeNumber() -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
    }

    /// Takes a committed event; answers with the alert it made or changed.
    func apply(_ event: CityEvent) -> AlertRecord? {
        state.withLock { state in
            switch event {
            case .alertRaised(let alert):
                state.alerts.append(alert)
                state.open += alert.acknowledgedAt == nil ? 1 : 0
                state.next = max(state.next, alert.id &+ 1)
                if state.alerts.count > AlertBook.bound + AlertBook.slack {
                    state.open -= state.alerts.prefix(AlertBook.slack).count { $0.acknowledgedAt == nil }
                    state.alerts.removeFirst(AlertBook.slack)
                }
                return alert
            case .alertAcknowledged(let acknowledgement):
                guard let place = state.alerts.lastIndex(where: { $0.id == acknowledgement.alert }),
                    state.alerts[place].acknowledgedAt == nil
                else { return nil }
                state.alerts[place].acknowledgedBy = acknowledgement.by
                state.alerts[place].acknowledgedAt = acknowledgement.at
                state.alerts[place].note = acknowledgement.note
                state.open -= 1
                return state.alerts[place]
            case .attributeDefined, .device, .refusal, .access, .retained, .account, .token, .context:
                return nil
            }
        }
    }

    /// How many nobody has acknowledged.
    public var openCount: Int { state.withLock { $0.open } }

    /// The alert with this number.
    public func alert(_ id: UInt64) -> AlertRecord? { state.withLock { $0.alerts.last { $0.id == id } } }

    /// The newest alerts that `include` accepts, newest first.
    public func newest(_ limit: Int, where include: (AlertRecord) -> Bool = { _ in true }) -> [AlertRecord] {
        let alerts = state.withLock { $0.alerts }
        return Array(alerts.reversed().lazy.filter(include).prefix(limit))
    }
}

/// The newest refusals, a view of the journal. Safe from any thread; only the committer writes.
public final class RefusalBook: Sendable {
    /// The most records held in memory, give or take ``slack``; older ones stay in the journal.
    public static let bound = 2_000
    /// So many more are let in before the oldest go together.
    static let slack = 1_000

    private let state = Mutex<[RefusalRecord]>([])

    /// A book without refusals.
    public init() {}

    func apply(_ record: RefusalRecord) {
        state.withLock { records in
            records.append(record)
            if records.count > RefusalBook.bound + RefusalBook.slack { records.removeFirst(RefusalBook.slack) }
        }
    }

    /// The newest records that `include` accepts, newest first.
    public func newest(_ limit: Int, where include: (RefusalRecord) -> Bool = { _ in true }) -> [RefusalRecord] {
        let records = state.withLock { $0 }
        return Array(records.reversed().lazy.filter(include).prefix(limit))
    }

    /// How many submissions were refused since `moment`, as far as the book goes back.
    public func count(since moment: Timestamp) -> Int {
        state.withLock { records in
            records.reversed().lazy.prefix { $0.at >= moment }.reduce(0) { $0 &+ $1.count }
        }
    }
}

/// Messages kept for those who subscribe later, a view of the journal.
public final class RetainedBook: Sendable {
    /// The most topics that may have a retained message.
    public static let bound = 100_000

    private let state = Mutex<[String: RetainedMessage]>([:])

    /// A book without messages.
    public init() {}

    func apply(_ message: RetainedMessage) {
        state.withLock { messages in
            messages[message.topic] = message.payload.isEmpty ? nil : message
        }
    }

    /// How many topics have a retained message.
    public var count: Int { state.withLock { $0.count } }

    /// The messages whose topic `matches` accepts, in order of their topics.
    public func messages(where matches: (String) -> Bool) -> [RetainedMessage] {
        let messages = state.withLock { $0 }
        return messages.values.filter { matches($0.topic) }.sorted { $0.topic < $1.topic }
    }
}
