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
        let start = buffer.writerIndex
        frame.writeHeader(into: &buffer, qos: qos, retain: retain, isDuplicate: isDuplicate)
        buffer.writeImmutableBuffer(topicName)
        if qos != .atMostOnce { buffer.writeInteger(packetIdentifier ?? 0) }
        buffer.writeImmutableBuffer(region.bytes)
        buffer.writeImmutableBuffer(payload)
        if let error = frame.fault(of: buffer, from: start, version: version) {
            buffer.moveWriterIndex(to: start)
            throw .illegal(error)
        }
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

    /// Writes the fixed header and the length of the topic name.
    @inline(__always)
    func writeHeader(into buffer: inout ByteBuffer, qos: QoS, retain: Bool, isDuplicate: Bool) {
        buffer.reserveCapacity(minimumWritableBytes: packetBytes)
        let flags = (isDuplicate ? 0b1000 : 0) | qos.rawValue << 1 | (retain ? 1 : 0)
        buffer.writeInteger(PacketType.publish.rawValue << 4 | flags)
        VariableByteInteger.write(remainingLength, into: &buffer)
        buffer.writeInteger(topicBytes)
    }

    /// What a receiver would hold against the packet that was written at `start`.
    func fault(of buffer: ByteBuffer, from start: Int, version: ProtocolVersion) -> PacketDecodingError? {
        let bodyOffset = packetBytes - remainingLength
        let scan = buffer.withUnsafeReadableBytes { bytes -> PacketScan in
            let packet = UnsafeRawBufferPointer(rebasing: bytes[(start - buffer.readerIndex)...])
            if packet[0] & 0b1110 == 0b1000 { return .failure(PacketDecodingError(.duplicateAtQoS0, in: .publish)) }
            return PublishHeader.scan(packet, bodyOffset: bodyOffset, version: version, sender: nil)
        }
        if case .failure(let error) = scan { return error }
        return nil
    }
}
