/// SUBSCRIBE: a client asks for messages (§3.8).
public struct Subscribe: Sendable, Equatable {
    /// Not zero.
    public var packetIdentifier: UInt16
    /// At least one.
    public var subscriptions: [Subscription]
    /// Properties; 5.0 only.
    public var properties: Properties

    /// A SUBSCRIBE with the given content.
    public init(packetIdentifier: UInt16, subscriptions: [Subscription], properties: Properties = []) {
        self.packetIdentifier = packetIdentifier
        self.subscriptions = subscriptions
        self.properties = properties
    }
}

/// One topic filter of a SUBSCRIBE and how it is to be served.
public struct Subscription: Sendable, Equatable {
    /// Which topics.
    public var topicFilter: TopicFilter
    /// How.
    public var options: SubscriptionOptions

    /// A subscription to `topicFilter`.
    public init(topicFilter: TopicFilter, options: SubscriptionOptions = SubscriptionOptions()) {
        self.topicFilter = topicFilter
        self.options = options
    }
}

/// Subscription Options (5.0 §3.8.3.1). In 3.1.1 only the QoS; the rest is as by default.
///
///      7   6 |  5   4 |  3  |  2  |  1   0
///     reserved  Retain   RAP   NL    QoS
public struct SubscriptionOptions: Sendable, Equatable, Hashable {
    /// When retained messages are sent for a new subscription.
    public enum RetainHandling: UInt8, Sendable, CaseIterable {
        /// Whenever the client subscribes.
        case send = 0
        /// Only if the subscription did not exist before.
        case sendIfNew = 1
        /// Never.
        case doNotSend = 2
    }

    /// The greatest QoS at which messages are sent.
    public var maximumQoS: QoS
    /// Do not send the client what it published itself. Not for shared subscriptions.
    public var noLocal: Bool
    /// Forward RETAIN as published, instead of clearing it.
    public var retainAsPublished: Bool
    /// When retained messages are sent.
    public var retainHandling: RetainHandling

    /// Options with the given values; the defaults are those that 3.1.1 has.
    public init(
        maximumQoS: QoS = .atMostOnce, noLocal: Bool = false, retainAsPublished: Bool = false,
        retainHandling: RetainHandling = .send
    ) {
        self.maximumQoS = maximumQoS
        self.noLocal = noLocal
        self.retainAsPublished = retainAsPublished
        self.retainHandling = retainHandling
    }

    /// The options on the wire.
    var byte: UInt8 {
        maximumQoS.rawValue | (noLocal ? 0b100 : 0) | (retainAsPublished ? 0b1000 : 0) | retainHandling.rawValue << 4
    }
}

/// SUBACK or UNSUBACK: one reason code for each topic filter, in the order of the request (§3.9, §3.11).
public struct SubscribeAcknowledgement: Sendable, Equatable {
    /// The packet identifier of the request. Not zero.
    public var packetIdentifier: UInt16
    /// In 3.1.1, every failure of a SUBACK is sent as 0x80, the only one it has, and an UNSUBACK carries none.
    public var reasonCodes: [ReasonCode]
    /// Properties; 5.0 only.
    public var properties: Properties

    /// An answer with the given content.
    public init(packetIdentifier: UInt16, reasonCodes: [ReasonCode], properties: Properties = []) {
        self.packetIdentifier = packetIdentifier
        self.reasonCodes = reasonCodes
        self.properties = properties
    }
}

/// UNSUBSCRIBE: a client gives subscriptions up (§3.10).
public struct Unsubscribe: Sendable, Equatable {
    /// Not zero.
    public var packetIdentifier: UInt16
    /// At least one.
    public var topicFilters: [TopicFilter]
    /// Properties; 5.0 only.
    public var properties: Properties

    /// An UNSUBSCRIBE with the given content.
    public init(packetIdentifier: UInt16, topicFilters: [TopicFilter], properties: Properties = []) {
        self.packetIdentifier = packetIdentifier
        self.topicFilters = topicFilters
        self.properties = properties
    }
}
