/// Where the parts of a PUBLISH lie, counted in bytes from the first byte of the packet.
///
/// Plain integers: nothing is copied, allocated or retained. Good for as long as the bytes that were scanned.
///
///     | 0011 DUP QoS RETAIN | remaining length | topic name | packet identifier | properties | payload |
///                             1 to 4 bytes       2 + n        2, if QoS > 0       5.0 only
public struct PublishHeader: Sendable, Equatable {
    /// Length of the whole packet.
    public let packetBytes: Int
    /// The topic name, without its length field. Checked: UTF-8, no U+0000, no wildcards.
    public let topicName: Range<Int>
    /// The properties, without their length field. Checked. Empty in 3.1.1.
    public let properties: Range<Int>
    /// The payload: all the rest of the packet.
    public let payload: Range<Int>
    /// Zero for QoS 0, otherwise not zero.
    public let packetIdentifier: UInt16
    /// Zero for none. When it is not, ``topicName`` may be empty.
    public let topicAlias: UInt16
    /// Quality of service.
    public let qos: QoS
    /// RETAIN.
    public let retain: Bool
    /// DUP.
    public let isDuplicate: Bool
}

/// What ``PacketDecoder/scan(_:)`` found at the beginning of the bytes.
public enum PacketScan: Sendable, Equatable {
    /// Not a whole packet yet; so far nothing is wrong.
    case needMore
    /// A PUBLISH that keeps all rules.
    case publish(PublishHeader)
    /// A whole packet of another type, whose content has not been looked at: give it to ``PacketDecoder/next(from:)``.
    case other(PacketType, packetBytes: Int)
    /// Not MQTT. The connection is to be closed.
    case failure(PacketDecodingError)
}

extension PublishHeader {
    /// Checks a PUBLISH.
    ///
    /// - Parameters:
    ///   - bytes: Exactly the packet.
    ///   - bodyOffset: Where the variable header begins.
    ///   - version: The edition of the connection.
    ///   - sender: Who sent the packet, or nil if rules that depend on it shall be left out.
    /// - Returns: `.publish` or `.failure`.
    @inline(__always)
    static func scan(
        _ bytes: UnsafeRawBufferPointer, bodyOffset: Int, version: ProtocolVersion, sender: Sender?
    ) -> PacketScan {
        guard let base = bytes.baseAddress, bodyOffset &+ 2 <= bytes.count else { return failure(.truncated) }
        let first = base.load(as: UInt8.self)
        guard let qos = QoS(rawValue: first >> 1 & 0b11) else { return failure(.publishQoS3) }
        let topicStart = bodyOffset &+ 2
        let topicEnd = topicStart &+ Int(twoBytes(base, at: bodyOffset))
        var offset = topicEnd
        var packetIdentifier: UInt16 = 0
        if qos != .atMostOnce {
            guard offset &+ 2 <= bytes.count else { return failure(.truncated) }
            packetIdentifier = twoBytes(base, at: offset)
            guard packetIdentifier != 0 else { return failure(.packetIdentifierZero) }
            offset &+= 2
        }
        guard offset <= bytes.count else { return failure(.truncated) }
        if !TextChecks.isPlainTopicName(base + topicStart, count: topicEnd &- topicStart) {
            let topic = UnsafeRawBufferPointer(rebasing: bytes[topicStart..<topicEnd])
            if let rule = TextChecks.topicNameFault(topic) { return failure(rule) }
        }
        var properties = offset..<offset
        var topicAlias: UInt16 = 0
        if version == .v5 {
            guard offset < bytes.count else { return failure(.truncated) }
            if base.load(fromByteOffset: offset, as: UInt8.self) == 0 {
                properties = offset &+ 1..<offset &+ 1
            } else {
                switch scanProperties(bytes, at: offset, sender: sender) {
                case .success(let found): (properties, topicAlias) = found
                case .failure(let error): return .failure(error)
                }
            }
        }
        guard topicStart < topicEnd || topicAlias != 0 else { return failure(.emptyTopicName) }
        return .publish(
            PublishHeader(
                packetBytes: bytes.count, topicName: topicStart..<topicEnd, properties: properties,
                payload: properties.upperBound..<bytes.count, packetIdentifier: packetIdentifier,
                topicAlias: topicAlias, qos: qos, retain: first & 0b0001 != 0, isDuplicate: first & 0b1000 != 0))
    }

    @inline(__always)
    private static func twoBytes(_ base: UnsafeRawPointer, at offset: Int) -> UInt16 {
        UInt16(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    private static func failure(_ rule: DecodingRule, _ property: PropertyIdentifier? = nil) -> PacketScan {
        .failure(PacketDecodingError(rule, in: .publish, property: property))
    }

    @inline(never)
    private static func scanProperties(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, sender: Sender?
    ) -> Result<(Range<Int>, UInt16), PacketDecodingError> {
        func fault(_ rule: DecodingRule, _ property: PropertyIdentifier? = nil) -> PacketDecodingError {
            PacketDecodingError(rule, in: .publish, property: property)
        }
        let range: Range<Int>
        switch VariableByteInteger.read(bytes, at: offset) {
        case .incomplete: return .failure(fault(.truncated))
        case .tooLong: return .failure(fault(.variableByteIntegerInvalid))
        case .value(_, _, isMinimal: false): return .failure(fault(.variableByteIntegerNotMinimal))
        case .value(let length, let width, _): range = offset + width..<offset + width + length
        }
        guard range.upperBound <= bytes.count else { return .failure(fault(.propertiesTruncated)) }
        var walker = PropertyWalker(UnsafeRawBufferPointer(rebasing: bytes[range]), in: .publish, sentBy: sender)
        if let broken = walker.checkAll() { return .failure(fault(broken.rule, broken.property)) }
        return .success((range, walker.topicAlias))
    }
}
