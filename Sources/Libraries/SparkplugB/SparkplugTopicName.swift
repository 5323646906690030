/// A topic of Sparkplug B (§4.1): `spBv1.0/<group>/<message type>/<edge node>[/<device>]`.
public struct SparkplugTopicName: Sendable, Hashable {
    /// The first level of all of them.
    public static let namespace = "spBv1.0"

    /// What a message is (§4.1.3).
    public enum MessageType: String, Sendable, Hashable, CaseIterable {
        /// An edge node's metrics with names and types: its session begins.
        case nodeBirth = "NBIRTH"
        /// An edge node's session is over.
        case nodeDeath = "NDEATH"
        /// A device's metrics with names and types.
        case deviceBirth = "DBIRTH"
        /// A device is gone.
        case deviceDeath = "DDEATH"
        /// Metrics of an edge node.
        case nodeData = "NDATA"
        /// Metrics of a device.
        case deviceData = "DDATA"
        /// A command to an edge node.
        case nodeCommand = "NCMD"
        /// A command to a device.
        case deviceCommand = "DCMD"

        /// Whether it is of a device of the edge node: then the topic has its name.
        public var isOfDevice: Bool {
            switch self {
            case .deviceBirth, .deviceDeath, .deviceData, .deviceCommand: true
            case .nodeBirth, .nodeDeath, .nodeData, .nodeCommand: false
            }
        }

        /// Whether hosts send it, and edge nodes only hear it.
        public var isCommand: Bool { self == .nodeCommand || self == .deviceCommand }
    }

    /// The group of edge nodes.
    public let group: String
    /// What the message is.
    public let type: MessageType
    /// The edge node, unique within its group.
    public let node: String
    /// The device, where the message is of one.
    public let device: String?

    /// A topic name.
    public init(group: String, type: MessageType, node: String, device: String? = nil) {
        self.group = group
        self.type = type
        self.node = node
        self.device = device
    }

    /// Reads a topic name; nil for one that is none of Sparkplug's, or is a host's (`spBv1.0/STATE/…`).
    public init?(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count >= 4, levels[0] == Self.namespace, let type = MessageType(rawValue: String(levels[2])),
            levels.count == (type.isOfDevice ? 5 : 4), levels.allSatisfy({ !$0.isEmpty })
        else { return nil }
        self.init(
            group: String(levels[1]), type: type, node: String(levels[3]),
            device: type.isOfDevice ? String(levels[4]) : nil)
    }

    /// The topic name as it is published to.
    public var text: String {
        ([Self.namespace, group, type.rawValue, node] + (device.map { [$0] } ?? [])).joined(separator: "/")
    }
}
