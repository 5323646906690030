public import MQTTPackets
public import NIOCore

/// How to introduce oneself to a server, and how much to hold.
public struct MQTTConnectionOptions: Sendable {
    /// Empty: the server chooses; see ``MQTTConnection/clientIdentifier``.
    public var clientIdentifier: String
    /// The edition to speak.
    public var version: ProtocolVersion
    /// Begin a new session and forget any old one.
    public var cleanStart: Bool
    /// Longest silence on the connection; in whole seconds up to 65,535, zero for no limit. PINGREQ is sent in time.
    public var keepAlive: Duration
    /// User name.
    public var userName: String?
    /// Password; in 3.1.1 only together with a user name.
    public var password: ByteBuffer?
    /// Published by the server when the connection is lost.
    public var will: WillMessage?
    /// Properties of CONNECT; 5.0 only.
    public var properties: Properties
    /// The IP address to connect from, for instance `127.0.0.66`; nil lets the system choose.
    public var localAddress: String?
    /// From the first attempt to connect until CONNACK.
    public var connectTimeout: Duration
    /// Messages published but not yet completed. When so many are, publishers wait. What is on its way at QoS 1 or 2
    /// is bounded by the server's Receive Maximum besides.
    public var publishWindow: Int
    /// Received messages that wait to be read. When so many do, each new one drops the oldest; see
    /// ``MQTTConnection/droppedMessages``.
    public var messageBacklog: Int
    /// Largest packet to accept from the server, in bytes. In 5.0 the server is told, if the limit is not the default.
    public var maximumPacketBytes: Int

    /// The given options, and the defaults of ``MQTTClientLimits``.
    public init(
        clientIdentifier: String = "", version: ProtocolVersion = .v5, cleanStart: Bool = true,
        keepAlive: Duration = .seconds(60), userName: String? = nil, password: ByteBuffer? = nil,
        will: WillMessage? = nil, properties: Properties = [], localAddress: String? = nil,
        connectTimeout: Duration = MQTTClientLimits.connectTimeout,
        publishWindow: Int = MQTTClientLimits.publishWindow, messageBacklog: Int = MQTTClientLimits.messageBacklog,
        maximumPacketBytes: Int = MQTTLimits.packetBytes
    ) {
        self.clientIdentifier = clientIdentifier
        self.version = version
        self.cleanStart = cleanStart
        self.keepAlive = keepAlive
        self.userName = userName
        self.password = password
        self.will = will
        self.properties = properties
        self.localAddress = localAddress
        self.connectTimeout = connectTimeout
        self.publishWindow = publishWindow
        self.messageBacklog = messageBacklog
        self.maximumPacketBytes = maximumPacketBytes
    }

    /// The CONNECT that says all this.
    var connect: Connect {
        var properties = properties
        if version == .v5, maximumPacketBytes < MQTTLimits.packetBytes, properties.maximumPacketSize == nil {
            properties.list.append(.maximumPacketSize(bytes: UInt32(clamping: max(1, maximumPacketBytes))))
        }
        return Connect(
            version: version, clientIdentifier: clientIdentifier, cleanStart: cleanStart,
            keepAliveSeconds: UInt16(clamping: keepAlive.components.seconds), will: will, userName: userName,
            password: password, properties: properties)
    }
}
