import NIOCore

extension Connect {
    /// Names the bits of the connect flags (5.0 §3.1.2.3).
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let reserved = Flags(rawValue: 1 << 0)
        static let cleanStart = Flags(rawValue: 1 << 1)
        static let will = Flags(rawValue: 1 << 2)
        static let willQoS = Flags(rawValue: 0b11 << 3)
        static let willRetain = Flags(rawValue: 1 << 5)
        static let password = Flags(rawValue: 1 << 6)
        static let userName = Flags(rawValue: 1 << 7)

        /// Nil for the forbidden value 3.
        var willQualityOfService: QoS? { QoS(rawValue: rawValue >> 3 & 0b11) }
    }

    /// The edition that the CONNECT in `packet` is written in; later fields are not looked at.
    static func readVersion(of packet: ByteBuffer) throws(PacketDecodingError) -> ProtocolVersion {
        let body = try Packet.body(of: packet, .connect)
        var reader = PacketReader(body, type: .connect, version: .v5, sender: .client)
        return try readVersion(from: &reader)
    }

    private static func readVersion(from reader: inout PacketReader) throws(PacketDecodingError) -> ProtocolVersion {
        let name = try reader.readString()
        guard name == "MQTT" else { throw reader.fault(.invalidProtocolName) }
        guard let version = ProtocolVersion(rawValue: try reader.readByte()) else {
            throw reader.fault(.unsupportedProtocolVersion)
        }
        return version
    }

    ///     | 0 4 M Q T T | version 1 | flags 1 | keep alive 2 | properties |
    ///     | client identifier | will properties | will topic | will payload | user name | password |
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        let version = try Connect.readVersion(from: &reader)
        reader.version = version
        let flags = Flags(rawValue: try reader.readByte())
        try Connect.check(flags, reader)
        let keepAliveSeconds = try reader.readTwoByteInteger()
        let properties = try reader.readProperties()
        let clientIdentifier = try reader.readString()
        let will = flags.contains(.will) ? try WillMessage(from: &reader, flags) : nil
        let userName = flags.contains(.userName) ? try reader.readString() : nil
        let password = flags.contains(.password) ? try reader.readBinaryData() : nil
        guard !clientIdentifier.isEmpty || flags.contains(.cleanStart) || version == .v5 else {
            throw reader.fault(.emptyClientIdentifier)
        }
        self.init(
            version: version, clientIdentifier: clientIdentifier, cleanStart: flags.contains(.cleanStart),
            keepAliveSeconds: keepAliveSeconds, will: will, userName: userName, password: password,
            properties: properties)
    }

    private static func check(_ flags: Flags, _ reader: PacketReader) throws(PacketDecodingError) {
        guard !flags.contains(.reserved) else { throw reader.fault(.reservedConnectFlag) }
        guard flags.contains(.will) || flags.isDisjoint(with: [.willQoS, .willRetain]) else {
            throw reader.fault(.willFlagsWithoutWill)
        }
        guard flags.willQualityOfService != nil else { throw reader.fault(.willQoS3) }
        guard reader.version == .v5 || flags.contains(.userName) || !flags.contains(.password) else {
            throw reader.fault(.passwordWithoutUserName)
        }
    }
}

extension WillMessage {
    fileprivate init(from reader: inout PacketReader, _ flags: Connect.Flags) throws(PacketDecodingError) {
        guard let qos = flags.willQualityOfService else { throw reader.fault(.willQoS3) }
        let properties = try reader.readProperties(in: .will)
        let topicName = try reader.readTopicName()
        let payload = try reader.readBinaryData()
        self.init(
            topicName: topicName, payload: payload, qos: qos, retain: flags.contains(.willRetain),
            properties: properties)
    }
}

extension Connack {
    ///     | 0000000 session present | reason code 1 | properties |
    init(from reader: inout PacketReader) throws(PacketDecodingError) {
        let flags = try reader.readByte()
        guard flags & ~1 == 0 else { throw reader.fault(.reservedAcknowledgeFlags) }
        sessionPresent = flags == 1
        if reader.version == .v5 {
            reasonCode = try reader.readReasonCode()
        } else {
            guard let code = ReasonCode(connectReturnCode: try reader.readByte()) else {
                throw reader.fault(.reasonCodeNotAllowed)
            }
            reasonCode = code
        }
        guard !sessionPresent || reasonCode == .success else { throw reader.fault(.sessionPresentOnRefusal) }
        properties = try reader.readProperties()
    }
}
