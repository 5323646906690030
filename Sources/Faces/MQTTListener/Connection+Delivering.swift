import CityModel
import CityPath
import MQTTPackets
import NIOCore

/// QoS 1 messages on their way to a peer: at most as many in flight as it takes, the others wait, a few.
struct OutboundWindow {
    /// Messages that may wait for a slow peer; more are dropped, and counted.
    static let bound = 1_000

    private var nextIdentifier: UInt16 = 1
    private(set) var inFlight: Set<UInt16> = []
    var waiting: [(message: RelayedMessage, retain: Bool)] = []

    /// A packet identifier that is not in use, or nil when the peer takes no more.
    mutating func begin(atMost limit: Int) -> UInt16? {
        guard inFlight.count < min(limit, OutboundWindow.bound) else { return nil }
        while inFlight.contains(nextIdentifier) { advance() }
        defer { advance() }
        inFlight.insert(nextIdentifier)
        return nextIdentifier
    }

    mutating func finish(_ identifier: UInt16) -> Bool { inFlight.remove(identifier) != nil }

    private mutating func advance() { nextIdentifier = nextIdentifier == .max ? 1 : nextIdentifier + 1 }
}

/// SUBSCRIBE, UNSUBSCRIBE and messages to the peer.
extension Connection {
    /// Subscriptions that one connection may have.
    private static let subscriptionBound = 1_000
    /// Levels that a topic filter may have.
    private static let filterLevels = 64

    func answer(_ subscribe: Subscribe, _ peer: Peer) {
        var codes: [ReasonCode] = []
        var fresh: [(filter: TopicFilter, grant: MessageRelay.Tree.Grant)] = []
        if peer.version == .v5, !subscribe.properties.subscriptionIdentifiers.isEmpty {
            breakOff(because: .subscriptionIdentifiersNotSupported, "Subscription Identifier Available is 0")
            return
        }
        for subscription in subscribe.subscriptions {
            codes.append(grant(subscription, peer, &fresh))
        }
        send(
            .suback(SubscribeAcknowledgement(packetIdentifier: subscribe.packetIdentifier, reasonCodes: codes)),
            version: peer.version, maximumPacketBytes: peer.maximumPacketBytes)
        for (filter, grant) in fresh { sendRetained(filter, grant) }
    }

    private func grant(
        _ subscription: Subscription, _ peer: Peer,
        _ fresh: inout [(filter: TopicFilter, grant: MessageRelay.Tree.Grant)]
    ) -> ReasonCode {
        let filter = subscription.topicFilter
        let failure: (ReasonCode) -> ReasonCode = { peer.version == .v5 ? $0 : .unspecifiedError }
        guard filter.shareName == nil else { return failure(.sharedSubscriptionsNotSupported) }
        guard filter.levelCount <= Connection.filterLevels else { return failure(.topicFilterInvalid) }
        guard subscriptions.count < Connection.subscriptionBound || subscriptions.contains(filter) else {
            return failure(.quotaExceeded)
        }
        if case .failure(let refusal) = shared.path.authorise(peer.principal, .subscribe(filter: filter.text)) {
            shared.path.record(refusal, by: peer.principal, from: address)
            return failure(.notAuthorized)
        }
        var options = subscription.options
        options.maximumQoS = options.maximumQoS == .atMostOnce ? .atMostOnce : .atLeastOnce
        let grant = MessageRelay.Tree.Grant(options: options)
        subscriptions.insert(filter)
        let isNew = shared.relay.subscribe(number, to: filter, grant)
        switch options.retainHandling {
        case .send: fresh.append((filter, grant))
        case .sendIfNew where isNew: fresh.append((filter, grant))
        default: break
        }
        return options.maximumQoS == .atMostOnce ? .success : .grantedQoS1
    }

    func answer(_ unsubscribe: Unsubscribe, _ peer: Peer) {
        let codes = unsubscribe.topicFilters.map { filter -> ReasonCode in
            subscriptions.remove(filter)
            return shared.relay.unsubscribe(number, from: filter) ? .success : .noSubscriptionExisted
        }
        send(
            .unsuback(
                SubscribeAcknowledgement(packetIdentifier: unsubscribe.packetIdentifier, reasonCodes: codes)),
            version: peer.version, maximumPacketBytes: peer.maximumPacketBytes)
    }

    private func sendRetained(_ filter: TopicFilter, _ grant: MessageRelay.Tree.Grant) {
        for message in shared.relay.retained(for: filter) {
            let relayed = RelayedMessage(
                topic: message.topic, payload: ByteBuffer(bytes: message.payload),
                qos: QoS(rawValue: message.qos) ?? .atMostOnce, retain: true,
                dataClass: shared.path.highestClass(ofTopic: message.topic), publisher: 0)
            deliver(relayed, as: grant, isRetained: true)
        }
    }

    /// Gives the peer a message, with the lower of the two qualities of service [MQTT-3.8.4-8].
    func deliver(_ message: RelayedMessage, as grant: MessageRelay.Tree.Grant, isRetained: Bool = false) {
        guard case .open(let peer) = state, message.dataClass <= peer.permit.highestClass else { return }
        let retain = isRetained || (grant.options.retainAsPublished && message.retain)
        guard message.qos != .atMostOnce, grant.options.maximumQoS != .atMostOnce else {
            guard isWritable else { return shared.relay.delivered(0, dropped: 1) }
            return transmit(message, retain: retain, identifier: nil, peer)
        }
        guard let identifier = outbound.begin(atMost: peer.receiveMaximum) else {
            guard outbound.waiting.count < OutboundWindow.bound else { return shared.relay.delivered(0, dropped: 1) }
            outbound.waiting.append((message, retain))
            return
        }
        transmit(message, retain: retain, identifier: identifier, peer)
    }

    /// The peer has a message: the next one may go.
    func acknowledged(_ identifier: UInt16) {
        guard case .open(let peer) = state, outbound.finish(identifier) else { return }
        guard !outbound.waiting.isEmpty, let next = outbound.begin(atMost: peer.receiveMaximum) else { return }
        let (message, retain) = outbound.waiting.removeFirst()
        transmit(message, retain: retain, identifier: next, peer)
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }

    private func transmit(_ message: RelayedMessage, retain: Bool, identifier: UInt16?, _ peer: Peer) {
        var topic = message.topic
        write { buffer in
            do throws(PacketEncodingError) {
                try topic.withUTF8 { topicBytes in
                    Result { () throws(PacketEncodingError) in
                        try message.payload.withUnsafeReadableBytes { payload in
                            Result { () throws(PacketEncodingError) in
                                try PacketEncoder.encodePublish(
                                    topicName: UnsafeRawBufferPointer(topicBytes), payload: payload,
                                    qos: identifier == nil ? .atMostOnce : .atLeastOnce, retain: retain,
                                    packetIdentifier: identifier ?? 0, version: peer.version,
                                    maximumPacketBytes: peer.maximumPacketBytes, into: &buffer)
                            }
                        }.get()
                    }
                }.get()
                shared.relay.delivered(1, dropped: 0)
            } catch {
                // Larger than the peer takes: as if it had been delivered [MQTT-3.1.2-25].
                if let identifier { _ = outbound.finish(identifier) }
                shared.relay.delivered(0, dropped: 1)
            }
        }
    }
}
