/// An MQTT session as the API tells of it.
struct MQTTSessionView: Codable, Sendable {
    struct Subscription: Codable, Sendable {
        var filter: String
        var qos: Int
    }

    var owner: String
    var clientIdentifier: String
    var connected: Bool
    var address: String?
    var disconnectedSince: String?
    var version: String
    var expirySeconds: Int
    var subscriptions: [Subscription]
    var waiting: Int
    var inFlight: Int
    var queuedBytes: Int
    var published: Int
    var delivered: Int
    var dropped: Int
    var heldBack: Int

    /// Both names that make it.
    var key: String { "\(owner) \(clientIdentifier)" }
}

/// Some of the sessions.
struct MQTTSessionPage: Codable, Sendable {
    var total: Int
    var items: [MQTTSessionView]
}
