public import NIOCore

/// The properties of one packet or will, in the order of the wire. Always empty in MQTT 3.1.1.
///
/// One word wide, and an empty list allocates nothing, so that a PUBLISH without properties stays cheap.
public struct Properties: Sendable, Equatable, ExpressibleByArrayLiteral {
    /// The properties, in the order in which they were received or will be sent.
    public var list: [Property]

    /// Keeps `list` as it is; whether each may appear in a given packet is checked when the packet is encoded.
    public init(_ list: [Property] = []) { self.list = list }

    /// The same, from a literal.
    public init(arrayLiteral elements: Property...) { list = elements }

    /// Whether there are none.
    public var isEmpty: Bool { list.isEmpty }

    private func first<Value>(_ value: (Property) -> Value?) -> Value? {
        for property in list {
            if let found = value(property) { return found }
        }
        return nil
    }
}

// MARK: Values by name. Each is nil when the property is absent.

extension Properties {
    /// What the payload is made of.
    public var payloadFormatIndicator: PayloadFormat? {
        first { if case .payloadFormatIndicator(let value) = $0 { value } else { nil } }
    }

    /// How long the message may wait for a subscriber.
    public var messageExpiryInterval: Duration? {
        first { if case .messageExpiryInterval(let seconds) = $0 { .seconds(seconds) } else { nil } }
    }

    /// What the payload is, in the application's own terms.
    public var contentType: String? {
        first { if case .contentType(let value) = $0 { value } else { nil } }
    }

    /// Where the answer is to be published.
    public var responseTopic: String? {
        first { if case .responseTopic(let value) = $0 { value } else { nil } }
    }

    /// Which request an answer belongs to.
    public var correlationData: ByteBuffer? {
        first { if case .correlationData(let value) = $0 { value } else { nil } }
    }

    /// The subscriptions that a message is delivered for, or the one that a SUBSCRIBE names.
    public var subscriptionIdentifiers: [UInt32] {
        list.compactMap { if case .subscriptionIdentifier(let value) = $0 { value } else { nil } }
    }

    /// How long the session outlives its connection; `.seconds(UInt32.max)` is for ever (5.0 §3.1.2.11.2).
    public var sessionExpiryInterval: Duration? {
        first { if case .sessionExpiryInterval(let seconds) = $0 { .seconds(seconds) } else { nil } }
    }

    /// The client identifier that the server chose.
    public var assignedClientIdentifier: String? {
        first { if case .assignedClientIdentifier(let value) = $0 { value } else { nil } }
    }

    /// The Keep Alive to use instead of the one asked for; zero disables it.
    public var serverKeepAlive: Duration? {
        first { if case .serverKeepAlive(let seconds) = $0 { .seconds(seconds) } else { nil } }
    }

    /// The method of extended authentication.
    public var authenticationMethod: String? {
        first { if case .authenticationMethod(let value) = $0 { value } else { nil } }
    }

    /// Data of the method of extended authentication.
    public var authenticationData: ByteBuffer? {
        first { if case .authenticationData(let value) = $0 { value } else { nil } }
    }

    /// Whether reason strings and user properties are welcome on failures; absent means yes.
    public var requestProblemInformation: Bool? {
        first { if case .requestProblemInformation(let value) = $0 { value } else { nil } }
    }

    /// How long the server waits before it publishes the will message.
    public var willDelayInterval: Duration? {
        first { if case .willDelayInterval(let seconds) = $0 { .seconds(seconds) } else { nil } }
    }

    /// Whether the client wants Response Information; absent means no.
    public var requestResponseInformation: Bool? {
        first { if case .requestResponseInformation(let value) = $0 { value } else { nil } }
    }

    /// Basis for the client's response topics.
    public var responseInformation: String? {
        first { if case .responseInformation(let value) = $0 { value } else { nil } }
    }

    /// Another server to use.
    public var serverReference: String? {
        first { if case .serverReference(let value) = $0 { value } else { nil } }
    }

    /// Diagnostics for a person to read.
    public var reasonString: String? {
        first { if case .reasonString(let value) = $0 { value } else { nil } }
    }

    /// How many unacknowledged publications the peer takes; absent means 65,535.
    public var receiveMaximum: UInt16? {
        first { if case .receiveMaximum(let value) = $0 { value } else { nil } }
    }

    /// The greatest topic alias that the peer accepts; absent means none.
    public var topicAliasMaximum: UInt16? {
        first { if case .topicAliasMaximum(let value) = $0 { value } else { nil } }
    }

    /// The number that stands for the topic name.
    public var topicAlias: UInt16? {
        first { if case .topicAlias(let value) = $0 { value } else { nil } }
    }

    /// The greatest QoS that the server supports; absent means QoS 2.
    public var maximumQoS: QoS? {
        first { if case .maximumQoS(let value) = $0 { value } else { nil } }
    }

    /// Whether the server keeps retained messages; absent means yes.
    public var retainAvailable: Bool? {
        first { if case .retainAvailable(let value) = $0 { value } else { nil } }
    }

    /// Names and values that MQTT gives no meaning to, in order.
    public var userProperties: [(name: String, value: String)] {
        list.compactMap { if case .userProperty(let name, let value) = $0 { (name, value) } else { nil } }
    }

    /// The largest packet that the peer accepts, in bytes; absent means any.
    public var maximumPacketSize: Int? {
        first { if case .maximumPacketSize(let bytes) = $0 { Int(bytes) } else { nil } }
    }

    /// Whether the server supports wildcards in subscriptions; absent means yes.
    public var wildcardSubscriptionAvailable: Bool? {
        first { if case .wildcardSubscriptionAvailable(let value) = $0 { value } else { nil } }
    }

    /// Whether the server supports subscription identifiers; absent means yes.
    public var subscriptionIdentifierAvailable: Bool? {
        first { if case .subscriptionIdentifierAvailable(let value) = $0 { value } else { nil } }
    }

    /// Whether the server supports shared subscriptions; absent means yes.
    public var sharedSubscriptionAvailable: Bool? {
        first { if case .sharedSubscriptionAvailable(let value) = $0 { value } else { nil } }
    }
}
