/// Why a packet cannot be sent. The buffer that it was to be written to is as before.
public enum PacketEncodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A string or binary field has more than ``MQTTLimits/fieldBytes`` bytes.
    case fieldTooLong(bytes: Int)
    /// The packet would have more bytes than the receiver allows.
    case packetTooLarge(bytes: Int)
    /// The packet holds something that 3.1.1 has no place for: properties, a reason code, a subscription option.
    case notInVersion(ProtocolVersion, PacketType)
    /// QoS 0 with a packet identifier [5.0 MQTT-2.2.1-2; 3.1.1 MQTT-2.3.1-5].
    case packetIdentifierAtQoS0
    /// The receiver would refuse the packet, and why.
    case illegal(PacketDecodingError)

    /// What is wrong, for a log.
    public var description: String {
        switch self {
        case .fieldTooLong(let bytes): "field of \(bytes) bytes, of at most \(MQTTLimits.fieldBytes)"
        case .packetTooLarge(let bytes): "packet of \(bytes) bytes is larger than the receiver allows"
        case .notInVersion(let version, let type): "\(type) holds what version \(version) cannot say"
        case .packetIdentifierAtQoS0: "packet identifier at QoS 0"
        case .illegal(let error): "\(error)"
        }
    }
}
