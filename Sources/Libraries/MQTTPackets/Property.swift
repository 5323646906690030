public import NIOCore

/// What a payload is made of (5.0 §3.3.2.3.2).
public enum PayloadFormat: UInt8, Sendable, CaseIterable {
    /// Bytes of no stated form; the same as leaving the property out.
    case unspecifiedBytes = 0
    /// UTF-8 text. Whether it truly is, the codec does not check.
    case utf8 = 1
}

/// One property with its value (5.0 §2.2.2.2). What each means stands at ``PropertyIdentifier``.
///
/// The cases hold what is on the wire; ``Properties`` offers the same as instants and durations.
public enum Property: Sendable, Equatable {
    /// See ``PropertyIdentifier/payloadFormatIndicator``.
    case payloadFormatIndicator(PayloadFormat)
    /// See ``PropertyIdentifier/messageExpiryInterval``.
    case messageExpiryInterval(seconds: UInt32)
    /// See ``PropertyIdentifier/contentType``.
    case contentType(String)
    /// See ``PropertyIdentifier/responseTopic``. A topic name: not empty, no wildcards.
    case responseTopic(String)
    /// See ``PropertyIdentifier/correlationData``.
    case correlationData(ByteBuffer)
    /// See ``PropertyIdentifier/subscriptionIdentifier``: 1 to 268,435,455.
    case subscriptionIdentifier(UInt32)
    /// See ``PropertyIdentifier/sessionExpiryInterval``.
    case sessionExpiryInterval(seconds: UInt32)
    /// See ``PropertyIdentifier/assignedClientIdentifier``.
    case assignedClientIdentifier(String)
    /// See ``PropertyIdentifier/serverKeepAlive``.
    case serverKeepAlive(seconds: UInt16)
    /// See ``PropertyIdentifier/authenticationMethod``.
    case authenticationMethod(String)
    /// See ``PropertyIdentifier/authenticationData``.
    case authenticationData(ByteBuffer)
    /// See ``PropertyIdentifier/requestProblemInformation``.
    case requestProblemInformation(Bool)
    /// See ``PropertyIdentifier/willDelayInterval``.
    case willDelayInterval(seconds: UInt32)
    /// See ``PropertyIdentifier/requestResponseInformation``.
    case requestResponseInformation(Bool)
    /// See ``PropertyIdentifier/responseInformation``.
    case responseInformation(String)
    /// See ``PropertyIdentifier/serverReference``.
    case serverReference(String)
    /// See ``PropertyIdentifier/reasonString``.
    case reasonString(String)
    /// See ``PropertyIdentifier/receiveMaximum``: not zero.
    case receiveMaximum(UInt16)
    /// See ``PropertyIdentifier/topicAliasMaximum``.
    case topicAliasMaximum(UInt16)
    /// See ``PropertyIdentifier/topicAlias``: not zero.
    case topicAlias(UInt16)
    /// See ``PropertyIdentifier/maximumQoS``: QoS 0 or 1, since QoS 2 is said by leaving the property out.
    case maximumQoS(QoS)
    /// See ``PropertyIdentifier/retainAvailable``.
    case retainAvailable(Bool)
    /// See ``PropertyIdentifier/userProperty``. May be repeated, even with the same name; order is kept.
    case userProperty(name: String, value: String)
    /// See ``PropertyIdentifier/maximumPacketSize``: not zero.
    case maximumPacketSize(bytes: UInt32)
    /// See ``PropertyIdentifier/wildcardSubscriptionAvailable``.
    case wildcardSubscriptionAvailable(Bool)
    /// See ``PropertyIdentifier/subscriptionIdentifierAvailable``.
    case subscriptionIdentifierAvailable(Bool)
    /// See ``PropertyIdentifier/sharedSubscriptionAvailable``.
    case sharedSubscriptionAvailable(Bool)

    /// Which property this is.
    public var identifier: PropertyIdentifier {
        switch self {
        case .payloadFormatIndicator: .payloadFormatIndicator
        case .messageExpiryInterval: .messageExpiryInterval
        case .contentType: .contentType
        case .responseTopic: .responseTopic
        case .correlationData: .correlationData
        case .subscriptionIdentifier: .subscriptionIdentifier
        case .sessionExpiryInterval: .sessionExpiryInterval
        case .assignedClientIdentifier: .assignedClientIdentifier
        case .serverKeepAlive: .serverKeepAlive
        case .authenticationMethod: .authenticationMethod
        case .authenticationData: .authenticationData
        case .requestProblemInformation: .requestProblemInformation
        case .willDelayInterval: .willDelayInterval
        case .requestResponseInformation: .requestResponseInformation
        case .responseInformation: .responseInformation
        case .serverReference: .serverReference
        case .reasonString: .reasonString
        case .receiveMaximum: .receiveMaximum
        case .topicAliasMaximum: .topicAliasMaximum
        case .topicAlias: .topicAlias
        case .maximumQoS: .maximumQoS
        case .retainAvailable: .retainAvailable
        case .userProperty: .userProperty
        case .maximumPacketSize: .maximumPacketSize
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable
        case .subscriptionIdentifierAvailable: .subscriptionIdentifierAvailable
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable
        }
    }
}
