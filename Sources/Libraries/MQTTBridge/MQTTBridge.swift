/// Two MQTT brokers joined by a client of both: topics mapped in and out, without a state of its own.
///
/// - Takes: a plan of mappings, and the packets that come from either side.
/// - Gives: the packets that go to the other side, what happened, and how long to wait before the next attempt.
/// - Owns: nothing. No sockets, no timers, no clocks, no store.
/// - Relies on: `MQTTPackets`, and `NIOCore` for `ByteBuffer` only.
///
/// **Why it has no state.** A bridge is a client of two servers, and the sessions of a client are kept by its servers. A
/// PUBLISH is handed from one side to the other *under the same packet identifier*, and so are PUBACK, PUBREC, PUBREL and
/// PUBCOMP: either direction of either side has identifiers of its own, so that none can meet another. One side therefore
/// hears of success only once the other has said so, and what a broken link or a crash leaves half done is completed by
/// the two sessions as the standard lays down (5.0 §4.4): at QoS 1 at least once, at QoS 2 exactly once, end to end.
///
/// ``BridgePlan`` says which topics go where, ``BridgeConversation`` carries the packets, ``HopMark`` keeps them from going
/// round in circles, ``ReconnectBackoff`` waits.
import MQTTPackets

/// Which topics a bridge takes in and gives out.
///
/// Of several mappings in one direction that match a topic, the first counts.
public struct BridgePlan: Sendable, Equatable {
    /// From the remote broker to this one.
    public var inward: [InwardMapping]
    /// From this broker to the remote one.
    public var outward: [OutwardMapping]

    /// A plan of the given mappings.
    public init(inward: [InwardMapping] = [], outward: [OutwardMapping] = []) {
        self.inward = inward
        self.outward = outward
    }
}

extension BridgePlan {
    /// Pairs of mappings through which a message that was given out would come in again.
    ///
    /// MQTT 5.0 prevents that with No Local (§3.8.3.1). 3.1.1 has no such thing: there, a plan with echoes is wrong.
    ///
    /// - Returns: Indices into ``outward`` and ``inward``, of every pair whose topics on the remote broker overlap.
    public var echoes: [(outward: Int, inward: Int)] {
        outward.indices.flatMap { out in
            inward.indices.compactMap { into in
                outward[out].remoteFilter.overlaps(inward[into].remoteFilter) ? (out, into) : nil
            }
        }
    }

    /// Whether what is given out through a mapping may also come in: the same topics on this broker, mapped both ways.
    func isTwoWay(_ mapping: OutwardMapping) -> Bool {
        inward.contains { $0.localFilter?.overlaps(mapping.localFilter) ?? false }
    }

    /// By how many bytes a packet may grow on its way out, the hop mark not counted.
    var outwardGrowth: Int {
        outward.map { max(0, $0.remotePrefix.utf8.count - $0.localPrefix.utf8.count) }.max() ?? 0
    }
}
