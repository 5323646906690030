public import MQTTPackets

/// What the server lays down for one connection.
public struct ConnectionTerms: Sendable {
    /// Names the principal that the connection belongs to. A session is resumed by its owner only.
    public var owner: String
    /// What messages from this client carry as ``ApplicationMessage/publisher``. The same for all connections of a client,
    /// and not zero.
    public var number: UInt64
    /// Bounds.
    public var limits: SessionLimits

    /// Terms with the given content.
    public init(owner: String, number: UInt64, limits: SessionLimits = SessionLimits()) {
        self.owner = owner
        self.number = number
        self.limits = limits
    }
}

/// What a session knows only while its client is connected: made from CONNECT, gone with the connection.
public struct Attachment: Sendable {
    /// The edition of the connection.
    public let version: ProtocolVersion
    /// Publications of QoS 1 and 2 that may be under way to the client: its Receive Maximum, or the server's bound.
    public let sendMaximum: UInt16
    /// The client's Maximum Packet Size.
    public let maximumPacketBytes: Int
    /// Whether reason strings and user properties are welcome outside of PUBLISH, CONNACK and DISCONNECT
    /// [MQTT-3.1.2-29].
    public let wantsProblemInformation: Bool
    /// Whether CONNECT gave a session expiry interval of zero, or none: then DISCONNECT may give no other.
    let askedForNoExpiry: Bool
    /// Published unless the client says good-bye [MQTT-3.1.2-8].
    public internal(set) var will: SessionWill?
    /// Whether CONNACK has been sent, as the first call of ``Session/drain(at:into:)`` tells.
    var mayFlow = false
    var incomingAliases: IncomingAliases
    var outgoingAliases: OutgoingAliases

    init(_ connect: Connect, _ limits: SessionLimits) {
        let properties = connect.properties
        version = connect.version
        sendMaximum = min(properties.receiveMaximum ?? .max, max(1, limits.inFlightMessages))
        maximumPacketBytes = min(properties.maximumPacketSize ?? .max, MQTTLimits.packetBytes)
        wantsProblemInformation = connect.version == .v5 && properties.requestProblemInformation ?? true
        askedForNoExpiry = connect.version == .v5 && (properties.sessionExpiryInterval ?? .zero) == .zero
        will = connect.will.map(SessionWill.init)
        let accepted = connect.version == .v5 ? properties.topicAliasMaximum ?? 0 : 0
        incomingAliases = IncomingAliases(maximum: connect.version == .v5 ? limits.topicAliasesFromClient : 0)
        outgoingAliases = OutgoingAliases(maximum: min(accepted, limits.topicAliasesToClient))
    }
}
