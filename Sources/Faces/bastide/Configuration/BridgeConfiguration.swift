import CityModel
import CityPath
import MQTTBridge
import MQTTListener
import MQTTPackets

/// A bridge to another MQTT broker, as `city.yaml` has it.
struct BridgeConfiguration: Sendable, Equatable {
    /// A line of `in` or `out`, and where it stands.
    struct Line<Mapping: Sendable & Equatable>: Sendable, Equatable {
        var mapping: Mapping
        var file: String
        var number: Int
    }

    var name: String
    var address: ListenAddress
    var tls: BridgeSettings.TLS?
    var login: BridgeSettings.Login?
    var version = ProtocolVersion.v5
    var clientIdentifier: String
    var keepAliveSeconds = 60
    /// The most sensitive data that leaves the city over the bridge.
    var dataClass = DataClass.internal
    var inward: [Line<InwardMapping>] = []
    var outward: [Line<OutwardMapping>] = []
    /// Where the bridge stands in `city.yaml`.
    var file: String
    var number: Int
}

extension BridgeConfiguration {
    var plan: BridgePlan { BridgePlan(inward: inward.map(\.mapping), outward: outward.map(\.mapping)) }

    /// What the MQTT face is told.
    ///
    /// - Parameter domain: The city's: it marks what leaves.
    /// - Returns: The settings.
    func settings(domain: String) -> BridgeSettings {
        BridgeSettings(
            name: name, address: MQTTSettings.Address(host: address.host, port: address.port), tls: tls, login: login,
            version: version, clientIdentifier: clientIdentifier, keepAliveSeconds: UInt16(clamping: keepAliveSeconds),
            plan: plan, mark: HopMark(broker: domain))
    }

    /// What the path lets the bridge do: this, and no more.
    var rights: BridgeRights {
        let plan = plan
        let filters = Set(plan.outward.map(\.localFilter.text))
        let targets = plan.inward.compactMap(\.localFilter)
        let devices = plan.inward.compactMap { mapping -> NameTemplate? in
            if case .device(let template, _) = mapping.target { template } else { nil }
        }
        return BridgeRights(
            mayPublish: { topic in targets.contains { $0.matches(topic) } }, maySubscribe: { filters.contains($0) },
            maySpeakFor: { device in devices.contains { $0.canBe(device.text) } }, highestClass: dataClass)
    }
}

// MARK: What a bridge alone cannot tell

extension CityConfiguration {
    /// What is wrong with bridges beside each other, or with the city's own topics.
    var bridgeMistakes: [ConfigurationError] {
        var mistakes: [ConfigurationError] = []
        for (index, bridge) in bridges.enumerated() {
            for earlier in bridges[..<index] {
                if earlier.name == bridge.name {
                    mistakes.append(bridge.error("`name`: the bridge in line \(earlier.number) has the name already"))
                } else if earlier.address == bridge.address, earlier.clientIdentifier == bridge.clientIdentifier {
                    mistakes.append(
                        bridge.error(
                            "`clientIdentifier`: the bridge in line \(earlier.number) has it at the same broker: they "
                                + "would take each other's session over"))
                }
            }
            mistakes += bridge.echoes + bridge.reserved(topics)
        }
        return mistakes
    }
}

extension BridgeConfiguration {
    fileprivate func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: number, message: message)
    }

    /// 3.1.1 has no No Local: what goes out on a topic that comes in would come back.
    fileprivate var echoes: [ConfigurationError] {
        guard version == .v3_1_1 else { return [] }
        return plan.echoes.map { pair in
            let (out, into) = (outward[pair.outward], inward[pair.inward])
            return ConfigurationError(
                file: out.file, line: out.number,
                message:
                    "`out`: what is given out as `\(out.mapping.remoteFilter)` would come in again by line "
                    + "\(into.number), `\(into.mapping.remoteFilter)`: MQTT 3.1.1 cannot prevent that; expected topics "
                    + "that do not overlap, or `version: 5`")
        }
    }

    /// Topics of the city's own are devices' alone.
    fileprivate func reserved(_ topics: TopicScheme) -> [ConfigurationError] {
        inward.compactMap { line in
            guard let filter = line.mapping.localFilter else { return nil }
            let first = filter.text.prefix { $0 != "/" }
            guard first != "+", first != "#", topics.isReserved("\(first)/x") else { return nil }
            return ConfigurationError(
                file: line.file, line: line.number,
                message:
                    "`in`: `\(filter)` is the city's own topic; expected `device`, the device that speaks there, in the "
                    + "place of `localPrefix`, or a prefix whose first level is not `\(first)`")
        }
    }
}
