public import MQTTPackets

/// One durable effect of a session. Changes take effect in the order in which they were made.
///
/// Each sets or removes one record: ``keyValue(client:)``. A change that is repeated does no harm.
public enum SessionChange: Sendable {
    /// The session exists, and its particulars are these. Boxed: it is far larger than the others, and comes seldom.
    indirect case head(SessionHead)
    /// The session is no more. The removals of its other records come with it, before.
    case removeSession
    /// A subscription was made or altered.
    case subscribe(TopicFilter, SubscriptionGrant)
    /// A subscription was given up.
    case unsubscribe(TopicFilter)
    /// A message of QoS 1 or 2 waits for the client.
    case enqueue(sequence: UInt64, message: ApplicationMessage, delivery: Delivery)
    /// QoS 2: the client has the message; what remains is PUBREL.
    case release(sequence: UInt64)
    /// The message has been delivered, or given up.
    case remove(sequence: UInt64)
    /// QoS 2: a publication of the client was accepted under this identifier. To be committed with the message, in one
    /// transaction: then the client's repetitions are known for what they are [MQTT-4.3.3-10].
    ///
    /// `ticket` tells identifiers of this session from those of one that was discarded meanwhile.
    case receivedIdentifier(UInt16, ticket: UInt64)
    /// QoS 2: the client has released the identifier, and may use it for another publication.
    case forgotIdentifier(UInt16)
}

/// The particulars of a session that are kept in one record.
public struct SessionHead: Sendable, Equatable {
    /// Names the principal that the session belongs to.
    public var owner: String
    /// The edition of the last connection.
    public var version: ProtocolVersion
    /// How long the session outlives its connection.
    public var expiry: SessionExpiryInterval
    /// Whether the client was connected when this was written.
    public var isConnected: Bool
    /// When it was connected, or since when it is not.
    public var since: SessionInstant
    /// Sequences before it belong to sessions that were discarded.
    public var firstSequence: UInt64
    /// The next sequence when this was written; later ones may have come since.
    public var nextSequence: UInt64
    /// Messages before it may have been sent. While the client is connected, any may have been.
    public var sentThrough: UInt64
    /// Tickets before it belong to sessions that were discarded.
    public var firstTicket: UInt64
    /// The will of the connection, or the one that is due.
    public var will: SessionWill?
    /// When the will is due; nil while the client is connected.
    public var willDue: SessionInstant?
}
