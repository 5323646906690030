public import NIOCore

/// Turns bytes into packets; one for each connection and direction.
///
/// Never consumes part of a packet: what is not whole stays in the buffer. After an error nothing more is consumed, and
/// the connection is to be closed with the error's reason code. Type, flags and size are judged from the fixed header,
/// before the body arrives: a peer cannot make the receiver hold more than ``maximumPacketBytes``.
public struct PacketDecoder: Sendable {
    /// Which end of the connection decodes.
    public enum Role: Sendable {
        /// The server's: the first packet must be CONNECT, and it fixes the version.
        case server
        /// The client's, which knows what it has written into its CONNECT.
        case client(ProtocolVersion)
    }

    /// Longest packet to accept, in bytes, fixed header included: the Maximum Packet Size of 5.0.
    public var maximumPacketBytes: Int
    /// The edition that the connection speaks. Nil until a CONNECT has named one that is supported, even if the rest of
    /// that CONNECT was wrong; then answer in 3.1.1.
    public private(set) var version: ProtocolVersion?

    private let peer: Sender
    private var awaitsConnect: Bool

    /// A decoder at the beginning of a connection.
    ///
    /// - Parameters:
    ///   - role: Which end of the connection decodes.
    ///   - maximumPacketBytes: Longest packet to accept, in bytes, fixed header included.
    public init(role: Role, maximumPacketBytes: Int = MQTTLimits.packetBytes) {
        self.maximumPacketBytes = maximumPacketBytes
        switch role {
        case .server: (peer, version, awaitsConnect) = (.client, nil, true)
        case .client(let version): (peer, self.version, awaitsConnect) = (.server, version, false)
        }
    }

    /// Takes the next packet from the front of `buffer`.
    ///
    /// - Parameter buffer: What the peer has sent; the packet's slices keep its storage alive.
    /// - Returns: nil when more bytes are needed.
    /// - Throws: ``PacketDecodingError`` for the first rule that was found broken; `buffer` is as before.
    public mutating func next(from buffer: inout ByteBuffer) throws(PacketDecodingError) -> Packet? {
        switch buffer.withUnsafeReadableBytes({ scan($0) }) {
        case .needMore: return nil
        case .failure(let error): throw error
        case .publish(let header):
            guard let bytes = buffer.readSlice(length: header.packetBytes),
                let publish = Publish(header, in: bytes)
            else { throw PacketDecodingError(.truncated, in: .publish) }
            return .publish(publish)
        case .other(let type, let packetBytes):
            guard let bytes = buffer.getSlice(at: buffer.readerIndex, length: packetBytes) else { return nil }
            let packet = try decode(bytes, type: type)
            buffer.moveReaderIndex(forwardBy: packetBytes)
            return packet
        }
    }

    private mutating func decode(
        _ packet: ByteBuffer, type: PacketType
    ) throws(PacketDecodingError) -> Packet {
        guard type == .connect else {
            return try Packet.decode(packet, type: type, version: version ?? .v5, sender: peer)
        }
        version = try Connect.readVersion(of: packet)
        if case .value(_, _, isMinimal: false) = packet.withUnsafeReadableBytes({ VariableByteInteger.read($0, at: 1) }),
            version == .v5
        {
            throw PacketDecodingError(.variableByteIntegerNotMinimal, in: .connect)
        }
        let connect = try Packet.decode(packet, type: type, version: version ?? .v5, sender: peer)
        awaitsConnect = false
        return connect
    }
}

// MARK: Without buffers

extension PacketDecoder {
    /// Looks at the packet that begins with the first of `bytes`, without allocating, retaining or consuming anything.
    ///
    /// A PUBLISH is checked as thoroughly as by ``next(from:)``; the two agree on every input. A server loops:
    ///
    ///     buffer.withUnsafeReadableBytes { bytes in
    ///         var rest = bytes
    ///         while case .publish(let header) = decoder.scan(rest) {
    ///             accept(rest[header.topicName], rest[header.payload], header.packetIdentifier)
    ///             rest = UnsafeRawBufferPointer(rebasing: rest[header.packetBytes...])
    ///         }
    ///     }
    ///
    /// and gives anything else to ``next(from:)``, as well as a PUBLISH whose properties it needs.
    ///
    /// - Parameter bytes: What the peer has sent and was not consumed yet.
    /// - Returns: What stands at the beginning of `bytes`.
    public func scan(_ bytes: UnsafeRawBufferPointer) -> PacketScan {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return .needMore }
        let first = base.load(as: UInt8.self)
        guard let type = PacketType(rawValue: first >> 4) else {
            return .failure(PacketDecodingError(.reservedPacketType, in: nil))
        }
        if let rule = faultOfFirstByte(first, type) { return .failure(PacketDecodingError(rule, in: type)) }
        guard bytes.count > 1 else { return .needMore }
        var remainingLength = Int(base.load(fromByteOffset: 1, as: UInt8.self))
        var bodyOffset = 2
        if remainingLength >= 0x80 {
            switch VariableByteInteger.read(bytes, at: 1) {
            case .incomplete: return .needMore
            case .tooLong: return .failure(PacketDecodingError(.remainingLengthTooLong, in: type))
            case .value(_, _, isMinimal: false) where version == .v5:
                return .failure(PacketDecodingError(.variableByteIntegerNotMinimal, in: type))
            case .value(let value, let width, _): (remainingLength, bodyOffset) = (value, 1 + width)
            }
        }
        let packetBytes = bodyOffset &+ remainingLength
        guard packetBytes <= maximumPacketBytes else {
            return .failure(PacketDecodingError(.packetTooLarge, in: type))
        }
        guard bytes.count >= packetBytes else { return .needMore }
        guard type == .publish, let version else { return .other(type, packetBytes: packetBytes) }
        let packet = UnsafeRawBufferPointer(start: base, count: packetBytes)
        return PublishHeader.scan(packet, bodyOffset: bodyOffset, version: version, sender: peer)
    }

    /// What the first byte alone gives away.
    @inline(__always)
    private func faultOfFirstByte(_ first: UInt8, _ type: PacketType) -> DecodingRule? {
        if awaitsConnect {
            guard type == .connect else { return .connectExpected }
        } else if type == .publish {
            let flags = first & 0x0F
            if flags & 0b0110 == 0b0110 { return .publishQoS3 }
            return flags & 0b1110 == 0b1000 ? .duplicateAtQoS0 : nil
        } else if let version, !type.isSent(by: peer, in: version) {
            return faultOfDirection(type, version)
        } else if type == .connect {
            return .secondConnect
        }
        return first & 0x0F == type.reservedFlags ? nil : .invalidFlags
    }

    private func faultOfDirection(_ type: PacketType, _ version: ProtocolVersion) -> DecodingRule {
        type == .auth && version == .v3_1_1 ? .reservedPacketType : .wrongDirection
    }
}

extension Publish {
    /// The PUBLISH that `header` describes, or nil when `bytes` are not those that were scanned and hold no such packet.
    ///
    /// - Parameters:
    ///   - header: What ``PacketDecoder/scan(_:)`` answered.
    ///   - bytes: The packet, from its first byte on.
    public init?(_ header: PublishHeader, in bytes: ByteBuffer) {
        let base = bytes.readerIndex
        guard
            let topicName = bytes.getSlice(at: base + header.topicName.lowerBound, length: header.topicName.count),
            let payload = bytes.getSlice(at: base + header.payload.lowerBound, length: header.payload.count)
        else { return nil }
        var properties: Properties = []
        if !header.properties.isEmpty {
            guard
                let region = bytes.getSlice(
                    at: base + header.properties.lowerBound, length: header.properties.count),
                let list = Properties(checked: region, in: .publish)
            else { return nil }
            properties = list
        }
        self.init(
            topicName: topicName, payload: payload, qos: header.qos, retain: header.retain,
            isDuplicate: header.isDuplicate,
            packetIdentifier: header.packetIdentifier == 0 ? nil : header.packetIdentifier, properties: properties)
    }
}
