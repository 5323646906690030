import CityIdentity
import CityModel
import SparkplugB

/// What a payload of another layout is about: worked out once for each route.
struct PayloadMapping: Sendable {
    /// Whose values they are, whoever sends them.
    let device: DeviceRecord
    /// The entity that its values are of.
    let entity: EntityID
    let reader: PayloadReader
}

/// What messages on one of an edge node's topics are about.
struct SparkplugMapping: Sendable {
    /// Who is spoken of, or why nobody is.
    typealias Subject = Result<PayloadMapping, Refusal>

    let topic: SparkplugTopicName
    /// The device whose certificate the edge node has.
    let speaker: DeviceID
    /// Of messages of the edge node itself, the edge node; of others, the device.
    let subject: Subject
    /// From their names at the edge node to all devices it speaks for: with it they die.
    let devices: [String: Subject]
}

extension EdgeNode {
    /// Reads `group/node`.
    init?(_ text: String) {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard levels.count == 2, levels.allSatisfy({ level in !level.isEmpty && !level.contains { "+#".contains($0) } })
        else { return nil }
        self.init(group: levels[0], node: levels[1])
    }

    /// What an edge node may hear: commands to itself and its devices, and whether hosts are there, as Sparkplug 3.0 and
    /// 2.2 say it.
    var subscriptions: [TopicPattern] {
        let space = SparkplugTopicName.namespace
        let filters = [
            "\(space)/\(group)/NCMD/\(node)/#", "\(space)/\(group)/DCMD/\(node)/#", "\(space)/STATE/#", "STATE/#",
        ]
        return filters.compactMap { TopicPattern($0) }
    }
}

extension GuardedPath {
    /// What a topic means by the mappings; nil when they do not speak of it.
    func payloadMeaning(of topic: String, from principal: Principal) -> Result<Route.Meaning, Refusal>? {
        var speaker: DeviceID?
        if case .device(let device) = principal { speaker = device.id }
        let claim = payloads.claim(topic, by: speaker) { registry.device($0)?.deviceType }
        switch claim {
        case nil: return nil
        case .message: return .success(.message)
        case .values(let layout, _, let subject):
            return payloadMapping(of: subject) { record in
                payloads.readers[PayloadMappings.ReaderKey(layout: layout.name, deviceType: record.deviceType)]
            }.map(Route.Meaning.payload)
        case .sparkplug(let name, let publisher):
            return .success(.sparkplug(sparkplugMapping(name, of: publisher)))
        }
    }

    private func payloadMapping(
        of id: DeviceID, _ reader: (DeviceRecord) -> PayloadReader?
    ) -> Result<PayloadMapping, Refusal> {
        guard let record = registry.device(id) else {
            return .failure(.payload(.deviceUnknown, "no device `\(id)` is registered"))
        }
        guard let entity = record.entities.first else {
            return .failure(.payload(.entityNotOwn, "device `\(id)` has no entity to speak of"))
        }
        guard let reader = reader(record) else {
            return .failure(
                .payload(
                    .attributeUnknown,
                    "no layout maps these payloads for devices of type `\(record.deviceType)`: see `bastide payload list`"
                ))
        }
        return .success(PayloadMapping(device: record, entity: entity, reader: reader))
    }

    private func sparkplugMapping(_ name: SparkplugTopicName, of publisher: DeviceID) -> SparkplugMapping {
        let gateway = registry.device(publisher)
        func subject(_ id: DeviceID) -> SparkplugMapping.Subject {
            if let gateway, let refusal = PayloadMappings.refusal(of: id, registry.device(id), through: gateway) {
                return .failure(refusal)
            }
            return payloadMapping(of: id) { payloads.sparkplugReader(for: $0.deviceType) }
        }
        let known = payloads.gateways[publisher]?.devices ?? [:]
        let own: SparkplugMapping.Subject
        if let device = name.device {
            own =
                known[device].map(subject)
                ?? .failure(
                    .payload(
                        .deviceUnknown,
                        "edge node `\(publisher)` has no device `\(device.prefix(64))`: list it under `gateways` in "
                            + "payloads.yaml"))
        } else {
            own = subject(publisher)
        }
        return SparkplugMapping(
            topic: name, speaker: publisher, subject: own,
            devices: name.type == .nodeDeath ? known.mapValues(subject) : [:])
    }
}

extension Refusal {
    static func payload(_ code: Code, _ message: String) -> Refusal {
        Refusal(step: .understand, code: code, message: message)
    }
}
