/// The fifteen control packet types (5.0 §2.1.2); the raw value is the high half of a packet's first byte.
public enum PacketType: UInt8, Sendable, CaseIterable {
    /// Client to server: asks for a connection.
    case connect = 1
    /// Server to client: answers CONNECT.
    case connack = 2
    /// Either way: carries an application message.
    case publish = 3
    /// Either way: acknowledges a QoS 1 PUBLISH.
    case puback = 4
    /// Either way: QoS 2, first answer.
    case pubrec = 5
    /// Either way: QoS 2, release.
    case pubrel = 6
    /// Either way: QoS 2, completion.
    case pubcomp = 7
    /// Client to server: asks for subscriptions.
    case subscribe = 8
    /// Server to client: answers SUBSCRIBE.
    case suback = 9
    /// Client to server: gives subscriptions up.
    case unsubscribe = 10
    /// Server to client: answers UNSUBSCRIBE.
    case unsuback = 11
    /// Client to server: asks for a sign of life.
    case pingreq = 12
    /// Server to client: answers PINGREQ.
    case pingresp = 13
    /// Ends the connection. In 3.1.1 only a client sends it.
    case disconnect = 14
    /// Either way, 5.0 only: extended authentication.
    case auth = 15

    /// The low half of the first byte, for every type but PUBLISH, whose flags carry DUP, QoS and RETAIN (5.0 §2.1.3).
    var reservedFlags: UInt8 {
        switch self {
        case .pubrel, .subscribe, .unsubscribe: 0b0010
        default: 0
        }
    }

    /// Whether `sender` may send this type in `version` (5.0 table 2-1, 3.1.1 table 2.1).
    func isSent(by sender: Sender, in version: ProtocolVersion) -> Bool {
        switch self {
        case .connect, .subscribe, .unsubscribe, .pingreq: sender == .client
        case .connack, .suback, .unsuback, .pingresp: sender == .server
        case .publish, .puback, .pubrec, .pubrel, .pubcomp: true
        case .disconnect: sender == .client || version == .v5
        case .auth: version == .v5
        }
    }
}
