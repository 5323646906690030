public import NIOCore

/// CONNECT: a client introduces itself (§3.1).
public struct Connect: Sendable, Equatable {
    /// The edition that this and all later packets of the connection are written in.
    public var version: ProtocolVersion
    /// Empty: the server chooses one. In 3.1.1 only with ``cleanStart``.
    ///
    /// Two identifiers are the same if their UTF-8 bytes are; `==` on strings also equates canonical equivalents.
    public var clientIdentifier: String
    /// Begin a new session and forget any old one. Called Clean Session in 3.1.1.
    public var cleanStart: Bool
    /// Longest silence that the client promises to allow, in seconds; zero means no promise.
    public var keepAliveSeconds: UInt16
    /// Published by the server when the connection ends otherwise than by a normal DISCONNECT.
    public var will: WillMessage?
    /// User name.
    public var userName: String?
    /// Password: any bytes. In 3.1.1 only together with a user name.
    public var password: ByteBuffer?
    /// Properties; 5.0 only.
    public var properties: Properties

    /// Longest silence that the client promises to allow; zero means no promise.
    public var keepAlive: Duration { .seconds(keepAliveSeconds) }

    /// A CONNECT with the given content. Whether it keeps the rules is checked when it is encoded.
    public init(
        version: ProtocolVersion, clientIdentifier: String, cleanStart: Bool = true, keepAliveSeconds: UInt16 = 0,
        will: WillMessage? = nil, userName: String? = nil, password: ByteBuffer? = nil, properties: Properties = []
    ) {
        self.version = version
        self.clientIdentifier = clientIdentifier
        self.cleanStart = cleanStart
        self.keepAliveSeconds = keepAliveSeconds
        self.will = will
        self.userName = userName
        self.password = password
        self.properties = properties
    }
}

/// What the server publishes in the client's name when the connection is lost (5.0 §3.1.2.5).
public struct WillMessage: Sendable, Equatable {
    /// Where it is published: not empty, no wildcards.
    public var topicName: String
    /// At most 65,535 bytes.
    public var payload: ByteBuffer
    /// How it is published.
    public var qos: QoS
    /// Whether it is retained.
    public var retain: Bool
    /// Properties; 5.0 only.
    public var properties: Properties

    /// A will with the given content.
    public init(
        topicName: String, payload: ByteBuffer, qos: QoS = .atMostOnce, retain: Bool = false,
        properties: Properties = []
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
    }
}

/// CONNACK: the server's answer to CONNECT (§3.2).
public struct Connack: Sendable, Equatable {
    /// The server has kept the session; only with ``ReasonCode/success``.
    public var sessionPresent: Bool
    /// In 3.1.1 one of those with a ``ReasonCode/connectReturnCode``.
    public var reasonCode: ReasonCode
    /// Properties; 5.0 only.
    public var properties: Properties

    /// A CONNACK with the given content.
    public init(sessionPresent: Bool = false, reasonCode: ReasonCode = .success, properties: Properties = []) {
        self.sessionPresent = sessionPresent
        self.reasonCode = reasonCode
        self.properties = properties
    }
}
