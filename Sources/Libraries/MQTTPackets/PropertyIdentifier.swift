/// The properties of MQTT 5.0, by their identifier on the wire (5.0 table 2-4).
public enum PropertyIdentifier: UInt8, Sendable, CaseIterable {
    /// 0 unspecified bytes, 1 UTF-8 text.
    case payloadFormatIndicator = 0x01
    /// Lifetime of a message, in seconds.
    case messageExpiryInterval = 0x02
    /// What the payload is, in the application's own terms.
    case contentType = 0x03
    /// Where the answer to this request is to be published.
    case responseTopic = 0x08
    /// Tells the requester which request an answer belongs to.
    case correlationData = 0x09
    /// Names the subscription that a message is delivered for.
    case subscriptionIdentifier = 0x0B
    /// How long a session outlives its connection, in seconds; 0xFFFF_FFFF is for ever.
    case sessionExpiryInterval = 0x11
    /// The client identifier that the server chose.
    case assignedClientIdentifier = 0x12
    /// The Keep Alive that the server asks the client to use instead, in seconds.
    case serverKeepAlive = 0x13
    /// Names the method of extended authentication.
    case authenticationMethod = 0x15
    /// Data of the method of extended authentication.
    case authenticationData = 0x16
    /// Whether reason strings and user properties are welcome on failures.
    case requestProblemInformation = 0x17
    /// How long the server waits before it publishes the will message, in seconds.
    case willDelayInterval = 0x18
    /// Whether the client wants Response Information in CONNACK.
    case requestResponseInformation = 0x19
    /// Basis for the client's response topics.
    case responseInformation = 0x1A
    /// Another server to use.
    case serverReference = 0x1C
    /// Diagnostics for a person to read.
    case reasonString = 0x1F
    /// How many unacknowledged QoS 1 and 2 publications the sender of this property is willing to take.
    case receiveMaximum = 0x21
    /// The greatest topic alias that the sender of this property accepts.
    case topicAliasMaximum = 0x22
    /// A number that stands for the topic name.
    case topicAlias = 0x23
    /// The greatest QoS that the server supports.
    case maximumQoS = 0x24
    /// Whether the server keeps retained messages.
    case retainAvailable = 0x25
    /// A name and a value that MQTT gives no meaning to.
    case userProperty = 0x26
    /// The largest packet that the sender of this property accepts, in bytes.
    case maximumPacketSize = 0x27
    /// Whether the server supports wildcards in subscriptions.
    case wildcardSubscriptionAvailable = 0x28
    /// Whether the server supports subscription identifiers.
    case subscriptionIdentifierAvailable = 0x29
    /// Whether the server supports shared subscriptions.
    case sharedSubscriptionAvailable = 0x2A
}

/// How a property's value is laid out (5.0 §2.2.2.2). Every property of type Byte is zero or one.
enum PropertyKind {
    case flag, twoByteInteger, fourByteInteger, variableByteInteger, string, stringPair, binaryData
}

/// Where properties stand: a packet's variable header, or the will in CONNECT's payload.
struct PropertyPlaces: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ type: PacketType) { rawValue = 1 << type.rawValue }

    static let connect = PropertyPlaces(.connect)
    static let connack = PropertyPlaces(.connack)
    static let publish = PropertyPlaces(.publish)
    static let subscribe = PropertyPlaces(.subscribe)
    static let disconnect = PropertyPlaces(.disconnect)
    static let auth = PropertyPlaces(.auth)
    static let will = PropertyPlaces(rawValue: 1)
    static let message: PropertyPlaces = [.publish, .will]
    static let answers = [
        PacketType.connack, .puback, .pubrec, .pubrel, .pubcomp, .suback, .unsuback, .disconnect, .auth,
    ]
    .reduce(into: PropertyPlaces(rawValue: 0)) { $0.insert(PropertyPlaces($1)) }
    static let everywhere: PropertyPlaces = [
        .answers, .connect, .publish, .will, .subscribe, PropertyPlaces(.unsubscribe),
    ]
}

extension PropertyIdentifier {
    /// One row per property, and no second table anywhere (5.0 table 2-4).
    var definition: (kind: PropertyKind, places: PropertyPlaces) {
        switch self {
        case .payloadFormatIndicator: (.flag, .message)
        case .messageExpiryInterval: (.fourByteInteger, .message)
        case .contentType, .responseTopic: (.string, .message)
        case .correlationData: (.binaryData, .message)
        case .subscriptionIdentifier: (.variableByteInteger, [.publish, .subscribe])
        case .sessionExpiryInterval: (.fourByteInteger, [.connect, .connack, .disconnect])
        case .assignedClientIdentifier, .responseInformation: (.string, .connack)
        case .serverKeepAlive: (.twoByteInteger, .connack)
        case .authenticationMethod: (.string, [.connect, .connack, .auth])
        case .authenticationData: (.binaryData, [.connect, .connack, .auth])
        case .requestProblemInformation, .requestResponseInformation: (.flag, .connect)
        case .willDelayInterval: (.fourByteInteger, .will)
        case .serverReference: (.string, [.connack, .disconnect])
        case .reasonString: (.string, .answers)
        case .receiveMaximum, .topicAliasMaximum: (.twoByteInteger, [.connect, .connack])
        case .topicAlias: (.twoByteInteger, .publish)
        case .userProperty: (.stringPair, .everywhere)
        case .maximumPacketSize: (.fourByteInteger, [.connect, .connack])
        case .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable, .subscriptionIdentifierAvailable,
            .sharedSubscriptionAvailable:
            (.flag, .connack)
        }
    }
}
