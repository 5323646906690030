import CityModel
import CityPath
import Foundation
import Logging
import PKI
import WebConsole

extension SettingForm {
    /// A form whose values are one text each.
    static func text(
        _ expected: String, write: @escaping @Sendable (Value) -> String,
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> SettingForm {
        SettingForm(
            expected: expected,
            parse: { source throws(ConfigurationError) in
                guard let text = source.text, let value = parse(text) else { throw source.unexpected(expected) }
                return value
            }, write: write)
    }
}

extension SettingForm where Value == String {
    /// The city's name: it stands in certificates, which allow 64 characters.
    static let cityName = text("a name of 1 to 64 characters", write: YAMLText.quoted) { text in
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return (1...64).contains(text.unicodeScalars.count) && isPrintable ? text : nil
    }

    /// The domain: a DNS name in lower case, which is also a SPIFFE trust domain and a part of the ledger key's name.
    static let domain = text("a domain name in lower case such as `rivertown.example`", write: { $0 }) { text in
        ServerName.isDNSName(text) && text == text.lowercased() && (try? SPIFFEID(trustDomain: text)) != nil
            ? text : nil
    }

    static let directory = text("the path of a directory, or nothing", write: YAMLText.quoted) { text in
        text.contains("\0") ? nil : text
    }

    static let words = text("text on one line", write: YAMLText.quoted) { text in
        text.contains { $0.isNewline } ? nil : text
    }

    static let tileURL = text(
        "nothing, or an https URL with {z}, {x} and {y} such as `https://tiles.example/{z}/{x}/{y}.png`",
        write: YAMLText.quoted
    ) { text in
        text.isEmpty || TileLayer(urlTemplate: text, attribution: "") != nil ? text : nil
    }
}

extension SettingForm where Value == ListenAddress {
    static let listenAddress = text(
        "an address and a port such as `0.0.0.0:8883` or `\"[::]:8883\"`",
        write: { $0.host.contains(":") ? "\"\($0)\"" : "\($0)" }
    ) { ListenAddress($0) }
}

extension SettingForm where Value == ListenAddress? {
    static let optionalAddress = text(
        "nothing, or an address and a port such as `0.0.0.0:8884`",
        write: { address in
            address.map { $0.host.contains(":") ? "\"\($0)\"" : "\($0)" } ?? ""
        }
    ) { text in text.isEmpty ? .some(nil) : ListenAddress(text).map(Optional.some) }
}

extension SettingForm where Value == Int {
    static func wholeNumber(in range: ClosedRange<Int>, of unit: String) -> SettingForm {
        text("a whole number from \(range.lowerBound) to \(range.upperBound) (\(unit))", write: { "\($0)" }) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension SettingForm where Value == Bool {
    static let flag = text("`true` or `false`", write: { "\($0)" }) { text in
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

extension SettingForm where Value == Logger.Level {
    static let level = text(
        "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))", write: \.rawValue
    ) { Logger.Level(rawValue: $0) }
}

extension SettingForm where Value == LogFormat {
    static let logFormat = text(
        "one of \(LogFormat.allCases.map(\.rawValue).joined(separator: ", "))", write: \.rawValue
    ) { LogFormat(rawValue: $0) }
}

extension SettingForm where Value == [String] {
    static let serverNames: SettingForm = {
        let expected = "a list of DNS names and IP addresses such as `[localhost, 192.0.2.7]`"
        return SettingForm(
            expected: expected,
            parse: { source throws(ConfigurationError) in
                guard let members = source.members, !members.isEmpty else { throw source.unexpected(expected) }
                var names: [String] = []
                for member in members {
                    guard let name = member.text, IPAddress(name) != nil || ServerName.isDNSName(name) else {
                        throw member.unexpected("a DNS name or an IP address")
                    }
                    if !names.contains(name) { names.append(name) }
                }
                return names
            }, write: { "[\($0.map(YAMLText.quotedIfNeeded).joined(separator: ", "))]" })
    }()
}

extension SettingForm where Value == TopicScheme {
    static let topics: SettingForm = {
        let expected = "a list of patterns such as `[\"city/{agency}/{device}\", \"devices/{device}\"]`"
        return SettingForm(
            expected: expected,
            parse: { source throws(ConfigurationError) in
                guard let members = source.members, !members.isEmpty else { throw source.unexpected(expected) }
                var texts: [String] = []
                for member in members {
                    guard let text = member.text, TopicScheme([text]) != nil else {
                        throw member.unexpected("a pattern that begins with plain text and has one `{device}`")
                    }
                    texts.append(text)
                }
                guard let scheme = TopicScheme(texts) else { throw source.unexpected(expected) }
                return scheme
            }, write: { "[\($0.texts.map(YAMLText.quoted).joined(separator: ", "))]" })
    }()
}

extension SettingForm where Value == [ZoneID: CityConfiguration.Zone] {
    static let zones = SettingForm(
        expected: "a mapping from zone to `networks` (a list such as `[10.20.0.0/16]`) and `note`",
        parse: { source throws(ConfigurationError) in
            var zones: [ZoneID: CityConfiguration.Zone] = [:]
            for (name, place) in try source.mapping().members() {
                guard ZoneID.isPlainName(name) else {
                    throw place.error("a zone's name has 1 to 64 letters, digits, `.`, `_` or `-`")
                }
                var zone = CityConfiguration.Zone()
                for (key, value) in try place.members(allowed: ["networks", "note"]) {
                    if key == "note" {
                        zone.note = try value.string()
                    } else {
                        zone.networks = try networks(SettingSource(value))
                    }
                }
                zones[ZoneID(name)] = zone
            }
            return zones
        },
        write: { zones in
            let members = zones.sorted { $0.key < $1.key }.map { name, zone in
                let networks = "networks: [\(zone.networks.map { "\"\($0)\"" }.joined(separator: ", "))]"
                return "\(name): {\(networks)\(zone.note.map { ", note: \(YAMLText.quoted($0))" } ?? "")}"
            }
            return members.isEmpty ? "" : "{\(members.joined(separator: ", "))}"
        })

    private static func networks(_ source: SettingSource) throws(ConfigurationError) -> [NetworkPrefix] {
        guard let members = source.members else { throw source.unexpected("a list of networks") }
        var networks: [NetworkPrefix] = []
        for member in members {
            guard let network = member.text.flatMap({ NetworkPrefix($0) }) else {
                throw member.unexpected("a network such as `10.20.0.0/16`, without bits beyond its length")
            }
            networks.append(network)
        }
        return networks
    }
}

/// Text as YAML's double-quoted style has it.
enum YAMLText {
    static func quoted(_ text: String) -> String {
        guard !text.isEmpty else { return "" }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    /// Plain where YAML cannot mistake it: a name or an IPv4 address.
    static func quotedIfNeeded(_ text: String) -> String {
        text.contains(":") || text.hasPrefix("*") ? quoted(text) : text
    }
}
