import CityModel
import CityPath
import Foundation
import MQTTBridge
import MQTTListener
import MQTTPackets

extension SettingForm where Value == [BridgeConfiguration] {
    static let bridges: SettingForm = {
        let expected = "a list of bridges, each with `name`, `address`, `tls`, and `in` or `out`: see docs/bridge.md"
        return SettingForm(
            expected: expected,
            parse: { source throws(ConfigurationError) in
                var bridges: [BridgeConfiguration] = []
                for place in try source.places(expected) { bridges.append(try BridgeReader(place).bridge()) }
                return bridges
            },
            write: { bridges in
                bridges.isEmpty ? "" : "[\(bridges.map(\.flow).joined(separator: ", "))]"
            })
    }()
}

extension SettingSource {
    /// The mappings of a list; from the environment it is written in YAML's flow style or as JSON.
    fileprivate func places(_ expected: String) throws(ConfigurationError) -> [YAMLPlace] {
        var places: [YAMLPlace] = []
        switch content {
        case .list(let list):
            for member in list {
                guard case .mapping(let place) = member.content else { throw member.unexpected("a bridge") }
                places.append(place)
            }
        case .scalar(let text):
            guard !text.isEmpty else { return [] }
            let whole = try YAMLPlace(parsing: "bridges: \(text)", file: origin)
            guard let members = try whole.members().first?.value.elements else { throw unexpected(expected) }
            places = members
        case .mapping: throw unexpected(expected)
        }
        return places
    }
}

/// Reads one bridge, key by key.
private struct BridgeReader {
    private static let keys = [
        "name", "address", "tls", "insecure", "version", "clientIdentifier", "userName", "passwordFile",
        "keepAliveSeconds", "dataClass", "in", "out",
    ]

    private let place: YAMLPlace
    private let members: [String: YAMLPlace]

    init(_ place: YAMLPlace) throws(ConfigurationError) {
        self.place = place
        members = Dictionary(try place.members(allowed: BridgeReader.keys).map { ($0.key, $0.value) }) { first, _ in
            first
        }
    }

    func bridge() throws(ConfigurationError) -> BridgeConfiguration {
        let name = try required("name", "letters, digits, `.`, `_` or `-`, such as `legacy`")
        guard ZoneID.isPlainName(try name.string()) else {
            throw name.error("expected 1 to 64 letters, digits, `.`, `_` or `-`, found `\(try name.string())`")
        }
        let address = try address()
        var bridge = BridgeConfiguration(
            name: try name.string(), address: address, tls: try tls(address),
            clientIdentifier: "bastide-\(try name.string())", file: place.file, number: place.line)
        bridge.login = try login()
        if let version = members["version"] { bridge.version = try BridgeReader.version(version) }
        if let identifier = members["clientIdentifier"] {
            bridge.clientIdentifier = try identifier.string()
            guard (1...1_024).contains(bridge.clientIdentifier.utf8.count) else {
                throw identifier.error("expected 1 to 1024 bytes")
            }
        }
        if let seconds = members["keepAliveSeconds"] { bridge.keepAliveSeconds = try seconds.integer(in: 5...65_535) }
        if let text = members["dataClass"] { bridge.dataClass = try BridgeReader.dataClass(text) }
        bridge.inward = try lines("in", keys: ["topic", "qos", "remotePrefix", "localPrefix", "device", "channel"]) {
            members throws(LineError) in
            try MappingReader(members).inward()
        }
        bridge.outward = try lines("out", keys: ["topic", "qos", "remotePrefix", "localPrefix"]) {
            members throws(LineError) in
            try MappingReader(members).outward()
        }
        guard !bridge.inward.isEmpty || !bridge.outward.isEmpty else {
            throw place.error("expected at least one line below `in` or `out`")
        }
        return bridge
    }

    private func required(_ key: String, _ expected: String) throws(ConfigurationError) -> YAMLPlace {
        guard let value = members[key] else { throw place.error("`\(key)` is missing; expected \(expected)") }
        return value
    }

    private func address() throws(ConfigurationError) -> ListenAddress {
        let expected = "a host and a port such as `mqtt.example.org:8883`"
        let value = try required("address", expected)
        guard let address = ListenAddress(try value.string()), address.port > 0 else {
            throw value.error("expected \(expected), found `\(try value.string())`")
        }
        return address
    }

    /// TLS, or not: said in so many words, and where others could read along, twice.
    private func tls(_ address: ListenAddress) throws(ConfigurationError) -> BridgeSettings.TLS? {
        let expected =
            "`{}` for the system's roots, a mapping with `authority`, `certificate`, `key`, `serverName`, or `none`"
        let value = try required("tls", expected)
        let mayBePlain =
            try members["insecure"].map { place throws(ConfigurationError) in try place.boolean() } ?? false
        guard !value.isScalar else {
            guard try value.string() == "none" else {
                throw value.error("expected \(expected), found `\(try value.string())`")
            }
            guard address.isLoopback || mayBePlain else {
                throw value.error(
                    "without TLS everybody on the way to `\(address)` can read and change what passes; expected TLS, or "
                        + "`insecure: true` beside it")
            }
            return nil
        }
        var tls = BridgeSettings.TLS()
        var (certificate, key): (String?, String?)
        for (name, file) in try value.members(allowed: ["authority", "certificate", "key", "serverName"]) {
            switch name {
            case "authority": tls.authorityFile = try BridgeReader.path(file)
            case "certificate": certificate = try BridgeReader.path(file)
            case "key": key = try BridgeReader.path(file)
            default:
                guard ServerName.isDNSName(try file.string()) else { throw file.error("expected a DNS name") }
                tls.serverName = try file.string()
            }
        }
        switch (certificate, key) {
        case (let certificate?, let key?): tls.identity = .init(certificateFile: certificate, keyFile: key)
        case (nil, nil): break
        default: throw value.error("`certificate` and `key` belong together: expected both or none")
        }
        return tls
    }

    private func login() throws(ConfigurationError) -> BridgeSettings.Login? {
        guard let name = members["userName"] else {
            if let file = members["passwordFile"] { throw file.error("expected `userName` beside it") }
            return nil
        }
        let file = try members["passwordFile"].map { place throws(ConfigurationError) in try BridgeReader.path(place) }
        return BridgeSettings.Login(userName: try name.string(), passwordFile: file)
    }

    private static func version(_ place: YAMLPlace) throws(ConfigurationError) -> ProtocolVersion {
        switch try place.string() {
        case "5", "5.0": return .v5
        case "3.1.1": return .v3_1_1
        default: throw place.error("expected `5` or `3.1.1`, found `\(try place.string())`")
        }
    }

    private static func dataClass(_ place: YAMLPlace) throws(ConfigurationError) -> DataClass {
        let allowed: [DataClass] = [.public, .internal, .restricted]
        let text = try place.string()
        guard let found = allowed.first(where: { "\($0)" == text }) else {
            throw place.error(
                "expected `public`, `internal` or `restricted`, found `\(text)`: what is personal or sensitive is read for "
                    + "a purpose only, which a bridge does not have")
        }
        return found
    }

    /// A file: its path begins with `/`, or is meant from where `city.yaml` is.
    private static func path(_ place: YAMLPlace) throws(ConfigurationError) -> String {
        let text = try place.string()
        guard !text.isEmpty, !text.contains("\0") else { throw place.error("expected the path of a file") }
        if text.hasPrefix("/") { return text }
        guard place.file.hasPrefix("/") else {
            throw place.error("expected a path that begins with `/`, found `\(text)`")
        }
        return (place.file as NSString).deletingLastPathComponent + "/" + text
    }

    private func lines<Mapping>(
        _ key: String, keys: [String],
        _ read: ([String: YAMLPlace]) throws(LineError) -> Mapping
    ) throws(ConfigurationError) -> [BridgeConfiguration.Line<Mapping>] {
        guard let value = members[key] else { return [] }
        guard let elements = value.elements else {
            throw value.error("expected a list of lines such as `- topic: \"lamps/#\"`")
        }
        var lines: [BridgeConfiguration.Line<Mapping>] = []
        for element in elements {
            let members = Dictionary(try element.members(allowed: keys).map { ($0.key, $0.value) }) { first, _ in first
            }
            do throws(LineError) {
                let mapping = try read(members)
                lines.append(.init(mapping: mapping, file: element.file, number: element.line))
            } catch {
                switch error {
                case .place(let error): throw error
                case .words(let words): throw element.error(words)
                }
            }
        }
        return lines
    }
}

/// What is wrong with a line: one of its values, or how they fit together.
private enum LineError: Error {
    case place(ConfigurationError)
    case words(String)
}

/// Reads one line of `in` or `out`.
private struct MappingReader {
    private let members: [String: YAMLPlace]

    init(_ members: [String: YAMLPlace]) { self.members = members }

    private func text(_ key: String) throws(LineError) -> String? {
        do throws(ConfigurationError) { return try members[key]?.string() } catch { throw .place(error) }
    }

    private func qos() throws(LineError) -> QoS {
        guard let place = members["qos"] else { return .atLeastOnce }
        do throws(ConfigurationError) {
            return QoS(rawValue: UInt8(try place.integer(in: 0...2))) ?? .atLeastOnce
        } catch {
            throw .place(error)
        }
    }

    private func mapping<Mapping>(_ make: () throws(TopicMappingError) -> Mapping) throws(LineError) -> Mapping {
        do throws(TopicMappingError) { return try make() } catch { throw .words(error.description) }
    }

    func outward() throws(LineError) -> OutwardMapping {
        let (topic, qos) = (try text("topic") ?? "", try qos())
        let (local, remote) = (try text("localPrefix") ?? "", try text("remotePrefix") ?? "")
        return try mapping { () throws(TopicMappingError) in
            try OutwardMapping(topic: topic, qos: qos, localPrefix: local, remotePrefix: remote)
        }
    }

    func inward() throws(LineError) -> InwardMapping {
        let (topic, qos) = (try text("topic") ?? "", try qos())
        let (local, remote) = (try text("localPrefix"), try text("remotePrefix") ?? "")
        guard let name = try text("device") else {
            guard members["channel"] == nil else { throw .words("`channel` needs `device`: the channel is a device's") }
            return try mapping { () throws(TopicMappingError) in
                try InwardMapping(topic: topic, qos: qos, localPrefix: local ?? "", remotePrefix: remote)
            }
        }
        guard local == nil else { throw .words("`device` and `localPrefix` exclude each other: expected one of them") }
        guard let template = NameTemplate(name) else {
            throw .words(
                "`device`: expected a device's name, in which `{1}` is what the first `+` matched, found `\(name)`")
        }
        let channel = try text("channel") ?? TopicScheme.values
        let isApplication = channel.hasPrefix("\(TopicScheme.application)/")
        guard [TopicScheme.values, TopicScheme.entity].contains(channel) || isApplication else {
            throw .words("`channel`: expected `v`, `ngsi-ld` or one below `app/`, found `\(channel)`")
        }
        return try mapping { () throws(TopicMappingError) in
            try InwardMapping(topic: topic, qos: qos, remotePrefix: remote, device: template, channel: channel)
        }
    }
}

extension ListenAddress {
    /// Whether what is said there does not leave this machine.
    fileprivate var isLoopback: Bool {
        guard let bytes = IPAddress(host)?.bytes else { return host == "localhost" }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}

extension BridgeConfiguration {
    /// As YAML's flow style has it.
    fileprivate var flow: String {
        var parts = ["name: \(name)", "address: \(YAMLText.quoted("\(address)"))", "tls: \(flowOfTLS)"]
        if tls == nil { parts.append("insecure: true") }
        parts += [
            "version: \(version == .v5 ? "5" : "3.1.1")", "clientIdentifier: \(YAMLText.quoted(clientIdentifier))",
        ]
        if let login {
            parts.append("userName: \(YAMLText.quoted(login.userName))")
            if let file = login.passwordFile { parts.append("passwordFile: \(YAMLText.quoted(file))") }
        }
        parts += ["keepAliveSeconds: \(keepAliveSeconds)", "dataClass: \(dataClass)"]
        let into = inward.map { line -> String in
            let mapping = line.mapping
            var parts = part("topic", mapping.remoteFilter.text.dropFirst(mapping.remotePrefix.count))
            parts += ["qos: \(mapping.qos.rawValue)"] + part("remotePrefix", mapping.remotePrefix)
            switch mapping.target {
            case .topic(let prefix): parts += part("localPrefix", prefix)
            case .device(let template, let channel): parts += part("device", template.text) + part("channel", channel)
            }
            return "{\(parts.joined(separator: ", "))}"
        }
        let out = outward.map { line -> String in
            let mapping = line.mapping
            let parts =
                part("topic", mapping.localFilter.text.dropFirst(mapping.localPrefix.count))
                + ["qos: \(mapping.qos.rawValue)"] + part("remotePrefix", mapping.remotePrefix)
                + part("localPrefix", mapping.localPrefix)
            return "{\(parts.joined(separator: ", "))}"
        }
        if !into.isEmpty { parts.append("in: [\(into.joined(separator: ", "))]") }
        if !out.isEmpty { parts.append("out: [\(out.joined(separator: ", "))]") }
        return "{\(parts.joined(separator: ", "))}"
    }

    private var flowOfTLS: String {
        guard let tls else { return "none" }
        let parts =
            part("authority", tls.authorityFile ?? "") + part("certificate", tls.identity?.certificateFile ?? "")
            + part("key", tls.identity?.keyFile ?? "") + part("serverName", tls.serverName ?? "")
        return "{\(parts.joined(separator: ", "))}"
    }

    private func part(_ key: String, _ text: some StringProtocol) -> [String] {
        text.isEmpty ? [] : ["\(key): \(YAMLText.quoted(String(text)))"]
    }
}
