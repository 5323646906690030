import CityModel
import CityPath
import MQTTPackets
import NIOCore
import Synchronization

/// A message on its way to subscribers.
struct RelayedMessage: Sendable {
    let topic: String
    let payload: ByteBuffer
    let qos: QoS
    let retain: Bool
    /// The class of the most sensitive value in it.
    let dataClass: DataClass
    /// The connection that published it, for No Local.
    let publisher: UInt64
}

/// Gives committed messages to those who have subscribed. Safe from any thread.
final class MessageRelay: Sendable {
    typealias Tree = SubscriptionTree<UInt64>

    private let tree = Mutex(Tree())
    private let subscriptions = Atomic<Int>(0)
    private let retained: RetainedBook
    private let metrics: CityMetrics

    init(retained: RetainedBook, metrics: CityMetrics) {
        self.retained = retained
        self.metrics = metrics
    }

    /// Whether nobody has subscribed to anything; messages need not be kept for giving on.
    var isIdle: Bool { subscriptions.load(ordering: .relaxed) == 0 }

    /// - Returns: Whether the subscriber had none on this filter before.
    func subscribe(_ subscriber: UInt64, to filter: TopicFilter, _ grant: Tree.Grant) -> Bool {
        tree.withLock { tree in
            let isNew = tree.insert(subscriber, for: filter, grant: grant) == nil
            subscriptions.store(tree.count, ordering: .relaxed)
            return isNew
        }
    }

    /// - Returns: Whether there was one.
    func unsubscribe(_ subscriber: UInt64, from filter: TopicFilter) -> Bool {
        tree.withLock { tree in
            defer { subscriptions.store(tree.count, ordering: .relaxed) }
            return tree.remove(subscriber, for: filter) != nil
        }
    }

    /// Gives a message to everyone who matches, once each, with the best of their grants.
    func publish(_ message: RelayedMessage, in directory: ConnectionDirectory) {
        var receivers: [UInt64: Tree.Grant] = [:]
        tree.withLock { tree in
            tree.forEachMatch(message.topic) { subscriber, grant in
                if grant.options.noLocal, subscriber == message.publisher { return }
                if let known = receivers[subscriber],
                    known.options.maximumQoS.rawValue >= grant.options.maximumQoS.rawValue
                {
                    return
                }
                receivers[subscriber] = grant
            }
        }
        for (subscriber, grant) in receivers { directory.handle(subscriber)?.deliver(message, as: grant) }
    }

    /// The retained messages that a new subscription gets.
    func retained(for filter: TopicFilter) -> [RetainedMessage] {
        retained.messages { filter.matches($0) }
    }

    func delivered(_ count: Int, dropped: Int) { metrics.relayed(count, dropped: dropped) }
}
