import MQTTPackets
import NIOCore

// Both sides have accepted: what comes from one goes to the other, under the same packet identifier.

extension BridgeConversation {
    mutating func relay(
        _ packet: Packet, from side: BridgeSide, into output: inout Output
    ) throws(BridgeFailure) {
        switch packet {
        case .publish(let publish):
            if side == .remote {
                try takeIn(publish, into: &output)
            } else {
                try giveOut(publish, into: &output)
            }
        case .puback(let answer), .pubrec(let answer): try settle(answer, packet.type, from: side, into: &output)
        case .pubrel(let release): try self.release(release.packetIdentifier, from: side, into: &output)
        case .pubcomp(let answer):
            // What the other side does not know any more (0x92) is as good as completed.
            try write(
                .pubcomp(Acknowledgement(packetIdentifier: answer.packetIdentifier)), to: side.other, into: &output)
        case .suback(let answer): try subscribed(answer, side, into: &output)
        case .unsuback, .pingresp: break
        case .disconnect(let disconnect):
            let reason = disconnect.properties.reasonString
            throw side == .remote
                ? .disconnected(disconnect.reasonCode, reasonString: reason)
                : .local(disconnect.reasonCode, reasonString: reason)
        case .connack, .connect, .subscribe, .unsubscribe, .pingreq, .auth:
            throw .protocolError(side, "\(packet.type) does not belong here")
        }
    }

    private func subscribed(
        _ answer: SubscribeAcknowledgement, _ side: BridgeSide, into output: inout Output
    ) throws(BridgeFailure) {
        let filters = side == .remote ? plan.inward.map(\.remoteFilter) : plan.outward.map(\.localFilter)
        guard answer.reasonCodes.count == filters.count else {
            throw .protocolError(side, "SUBACK with \(answer.reasonCodes.count) reason codes [MQTT-3.8.4-6]")
        }
        for (filter, code) in zip(filters, answer.reasonCodes) where code.isError {
            guard side == .remote else { throw .local(code, reasonString: "`\(filter)` may not be given out") }
            output.events.append(.subscriptionRefused(filter.text, code))
        }
        if side == .remote { output.events.append(.stands) }
    }

    // MARK: PUBLISH

    private mutating func takeIn(_ publish: Publish, into output: inout Output) throws(BridgeFailure) {
        guard publish.properties.topicAlias == nil else {
            throw .protocolError(.remote, "a topic alias, though none is allowed [MQTT-3.1.2-26]")
        }
        guard !terms.mark.bars(publish.properties) else { return try leaveOut(publish, .loop, .remote, &output) }
        let topic = plan.inward.lazy.compactMap { [deviceTopic] in
            $0.localTopic(of: publish.topicName, deviceTopic: deviceTopic)
        }.first
        guard let topic else { return try leaveOut(publish, .unmapped, .remote, &output) }
        var message = publish
        message.topicName = topic
        message.properties.list.removeAll { $0.identifier == .subscriptionIdentifier }
        do throws(PacketEncodingError) {
            try message.encode(
                into: &output.toLocal, version: .v5, maximumPacketBytes: terms.maximumLocalPacketBytes)
        } catch {
            return try leaveOut(publish, .unfit, .remote, &output)
        }
        output.events.append(.tookIn)
    }

    private mutating func giveOut(_ publish: Publish, into output: inout Output) throws(BridgeFailure) {
        let topic = plan.outward.lazy.compactMap { $0.remoteTopic(of: publish.topicName) }.first
        guard let topic else { return try leaveOut(publish, .unmapped, .local, &output) }
        var message = publish
        message.topicName = topic
        message.retain = publish.retain && limits.keepsRetained
        message.properties.list.removeAll { $0.identifier == .subscriptionIdentifier }
        if terms.version == .v5 { message.properties.list.append(terms.mark.property) } else { message.properties = [] }
        lower(&message)
        do throws(PacketEncodingError) {
            try message.encode(
                into: &output.toRemote, version: terms.version, maximumPacketBytes: limits.maximumPacketBytes)
        } catch {
            return try leaveOut(publish, .unfit, .local, &output)
        }
        output.events.append(.gaveOut)
        // Nobody there will answer what was lowered to QoS 0.
        if message.qos == .atMostOnce, publish.qos != .atMostOnce {
            try answer(publish, to: .local, .success, into: &output)
        }
    }

    /// Lowers the QoS to what the remote broker takes [MQTT-3.2.2-11]. What was sent at QoS 2 once is repeated the same way:
    /// the broker that is connected to has not changed its mind.
    private mutating func lower(_ message: inout Publish) {
        guard message.qos > limits.maximumQoS else { return }
        if limits.maximumQoS == .atMostOnce {
            message.packetIdentifier = nil
            message.isDuplicate = false
        } else if let identifier = message.packetIdentifier {
            lowered.insert(identifier)
        }
        message.qos = limits.maximumQoS
    }

    /// Tells who sent a message that it is settled, without handing it on.
    private mutating func leaveOut(
        _ publish: Publish, _ why: Omission, _ side: BridgeSide, _ output: inout Output
    ) throws(BridgeFailure) {
        output.events.append(.leftOut(why))
        try answer(publish, to: side, why == .unfit ? .implementationSpecificError : .success, into: &output)
    }

    private mutating func answer(
        _ publish: Publish, to side: BridgeSide, _ reasonCode: ReasonCode, into output: inout Output
    ) throws(BridgeFailure) {
        guard let identifier = publish.packetIdentifier else { return }
        let knowsReasons = side == .local || terms.version == .v5
        let code = knowsReasons ? reasonCode : .success
        let acknowledgement = Acknowledgement(packetIdentifier: identifier, reasonCode: code)
        if publish.qos == .exactlyOnce, !code.isError { settledHere[side]?.insert(identifier) }
        try write(
            publish.qos == .exactlyOnce ? .pubrec(acknowledgement) : .puback(acknowledgement), to: side, into: &output)
    }

    // MARK: Acknowledgements

    /// PUBACK or PUBREC: the other side hears the same, with the reason if it knows reasons.
    private mutating func settle(
        _ acknowledgement: Acknowledgement, _ type: PacketType, from side: BridgeSide, into output: inout Output
    ) throws(BridgeFailure) {
        var answer = Acknowledgement(packetIdentifier: acknowledgement.packetIdentifier)
        if side == .remote, acknowledgement.reasonCode.isPassing {
            throw .unwilling(
                acknowledgement.reasonCode, reasonString: acknowledgement.properties.reasonString)
        }
        if acknowledgement.reasonCode.isError {
            output.events.append(
                .messageRefused(
                    by: side, acknowledgement.reasonCode, reasonString: acknowledgement.properties.reasonString))
            if side == .remote || terms.version == .v5 { answer.reasonCode = acknowledgement.reasonCode }
        }
        // PUBACK for what is QoS 2 on this side: PUBREC here, and PUBCOMP when PUBREL comes.
        if type == .puback, side == .remote, lowered.remove(answer.packetIdentifier) != nil {
            if !answer.reasonCode.isError { settledHere[.local]?.insert(answer.packetIdentifier) }
            return try write(.pubrec(answer), to: .local, into: &output)
        }
        try write(type == .puback ? .puback(answer) : .pubrec(answer), to: side.other, into: &output)
    }

    /// PUBREL. Of what was settled here, or of what the remote broker cannot have taken at QoS 2, the other side knows
    /// nothing.
    private mutating func release(
        _ identifier: UInt16, from side: BridgeSide, into output: inout Output
    ) throws(BridgeFailure) {
        let packet = Acknowledgement(packetIdentifier: identifier)
        let wasHere = settledHere[side]?.remove(identifier) != nil
        if wasHere || side == .local && limits.maximumQoS < .exactlyOnce {
            return try write(.pubcomp(packet), to: side, into: &output)
        }
        try write(.pubrel(packet), to: side.other, into: &output)
    }
}

extension ReasonCode {
    /// Whether the same message may be taken another time.
    fileprivate var isPassing: Bool {
        switch self {
        case .quotaExceeded, .receiveMaximumExceeded, .packetIdentifierInUse: true
        default: false
        }
    }
}

extension BridgeSide {
    var other: BridgeSide { self == .local ? .remote : .local }
}
