import NIOCore

/// Reads the fields of one packet's variable header and payload, in order, and checks each.
struct PacketReader {
    private var bytes: ByteBuffer
    let type: PacketType
    /// The edition of the connection; of a CONNECT, once it has been read.
    var version: ProtocolVersion
    /// Who sent the packet, or nil if rules that depend on it shall be left out.
    let sender: Sender?

    /// - Parameters:
    ///   - bytes: What follows the fixed header, and nothing more.
    ///   - type: The packet's type.
    ///   - version: The edition of the connection.
    ///   - sender: Who sent the packet, or nil if rules that depend on it shall be left out.
    init(_ bytes: ByteBuffer, type: PacketType, version: ProtocolVersion, sender: Sender?) {
        self.bytes = bytes
        self.type = type
        self.version = version
        self.sender = sender
    }

    var isAtEnd: Bool { bytes.readableBytes == 0 }

    func fault(_ rule: DecodingRule, property: PropertyIdentifier? = nil) -> PacketDecodingError {
        PacketDecodingError(rule, in: type, property: property)
    }

    func expectEnd() throws(PacketDecodingError) {
        guard isAtEnd else { throw fault(.trailingBytes) }
    }

    mutating func readByte() throws(PacketDecodingError) -> UInt8 {
        guard let byte = bytes.readInteger(as: UInt8.self) else { throw fault(.truncated) }
        return byte
    }

    mutating func readTwoByteInteger() throws(PacketDecodingError) -> UInt16 {
        guard let integer = bytes.readInteger(as: UInt16.self) else { throw fault(.truncated) }
        return integer
    }

    mutating func readPacketIdentifier() throws(PacketDecodingError) -> UInt16 {
        let identifier = try readTwoByteInteger()
        guard identifier != 0 else { throw fault(.packetIdentifierZero) }
        return identifier
    }

    mutating func readBinaryData() throws(PacketDecodingError) -> ByteBuffer {
        guard let field = bytes.readField() else { throw fault(.truncated) }
        return field
    }

    mutating func readString() throws(PacketDecodingError) -> String {
        let field = try readBinaryData()
        if let rule = field.withUnsafeReadableBytes(TextChecks.stringFault) { throw fault(rule) }
        return String(buffer: field)
    }

    mutating func readTopicName() throws(PacketDecodingError) -> String {
        let field = try readBinaryData()
        guard field.readableBytes > 0 else { throw fault(.emptyTopicName) }
        if let rule = field.withUnsafeReadableBytes(TextChecks.topicNameFault) { throw fault(rule) }
        return String(buffer: field)
    }

    mutating func readTopicFilter() throws(PacketDecodingError) -> TopicFilter {
        let text = try readString()
        do {
            return try TopicFilter(text, version: version)
        } catch {
            throw fault(error.rule)
        }
    }

    mutating func readReasonCode() throws(PacketDecodingError) -> ReasonCode {
        guard let code = ReasonCode(rawValue: try readByte()), code.isAllowed(in: type, sentBy: sender) else {
            throw fault(.reasonCodeNotAllowed)
        }
        return code
    }

    /// Reads the length of the properties and the properties. Nothing at all in 3.1.1.
    ///
    /// - Parameter place: nil for those of the packet's variable header.
    /// - Returns: The properties, every one of which may stand here.
    /// - Throws: ``PacketDecodingError`` for the first rule that was found broken.
    mutating func readProperties(in place: PropertyPlaces? = nil) throws(PacketDecodingError) -> Properties {
        guard version == .v5 else { return [] }
        let length: Int
        switch bytes.withUnsafeReadableBytes({ VariableByteInteger.read($0, at: 0) }) {
        case .incomplete: throw fault(.truncated)
        case .tooLong: throw fault(.variableByteIntegerInvalid)
        case .value(_, _, isMinimal: false): throw fault(.variableByteIntegerNotMinimal)
        case .value(let value, let width, _):
            bytes.moveReaderIndex(forwardBy: width)
            length = value
        }
        guard let region = bytes.readSlice(length: length) else { throw fault(.propertiesTruncated) }
        let place = place ?? PropertyPlaces(type)
        let broken = region.withUnsafeReadableBytes { raw in
            var walker = PropertyWalker(raw, in: place, sentBy: sender)
            return walker.checkAll()
        }
        if let broken { throw fault(broken.rule, property: broken.property) }
        guard length > 0 else { return [] }
        guard let properties = Properties(checked: region, in: place) else { throw fault(.propertiesTruncated) }
        return properties
    }
}
