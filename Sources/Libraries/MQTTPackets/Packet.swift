/// One control packet, of either edition.
///
/// Decoded values keep every rule of ``DecodingRule``. Values built by hand are checked when they are encoded.
public enum Packet: Sendable, Equatable {
    /// Asks for a connection. Boxed: it is far larger than the others, and comes once.
    indirect case connect(Connect)
    /// Answers CONNECT.
    case connack(Connack)
    /// Carries an application message.
    case publish(Publish)
    /// Acknowledges a QoS 1 PUBLISH.
    case puback(Acknowledgement)
    /// QoS 2: the PUBLISH was received.
    case pubrec(Acknowledgement)
    /// QoS 2: the packet identifier may be released.
    case pubrel(Acknowledgement)
    /// QoS 2: it was.
    case pubcomp(Acknowledgement)
    /// Asks for subscriptions.
    case subscribe(Subscribe)
    /// Answers SUBSCRIBE.
    case suback(SubscribeAcknowledgement)
    /// Gives subscriptions up.
    case unsubscribe(Unsubscribe)
    /// Answers UNSUBSCRIBE. In 3.1.1 it carries no reason codes.
    case unsuback(SubscribeAcknowledgement)
    /// Asks for a sign of life.
    case pingreq
    /// Gives one.
    case pingresp
    /// Ends the connection.
    case disconnect(Disconnect)
    /// A step of extended authentication; 5.0 only.
    case auth(Authentication)

    /// The control packet type.
    public var type: PacketType {
        switch self {
        case .connect: .connect
        case .connack: .connack
        case .publish: .publish
        case .puback: .puback
        case .pubrec: .pubrec
        case .pubrel: .pubrel
        case .pubcomp: .pubcomp
        case .subscribe: .subscribe
        case .suback: .suback
        case .unsubscribe: .unsubscribe
        case .unsuback: .unsuback
        case .pingreq: .pingreq
        case .pingresp: .pingresp
        case .disconnect: .disconnect
        case .auth: .auth
        }
    }
}
