public import MQTTPackets

// MARK: Acknowledgements of the client

extension Session {
    /// PUBACK has come: the message is delivered, whatever the reason code says (5.0 §4.3.2).
    ///
    /// An identifier that is not known is not answered: it may be of a message given up meanwhile.
    ///
    /// - Parameters:
    ///   - puback: The packet.
    ///   - outbox: Takes the change. Next, ``drain(at:into:)`` may have more to send.
    /// - Returns: A violation when the message was sent at QoS 2.
    public mutating func receivedPuback(
        _ puback: Acknowledgement, into outbox: inout Outbox
    ) -> SessionViolation? {
        guard let index = outgoing.index(of: puback.packetIdentifier) else { return nil }
        guard outgoing.entries[index].qos == .atLeastOnce else { return .wrongAnswer("PUBACK", "QoS 2") }
        remove(at: index, into: &outbox)
        return nil
    }

    /// PUBREC has come: PUBREL [MQTT-4.3.3-4], or the end of it if the client refuses the message (5.0 §4.3.3).
    ///
    /// In a durable session PUBREL waits for the commit: after it, the message must never be sent again
    /// [MQTT-4.3.3-6]. For an identifier that is not known, PUBREL says so with 0x92, in 5.0.
    ///
    /// - Parameters:
    ///   - pubrec: The packet.
    ///   - outbox: Takes the answer and the change.
    /// - Returns: A violation when the message was sent at QoS 1.
    public mutating func receivedPubrec(
        _ pubrec: Acknowledgement, into outbox: inout Outbox
    ) -> SessionViolation? {
        guard isConnected else { return .notConnected }
        var reasonCode = ReasonCode.success
        if let index = outgoing.index(of: pubrec.packetIdentifier) {
            guard outgoing.entries[index].qos == .exactlyOnce else { return .wrongAnswer("PUBREC", "QoS 1") }
            if pubrec.reasonCode.isError {
                remove(at: index, into: &outbox)
                return nil
            }
            if outgoing.entries[index].state != .released {
                outgoing.release(at: index)
                if isDurable { outbox.changes.append(.release(sequence: outgoing.sequence(at: index))) }
            }
        } else {
            guard !pubrec.reasonCode.isError else { return nil }
            reasonCode = .packetIdentifierNotFound
        }
        writeAfterCommit(.pubrel, pubrec.packetIdentifier, reasonCode, into: &outbox)
        return nil
    }

    /// PUBCOMP has come: the message is delivered (5.0 §4.3.3), also when the client does not know the identifier (0x92).
    ///
    /// - Parameters:
    ///   - pubcomp: The packet.
    ///   - outbox: Takes the change. Next, ``drain(at:into:)`` may have more to send.
    /// - Returns: A violation when the message has not been answered with PUBREC.
    public mutating func receivedPubcomp(
        _ pubcomp: Acknowledgement, into outbox: inout Outbox
    ) -> SessionViolation? {
        guard let index = outgoing.index(of: pubcomp.packetIdentifier) else { return nil }
        guard outgoing.entries[index].state == .released else {
            return .wrongAnswer("PUBCOMP", "a message without PUBREC")
        }
        remove(at: index, into: &outbox)
        return nil
    }

    /// Appends a packet that must wait for the commit, in a durable session.
    func writeAfterCommit(
        _ type: PacketType, _ packetIdentifier: UInt16, _ reasonCode: ReasonCode, into outbox: inout Outbox
    ) {
        if isDurable {
            PacketEncoder.encodeAcknowledgement(
                type, packetIdentifier: packetIdentifier, reasonCode: reasonCode, version: version,
                into: &outbox.afterCommit)
        } else {
            PacketEncoder.encodeAcknowledgement(
                type, packetIdentifier: packetIdentifier, reasonCode: reasonCode, version: version,
                into: &outbox.bytes)
        }
    }

    /// The entry is over and done with, in memory and in storage.
    mutating func remove(at index: Int, into outbox: inout Outbox) {
        if isDurable { outbox.changes.append(.remove(sequence: outgoing.sequence(at: index))) }
        outgoing.remove(at: index)
    }
}

extension SessionViolation {
    static func wrongAnswer(_ packet: String, _ what: String) -> SessionViolation {
        SessionViolation(.protocolError, "\(packet) for \(what)", clause: "5.0 §4.3")
    }

    static let notConnected = SessionViolation(
        .protocolError, "a packet came before CONNECT or after the end of the connection", clause: "MQTT-3.1.0-1")
}
