import CityModel

/// What mappings are in force, for people to read.
extension PayloadMappings {
    /// A layout.
    public struct LayoutSummary: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// `json`, `text`, `sparkplug-b` or `message`.
        public let payload: String
        /// The types of devices that it is for; empty for all.
        public let deviceTypes: [String]
        /// The topics that its payloads come on; empty for Sparkplug's own.
        public let topics: [String]
        /// From path or metric to attribute.
        public let values: [String: String]
        /// What it is for.
        public let note: String?
        /// Where it is written: file and line.
        public let origin: String
    }

    /// A gateway.
    public struct GatewaySummary: Sendable, Hashable {
        /// The device whose certificate it has.
        public let id: String
        /// From its names to devices.
        public let devices: [String: String]
        /// Group and node by Sparkplug B.
        public let edgeNode: String?
        /// Topics whose messages it may give on.
        public let publish: [String]
        /// What it may subscribe to.
        public let subscribe: [String]
    }

    /// How many layouts there are.
    public var layoutCount: Int { layouts.count }
    /// How many gateways there are.
    public var gatewayCount: Int { gateways.count }

    /// The layouts, in the order in which they are tried.
    public var layoutSummaries: [LayoutSummary] {
        layouts.map { layout in
            LayoutSummary(
                name: layout.name, payload: layout.form.rawValue, deviceTypes: layout.deviceTypes ?? [],
                topics: layout.topics.map(\.text),
                values: Dictionary(
                    layout.rules.map { ($0.source, $0.attribute) }, uniquingKeysWith: { first, _ in first }),
                note: layout.note, origin: "\(layout.file):\(layout.line)")
        }
    }

    /// The gateways, by their ids.
    public var gatewaySummaries: [GatewaySummary] {
        gateways.values.sorted { $0.id < $1.id }.map { gateway in
            GatewaySummary(
                id: gateway.id.text, devices: gateway.devices.mapValues(\.text),
                edgeNode: gateway.edgeNode.map { "\($0.group)/\($0.node)" },
                publish: gateway.publications.map(\.text), subscribe: gateway.subscriptions.map(\.text))
        }
    }
}
