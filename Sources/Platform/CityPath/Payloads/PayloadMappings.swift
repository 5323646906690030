import CityModel
import SparkplugB

/// How payloads that are neither small JSON nor NGSI-LD are mapped: layouts, and the gateways that speak for others.
///
/// Written in YAML: ``init(yaml:named:over:catalogue:topics:)``. A topic is looked up once for each route, after the
/// city's own scheme has turned it down.
public struct PayloadMappings: Sendable {
    /// In the order in which they are tried.
    let layouts: [PayloadLayout]
    let gateways: [DeviceID: PayloadGateway]
    let edgeNodes: [EdgeNode: DeviceID]
    /// From layout and device type to what reads the payload.
    let readers: [ReaderKey: PayloadReader]
    /// From the first level of a topic to the layouts that have such topics.
    private let byFirstLevel: [String: [(layout: Int, pattern: TopicPattern)]]
    /// From the first level of a topic to the gateways that give messages on there.
    private let publications: [String: [(gateway: DeviceID, pattern: TopicPattern)]]

    struct ReaderKey: Hashable {
        let layout: String
        let deviceType: String
    }

    /// No mappings: every topic is the city's own scheme's, or an application's.
    public static let none = PayloadMappings(layouts: [], gateways: [], readers: [:])

    init(layouts: [PayloadLayout], gateways: [PayloadGateway], readers: [ReaderKey: PayloadReader]) {
        self.layouts = layouts
        self.gateways = Dictionary(gateways.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        edgeNodes = Dictionary(
            gateways.compactMap { gateway in gateway.edgeNode.map { ($0, gateway.id) } },
            uniquingKeysWith: { first, _ in first })
        self.readers = readers
        var index: [String: [(layout: Int, pattern: TopicPattern)]] = [:]
        for (number, layout) in layouts.enumerated() {
            for pattern in layout.topics { index[pattern.levels[0], default: []].append((number, pattern)) }
        }
        byFirstLevel = index
        var publications: [String: [(gateway: DeviceID, pattern: TopicPattern)]] = [:]
        for gateway in gateways {
            for pattern in gateway.publications {
                publications[pattern.levels[0], default: []].append((gateway.id, pattern))
            }
        }
        self.publications = publications
    }

    /// What a topic is by the mappings.
    enum Claim: Sendable {
        /// Values of `subject`, which `publisher` says: the device itself, or a gateway that may speak for it.
        case values(PayloadLayout, publisher: DeviceID, subject: DeviceID)
        /// Messages of `publisher` that are given on, not kept.
        case message(publisher: DeviceID)
        /// An edge node's own, by Sparkplug.
        case sparkplug(SparkplugTopicName, publisher: DeviceID)

        /// Who alone may publish there.
        var publisher: DeviceID {
            switch self {
            case .values(_, let publisher, _), .message(let publisher), .sparkplug(_, let publisher): publisher
            }
        }

        /// Whether what is published there becomes readings.
        var isKept: Bool {
            if case .message = self { false } else { true }
        }
    }

    /// Whose topic it is and what it means.
    ///
    /// - Parameters:
    ///   - topic: A topic name.
    ///   - speaker: Who publishes, where that is a device: of gateways that have the same name for different devices, it
    ///     is the one that speaks.
    ///   - deviceType: The type of a device that is registered; nil for others.
    /// - Returns: nil when no mapping speaks of it.
    func claim(_ topic: String, by speaker: DeviceID?, deviceType: (DeviceID) -> String?) -> Claim? {
        let first = String(topic.prefix { $0 != "/" })
        if first == SparkplugTopicName.namespace { return sparkplugClaim(topic) }
        let (candidates, own) = (byFirstLevel[first] ?? [], publications[first] ?? [])
        guard !candidates.isEmpty || !own.isEmpty else { return nil }
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        for candidate in candidates {
            guard let name = candidate.pattern.match(levels), !name.isEmpty else { continue }
            let layout = layouts[candidate.layout]
            let pairs = candidate.pattern.name == .device ? [(DeviceID(name), DeviceID(name))] : meant(name, speaker)
            for (publisher, subject) in pairs {
                guard let type = deviceType(subject), layout.isFor(type) else { continue }
                return layout.form == .message
                    ? .message(publisher: publisher) : .values(layout, publisher: publisher, subject: subject)
            }
        }
        let matches = own.filter { $0.pattern.match(levels) != nil }
        return (matches.first { $0.gateway == speaker } ?? matches.first).map { .message(publisher: $0.gateway) }
    }

    /// The gateways that have a name for a device, and the device: of the gateway that speaks, where it is one.
    private func meant(_ name: String, _ speaker: DeviceID?) -> [(DeviceID, DeviceID)] {
        if let speaker, let gateway = gateways[speaker] {
            return gateway.devices[name].map { [(speaker, $0)] } ?? []
        }
        return gateways.values.sorted { $0.id < $1.id }.compactMap { gateway in
            gateway.devices[name].map { (gateway.id, $0) }
        }
    }

    private func sparkplugClaim(_ topic: String) -> Claim? {
        // Commands are hosts' and operators': for the mappings they are applications' messages.
        guard let name = SparkplugTopicName(topic), !name.type.isCommand,
            let publisher = edgeNodes[EdgeNode(group: name.group, node: name.node)]
        else { return nil }
        return .sparkplug(name, publisher: publisher)
    }

    /// Whether a device may subscribe to a filter because a layout for its type, or what is said of it as a gateway,
    /// names it or one that matches more.
    func permitsSubscription(to filter: String, by device: DeviceID, type: String) -> Bool {
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        for layout in layouts where layout.isFor(type) {
            if layout.subscriptions.contains(where: { $0.covers(levels, as: device.text) }) { return true }
        }
        guard let gateway = gateways[device] else { return false }
        return gateway.subscriptions.contains { $0.covers(levels, as: device.text) }
            || gateway.edgeNode?.subscriptions.contains { $0.covers(levels, as: device.text) } ?? false
    }

    /// Whether any layout or gateway has topics that begin like this one: then it is worth saying why none fits.
    func speaks(of topic: String) -> Bool {
        let first = String(topic.prefix { $0 != "/" })
        return byFirstLevel[first] != nil || publications[first] != nil || first == SparkplugTopicName.namespace
    }

    /// The first layout for Sparkplug's metrics of a type of device.
    func sparkplugReader(for deviceType: String) -> PayloadReader? {
        let layout = layouts.first { $0.form == .sparkplugB && $0.isFor(deviceType) }
        return layout.flatMap { readers[ReaderKey(layout: $0.name, deviceType: deviceType)] }
    }

    /// Why a gateway may not speak for a device, although it is listed: it must be one that may act, of the gateway's own
    /// agency and zone. Nothing reaches a zone through a gateway in another.
    static func refusal(
        of subject: DeviceID, _ record: DeviceRecord?, through gateway: DeviceRecord
    ) -> Refusal? {
        guard subject != gateway.id else { return nil }
        func refusal(_ code: Refusal.Code, _ message: String) -> Refusal {
            Refusal(
                step: .authorise, code: code, message: "gateway `\(gateway.id)` speaks for `\(subject)`: \(message)")
        }
        guard let record else { return refusal(.deviceUnknown, "no such device is registered") }
        let reason = record.statusReason.map { ": \($0)" } ?? ""
        switch record.status {
        case .suspended: return refusal(.deviceSuspended, "the device is suspended\(reason)")
        case .revoked: return refusal(.deviceRevoked, "the identity of the device is revoked\(reason)")
        case .active: break
        }
        guard record.agency == gateway.agency else {
            return refusal(
                .topicNotOwn, "the device is agency `\(record.agency)`'s, the gateway agency `\(gateway.agency)`'s")
        }
        guard record.zone == gateway.zone else {
            return refusal(.zoneMismatch, "the device is in zone `\(record.zone)`, the gateway in `\(gateway.zone)`")
        }
        return nil
    }
}
