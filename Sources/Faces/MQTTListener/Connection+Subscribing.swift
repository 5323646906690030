import CityModel
import CityPath
import Logging
import MQTTPackets
import MQTTSessions
import NIOCore

/// SUBSCRIBE, UNSUBSCRIBE, and the retained messages that a subscription brings.
extension Connection {
    /// Levels that a topic filter may have.
    private static let filterLevels = 64
    /// Retained messages are given to the session while fewer than this wait there.
    private static let retainedAtOnce = 256

    func answer(_ subscribe: Subscribe, _ peer: Peer) {
        submitGathered()
        let identifier = peer.version == .v5 ? subscribe.properties.subscriptionIdentifiers.first : nil
        var codes: [ReasonCode] = []
        var fresh: [(filter: TopicFilter, grant: SubscriptionGrant)] = []
        for subscription in subscribe.subscriptions {
            if let code = refusal(of: subscription.topicFilter, peer) {
                codes.append(peer.version == .v5 ? code : .unspecifiedError)
                continue
            }
            let filter = subscription.topicFilter
            let outcome = peer.client.update(for: number) { session, outbox in
                session.subscribe(filter, options: subscription.options, identifier: identifier, into: &outbox)
            }
            switch outcome {
            case .granted(let grant, _):
                shared.relay.subscribe(peer.client, to: filter, grant)
                codes.append(ReasonCode(granting: grant.options.maximumQoS))
                if outcome?.wantsRetained(for: filter) == true { fresh.append((filter, grant)) }
            case .refused(let code): codes.append(peer.version == .v5 ? code : .unspecifiedError)
            case .violation(let violation): return breakOff(violation)
            case nil: return
            }
        }
        acknowledge(
            .suback(SubscribeAcknowledgement(packetIdentifier: subscribe.packetIdentifier, reasonCodes: codes)), peer)
        let now = peer.client.now
        for (filter, grant) in fresh {
            retainedToSend += shared.relay.retained.messages(for: filter, at: now).map { ($0, grant) }
        }
    }

    /// Why the peer may not subscribe to a filter; nil when it may.
    private func refusal(of filter: TopicFilter, _ peer: Peer) -> ReasonCode? {
        guard filter.levelCount <= Connection.filterLevels else { return .topicFilterInvalid }
        let text = String(decoding: filter.matchedFilter, as: UTF8.self)
        guard case .failure(let refusal) = shared.path.authorise(peer.principal, .subscribe(filter: text)) else {
            return nil
        }
        shared.path.record(refusal, by: peer.principal, from: address)
        // The laboratory has no identity that could be authorised.
        if case .laboratory = peer.principal { return .unspecifiedError }
        return .notAuthorized
    }

    func answer(_ unsubscribe: Unsubscribe, _ peer: Peer) {
        submitGathered()
        let codes = unsubscribe.topicFilters.map { filter -> ReasonCode in
            let wasThere = peer.client.update(for: number) { session, outbox in
                session.unsubscribe(filter, into: &outbox)
            }
            shared.relay.unsubscribe(peer.client, from: [filter])
            retainedToSend.removeAll { filter.matches(String(decoding: $0.message.content.topicName, as: UTF8.self)) }
            return wasThere == true ? .success : .noSubscriptionExisted
        }
        acknowledge(
            .unsuback(
                SubscribeAcknowledgement(packetIdentifier: unsubscribe.packetIdentifier, reasonCodes: codes)), peer)
    }

    /// An answer that says what the session keeps from now on: sent once that is durable.
    private func acknowledge(_ packet: Packet, _ peer: Peer) {
        let logger = shared.logger
        _ = peer.client.update(for: number) { session, outbox in
            let isDurable = session.isDurable
            var bytes = ByteBuffer()
            do throws(PacketEncodingError) {
                try packet.encode(
                    into: &bytes, version: peer.version, maximumPacketBytes: peer.maximumPacketBytes)
            } catch {
                logger.debug("a packet was not sent", metadata: ["error": "\(error)"])
            }
            if isDurable { outbox.afterCommit.writeBuffer(&bytes) } else { outbox.bytes.writeBuffer(&bytes) }
        }
    }

    /// Gives the session retained messages as it has room for them: there may be very many.
    func sendRetained(_ peer: Peer) {
        guard !retainedToSend.isEmpty else { return }
        let now = peer.client.now
        var room = Connection.retainedAtOnce - peer.client.look { $0.waitingMessages }
        while room > 0, let (message, grant) = retainedToSend.popFirst() {
            room -= 1
            _ = peer.client.deliver(message, grant, further: [], isRetained: true, at: now)
        }
    }
}
