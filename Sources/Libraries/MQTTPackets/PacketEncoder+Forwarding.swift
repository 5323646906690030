public import NIOCore

/// A PUBLISH from server to client, in parts that were checked when they arrived.
///
/// Borrows the bytes: it is made and encoded within one `withUnsafeBytes`.
public struct ForwardedPublish {
    /// UTF-8, without wildcards; empty only with a topic alias that the client knows.
    public var topicName: UnsafeRawBufferPointer
    /// As in ``ForwardedProperties/bytes``. Left out in 3.1.1.
    public var properties: UnsafeRawBufferPointer
    /// The message.
    public var payload: UnsafeRawBufferPointer
    /// Quality of service.
    public var qos: QoS = .atMostOnce
    /// RETAIN.
    public var retain = false
    /// DUP.
    public var isDuplicate = false
    /// Not zero, unless ``qos`` is 0.
    public var packetIdentifier: UInt16 = 0
    /// What is left of the message expiry interval, in seconds. Left out in 3.1.1.
    public var messageExpirySeconds: UInt32?
    /// Zero for none. 5.0 only.
    public var topicAlias: UInt16 = 0
    /// Zero for none. Left out in 3.1.1.
    public var subscriptionIdentifier: UInt32 = 0
    /// Those of the other subscriptions that the packet answers [MQTT-3.3.4-4]; none of them zero.
    public var furtherSubscriptionIdentifiers: [UInt32] = []

    /// A PUBLISH at QoS 0.
    public init(
        topicName: UnsafeRawBufferPointer, properties: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) {
        self.topicName = topicName
        self.properties = properties
        self.payload = payload
    }

    /// Length of the properties that are not in ``properties``.
    fileprivate var ownPropertyBytes: Int {
        var bytes = messageExpirySeconds == nil ? 0 : 5
        if topicAlias != 0 { bytes += 3 }
        if subscriptionIdentifier != 0 { bytes += 1 + VariableByteInteger.byteCount(Int(subscriptionIdentifier)) }
        for identifier in furtherSubscriptionIdentifiers {
            bytes += 1 + VariableByteInteger.byteCount(Int(identifier))
        }
        return bytes
    }

    fileprivate func writeProperties(into packet: UnsafeMutableRawBufferPointer, at offset: inout Int, bytes: Int) {
        packet.write(variableByteInteger: bytes, at: &offset)
        if let messageExpirySeconds {
            packet.write(PropertyIdentifier.messageExpiryInterval.rawValue, at: &offset)
            packet.write(messageExpirySeconds, at: &offset)
        }
        if topicAlias != 0 {
            packet.write(PropertyIdentifier.topicAlias.rawValue, at: &offset)
            packet.write(topicAlias, at: &offset)
        }
        if subscriptionIdentifier != 0 {
            packet.write(PropertyIdentifier.subscriptionIdentifier.rawValue, at: &offset)
            packet.write(variableByteInteger: Int(subscriptionIdentifier), at: &offset)
        }
        for identifier in furtherSubscriptionIdentifiers {
            packet.write(PropertyIdentifier.subscriptionIdentifier.rawValue, at: &offset)
            packet.write(variableByteInteger: Int(identifier), at: &offset)
        }
        packet.write(properties, at: &offset)
    }
}

extension PacketEncoder {
    /// Appends a PUBLISH whose parts were checked before; allocates nothing unless `buffer` has to grow.
    ///
    /// The parts are not checked again: a debug build traps on those that a receiver would refuse.
    ///
    /// - Parameters:
    ///   - publish: The parts.
    ///   - version: The edition of the connection.
    ///   - maximumPacketBytes: The peer's Maximum Packet Size.
    ///   - buffer: Where to.
    /// - Returns: Whether it was written; `false` leaves `buffer` alone, because the packet is too large for the peer
    ///   or for MQTT.
    public static func encode(
        _ publish: ForwardedPublish, version: ProtocolVersion, maximumPacketBytes: Int = MQTTLimits.packetBytes,
        into buffer: inout ByteBuffer
    ) -> Bool {
        let hasIdentifier = publish.qos != .atMostOnce
        var propertyBytes = 0
        var restBytes = publish.payload.count
        if version == .v5 {
            propertyBytes = publish.ownPropertyBytes + publish.properties.count
            restBytes += VariableByteInteger.byteCount(propertyBytes) + propertyBytes
        }
        guard
            let frame = try? PublishFrame(
                topicBytes: publish.topicName.count, hasIdentifier: hasIdentifier, restBytes: restBytes,
                maximumPacketBytes: maximumPacketBytes)
        else { return false }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: frame.packetBytes) { space in
            let packet = UnsafeMutableRawBufferPointer(rebasing: space[..<frame.packetBytes])
            var offset = frame.writeHeader(
                into: packet, qos: publish.qos, retain: publish.retain, isDuplicate: publish.isDuplicate)
            packet.write(publish.topicName, at: &offset)
            if hasIdentifier { packet.write(publish.packetIdentifier, at: &offset) }
            if version == .v5 { publish.writeProperties(into: packet, at: &offset, bytes: propertyBytes) }
            packet.write(publish.payload, at: &offset)
            assert(
                frame.fault(of: UnsafeRawBufferPointer(packet), version: version) == nil,
                "a PUBLISH was forwarded from parts that had not been checked")
            return offset
        }
        return true
    }

    /// Appends PUBACK, PUBREC, PUBREL or PUBCOMP without properties; allocates nothing unless `buffer` has to grow.
    ///
    ///     | type, flags | 2 | packet identifier 2 |                  success, and always in 3.1.1
    ///     | type, flags | 3 | packet identifier 2 | reason code 1 |
    ///
    /// - Parameters:
    ///   - type: One of the four. Precondition.
    ///   - packetIdentifier: That of the PUBLISH. Precondition: not zero.
    ///   - reasonCode: How it went; left out in 3.1.1, which has no other answer.
    ///   - version: The edition of the connection.
    ///   - buffer: Where to.
    public static func encodeAcknowledgement(
        _ type: PacketType, packetIdentifier: UInt16, reasonCode: ReasonCode = .success, version: ProtocolVersion,
        into buffer: inout ByteBuffer
    ) {
        precondition((PacketType.puback.rawValue...PacketType.pubcomp.rawValue).contains(type.rawValue), "\(type)")
        let first = UInt32(type.rawValue << 4 | type.reservedFlags) << 24
        guard version == .v5, reasonCode != .success else {
            buffer.writeInteger(first | 0x0002_0000 | UInt32(packetIdentifier))
            return
        }
        buffer.writeInteger(first | 0x0003_0000 | UInt32(packetIdentifier))
        buffer.writeInteger(reasonCode.rawValue)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a Variable Byte Integer, and moves `offset` behind it.
    @inline(__always)
    fileprivate func write(variableByteInteger value: Int, at offset: inout Int) {
        var rest = value
        while rest >= 0x80 {
            write(UInt8(truncatingIfNeeded: rest) | 0x80, at: &offset)
            rest >>= 7
        }
        write(UInt8(truncatingIfNeeded: rest), at: &offset)
    }
}
