public import MQTTPackets

/// Whether a message may be sent at once.
public enum DeliveryMode: Sendable, Equatable {
    /// At once. To a durable session only at QoS 1, and only a message whose loss in a crash is acceptable: the client
    /// may get it before it is durable. At QoS 2, the next message could then meet the old one's packet identifier.
    case immediate
    /// Once its ``SessionChange/enqueue(sequence:message:delivery:)`` is durable and ``Session/confirm(_:)`` has been
    /// called; until then neither it nor any message behind it. The same as ``immediate`` at QoS 0 and in sessions that
    /// are not durable, since nothing of them is committed.
    case pending
}

/// What became of a message for a session.
public enum DeliveryOutcome: Sendable, Equatable {
    /// It is in ``Outbox/bytes``.
    case sent
    /// It waits at QoS 0, and is lost if the connection ends or room is needed.
    case waiting
    /// It waits, or waits for its confirmation, at QoS 1 or 2.
    case queued(sequence: UInt64)
    /// The queue is full and holds no QoS 0 to drop: the message is refused.
    case overflow
    /// The client published it and asked not to get it back [MQTT-3.8.3-3].
    case noLocal
    /// Its message expiry interval has passed [MQTT-3.3.2-5].
    case expired
    /// The client is not connected, and QoS 0 is not kept for it (5.0 §4.1).
    case notConnected
    /// The packet would exceed the client's Maximum Packet Size; to be treated as delivered [MQTT-3.1.2-25].
    case tooLarge
}

/// How a message goes to one client: what depends on the subscription.
public struct Delivery: Sendable, Equatable {
    /// The lesser of the QoS published and granted [MQTT-3.8.4-8].
    public var qos: QoS
    /// RETAIN, as the client will see it.
    public var retain: Bool
    /// Of the subscription; zero for none.
    public var subscriptionIdentifier: UInt32
    /// Of other subscriptions that the same packet answers [MQTT-3.3.4-4].
    public var furtherIdentifiers: [UInt32]

    /// A delivery with the given content.
    public init(qos: QoS, retain: Bool = false, subscriptionIdentifier: UInt32 = 0, furtherIdentifiers: [UInt32] = []) {
        self.qos = qos
        self.retain = retain
        self.subscriptionIdentifier = subscriptionIdentifier
        self.furtherIdentifiers = furtherIdentifiers
    }

    /// How `message` goes to a client with `grant`.
    ///
    /// RETAIN is 1 for what was kept and is sent because of the subscription, otherwise 0, or as published where the
    /// client asked for that [MQTT-3.3.1-12], [MQTT-3.3.1-13].
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - grant: The subscription.
    ///   - isRetained: Whether the message was kept, and is sent because the subscription was made.
    ///   - furtherIdentifiers: Of other subscriptions that the same packet answers.
    @inlinable
    public init(
        of message: ApplicationMessage, to grant: SubscriptionGrant, isRetained: Bool = false,
        furtherIdentifiers: [UInt32] = []
    ) {
        qos = min(message.qos, grant.options.maximumQoS)
        retain = isRetained || (grant.options.retainAsPublished && message.retain)
        subscriptionIdentifier = grant.subscriptionIdentifier ?? 0
        self.furtherIdentifiers = furtherIdentifiers
    }
}
