/// The result of an operation, in one byte; values from 0x80 mean failure (5.0 §2.4).
public enum ReasonCode: UInt8, Sendable, CaseIterable {
    /// Success; in DISCONNECT normal disconnection, in SUBACK granted QoS 0.
    case success = 0x00
    /// The subscription is accepted at QoS 1 at most.
    case grantedQoS1 = 0x01
    /// The subscription is accepted at QoS 2 at most.
    case grantedQoS2 = 0x02
    /// The client leaves but wishes its will message published.
    case disconnectWithWillMessage = 0x04
    /// The message is accepted, but nobody subscribes to it.
    case noMatchingSubscribers = 0x10
    /// There was no such subscription to give up.
    case noSubscriptionExisted = 0x11
    /// Another step of authentication follows.
    case continueAuthentication = 0x18
    /// The client begins to authenticate anew.
    case reauthenticate = 0x19
    /// The peer does not say why, or no other code fits.
    case unspecifiedError = 0x80
    /// The packet cannot be parsed.
    case malformedPacket = 0x81
    /// The packet can be parsed, but not at this time or with this content.
    case protocolError = 0x82
    /// The packet is valid, but this implementation does not accept it.
    case implementationSpecificError = 0x83
    /// The server does not speak the version that the client asks for.
    case unsupportedProtocolVersion = 0x84
    /// The client identifier is valid but not allowed here.
    case clientIdentifierNotValid = 0x85
    /// The server does not accept the user name or password.
    case badUserNameOrPassword = 0x86
    /// The client may not do this.
    case notAuthorized = 0x87
    /// The server is not available.
    case serverUnavailable = 0x88
    /// The server is busy; try again later.
    case serverBusy = 0x89
    /// The client is banned by administrative action.
    case banned = 0x8A
    /// The server is going down.
    case serverShuttingDown = 0x8B
    /// The authentication method is not supported, or not the one in use.
    case badAuthenticationMethod = 0x8C
    /// Nothing was heard for one and a half Keep Alive intervals.
    case keepAliveTimeout = 0x8D
    /// Another connection took over the client identifier.
    case sessionTakenOver = 0x8E
    /// The topic filter is well formed but not accepted.
    case topicFilterInvalid = 0x8F
    /// The topic name is well formed but not accepted.
    case topicNameInvalid = 0x90
    /// The packet identifier is already in use.
    case packetIdentifierInUse = 0x91
    /// The packet identifier is not known.
    case packetIdentifierNotFound = 0x92
    /// More publications are unacknowledged than Receive Maximum allows.
    case receiveMaximumExceeded = 0x93
    /// The topic alias is zero, too large or not known.
    case topicAliasInvalid = 0x94
    /// The packet is larger than the receiver is willing to take.
    case packetTooLarge = 0x95
    /// Data arrives too fast.
    case messageRateTooHigh = 0x96
    /// An implementation or administrative limit is exceeded.
    case quotaExceeded = 0x97
    /// The connection is closed by administrative action.
    case administrativeAction = 0x98
    /// The payload is not what its Payload Format Indicator says.
    case payloadFormatInvalid = 0x99
    /// The server keeps no retained messages.
    case retainNotSupported = 0x9A
    /// The server does not support this QoS.
    case qosNotSupported = 0x9B
    /// Use another server for now.
    case useAnotherServer = 0x9C
    /// Use another server from now on.
    case serverMoved = 0x9D
    /// The server does not support shared subscriptions.
    case sharedSubscriptionsNotSupported = 0x9E
    /// Connections are opened too fast.
    case connectionRateExceeded = 0x9F
    /// The longest time allowed for a connection is over.
    case maximumConnectTime = 0xA0
    /// The server does not support subscription identifiers.
    case subscriptionIdentifiersNotSupported = 0xA1
    /// The server does not support wildcards in subscriptions.
    case wildcardSubscriptionsNotSupported = 0xA2

    /// What 0x00 is called in DISCONNECT.
    public static let normalDisconnection = ReasonCode.success
    /// What 0x00 is called in SUBACK.
    public static let grantedQoS0 = ReasonCode.success

    /// Whether the operation failed: the value is 0x80 or greater.
    @inlinable
    public var isError: Bool { rawValue >= 0x80 }

    /// The code of a SUBACK that grants `qos`.
    ///
    /// - Parameter qos: The greatest QoS that the subscription will be served with.
    public init(granting qos: QoS) {
        switch qos {
        case .atMostOnce: self = .success
        case .atLeastOnce: self = .grantedQoS1
        case .exactlyOnce: self = .grantedQoS2
        }
    }
}

// MARK: Where each code may appear (5.0 table 2-6, and the sender columns of tables 3-10 and 3-11)

extension ReasonCode {
    /// Packets that carry a reason code; DISCONNECT and AUTH once for each side that may send the code.
    struct Uses: OptionSet, Sendable {
        let rawValue: UInt16
        static let connack = Uses(rawValue: 1 << 0)
        static let published = Uses(rawValue: 1 << 1)  // PUBACK, PUBREC
        static let released = Uses(rawValue: 1 << 2)  // PUBREL, PUBCOMP
        static let suback = Uses(rawValue: 1 << 3)
        static let unsuback = Uses(rawValue: 1 << 4)
        static let clientDisconnect = Uses(rawValue: 1 << 5)
        static let serverDisconnect = Uses(rawValue: 1 << 6)
        static let clientAuth = Uses(rawValue: 1 << 7)
        static let serverAuth = Uses(rawValue: 1 << 8)
        static let disconnect: Uses = [.clientDisconnect, .serverDisconnect]
    }

    /// One row per code, and no second table anywhere.
    var uses: Uses {
        switch self {
        case .success:
            [.connack, .published, .released, .suback, .unsuback, .disconnect, .serverAuth]
        case .grantedQoS1, .grantedQoS2: .suback
        case .disconnectWithWillMessage: .clientDisconnect
        case .noMatchingSubscribers: .published
        case .noSubscriptionExisted: .unsuback
        case .continueAuthentication: [.clientAuth, .serverAuth]
        case .reauthenticate: .clientAuth
        case .unspecifiedError, .implementationSpecificError: [.connack, .published, .suback, .unsuback, .disconnect]
        case .malformedPacket, .protocolError, .packetTooLarge: [.connack, .disconnect]
        case .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUserNameOrPassword, .serverUnavailable,
            .banned:
            .connack
        case .notAuthorized: [.connack, .published, .suback, .unsuback, .serverDisconnect]
        case .serverBusy, .badAuthenticationMethod, .retainNotSupported, .qosNotSupported, .useAnotherServer,
            .serverMoved, .connectionRateExceeded:
            [.connack, .serverDisconnect]
        case .serverShuttingDown, .keepAliveTimeout, .sessionTakenOver, .maximumConnectTime: .serverDisconnect
        case .topicFilterInvalid: [.suback, .unsuback, .serverDisconnect]
        case .topicNameInvalid, .payloadFormatInvalid: [.connack, .published, .disconnect]
        case .packetIdentifierInUse: [.published, .suback, .unsuback]
        case .packetIdentifierNotFound: .released
        case .receiveMaximumExceeded, .topicAliasInvalid, .messageRateTooHigh, .administrativeAction: .disconnect
        case .quotaExceeded: [.connack, .published, .suback, .disconnect]
        case .sharedSubscriptionsNotSupported, .subscriptionIdentifiersNotSupported,
            .wildcardSubscriptionsNotSupported:
            [.suback, .serverDisconnect]
        }
    }

    /// Whether MQTT 5.0 lets `sender` put this code into a packet of `type`.
    ///
    /// - Parameters:
    ///   - type: The packet; types that carry no reason code answer `false`.
    ///   - sender: The side that sends it, or nil when either will do. Matters for DISCONNECT and AUTH.
    /// - Returns: Whether it is one of the codes that the standard lists for `type` and `sender`.
    public func isAllowed(in type: PacketType, sentBy sender: Sender? = nil) -> Bool {
        switch type {
        case .connack: uses.contains(.connack)
        case .puback, .pubrec: uses.contains(.published)
        case .pubrel, .pubcomp: uses.contains(.released)
        case .suback: uses.contains(.suback)
        case .unsuback: uses.contains(.unsuback)
        case .disconnect: isAllowed(byClient: .clientDisconnect, byServer: .serverDisconnect, sender)
        case .auth: isAllowed(byClient: .clientAuth, byServer: .serverAuth, sender)
        case .connect, .publish, .subscribe, .unsubscribe, .pingreq, .pingresp: false
        }
    }

    private func isAllowed(byClient: Uses, byServer: Uses, _ sender: Sender?) -> Bool {
        switch sender {
        case .client: uses.contains(byClient)
        case .server: uses.contains(byServer)
        case nil: !uses.isDisjoint(with: [byClient, byServer])
        }
    }
}

// MARK: MQTT 3.1.1

extension ReasonCode {
    /// The CONNACK return code of 3.1.1 that says exactly this (3.1.1 table 3.1), or nil: then the server closes the
    /// connection without CONNACK (3.1.1 [MQTT-3.2.2-6]).
    public var connectReturnCode: UInt8? {
        switch self {
        case .success: 0
        case .unsupportedProtocolVersion: 1
        case .clientIdentifierNotValid: 2
        case .serverUnavailable: 3
        case .badUserNameOrPassword: 4
        case .notAuthorized: 5
        default: nil
        }
    }

    init?(connectReturnCode: UInt8) {
        switch connectReturnCode {
        case 0: self = .success
        case 1: self = .unsupportedProtocolVersion
        case 2: self = .clientIdentifierNotValid
        case 3: self = .serverUnavailable
        case 4: self = .badUserNameOrPassword
        case 5: self = .notAuthorized
        default: return nil
        }
    }
}
