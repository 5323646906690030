import NIOCore

extension Packet {
    /// Decodes a whole packet of any type but PUBLISH, whose fixed header has been judged already.
    static func decode(
        _ packet: ByteBuffer, type: PacketType, version: ProtocolVersion, sender: Sender?
    ) throws(PacketDecodingError) -> Packet {
        var reader = PacketReader(try body(of: packet, type), type: type, version: version, sender: sender)
        let decoded: Packet =
            switch type {
            case .connect: .connect(try Connect(from: &reader))
            case .connack: .connack(try Connack(from: &reader))
            case .puback: .puback(try Acknowledgement(from: &reader))
            case .pubrec: .pubrec(try Acknowledgement(from: &reader))
            case .pubrel: .pubrel(try Acknowledgement(from: &reader))
            case .pubcomp: .pubcomp(try Acknowledgement(from: &reader))
            case .subscribe: .subscribe(try Subscribe(from: &reader))
            case .suback: .suback(try SubscribeAcknowledgement(from: &reader))
            case .unsubscribe: .unsubscribe(try Unsubscribe(from: &reader))
            case .unsuback: .unsuback(try SubscribeAcknowledgement(from: &reader))
            case .pingreq: .pingreq
            case .pingresp: .pingresp
            case .disconnect: .disconnect(try Disconnect(from: &reader))
            case .auth: .auth(try Authentication(from: &reader))
            case .publish: throw reader.fault(.invalidFlags)  // has its own path
            }
        try reader.expectEnd()
        return decoded
    }

    /// What follows the fixed header.
    static func body(of packet: ByteBuffer, _ type: PacketType) throws(PacketDecodingError) -> ByteBuffer {
        var body = packet
        guard case .value(_, let width, _) = packet.withUnsafeReadableBytes({ VariableByteInteger.read($0, at: 1) })
        else { throw PacketDecodingError(.truncated, in: type) }
        body.moveReaderIndex(forwardBy: 1 + width)
        return body
    }
}

extension Acknowledgement {
    /// Reason code and properties may be left out, from the end (5.0 §3.4.2.1).
    ///
    ///     | packet identifier 2 | reason code 1 | properties |
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        packetIdentifier = try reader.readPacketIdentifier()
        (reasonCode, properties) = (.success, [])
        guard reader.version == .v5, !reader.isAtEnd else { return }
        reasonCode = try reader.readReasonCode()
        guard !reader.isAtEnd else { return }
        properties = try reader.readProperties()
    }
}

extension Subscribe {
    ///     | packet identifier 2 | properties | topic filter 2 + n | options 1 | topic filter | options | ...
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        packetIdentifier = try reader.readPacketIdentifier()
        properties = try reader.readProperties()
        subscriptions = []
        while !reader.isAtEnd {
            let topicFilter = try reader.readTopicFilter()
            let options = try SubscriptionOptions(from: &reader)
            guard !(options.noLocal && topicFilter.shareName != nil) else {
                throw reader.fault(.noLocalOnSharedSubscription)
            }
            subscriptions.append(Subscription(topicFilter: topicFilter, options: options))
        }
        guard !subscriptions.isEmpty else { throw reader.fault(.noTopicFilters) }
    }
}

extension SubscriptionOptions {
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        let byte = try reader.readByte()
        let reserved: UInt8 = reader.version == .v5 ? 0b1100_0000 : 0b1111_1100
        guard byte & reserved == 0 else { throw reader.fault(.reservedSubscriptionOptions) }
        guard let maximumQoS = QoS(rawValue: byte & 0b11) else { throw reader.fault(.subscriptionQoS3) }
        guard let retainHandling = RetainHandling(rawValue: byte >> 4 & 0b11) else {
            throw reader.fault(.retainHandling3)
        }
        self.init(
            maximumQoS: maximumQoS, noLocal: byte & 0b100 != 0, retainAsPublished: byte & 0b1000 != 0,
            retainHandling: retainHandling)
    }
}

extension SubscribeAcknowledgement {
    ///     | packet identifier 2 | properties | reason code 1 | reason code | ...
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        packetIdentifier = try reader.readPacketIdentifier()
        properties = try reader.readProperties()
        reasonCodes = []
        if reader.type == .unsuback, reader.version == .v3_1_1 { return }
        while !reader.isAtEnd {
            let code = try reader.readReasonCode()
            guard reader.version == .v5 || !code.isError || code == .unspecifiedError else {
                throw reader.fault(.reasonCodeNotAllowed)
            }
            reasonCodes.append(code)
        }
        guard !reasonCodes.isEmpty else { throw reader.fault(.noReasonCodes) }
    }
}

extension Unsubscribe {
    ///     | packet identifier 2 | properties | topic filter 2 + n | topic filter | ...
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        packetIdentifier = try reader.readPacketIdentifier()
        properties = try reader.readProperties()
        topicFilters = []
        while !reader.isAtEnd { topicFilters.append(try reader.readTopicFilter()) }
        guard !topicFilters.isEmpty else { throw reader.fault(.noTopicFilters) }
    }
}

extension Disconnect {
    /// Reason code and properties may be left out, from the end (5.0 §3.14.2.1). Empty in 3.1.1.
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        (reasonCode, properties) = (.normalDisconnection, [])
        guard reader.version == .v5, !reader.isAtEnd else { return }
        reasonCode = try reader.readReasonCode()
        guard !reader.isAtEnd else { return }
        properties = try reader.readProperties()
    }
}

extension Authentication {
    /// Reason code and properties may both be left out, and then mean success (5.0 §3.15.2.1).
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        (reasonCode, properties) = (.success, [])
        guard !reader.isAtEnd else { return }
        reasonCode = try reader.readReasonCode()
        properties = try reader.readProperties()
    }
}
