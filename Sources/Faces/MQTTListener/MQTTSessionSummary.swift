public import CityModel
import MQTTPackets

/// An MQTT session as people look at it.
public struct MQTTSessionSummary: Sendable {
    /// A subscription of the client.
    public struct Subscription: Sendable {
        /// To what.
        public let filter: String
        /// With which quality of service: 0, 1 or 2.
        public let qos: Int
    }

    /// The principal's name in records, such as `device/gauge-7`.
    public let owner: String
    /// The client identifier.
    public let clientIdentifier: String
    /// Where it is connected from, without the port; nil while it is not.
    public let address: String?
    /// Whether the client is connected.
    public let isConnected: Bool
    /// The edition of the protocol on this connection, or on the last one: `3.1.1` or `5`.
    public let version: String
    /// Since when it is away; nil while it is connected.
    public let disconnectedSince: Timestamp?
    /// How long the session outlives its connection, in seconds; 4294967295 for ever.
    public let expirySeconds: UInt32
    /// What it subscribes to.
    public let subscriptions: [Subscription]
    /// Messages that wait to be sent.
    public let waitingMessages: Int
    /// Messages of QoS 1 and 2 that were sent and not acknowledged.
    public let inFlightMessages: Int
    /// What the messages held for it take, in bytes.
    public let queuedBytes: Int
    /// Messages that it has published, since the program started.
    public let publishedMessages: Int
    /// Messages that it was sent, since the program started.
    public let deliveredMessages: Int
    /// Messages a second that it published, over the last ``SystemTopics/interval``.
    public let publishedPerSecond: Double
    /// Messages a second that it was sent, over the last ``SystemTopics/interval``.
    public let deliveredPerSecond: Double
    /// Messages that it lost, since the program started.
    public let droppedMessages: Int
    /// How often it was not read from for a while, because of its quota, since the program started.
    public let heldBackTimes: Int
}

extension ConnectionDirectory {
    /// All sessions there are, connected or not, by owner and client identifier.
    public func sessions() -> [MQTTSessionSummary] {
        (book?.sessions.all ?? []).map(\.summary).sorted {
            ($0.owner, $0.clientIdentifier) < ($1.owner, $1.clientIdentifier)
        }
    }

    /// One session, connected or not.
    ///
    /// - Parameters:
    ///   - owner: The principal's name in records.
    ///   - clientIdentifier: The client identifier.
    /// - Returns: The session; nil when there is none.
    public func session(of owner: String, clientIdentifier: String) -> MQTTSessionSummary? {
        book?.sessions.known(ClientKey(owner: owner, clientIdentifier: clientIdentifier))?.summary
    }

    /// Disconnects a client, with the reason 0x98 (Administrative action). Its session goes on as the client has asked.
    ///
    /// - Parameters:
    ///   - owner: The principal's name in records.
    ///   - clientIdentifier: The client identifier.
    /// - Returns: Whether it was connected.
    public func disconnect(_ owner: String, clientIdentifier: String) -> Bool {
        let client = book?.sessions.known(ClientKey(owner: owner, clientIdentifier: clientIdentifier))
        guard let connection = client?.connection else { return false }
        connection.close(because: .administrativeAction)
        return true
    }

    /// Disconnects a client, with the reason 0x98 (Administrative action), and ends its session.
    ///
    /// - Parameters:
    ///   - owner: The principal's name in records.
    ///   - clientIdentifier: The client identifier.
    /// - Returns: Whether there was such a session.
    public func endSession(of owner: String, clientIdentifier: String) -> Bool {
        let key = ClientKey(owner: owner, clientIdentifier: clientIdentifier)
        guard let shared = book, let client = shared.sessions.known(key) else { return false }
        shared.end(client)
        return true
    }
}
