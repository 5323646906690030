import NIOCore

/// Writes the fields of one packet's variable header and payload, in order.
struct PacketWriter {
    private(set) var bytes: ByteBuffer
    let version: ProtocolVersion

    init(version: ProtocolVersion) {
        self.version = version
        bytes = ByteBuffer()
    }

    mutating func write(_ byte: UInt8) { bytes.writeInteger(byte) }

    mutating func write(_ integer: UInt16) { bytes.writeInteger(integer) }

    mutating func write(_ integer: UInt32) { bytes.writeInteger(integer) }

    mutating func write(variableByteInteger value: Int) { VariableByteInteger.write(value, into: &bytes) }

    mutating func write(_ text: String) throws(PacketEncodingError) {
        let count = text.utf8.count
        try write(fieldLength: count)
        bytes.writeString(text)
    }

    mutating func write(_ field: some Collection<UInt8>) throws(PacketEncodingError) {
        try write(fieldLength: field.count)
        bytes.writeBytes(field)
    }

    mutating func write(_ field: ByteBuffer) throws(PacketEncodingError) {
        try write(fieldLength: field.readableBytes)
        bytes.writeImmutableBuffer(field)
    }

    private mutating func write(fieldLength: Int) throws(PacketEncodingError) {
        guard let length = UInt16(exactly: fieldLength) else { throw .fieldTooLong(bytes: fieldLength) }
        bytes.writeInteger(length)
    }

    /// Writes the length of the properties and the properties; nothing at all in 3.1.1.
    mutating func write(_ properties: Properties, in type: PacketType) throws(PacketEncodingError) {
        guard version == .v5 else {
            guard properties.isEmpty else { throw .notInVersion(version, type) }
            return
        }
        var region = PacketWriter(version: version)
        for property in properties.list { try region.write(property) }
        let length = region.bytes.readableBytes
        guard length <= MQTTLimits.remainingLength else { throw .packetTooLarge(bytes: length) }
        write(variableByteInteger: length)
        bytes.writeImmutableBuffer(region.bytes)
    }

    private mutating func write(_ property: Property) throws(PacketEncodingError) {
        write(property.identifier.rawValue)
        switch property {
        case .payloadFormatIndicator(let value): write(value.rawValue)
        case .maximumQoS(let value): write(value.rawValue)
        case .requestProblemInformation(let value), .requestResponseInformation(let value), .retainAvailable(let value),
            .wildcardSubscriptionAvailable(let value), .subscriptionIdentifierAvailable(let value),
            .sharedSubscriptionAvailable(let value):
            write(UInt8(value ? 1 : 0))
        case .serverKeepAlive(let value), .receiveMaximum(let value), .topicAliasMaximum(let value),
            .topicAlias(let value):
            write(value)
        case .messageExpiryInterval(let value), .sessionExpiryInterval(let value), .willDelayInterval(let value),
            .maximumPacketSize(let value):
            write(value)
        case .subscriptionIdentifier(let value):
            guard value <= MQTTLimits.remainingLength else {
                throw .illegal(
                    PacketDecodingError(.propertyOutOfRange, in: nil, property: .subscriptionIdentifier))
            }
            write(variableByteInteger: Int(value))
        case .contentType(let value), .responseTopic(let value), .assignedClientIdentifier(let value),
            .authenticationMethod(let value), .responseInformation(let value), .serverReference(let value),
            .reasonString(let value):
            try write(value)
        case .correlationData(let value), .authenticationData(let value): try write(value)
        case .userProperty(let name, let value):
            try write(name)
            try write(value)
        }
    }
}
