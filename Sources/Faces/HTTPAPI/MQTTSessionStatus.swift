public import CityModel

/// An MQTT session, as the MQTT face knows it, for those who look at sessions here.
public struct MQTTSessionStatus: Sendable, Equatable {
    /// A subscription of the client.
    public struct Subscription: Sendable, Equatable {
        /// To what: a topic filter.
        public var filter: String
        /// The greatest quality of service: 0, 1 or 2.
        public var qos: Int

        /// A subscription.
        public init(filter: String, qos: Int) {
            self.filter = filter
            self.qos = qos
        }
    }

    /// What is kept for the client, and what was.
    public struct Counts: Sendable, Equatable {
        /// Messages that wait to be sent.
        public var waiting: Int
        /// Messages of QoS 1 and 2 that were sent and not acknowledged.
        public var inFlight: Int
        /// What the messages held for it take, in bytes.
        public var queuedBytes: Int
        /// Messages that it has published since the program started.
        public var published: Int
        /// Messages that it was sent since the program started.
        public var delivered: Int
        /// Messages a second that it published, over the last ten seconds or so.
        public var publishedPerSecond: Double
        /// Messages a second that it was sent, over the last ten seconds or so.
        public var deliveredPerSecond: Double
        /// Messages that it lost since the program started.
        public var dropped: Int
        /// How often it was not read from for a while, because of its quota, since the program started.
        public var heldBack: Int

        /// Counts.
        public init(
            waiting: Int, inFlight: Int, queuedBytes: Int, published: Int, delivered: Int, publishedPerSecond: Double,
            deliveredPerSecond: Double, dropped: Int, heldBack: Int
        ) {
            self.waiting = waiting
            self.inFlight = inFlight
            self.queuedBytes = queuedBytes
            self.published = published
            self.delivered = delivered
            self.publishedPerSecond = publishedPerSecond
            self.deliveredPerSecond = deliveredPerSecond
            self.dropped = dropped
            self.heldBack = heldBack
        }
    }

    /// The principal's name in records, such as `device/gauge-7`.
    public var owner: String
    /// The client identifier: the owner's own, another owner may have the same.
    public var clientIdentifier: String
    /// Where the client is connected from, without the port; nil while it is away.
    public var address: String?
    /// Since when it is away; nil while it is connected.
    public var disconnectedSince: Timestamp?
    /// The edition of the protocol: `3.1.1` or `5`.
    public var version: String
    /// How long the session outlives its connection, in seconds; 4294967295 for ever.
    public var expirySeconds: UInt32
    /// What the client subscribes to.
    public var subscriptions: [Subscription]
    /// Its messages.
    public var counts: Counts

    /// A session.
    public init(
        owner: String, clientIdentifier: String, address: String?, disconnectedSince: Timestamp?, version: String,
        expirySeconds: UInt32, subscriptions: [Subscription], counts: Counts
    ) {
        self.owner = owner
        self.clientIdentifier = clientIdentifier
        self.address = address
        self.disconnectedSince = disconnectedSince
        self.version = version
        self.expirySeconds = expirySeconds
        self.subscriptions = subscriptions
        self.counts = counts
    }
}

/// The MQTT sessions, and what operators do to them.
public struct MQTTSessionDirectory: Sendable {
    /// All sessions, connected or not, by owner and client identifier.
    public var all: @Sendable () -> [MQTTSessionStatus]
    /// One session; nil when there is none.
    public var known: @Sendable (_ owner: String, _ clientIdentifier: String) -> MQTTSessionStatus?
    /// Disconnects a client; false when it has no connection.
    public var disconnect: @Sendable (_ owner: String, _ clientIdentifier: String) -> Bool
    /// Disconnects a client and ends its session; false when there is none.
    public var end: @Sendable (_ owner: String, _ clientIdentifier: String) -> Bool

    /// Closures that are quick and safe from any thread.
    public init(
        all: @escaping @Sendable () -> [MQTTSessionStatus],
        known: @escaping @Sendable (String, String) -> MQTTSessionStatus?,
        disconnect: @escaping @Sendable (String, String) -> Bool, end: @escaping @Sendable (String, String) -> Bool
    ) {
        self.all = all
        self.known = known
        self.disconnect = disconnect
        self.end = end
    }

    /// There are none.
    public static let none = MQTTSessionDirectory(
        all: { [] }, known: { _, _ in nil }, disconnect: { _, _ in false }, end: { _, _ in false })
}
