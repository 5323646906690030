import MQTTPackets
import NIOCore

extension Attachment {
    /// Appends PUBACK or PUBREC with its reason string, if it has one, the client wants it, and the packet is not too
    /// large for the client with it [MQTT-3.4.2-2], [MQTT-3.5.2-2].
    ///
    /// - Returns: Whether it was written.
    func writeWithReason(
        _ type: PacketType, _ answer: IncomingPublications.Answer, into buffer: inout ByteBuffer
    ) -> Bool {
        guard wantsProblemInformation, let reasonString = answer.reasonString, answer.reasonCode.isError else {
            return false
        }
        let acknowledgement = Acknowledgement(
            packetIdentifier: answer.packetIdentifier, reasonCode: answer.reasonCode,
            properties: [.reasonString(reasonString)])
        let packet: Packet = type == .puback ? .puback(acknowledgement) : .pubrec(acknowledgement)
        let isWritten: Void? = try? packet.encode(
            into: &buffer, version: version, maximumPacketBytes: maximumPacketBytes)
        return isWritten != nil
    }

    /// Appends a PUBLISH, with a topic alias where there is one.
    ///
    /// - Returns: Whether it was written; not when it is too large for the client [MQTT-3.1.2-24].
    mutating func write(
        _ message: ApplicationMessage, _ delivery: Delivery, packetIdentifier: UInt16, isDuplicate: Bool,
        at now: SessionInstant, into buffer: inout ByteBuffer
    ) -> Bool {
        let name = outgoingAliases.maximum > 0 ? outgoingAliases.find(message.topicName) : (alias: 0, isKnown: false)
        if write(message, delivery, packetIdentifier, isDuplicate, name, at: now, into: &buffer) {
            if name.alias != 0, !name.isKnown { outgoingAliases.set(name.alias, for: message.topicName) }
            return true
        }
        return name.alias != 0
            && write(message, delivery, packetIdentifier, isDuplicate, (0, false), at: now, into: &buffer)
    }

    private func write(
        _ message: ApplicationMessage, _ delivery: Delivery, _ packetIdentifier: UInt16, _ isDuplicate: Bool,
        _ name: (alias: UInt16, isKnown: Bool), at now: SessionInstant, into buffer: inout ByteBuffer
    ) -> Bool {
        message.topicName.withUnsafeBytes { topicName in
            message.properties.bytes.withUnsafeBytes { properties in
                message.payload.withUnsafeReadableBytes { payload in
                    var publish = ForwardedPublish(
                        topicName: name.isKnown ? UnsafeRawBufferPointer(start: nil, count: 0) : topicName,
                        properties: properties, payload: payload)
                    publish.qos = delivery.qos
                    publish.retain = delivery.retain
                    publish.isDuplicate = isDuplicate
                    publish.packetIdentifier = packetIdentifier
                    publish.messageExpirySeconds = message.remainingExpirySeconds(at: now)
                    publish.topicAlias = name.alias
                    publish.subscriptionIdentifier = delivery.subscriptionIdentifier
                    publish.furtherSubscriptionIdentifiers = delivery.furtherIdentifiers
                    return PacketEncoder.encode(
                        publish, version: version, maximumPacketBytes: maximumPacketBytes, into: &buffer)
                }
            }
        }
    }
}
