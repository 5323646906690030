public import NIOCore

extension Publish {
    /// Appends the packet to `buffer`, as ``Packet/encode(into:version:maximumPacketBytes:)`` does.
    ///
    /// Without properties, nothing is allocated unless `buffer` has to grow.
    ///
    /// - Parameters:
    ///   - buffer: Where to; unchanged on failure.
    ///   - version: The edition of the connection.
    ///   - maximumPacketBytes: The peer's Maximum Packet Size.
    /// - Throws: ``PacketEncodingError``, each case of which says when.
    public func encode(
        into buffer: inout ByteBuffer, version: ProtocolVersion,
        maximumPacketBytes: Int = MQTTLimits.packetBytes
    ) throws(PacketEncodingError) {
        guard qos != .atMostOnce || packetIdentifier == nil else { throw .packetIdentifierAtQoS0 }
        var region = PacketWriter(version: version)
        if version == .v5, properties.isEmpty {
            region.write(UInt8(0))
        } else {
            try region.write(properties, in: .publish)
        }
        let frame = try PublishFrame(
            topicBytes: topicName.readableBytes, hasIdentifier: qos != .atMostOnce,
            restBytes: region.bytes.readableBytes + payload.readableBytes, maximumPacketBytes: maximumPacketBytes)
        var error: PacketDecodingError?
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: frame.packetBytes) { space in
            let packet = UnsafeMutableRawBufferPointer(rebasing: space[..<frame.packetBytes])
            var offset = frame.writeHeader(into: packet, qos: qos, retain: retain, isDuplicate: isDuplicate)
            topicName.withUnsafeReadableBytes { packet.write($0, at: &offset) }
            if qos != .atMostOnce { packet.write(packetIdentifier ?? 0, at: &offset) }
            region.bytes.withUnsafeReadableBytes { packet.write($0, at: &offset) }
            payload.withUnsafeReadableBytes { packet.write($0, at: &offset) }
            error = frame.fault(of: UnsafeRawBufferPointer(packet), version: version)
            return error == nil ? offset : 0
        }
        if let error { throw .illegal(error) }
    }
}

/// The sizes of a PUBLISH about to be written.
struct PublishFrame {
    let topicBytes: UInt16
    let remainingLength: Int
    let packetBytes: Int

    /// - Parameters:
    ///   - topicBytes: Length of the topic name.
    ///   - hasIdentifier: Whether there is a packet identifier.
    ///   - restBytes: Length of properties, their own length included, and payload.
    ///   - maximumPacketBytes: What the receiver accepts.
    /// - Throws: ``PacketEncodingError`` when the topic name or the packet is too long.
    @inline(__always)
    init(topicBytes: Int, hasIdentifier: Bool, restBytes: Int, maximumPacketBytes: Int) throws(PacketEncodingError) {
        guard let topicLength = UInt16(exactly: topicBytes) else { throw .fieldTooLong(bytes: topicBytes) }
        self.topicBytes = topicLength
        remainingLength = 2 + topicBytes + (hasIdentifier ? 2 : 0) + restBytes
        packetBytes = 1 + VariableByteInteger.byteCount(remainingLength) + remainingLength
        guard packetBytes <= min(maximumPacketBytes, MQTTLimits.packetBytes) else {
            throw .packetTooLarge(bytes: packetBytes)
        }
    }

    /// Writes the fixed header and the length of the topic name. Returns where the topic name goes.
    @inline(__always)
    func writeHeader(into packet: UnsafeMutableRawBufferPointer, qos: QoS, retain: Bool, isDuplicate: Bool) -> Int {
        let flags = (isDuplicate ? 0b1000 : 0) | qos.rawValue << 1 | (retain ? 1 : 0)
        packet[0] = PacketType.publish.rawValue << 4 | flags
        var offset = 1
        var rest = remainingLength
        while rest >= 0x80 {
            packet.write(UInt8(truncatingIfNeeded: rest) | 0x80, at: &offset)
            rest >>= 7
        }
        packet.write(UInt8(truncatingIfNeeded: rest), at: &offset)
        packet.write(topicBytes, at: &offset)
        return offset
    }

    /// What a receiver would hold against the packet that was written.
    func fault(of packet: UnsafeRawBufferPointer, version: ProtocolVersion) -> PacketDecodingError? {
        if packet[0] & 0b1110 == 0b1000 { return PacketDecodingError(.duplicateAtQoS0, in: .publish) }
        let bodyOffset = packetBytes - remainingLength
        guard
            case .failure(let error) = PublishHeader.scan(
                packet, bodyOffset: bodyOffset, version: version, sender: nil)
        else { return nil }
        return error
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes an integer, most significant byte first, and moves `offset` behind it.
    @inline(__always)
    func write(_ integer: some FixedWidthInteger, at offset: inout Int) {
        let bytes = integer.bigEndian
        withUnsafeBytes(of: bytes) { write($0, at: &offset) }
    }

    /// Copies `bytes`, and moves `offset` behind them.
    @inline(__always)
    func write(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) {
        UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + bytes.count]).copyMemory(from: bytes)
        offset += bytes.count
    }
}
