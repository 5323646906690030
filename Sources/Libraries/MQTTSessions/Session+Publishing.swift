public import MQTTPackets

/// Names a publication while the city decides on it.
public struct PublicationTicket: Sendable, Equatable {
    /// As in the PUBLISH; zero at QoS 0.
    public let packetIdentifier: UInt16
    /// As in the PUBLISH.
    public let qos: QoS
    /// Tells it from publications under the same identifier on other connections.
    let number: UInt64
}

/// What to do with a PUBLISH.
public enum PublicationVerdict: Sendable {
    /// New: decide on it, then call ``Session/complete(_:reasonCode:reasonString:into:)``, unless QoS is 0.
    ///
    /// `change` is there for QoS 2 in a durable session, and is to be committed in one transaction with the message.
    case accept(PublicationTicket, commitWith: SessionChange?)
    /// QoS 2, and known already: nothing to do. If PUBREC is due, it is in the outbox.
    case duplicate
    /// The connection is to be closed.
    case violation(SessionViolation)
}

// MARK: Publications of the client

extension Session {
    /// The topic name of a PUBLISH that has a topic alias (5.0 §3.3.4).
    ///
    /// - Parameters:
    ///   - alias: Not zero.
    ///   - topicName: As in the packet; empty to use the alias, otherwise the alias is set to it.
    /// - Returns: The topic name. Allocates only when an alias is set to another name.
    /// - Throws: ``SessionViolation`` with 0x94 beyond the server's Topic Alias Maximum [MQTT-3.3.2-9], or 0x82 for an alias
    ///   that was never set.
    public mutating func resolveTopicAlias(
        _ alias: UInt16, topicName: UnsafeRawBufferPointer
    ) throws(SessionViolation) -> [UInt8] {
        guard let name = try attachment?.incomingAliases.resolve(alias, topicName) else { throw .notConnected }
        return name
    }

    /// A PUBLISH has come.
    ///
    /// - Parameters:
    ///   - qos: Its QoS.
    ///   - packetIdentifier: Its identifier; not looked at for QoS 0.
    ///   - outbox: Takes PUBREC for a repetition.
    /// - Returns: What to do with the message.
    public mutating func publishReceived(
        qos: QoS, packetIdentifier: UInt16, into outbox: inout Outbox
    ) -> PublicationVerdict {
        guard qos != .atMostOnce else {
            return .accept(PublicationTicket(packetIdentifier: 0, qos: qos, number: 0), commitWith: nil)
        }
        guard isConnected else { return .violation(.notConnected) }
        if version == .v5, incoming.outstanding >= Int(limits.receiveMaximum),
            incoming.isNewlyCounted(packetIdentifier, qos)
        {
            return .violation(
                SessionViolation(
                    .receiveMaximumExceeded,
                    "more than \(limits.receiveMaximum) publications are unacknowledged", clause: "MQTT-3.3.4-7"))
        }
        if qos == .exactlyOnce, incoming.held[packetIdentifier] != nil {
            incoming.repeated(packetIdentifier)
            writeAnswers(into: &outbox)
            return .duplicate
        }
        let number = incoming.begin(packetIdentifier, qos)
        let isKept = qos == .exactlyOnce && isDurable
        return .accept(
            PublicationTicket(packetIdentifier: packetIdentifier, qos: qos, number: number),
            commitWith: isKept ? .receivedIdentifier(packetIdentifier, ticket: number) : nil)
    }

    /// The city has decided on a publication: PUBACK or PUBREC, after those of earlier publications.
    ///
    /// To be called once the message, and the change that came with its acceptance, are durable. A decision that comes
    /// after the connection was lost is remembered for QoS 2 and ignored for QoS 1, which the client will send again.
    ///
    /// - Parameters:
    ///   - ticket: From ``publishReceived(qos:packetIdentifier:into:)``.
    ///   - reasonCode: From 0x80, the message was refused. 3.1.1 is told of success, since it knows no other answer.
    ///   - reasonString: For a person to read; sent if the client wants it and has room for it [MQTT-3.4.2-2].
    ///   - outbox: Takes the packets.
    public mutating func complete(
        _ ticket: PublicationTicket, reasonCode: ReasonCode = .success, reasonString: String? = nil,
        into outbox: inout Outbox
    ) {
        switch ticket.qos {
        case .atMostOnce: return
        case .atLeastOnce: incoming.completeAtLeastOnce(ticket.number, reasonCode, reasonString)
        case .exactlyOnce:
            incoming.completeExactlyOnce(
                ticket.packetIdentifier, ticket.number, reasonCode, reasonString,
                keepsRefused: isConnected && version == .v3_1_1)
        }
        writeAnswers(into: &outbox)
    }

    private mutating func writeAnswers(into outbox: inout Outbox) {
        guard isConnected else { return }
        while let answer = incoming.nextAnswer(version) {
            let type: PacketType = answer.qos == .atLeastOnce ? .puback : .pubrec
            if attachment?.writeWithReason(type, answer, into: &outbox.bytes) == true { continue }
            PacketEncoder.encodeAcknowledgement(
                type, packetIdentifier: answer.packetIdentifier, reasonCode: answer.reasonCode, version: version,
                into: &outbox.bytes)
        }
    }

    /// PUBREL has come: PUBCOMP, and the identifier is forgotten [MQTT-4.3.3-11].
    ///
    /// In a durable session PUBCOMP waits for the commit: the client may use the identifier for another message as soon
    /// as it has it. For an identifier that is not held, PUBCOMP says so with 0x92, in 5.0.
    ///
    /// - Parameters:
    ///   - pubrel: The packet.
    ///   - outbox: Takes the answer and the change.
    /// - Returns: A violation, and no answer, when PUBREC has not been sent: the publication is still being decided on.
    @discardableResult
    public mutating func receivedPubrel(
        _ pubrel: Acknowledgement, into outbox: inout Outbox
    ) -> SessionViolation? {
        guard isConnected else { return .notConnected }
        guard incoming.held[pubrel.packetIdentifier]?.ticket == nil else {
            return .wrongAnswer("PUBREL", "a message without PUBREC")
        }
        let isKnown = incoming.release(pubrel.packetIdentifier)
        if isKnown, isDurable { outbox.changes.append(.forgotIdentifier(pubrel.packetIdentifier)) }
        writeAfterCommit(
            .pubcomp, pubrel.packetIdentifier, isKnown ? .success : .packetIdentifierNotFound, into: &outbox)
        return nil
    }
}
