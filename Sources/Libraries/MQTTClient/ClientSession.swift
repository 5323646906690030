package import MQTTPackets

/// A client's side of the conversation: packets in, what to do out. Knows no socket.
///
/// `Delivery` is what the caller wants back when a message is delivered. Entered by CONNECT having been sent; open from
/// CONNACK on; closed by the caller when the connection ends.
package struct ClientSession<Delivery> {
    package enum Action {
        case nothing
        /// The connection is accepted.
        case open(Connack)
        /// The connection is refused and will be closed by the server.
        case refused(Connack)
        /// Give the message to the application, then send the answer.
        case deliver(Publish, answer: Packet?)
        case send(Packet)
        /// The delivery of a message has been settled.
        case settled(Delivery, ReasonCode)
        /// A SUBSCRIBE or UNSUBSCRIBE has been answered.
        case answered(packetIdentifier: UInt16, [ReasonCode])
        /// The server says goodbye.
        case disconnected(Disconnect)
        /// The server broke the protocol: close the connection.
        case fault(ReasonCode, String)
    }

    private enum State { case awaitingConnack, open }

    /// What is awaited under a packet identifier.
    private enum Exchange {
        case puback(Delivery)
        case pubrec(Delivery)
        case pubcomp(Delivery)
        case answer(PacketType)
    }

    private let version: ProtocolVersion
    private var state = State.awaitingConnack
    private var exchanges: [UInt16: Exchange] = [:]
    private var lastIdentifier: UInt16 = 0
    /// Packet identifiers of QoS 2 messages that were delivered but not yet released.
    private var unreleased: Set<UInt16> = []
    /// QoS 1 and 2 messages on their way.
    package private(set) var inFlight = 0

    package init(version: ProtocolVersion) { self.version = version }

    /// A packet identifier not in use [5.0 MQTT-2.2.1-3], or nil when all are.
    private mutating func nextIdentifier() -> UInt16? {
        guard exchanges.count < Int(UInt16.max) else { return nil }
        repeat {
            lastIdentifier = lastIdentifier == .max ? 1 : lastIdentifier + 1
        } while exchanges[lastIdentifier] != nil
        return lastIdentifier
    }

    /// Begins the delivery of a QoS 1 or 2 message.
    ///
    /// - Returns: Its packet identifier; nil when none is free.
    package mutating func beginDelivery(_ delivery: Delivery, qos: QoS) -> UInt16? {
        guard let identifier = nextIdentifier() else { return nil }
        exchanges[identifier] = qos == .exactlyOnce ? .pubrec(delivery) : .puback(delivery)
        inFlight += 1
        return identifier
    }

    /// Takes back what ``beginDelivery(_:qos:)`` has begun, because the packet could not be sent.
    package mutating func abandonDelivery(_ identifier: UInt16) {
        if exchanges.removeValue(forKey: identifier) != nil { inFlight -= 1 }
    }

    /// Begins a request that is answered by `type`, SUBACK or UNSUBACK.
    ///
    /// - Returns: Its packet identifier; nil when none is free.
    package mutating func beginRequest(answeredBy type: PacketType) -> UInt16? {
        guard let identifier = nextIdentifier() else { return nil }
        exchanges[identifier] = .answer(type)
        return identifier
    }

    /// Takes back what ``beginRequest(answeredBy:)`` has begun.
    package mutating func abandonRequest(_ identifier: UInt16) { exchanges[identifier] = nil }

    /// Ends everything.
    ///
    /// - Returns: The deliveries that were not settled.
    package mutating func close() -> [Delivery] {
        let unsettled = exchanges.values.compactMap { exchange -> Delivery? in
            switch exchange {
            case .puback(let delivery), .pubrec(let delivery), .pubcomp(let delivery): delivery
            case .answer: nil
            }
        }
        exchanges = [:]
        inFlight = 0
        return unsettled
    }
}

// MARK: Packets from the server

extension ClientSession {
    package mutating func received(_ packet: Packet) -> Action {
        if case .connack(let connack) = packet { return received(connack) }
        guard state == .open else { return .fault(.protocolError, "\(packet.type) before CONNACK [MQTT-3.2.0-1]") }
        switch packet {
        case .publish(let publish): return received(publish)
        case .puback(let acknowledgement): return puback(acknowledgement)
        case .pubrec(let acknowledgement): return pubrec(acknowledgement)
        case .pubrel(let acknowledgement): return pubrel(acknowledgement)
        case .pubcomp(let acknowledgement): return pubcomp(acknowledgement)
        case .suback(let answer), .unsuback(let answer): return answered(answer, packet.type)
        case .pingresp: return .nothing
        case .disconnect(let disconnect): return .disconnected(disconnect)
        case .auth: return .fault(.protocolError, "AUTH without authentication method [MQTT-4.12.0-6]")
        case .connect, .connack, .subscribe, .unsubscribe, .pingreq:
            return .fault(.protocolError, "\(packet.type) from the server")
        }
    }

    private mutating func received(_ connack: Connack) -> Action {
        guard state == .awaitingConnack else { return .fault(.protocolError, "second CONNACK [MQTT-3.2.0-2]") }
        guard connack.reasonCode == .success else { return .refused(connack) }
        state = .open
        return .open(connack)
    }

    private mutating func received(_ publish: Publish) -> Action {
        guard publish.properties.topicAlias == nil else {
            return .fault(.topicAliasInvalid, "topic alias, though none is allowed [MQTT-3.1.2-26]")
        }
        guard let identifier = publish.packetIdentifier else { return .deliver(publish, answer: nil) }
        let acknowledgement = Acknowledgement(packetIdentifier: identifier)
        guard publish.qos == .exactlyOnce else { return .deliver(publish, answer: .puback(acknowledgement)) }
        // A QoS 2 message comes again until it is released; it is delivered once [MQTT-4.3.3-10].
        guard unreleased.insert(identifier).inserted else { return .send(.pubrec(acknowledgement)) }
        return .deliver(publish, answer: .pubrec(acknowledgement))
    }

    private mutating func puback(_ acknowledgement: Acknowledgement) -> Action {
        guard case .puback(let delivery) = exchanges[acknowledgement.packetIdentifier] else {
            return unknown(.puback, acknowledgement)
        }
        return settle(acknowledgement, delivery)
    }

    private mutating func pubrec(_ acknowledgement: Acknowledgement) -> Action {
        guard case .pubrec(let delivery) = exchanges[acknowledgement.packetIdentifier] else {
            return unknown(.pubrec, acknowledgement)
        }
        guard !acknowledgement.reasonCode.isError else { return settle(acknowledgement, delivery) }
        exchanges[acknowledgement.packetIdentifier] = .pubcomp(delivery)
        return .send(.pubrel(Acknowledgement(packetIdentifier: acknowledgement.packetIdentifier)))
    }

    private mutating func pubcomp(_ acknowledgement: Acknowledgement) -> Action {
        guard case .pubcomp(let delivery) = exchanges[acknowledgement.packetIdentifier] else {
            return unknown(.pubcomp, acknowledgement)
        }
        return settle(acknowledgement, delivery)
    }

    private mutating func pubrel(_ acknowledgement: Acknowledgement) -> Action {
        let wasKnown = unreleased.remove(acknowledgement.packetIdentifier) != nil
        return .send(
            .pubcomp(
                Acknowledgement(
                    packetIdentifier: acknowledgement.packetIdentifier,
                    reasonCode: wasKnown || version == .v3_1_1 ? .success : .packetIdentifierNotFound)))
    }

    private mutating func settle(_ acknowledgement: Acknowledgement, _ delivery: Delivery) -> Action {
        exchanges[acknowledgement.packetIdentifier] = nil
        inFlight -= 1
        return .settled(delivery, acknowledgement.reasonCode)
    }

    private mutating func answered(_ answer: SubscribeAcknowledgement, _ type: PacketType) -> Action {
        guard case .answer(type) = exchanges[answer.packetIdentifier] else {
            return .fault(.protocolError, "\(type) for unknown packet identifier \(answer.packetIdentifier)")
        }
        exchanges[answer.packetIdentifier] = nil
        return .answered(packetIdentifier: answer.packetIdentifier, answer.reasonCodes)
    }

    private func unknown(_ type: PacketType, _ acknowledgement: Acknowledgement) -> Action {
        .fault(.protocolError, "\(type) for unknown packet identifier \(acknowledgement.packetIdentifier)")
    }
}
