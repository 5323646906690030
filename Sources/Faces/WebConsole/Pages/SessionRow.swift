/// Messages of an MQTT session, by what became of them.
public struct SessionCounts: Sendable, Hashable {
    /// Messages a second that the client published lately.
    public var publishedPerSecond: Double
    /// Messages a second that it was sent lately.
    public var deliveredPerSecond: Double
    /// Messages that it has published since the program started.
    public var published: Int
    /// Messages that it was sent since the program started.
    public var delivered: Int
    /// Messages that wait to be sent.
    public var waiting: Int
    /// Messages that were sent and not acknowledged.
    public var inFlight: Int
    /// What the messages held for it take, in bytes.
    public var queuedBytes: Int
    /// Messages that it lost since the program started.
    public var dropped: Int
    /// How often it was not read from because of its quota, since the program started.
    public var heldBack: Int

    /// All at zero.
    public init() {
        publishedPerSecond = 0
        deliveredPerSecond = 0
        published = 0
        delivered = 0
        waiting = 0
        inFlight = 0
        queuedBytes = 0
        dropped = 0
        heldBack = 0
    }

    var view: View {
        [
            "publishedPerSecond": .text(NumberWords.rate(publishedPerSecond)),
            "deliveredPerSecond": .text(NumberWords.rate(deliveredPerSecond)),
            "published": .text(NumberWords.count(published)),
            "delivered": .text(NumberWords.count(delivered)),
            "waiting": .text(NumberWords.count(waiting)),
            "inFlight": .text(NumberWords.count(inFlight)),
            "queuedBytes": .text(NumberWords.count(queuedBytes)),
            "dropped": .text(NumberWords.count(dropped)),
            "hasDropped": .flag(dropped > 0),
            "heldBack": .text(NumberWords.count(heldBack)),
            "wasHeldBack": .flag(heldBack > 0),
        ]
    }
}

/// An MQTT session in a list.
public struct SessionRow: Sendable, Hashable {
    /// The principal's name in records, such as `device/gauge-7`.
    public var owner: String
    /// The client identifier.
    public var clientIdentifier: String
    /// Where the client is connected from; nil while it is away.
    public var address: String?
    /// Since when it is away; nil while it is connected.
    public var disconnectedSince: ConsoleTime?
    /// The edition of the protocol.
    public var version: String
    /// How many subscriptions it has.
    public var subscriptionCount: Int
    /// Its messages.
    public var counts: SessionCounts

    /// A row.
    public init(
        owner: String, clientIdentifier: String, address: String?, disconnectedSince: ConsoleTime?, version: String,
        subscriptionCount: Int, counts: SessionCounts
    ) {
        self.owner = owner
        self.clientIdentifier = clientIdentifier
        self.address = address
        self.disconnectedSince = disconnectedSince
        self.version = version
        self.subscriptionCount = subscriptionCount
        self.counts = counts
    }

    /// Whether the client is connected now.
    public var isConnected: Bool { disconnectedSince == nil }

    var view: View {
        [
            "owner": .text(owner),
            "clientIdentifier": .text(clientIdentifier),
            "path": .text(ConsoleLink.session(owner, clientIdentifier)),
            "connection": .object(StateWords.view(isConnected ? "connected" : "disconnected")),
            "address": .text(address),
            "disconnectedSince": .object(disconnectedSince?.view),
            "version": .text(version),
            "subscriptions": .text(NumberWords.count(subscriptionCount)),
            "counts": .object(counts.view),
        ]
    }
}
