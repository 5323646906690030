public import MQTTPackets
public import NIOCore

/// Makes the session that this broker keeps for a bridge, before there is a link: from then on messages wait in it.
///
/// A value like ``BridgeConversation``. Subscriptions of an earlier plan are given up.
public struct BridgePreparation: Sendable {
    private let terms: BridgeTerms
    private let plan: BridgePlan
    private let stale: [TopicFilter]
    private var isSubscribed: Bool
    private var isTidied: Bool

    /// - Parameters:
    ///   - plan: What is to be given out.
    ///   - terms: How the bridge introduces itself.
    ///   - stale: What the session subscribes to, although it is no longer in the plan.
    public init(plan: BridgePlan, terms: BridgeTerms, stale: [TopicFilter]) {
        self.plan = plan
        self.terms = terms
        self.stale = stale
        isSubscribed = plan.outward.isEmpty
        isTidied = stale.isEmpty
    }

    /// Whether a session with these subscriptions is what the plan asks for: then there is nothing to prepare.
    ///
    /// - Parameters:
    ///   - subscriptions: The session's.
    ///   - plan: What is to be given out.
    /// - Returns: Whether it is.
    public static func isPrepared(_ subscriptions: [TopicFilter: QoS], for plan: BridgePlan) -> Bool {
        let planned = plan.outward.map { ($0.localFilter, $0.qos) }
        // Of two mappings of one filter, the broker keeps the later.
        return Dictionary(planned) { _, later in later } == subscriptions
    }

    /// All that is to be said: CONNECT, SUBSCRIBE and UNSUBSCRIBE.
    ///
    /// - Throws: ``BridgeFailure/protocolError(_:_:)`` for what cannot be said.
    public func begin() throws(BridgeFailure) -> ByteBuffer {
        var packets: [Packet] = [.connect(terms.localConnect(window: 1, packetBytes: nil))]
        if let subscribe = plan.localSubscribe(withRetained: false) { packets.append(.subscribe(subscribe)) }
        if !stale.isEmpty {
            packets.append(.unsubscribe(Unsubscribe(packetIdentifier: 2, topicFilters: stale)))
        }
        var bytes = ByteBuffer()
        for packet in packets {
            do throws(PacketEncodingError) {
                try packet.encode(into: &bytes, version: .v5)
            } catch {
                throw .protocolError(.local, "\(packet.type) cannot be sent: \(error)")
            }
        }
        return bytes
    }

    /// A packet of this broker.
    ///
    /// - Parameter packet: Messages that come already are left to the link.
    /// - Returns: Whether all is done: the connection may be closed.
    /// - Throws: ``BridgeFailure/local(_:reasonString:)`` when it refuses.
    public mutating func received(_ packet: Packet) throws(BridgeFailure) -> Bool {
        switch packet {
        case .connack(let connack):
            guard connack.reasonCode == .success else {
                throw .local(connack.reasonCode, reasonString: connack.properties.reasonString)
            }
            return isSubscribed && isTidied
        case .suback(let answer):
            if let code = answer.reasonCodes.first(where: \.isError) { throw .local(code, reasonString: nil) }
            isSubscribed = true
        case .unsuback: isTidied = true
        case .disconnect(let disconnect):
            throw .local(disconnect.reasonCode, reasonString: disconnect.properties.reasonString)
        default: break
        }
        return isSubscribed && isTidied
    }
}
