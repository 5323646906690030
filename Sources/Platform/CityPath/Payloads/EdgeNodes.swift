import CityModel
import SparkplugB
import Synchronization

/// What is known of the edge nodes that speak Sparkplug B: their births, in memory. After a start of the program each is
/// asked for its births with the first message that cannot be understood without.
final class EdgeNodes: Sendable {
    /// A birth is asked for once in so long a while: births of large edge nodes take their time.
    static let patience = Duration.seconds(10)

    private struct Known {
        var node = SparkplugNode()
        var askedAt: Timestamp?
    }

    private let nodes = Mutex<[DeviceID: Known]>([:])

    /// Takes a message in the order in which it came.
    ///
    /// - Returns: What it means, and whether the edge node is to be asked for its births now.
    func receive(
        _ payload: SparkplugPayload, by mapping: SparkplugMapping, at now: Timestamp
    ) -> (SparkplugNode.Outcome, isToBeAsked: Bool) {
        nodes.withLock { nodes in
            // Only edge nodes of the mapping get here, so that there are never more than it names.
            let type = mapping.topic.type
            // In place: what is known of an edge node may be large.
            let outcome = nodes[mapping.speaker, default: Known()].node
                .receive(type, device: mapping.topic.device, payload)
            guard case .rebirthNeeded = outcome else { return (outcome, false) }
            let isToBeAsked = nodes[mapping.speaker]?.askedAt.map { now.since($0) >= EdgeNodes.patience } ?? true
            if isToBeAsked { nodes[mapping.speaker]?.askedAt = now }
            return (outcome, isToBeAsked)
        }
    }
}

/// What the path has to say to devices because of what they have said: requests for births. A face that can publish takes
/// them.
public final class PayloadReplies: Sendable {
    /// A message to be published, at QoS 0 and not retained, as Sparkplug wants it (§6.4.25).
    public struct Reply: Sendable {
        /// Where to.
        public let topic: String
        /// What.
        public let payload: [UInt8]
    }

    private let publish = Mutex<(@Sendable (Reply) -> Void)?>(nil)

    init() {}

    /// Lets `publisher` take replies from now on. Called on threads of whoever brings messages; it must be quick.
    public func observe(_ publisher: @escaping @Sendable (Reply) -> Void) {
        publish.withLock { $0 = publisher }
    }

    /// Asks an edge node for its births.
    ///
    /// - Returns: Whether there is a face that asks it.
    func askForBirth(of topic: SparkplugTopicName, at now: Timestamp) -> Bool {
        guard let publish = publish.withLock({ $0 }) else { return false }
        let request = SparkplugMetric(
            name: "Node Control/Rebirth", dataType: .boolean, wire: .boolean(true))
        let payload = SparkplugPayload(
            timestamp: UInt64(max(now.microseconds, 0) / 1_000), metrics: [request])
        let name = SparkplugTopicName(group: topic.group, type: .nodeCommand, node: topic.node)
        publish(Reply(topic: name.text, payload: payload.encoded()))
        return true
    }
}
