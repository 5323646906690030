/// PUBACK, PUBREC, PUBREL or PUBCOMP: a step in the delivery of one message (§3.4 to §3.7).
public struct Acknowledgement: Sendable, Equatable {
    /// The packet identifier of the PUBLISH. Not zero.
    public var packetIdentifier: UInt16
    /// How it went. 3.1.1 knows success only.
    public var reasonCode: ReasonCode
    /// Properties; 5.0 only.
    public var properties: Properties

    /// An acknowledgement with the given content.
    public init(packetIdentifier: UInt16, reasonCode: ReasonCode = .success, properties: Properties = []) {
        self.packetIdentifier = packetIdentifier
        self.reasonCode = reasonCode
        self.properties = properties
    }
}

/// DISCONNECT: the last packet of a connection (§3.14). In 3.1.1 only a client sends it, and it is empty.
public struct Disconnect: Sendable, Equatable {
    /// Why. 3.1.1 knows ``ReasonCode/normalDisconnection`` only.
    public var reasonCode: ReasonCode
    /// Properties; 5.0 only.
    public var properties: Properties

    /// A DISCONNECT with the given content.
    public init(reasonCode: ReasonCode = .normalDisconnection, properties: Properties = []) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}

/// AUTH: a step of extended authentication (5.0 §3.15).
public struct Authentication: Sendable, Equatable {
    /// ``ReasonCode/success``, ``ReasonCode/continueAuthentication`` or ``ReasonCode/reauthenticate``.
    public var reasonCode: ReasonCode
    /// Holds the authentication method, unless reason code and properties are left out altogether.
    public var properties: Properties

    /// An AUTH with the given content.
    public init(reasonCode: ReasonCode = .success, properties: Properties = []) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}
