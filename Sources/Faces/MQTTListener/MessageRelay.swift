import CityModel
import CityPath
import CityStorage
import MQTTPackets
import MQTTSessions
import NIOCore
import Synchronization

/// A message on its way to subscribers.
struct RelayedMessage: Sendable {
    let content: ApplicationMessage
    /// The class of the most sensitive value in it.
    let dataClass: DataClass

    init(_ content: ApplicationMessage, _ dataClass: DataClass) {
        self.content = content
        self.dataClass = dataClass
    }
}

/// Who gets the messages that came together, found out at once: with one lock, and before the commit, so that what is
/// queued for durable sessions is committed along with the messages' own changes.
struct Routing: Sendable {
    struct Receiver: Sendable {
        /// Which message, by its place.
        let message: Int
        let client: ClientSession
        var grant: SubscriptionGrant
        /// Of the client's other subscriptions that the message matches [MQTT-3.3.4-4].
        var further: [UInt32] = []
        /// Set once the message is in the queue of a durable session, waiting for the commit.
        var sequence: UInt64?
        /// Whether there is nothing more to do.
        var isDone = false
    }

    var receivers: [Receiver] = []
}

/// Gives messages to those who have subscribed. Safe from any thread.
final class MessageRelay: Sendable {
    typealias Tree = SubscriptionTree<ClientSession>

    private struct State {
        var tree = Tree()
        /// Counted up with each message, so that those who share a subscription take turns.
        var turn = 0
    }

    let retained = RetainedMessages()
    private let state = Mutex(State())
    private let subscriptions = Atomic<Int>(0)
    private let metrics: CityMetrics

    init(metrics: CityMetrics) {
        self.metrics = metrics
    }

    /// Whether nobody has subscribed to anything; messages need not be kept for giving on.
    var isIdle: Bool { subscriptions.load(ordering: .relaxed) == 0 }

    /// How many subscriptions there are.
    var subscriptionCount: Int { subscriptions.load(ordering: .relaxed) }

    func subscribe(_ client: ClientSession, to filter: TopicFilter, _ grant: SubscriptionGrant) {
        state.withLock { state in
            state.tree.insert(client, for: filter, grant: grant)
            subscriptions.store(state.tree.count, ordering: .relaxed)
        }
    }

    func unsubscribe(_ client: ClientSession, from filters: some Sequence<TopicFilter>) {
        state.withLock { state in
            for filter in filters { state.tree.remove(client, for: filter) }
            subscriptions.store(state.tree.count, ordering: .relaxed)
        }
    }

    // MARK: A message's way

    /// Finds who gets each of the messages: once, however many of its subscriptions match.
    func route(_ messages: [RelayedMessage]) -> Routing {
        var routing = Routing()
        guard !messages.isEmpty, !isIdle else { return routing }
        state.withLock { state in
            for (index, message) in messages.enumerated() {
                state.turn &+= 1
                // Of this message's receivers, those that may come a second time.
                var known: [ClientSession: Int] = [:]
                message.content.topicName.withUnsafeBytes { topicName in
                    state.tree.forEachMatch(topicName, turn: state.turn, prefer: { $0.isLive }) { client, grant in
                        if client.hasSeveralSubscriptions {
                            if let place = known[client] {
                                routing.receivers[place].add(grant)
                                return
                            }
                            known[client] = routing.receivers.count
                        }
                        routing.receivers.append(Routing.Receiver(message: index, client: client, grant: grant))
                    }
                }
            }
        }
        return routing
    }

    /// Queues what goes to durable sessions at QoS 1 and 2. What it adds to `keepings` is to be committed, then
    /// ``deliver(_:_:isCommitted:at:on:)`` called.
    func reserve(
        _ routing: inout Routing, _ messages: [RelayedMessage], at now: SessionInstant, into keepings: inout [Keeping]
    ) {
        for index in routing.receivers.indices {
            let receiver = routing.receivers[index]
            let message = messages[receiver.message]
            guard message.content.qos != .atMostOnce, receiver.grant.options.maximumQoS != .atMostOnce,
                receiver.client.isDurable
            else { continue }
            let (sequence, isOverflow, connection) = receiver.client.reserve(
                message, receiver.grant, further: receiver.further, at: now, into: &keepings)
            routing.receivers[index].sequence = sequence
            routing.receivers[index].isDone = sequence == nil
            if isOverflow { tellOfOverflow(connection) } else if sequence == nil { connection?.flush() }
        }
    }

    /// Gives the messages to everyone, or withdraws what waited for a commit that failed.
    func deliver(
        _ routing: Routing, _ messages: [RelayedMessage], isCommitted: Bool, at now: SessionInstant
    ) {
        var due: [ConnectionHandle] = []
        for receiver in routing.receivers where !receiver.isDone {
            if let sequence = receiver.sequence {
                if let connection = receiver.client.settle(sequence, isCommitted: isCommitted) {
                    due.append(connection)
                }
            } else if isCommitted {
                let delivered = receiver.client.deliver(
                    messages[receiver.message], receiver.grant, further: receiver.further, at: now)
                guard let delivered else { continue }
                if delivered.outcome == .overflow { tellOfOverflow(delivered.connection) }
                guard let connection = delivered.connection else { continue }
                if delivered.isFull { connection.flushNow() } else { due.append(connection) }
            }
        }
        for connection in due { connection.flush() }
    }

    /// A client that does not keep up loses its connection rather than messages without a word (MQTT 5.0 §4.13.1).
    private func tellOfOverflow(_ connection: ConnectionHandle?) {
        connection?.overflowed()
    }
}

extension Routing.Receiver {
    /// Another subscription of the same client matches too: the greater QoS counts, and both identifiers.
    fileprivate mutating func add(_ other: SubscriptionGrant) {
        var (best, second) = (grant, other)
        if other.options.maximumQoS > grant.options.maximumQoS { (best, second) = (other, grant) }
        best.options.noLocal = grant.options.noLocal && other.options.noLocal
        best.options.retainAsPublished = grant.options.retainAsPublished || other.options.retainAsPublished
        if best.subscriptionIdentifier == nil {
            best.subscriptionIdentifier = second.subscriptionIdentifier
        } else if let identifier = second.subscriptionIdentifier {
            further.append(identifier)
        }
        grant = best
    }
}
