/// How one subscription is served.
public struct SubscriptionGrant: Sendable, Equatable {
    /// The options, with the QoS that was granted.
    public var options: SubscriptionOptions
    /// The subscription identifier to send along, if the client gave one (5.0 §3.8.2.1.2).
    public var subscriptionIdentifier: UInt32?

    /// A grant with the given content.
    public init(options: SubscriptionOptions = SubscriptionOptions(), subscriptionIdentifier: UInt32? = nil) {
        self.options = options
        self.subscriptionIdentifier = subscriptionIdentifier
    }
}
