import NIOCore

/// What a server hands on of a publication's properties, unaltered and in order (5.0 §3.3.2.3).
///
/// Payload format indicator, content type, response topic, correlation data and user properties are kept as they stood
/// on the wire. The message expiry interval is kept apart, because it shrinks while the message waits. Topic alias,
/// subscription identifier and will delay interval belong to one connection, and are left out.
///
/// Without properties nothing is allocated.
public struct ForwardedProperties: Sendable, Equatable {
    /// The properties but the message expiry interval, laid out as in a PUBLISH, without their length.
    public let bytes: [UInt8]
    /// How long the message may wait for a subscriber, in seconds, from when it was received.
    public let messageExpirySeconds: UInt32?

    /// No properties.
    public init() {
        bytes = []
        messageExpirySeconds = nil
    }

    /// Those of a PUBLISH on the wire; nil when they break a rule, as what ``PacketDecoder`` has let through never does.
    ///
    /// - Parameter properties: As ``PublishHeader/properties`` says where they lie.
    public init?(publish properties: UnsafeRawBufferPointer) {
        var kept: [UInt8] = []
        var seconds: UInt32?
        var walker = PropertyWalker(properties, in: .publish, sentBy: nil)
        walk: while true {
            switch walker.next() {
            case .end: break walk
            case .fault: return nil
            case .property(.messageExpiryInterval, let value):
                seconds = UInt32(bigEndian: properties.loadUnaligned(fromByteOffset: value.lowerBound, as: UInt32.self))
            case .property(.topicAlias, _), .property(.subscriptionIdentifier, _): continue
            case .property(_, let value):
                kept.append(contentsOf: properties[value.lowerBound - 1..<value.upperBound])
            }
        }
        bytes = kept
        messageExpirySeconds = seconds
    }

    /// Those of a PUBLISH or a will.
    ///
    /// - Parameter properties: What the packet holds; others than those that are forwarded are left out.
    /// - Throws: ``PacketEncodingError`` when one of them cannot be sent.
    public init(_ properties: Properties) throws(PacketEncodingError) {
        let forwarded = properties.list.filter(\.isForwarded)
        guard !forwarded.isEmpty else {
            self.init()
            return
        }
        var writer = PacketWriter(version: .v5)
        try writer.write(Properties(forwarded), in: .publish)
        let result = writer.bytes.withUnsafeReadableBytes { raw -> (ForwardedProperties?, DecodingRule?) in
            guard case .value(_, let width, _) = VariableByteInteger.read(raw, at: 0) else {
                return (nil, .propertiesTruncated)
            }
            let region = UnsafeRawBufferPointer(rebasing: raw[width...])
            var walker = PropertyWalker(region, in: .publish, sentBy: nil)
            return (ForwardedProperties(publish: region), walker.checkAll()?.rule)
        }
        guard let properties = result.0 else {
            throw .illegal(PacketDecodingError(result.1 ?? .propertiesTruncated, in: .publish, property: nil))
        }
        self = properties
    }

    /// Those kept in storage; nil when the bytes are not properties that are forwarded.
    ///
    /// - Parameters:
    ///   - bytes: As ``bytes`` was.
    ///   - messageExpirySeconds: As ``messageExpirySeconds`` was.
    public init?(bytes: [UInt8], messageExpirySeconds: UInt32?) {
        if !bytes.isEmpty {
            let kept = bytes.withUnsafeBytes { ForwardedProperties(publish: $0) }
            guard let kept, kept.bytes == bytes, kept.messageExpirySeconds == nil else { return nil }
        }
        self.bytes = bytes
        self.messageExpirySeconds = messageExpirySeconds
    }

    /// Whether there are none.
    @inlinable public var isEmpty: Bool { bytes.isEmpty && messageExpirySeconds == nil }

    /// The same as values, the message expiry interval first. Allocates.
    public var properties: Properties {
        let kept = Properties(checked: ByteBuffer(bytes: bytes), in: .publish) ?? []
        guard let messageExpirySeconds else { return kept }
        return Properties([.messageExpiryInterval(seconds: messageExpirySeconds)] + kept.list)
    }
}

extension Property {
    /// Whether a server hands the property on with the message.
    fileprivate var isForwarded: Bool {
        switch self {
        case .payloadFormatIndicator, .messageExpiryInterval, .contentType, .responseTopic, .correlationData,
            .userProperty:
            true
        default: false
        }
    }
}
