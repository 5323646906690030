public import MQTTPackets

/// The server's side of an MQTT 3.1.1 or 5.0 session, as a value: packets and instants in, packets and effects out.
///
/// - Takes: CONNECT, publications, acknowledgements and subscriptions of one client, messages for it, and instants.
/// - Gives: bytes to write, durable changes to commit, and what must wait for the commit: ``Outbox``. Beside it, when a
///   will message is due and when the session ends.
/// - Owns: nothing. No sockets, no timers, no locks, no store. Who subscribes to what across clients, and what is
///   retained, is kept elsewhere.
/// - Relies on: `MQTTPackets`, and `NIOCore` for `ByteBuffer` only.
///
/// ``Session`` is the whole of it. Its durable part can be taken apart into key-value pairs, ``SessionChange``, and put
/// together again after a restart, ``Session/restore(from:limits:at:)``.
///
/// **Three rules for the shell.** It writes ``Outbox/bytes`` at once, in order. It commits ``Outbox/changes`` in the
/// order in which they were made. It writes ``Outbox/afterCommit`` once the changes of that outbox *and of all earlier
/// ones of the session* are durable.
///
/// **What happens when a queue is full.** Waiting messages are bounded by ``queuedMessages`` and ``queuedBytes``. To
/// make room, the oldest waiting QoS 0 messages are dropped; when none is left, the new message is refused with
/// ``DeliveryOutcome/overflow``, and the shell tells the client (DISCONNECT 0x97, Quota exceeded) or counts it. A message
/// of QoS 1 or 2 that was once queued is never dropped to make room for another.
public struct SessionLimits: Sendable, Equatable {
    /// Messages that wait to be sent; those sent and unacknowledged are bounded by ``inFlightMessages``.
    public var queuedMessages = 1_000
    /// Bytes of all messages held for the client, waiting or unacknowledged: topic name, properties and payload, and 64
    /// for the bookkeeping of each.
    public var queuedBytes = 16 << 20
    /// Messages of QoS 1 and 2 sent and not yet acknowledged, if the client's Receive Maximum is not smaller. Enough to
    /// keep 400,000 messages a second under way to a client 10 ms off.
    public var inFlightMessages: UInt16 = 4_096
    /// Whether a PUBREL that is sent again on a new connection takes a place among those in flight until PUBCOMP.
    ///
    /// The standard begins each connection with all places free (5.0 §4.9). Some brokers, Mosquitto for one, go on counting
    /// the messages that they hold, and end the connection of a client that fills its places anew: a bridge to them counts
    /// along.
    public var countsRepeatedReleases = false
    /// Subscriptions; a new one beyond them is refused with 0x97.
    public var subscriptions = 1_000
    /// The greatest QoS that is granted to a subscription.
    public var maximumQoS = QoS.exactlyOnce
    /// The longest that a session outlives its connection, whatever the client asks for.
    public var sessionExpiryInterval = SessionExpiryInterval.never
    /// Topic names that this server gives an alias, on each connection, if the client accepts as many (5.0 §3.1.2.11.5).
    public var topicAliasesToClient: UInt16 = 64
    /// The server's Topic Alias Maximum: what CONNACK announces (5.0 §3.2.2.3.8).
    public var topicAliasesFromClient: UInt16 = 64
    /// The server's Receive Maximum: what CONNACK announces (5.0 §3.2.2.3.3). Not zero. Of 3.1.1, which has no such thing,
    /// the shell stops reading while ``Session/unansweredPublications`` is as large.
    public var receiveMaximum: UInt16 = 1_024

    /// The limits stated at each property.
    public init() {}
}
