public import CityModel
import Synchronization

/// Who wants to hear of changes as they happen, and what has changed for each of them since they last asked.
///
/// A subscriber that asks seldom gets fewer, newer states, never a backlog: entities are remembered as a set, alerts and
/// refusals as the newest ``LiveFeed/backlog``.
public final class LiveFeed: Sendable {
    /// The most alerts, and the most refusals, that are kept for one subscriber.
    public static let backlog = 256
    /// The most subscribers at one time.
    public static let subscribers = 512

    /// What has changed since a subscriber last asked.
    public struct Changes: Sendable {
        /// Places of entities in the twin.
        public var entities: Set<Int> = []
        /// Alerts raised or acknowledged.
        public var alerts: [AlertRecord] = []
        /// Refusals.
        public var refusals: [RefusalRecord] = []

        /// No changes.
        public init() {}

        /// Whether nothing has changed.
        public var isEmpty: Bool { entities.isEmpty && alerts.isEmpty && refusals.isEmpty }
    }

    /// One who listens. Unsubscribes when it goes away.
    public final class Subscription: Sendable {
        private let changes = Mutex(Changes())
        private let cancel: @Sendable () -> Void

        fileprivate init(cancel: @escaping @Sendable () -> Void) {
            self.cancel = cancel
        }

        deinit { cancel() }

        /// What has changed since the last call.
        public func take() -> Changes {
            changes.withLock { changes in
                defer { changes = Changes() }
                return changes
            }
        }

        fileprivate func add(_ news: Changes) {
            changes.withLock { changes in
                changes.entities.formUnion(news.entities)
                changes.alerts = Array((changes.alerts + news.alerts).suffix(LiveFeed.backlog))
                changes.refusals = Array((changes.refusals + news.refusals).suffix(LiveFeed.backlog))
            }
        }
    }

    private struct Weak {
        weak var subscription: Subscription?
    }

    private struct State {
        var subscriptions: [Int: Weak] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// A feed without subscribers.
    public init() {}

    /// How many listen.
    public var count: Int { state.withLock { $0.subscriptions.count } }

    /// Begins to listen, or answers nil when too many do.
    public func subscribe() -> Subscription? {
        state.withLock { state in
            guard state.subscriptions.count < LiveFeed.subscribers else { return nil }
            let number = state.next
            state.next += 1
            let subscription = Subscription { [weak self] in self?.drop(number) }
            state.subscriptions[number] = Weak(subscription: subscription)
            return subscription
        }
    }

    private func drop(_ number: Int) {
        state.withLock { _ = $0.subscriptions.removeValue(forKey: number) }
    }

    /// Tells everyone who listens.
    public func publish(_ changes: Changes) {
        guard !changes.isEmpty else { return }
        let listeners = state.withLock { state in state.subscriptions.values.compactMap(\.subscription) }
        for listener in listeners { listener.add(changes) }
    }
}
