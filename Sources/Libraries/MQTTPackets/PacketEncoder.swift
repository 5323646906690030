public import NIOCore

/// The packets that busy connections send, written without making a ``Packet`` first.
public enum PacketEncoder {
    /// Appends PUBACK for success, the same four bytes in both editions.
    ///
    ///     | 0100 0000 | 0000 0010 | packet identifier 2 |
    ///
    /// - Parameters:
    ///   - packetIdentifier: That of the PUBLISH. Precondition: not zero; the decoder lets no zero through.
    ///   - buffer: Where to.
    public static func encodePuback(packetIdentifier: UInt16, into buffer: inout ByteBuffer) {
        buffer.writeInteger(0x4002_0000 | UInt32(packetIdentifier))
    }

    /// Appends a PUBACK for success for each of `packetIdentifiers`, in order [MQTT-4.6.0-2].
    ///
    /// - Parameters:
    ///   - packetIdentifiers: Those of the PUBLISH packets.
    ///   - buffer: Where to.
    public static func encodePubacks(packetIdentifiers: [UInt16], into buffer: inout ByteBuffer) {
        let bytes = packetIdentifiers.count * 4
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes) { target in
            for (index, identifier) in packetIdentifiers.enumerated() {
                let word = 0x4002_0000 | UInt32(identifier)
                target.storeBytes(of: word.bigEndian, toByteOffset: index * 4, as: UInt32.self)
            }
            return bytes
        }
    }

    /// Appends PINGRESP.
    ///
    /// - Parameter buffer: Where to.
    public static func encodePingresp(into buffer: inout ByteBuffer) { buffer.writeInteger(0xD000 as UInt16) }

    /// Appends PINGREQ.
    ///
    /// - Parameter buffer: Where to.
    public static func encodePingreq(into buffer: inout ByteBuffer) { buffer.writeInteger(0xC000 as UInt16) }

    /// Appends a PUBLISH without properties; allocates nothing unless `buffer` has to grow.
    ///
    /// - Parameters:
    ///   - topicName: UTF-8, not empty, no wildcards.
    ///   - payload: The message.
    ///   - qos: Quality of service.
    ///   - retain: RETAIN.
    ///   - isDuplicate: DUP.
    ///   - packetIdentifier: Not zero, unless `qos` is 0; then zero.
    ///   - version: The edition of the connection.
    ///   - maximumPacketBytes: The peer's Maximum Packet Size.
    ///   - buffer: Where to; unchanged on failure.
    /// - Throws: ``PacketEncodingError``, each case of which says when.
    public static func encodePublish(
        topicName: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: QoS = .atMostOnce,
        retain: Bool = false, isDuplicate: Bool = false, packetIdentifier: UInt16 = 0, version: ProtocolVersion,
        maximumPacketBytes: Int = MQTTLimits.packetBytes, into buffer: inout ByteBuffer
    ) throws(PacketEncodingError) {
        guard qos != .atMostOnce || packetIdentifier == 0 else { throw .packetIdentifierAtQoS0 }
        let frame = try PublishFrame(
            topicBytes: topicName.count, hasIdentifier: qos != .atMostOnce,
            restBytes: (version == .v5 ? 1 : 0) + payload.count, maximumPacketBytes: maximumPacketBytes)
        var error: PacketDecodingError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: frame.packetBytes) { space in
            let packet = UnsafeMutableRawBufferPointer(rebasing: space[..<frame.packetBytes])
            var offset = frame.writeHeader(into: packet, qos: qos, retain: retain, isDuplicate: isDuplicate)
            packet.write(topicName, at: &offset)
            if qos != .atMostOnce { packet.write(packetIdentifier, at: &offset) }
            if version == .v5 { packet.write(0 as UInt8, at: &offset) }
            packet.write(payload, at: &offset)
            error = frame.fault(of: UnsafeRawBufferPointer(packet), version: version)
            return error == nil ? offset : 0
        }
        if let error { throw .illegal(error) }
    }
}
