public import NIOCore

extension Packet {
    /// Appends the packet to `buffer`.
    ///
    /// What has been written is held against the rules of ``DecodingRule`` before it counts, so that a receiver that
    /// keeps to the standard takes it. Rules that depend on who sends are left out where both sides may send the type.
    ///
    /// - Parameters:
    ///   - buffer: Where to; unchanged on failure.
    ///   - version: The edition of the connection. CONNECT must name the same.
    ///   - maximumPacketBytes: The peer's Maximum Packet Size.
    /// - Throws: ``PacketEncodingError``, each case of which says when.
    public func encode(
        into buffer: inout ByteBuffer, version: ProtocolVersion,
        maximumPacketBytes: Int = MQTTLimits.packetBytes
    ) throws(PacketEncodingError) {
        if case .publish(let publish) = self {
            return try publish.encode(into: &buffer, version: version, maximumPacketBytes: maximumPacketBytes)
        }
        var writer = PacketWriter(version: version)
        try write(into: &writer)
        let bodyBytes = writer.bytes.readableBytes
        let packetBytes = 1 + VariableByteInteger.byteCount(bodyBytes) + bodyBytes
        guard packetBytes <= min(maximumPacketBytes, MQTTLimits.packetBytes) else {
            throw .packetTooLarge(bytes: packetBytes)
        }
        var packet = ByteBuffer()
        packet.reserveCapacity(packetBytes)
        packet.writeInteger(type.rawValue << 4 | type.reservedFlags)
        VariableByteInteger.write(bodyBytes, into: &packet)
        packet.writeImmutableBuffer(writer.bytes)
        do {
            _ = try Packet.decode(packet, type: type, version: version, sender: nil)
        } catch {
            throw .illegal(error)
        }
        buffer.writeImmutableBuffer(packet)
    }

    private func write(into writer: inout PacketWriter) throws(PacketEncodingError) {
        switch self {
        case .connect(let connect): try connect.write(into: &writer)
        case .connack(let connack): try connack.write(into: &writer)
        case .publish: break  // has its own path
        case .puback(let acknowledgement), .pubrec(let acknowledgement), .pubrel(let acknowledgement),
            .pubcomp(let acknowledgement):
            writer.write(acknowledgement.packetIdentifier)
            try writer.write(acknowledgement.reasonCode, acknowledgement.properties, in: type)
        case .subscribe(let subscribe): try subscribe.write(into: &writer)
        case .suback(let answer), .unsuback(let answer): try answer.write(into: &writer, type)
        case .unsubscribe(let unsubscribe): try unsubscribe.write(into: &writer)
        case .pingreq, .pingresp: break
        case .disconnect(let disconnect): try writer.write(disconnect.reasonCode, disconnect.properties, in: type)
        case .auth(let auth):
            guard writer.version == .v5 else { throw .notInVersion(writer.version, type) }
            try writer.write(auth.reasonCode, auth.properties, in: type)
        }
    }
}

extension PacketWriter {
    /// Writes as little as the standard allows: nothing for success without properties.
    fileprivate mutating func write(
        _ reasonCode: ReasonCode, _ properties: Properties, in type: PacketType
    ) throws(PacketEncodingError) {
        guard version == .v5 else {
            guard reasonCode == .success, properties.isEmpty else { throw .notInVersion(version, type) }
            return
        }
        guard reasonCode != .success || !properties.isEmpty else { return }
        write(reasonCode.rawValue)
        // AUTH may leave out both or neither (5.0 §3.15.2.1).
        guard !properties.isEmpty || type == .auth else { return }
        try write(properties, in: type)
    }
}

extension Connect {
    fileprivate func write(into writer: inout PacketWriter) throws(PacketEncodingError) {
        guard version == writer.version else { throw .notInVersion(writer.version, .connect) }
        try writer.write("MQTT")
        writer.write(version.rawValue)
        writer.write(flags.rawValue)
        writer.write(keepAliveSeconds)
        try writer.write(properties, in: .connect)
        try writer.write(clientIdentifier)
        if let will {
            try writer.write(will.properties, in: .connect)
            try writer.write(will.topicName)
            try writer.write(will.payload)
        }
        if let userName { try writer.write(userName) }
        if let password { try writer.write(password) }
    }

    private var flags: Flags {
        var flags: Flags = []
        if cleanStart { flags.insert(.cleanStart) }
        if let will {
            flags.formUnion([.will, Flags(rawValue: will.qos.rawValue << 3)])
            if will.retain { flags.insert(.willRetain) }
        }
        if userName != nil { flags.insert(.userName) }
        if password != nil { flags.insert(.password) }
        return flags
    }
}

extension Connack {
    fileprivate func write(into writer: inout PacketWriter) throws(PacketEncodingError) {
        writer.write(UInt8(sessionPresent ? 1 : 0))
        if writer.version == .v5 {
            writer.write(reasonCode.rawValue)
        } else {
            guard let code = reasonCode.connectReturnCode else { throw .notInVersion(writer.version, .connack) }
            writer.write(code)
        }
        try writer.write(properties, in: .connack)
    }
}

extension Subscribe {
    fileprivate func write(into writer: inout PacketWriter) throws(PacketEncodingError) {
        writer.write(packetIdentifier)
        try writer.write(properties, in: .subscribe)
        for subscription in subscriptions {
            try writer.write(subscription.topicFilter.utf8)
            let options = subscription.options
            guard writer.version == .v5 || options == SubscriptionOptions(maximumQoS: options.maximumQoS) else {
                throw .notInVersion(writer.version, .subscribe)
            }
            writer.write(options.byte)
        }
    }
}

extension SubscribeAcknowledgement {
    fileprivate func write(into writer: inout PacketWriter, _ type: PacketType) throws(PacketEncodingError) {
        writer.write(packetIdentifier)
        try writer.write(properties, in: type)
        if writer.version == .v3_1_1, type == .unsuback { return }
        for code in reasonCodes {
            let code = writer.version == .v3_1_1 && code.isError ? .unspecifiedError : code
            writer.write(code.rawValue)
        }
    }
}

extension Unsubscribe {
    fileprivate func write(into writer: inout PacketWriter) throws(PacketEncodingError) {
        writer.write(packetIdentifier)
        try writer.write(properties, in: .unsubscribe)
        for topicFilter in topicFilters { try writer.write(topicFilter.utf8) }
    }
}
