public import CityModel

/// How a bridge to another MQTT broker is, for those who look at it here.
public struct BridgeStatus: Sendable, Equatable {
    /// The bridge's name.
    public var name: String
    /// The other broker: host and port.
    public var address: String
    /// `connecting`, `connected` or `waiting` for the next attempt.
    public var state: String
    /// Since when.
    public var since: Timestamp
    /// Why the link was lost last, or what the other broker refuses; nil when all is well.
    public var problem: String?
    /// Messages that wait to be given out.
    public var queued: Int
    /// Messages that came in, since the start.
    public var received: Int
    /// Messages that were given out, since the start.
    public var sent: Int
    /// Messages that one side has refused for good, since the start.
    public var refused: Int
    /// Messages that were left out, since the start.
    public var omitted: Int
    /// Messages that its full queue had no room for, since the start.
    public var dropped: Int
    /// How often a link was made, since the start.
    public var connects: Int

    /// A bridge's state.
    public init(
        name: String, address: String, state: String, since: Timestamp, problem: String? = nil, queued: Int,
        received: Int, sent: Int, refused: Int, omitted: Int, dropped: Int, connects: Int
    ) {
        self.name = name
        self.address = address
        self.state = state
        self.since = since
        self.problem = problem
        self.queued = queued
        self.received = received
        self.sent = sent
        self.refused = refused
        self.omitted = omitted
        self.dropped = dropped
        self.connects = connects
    }
}
