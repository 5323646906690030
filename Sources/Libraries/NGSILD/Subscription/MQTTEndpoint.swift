/// Where a notification goes that is sent over MQTT (CIM 009 §7.2):
///
///     mqtt[s]://[username][:password]@host[:port]/topic[/subtopic]*
public struct MQTTEndpoint: Sendable, Hashable {
    /// What the other side speaks.
    public enum Version: String, Sendable, Hashable, CaseIterable {
        /// MQTT 3.1.1.
        case v3_1_1 = "mqtt3.1.1"
        /// MQTT 5.0, which is spoken unless something else is asked for.
        case v5 = "mqtt5.0"
    }

    /// Whether TLS is used: `mqtts`.
    public var isSecure: Bool
    /// Decoded; nil if there is none.
    public var username: String?
    /// Decoded; nil if there is none.
    public var password: String?
    /// A name or an address; IPv6 without brackets.
    public var host: String
    /// 1883, or 8883 with TLS, unless the URI says otherwise.
    public var port: Int
    /// A topic name, decoded: no wildcards, not empty.
    public var topicName: String
    /// `MQTT-Version`.
    public var version = Version.v5
    /// `MQTT-QoS`: at most once (0), at least once (1) or exactly once (2).
    public var qualityOfService = 0

    /// Reads a URI; what is no such URI, or has no topic that can be published to, gives nil.
    ///
    /// - Parameter uri: With the scheme `mqtt` or `mqtts`.
    public init?(uri: String) {
        guard let scheme = uri.firstIndex(of: ":"), uri[scheme...].hasPrefix("://") else { return nil }
        switch uri[..<scheme].lowercased() {
        case "mqtt": isSecure = false
        case "mqtts": isSecure = true
        default: return nil
        }
        let rest = uri[scheme...].dropFirst(3)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let topic = Self.decoded(rest[slash...].dropFirst())
        guard let topic, Self.isTopicName(topic) else { return nil }
        topicName = topic
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else { return nil }
            username = name.isEmpty ? nil : name
            if parts.count == 2 {
                guard let word = Self.decoded(parts[1]) else { return nil }
                password = word
            }
            authority = authority[authority.index(after: at)...]
        }
        guard let (host, port) = HostAndPort.parse(authority) else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 8883 : 1883)
    }

    /// Text with its percent-encoded bytes decoded; nil for what is no UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Neither empty, nor with wildcards or a null character (MQTT 5.0 §4.7).
    private static func isTopicName(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != "+" && $0 != "#" && $0.value >= 0x20 }
    }
}

/// The part of a URI that says whom to connect to.
enum HostAndPort {
    /// Host and port of an authority without user information; nil for what has no host or no such port.
    static func parse(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { return nil }
        guard let port, !port.isEmpty else { return (String(host), nil) }
        guard port.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int(port),
            1...65_535 ~= number
        else { return nil }
        return (String(host), number)
    }

    /// Whether a URI is `http` or `https` and names a host.
    static func isHTTP(_ uri: String) -> Bool {
        guard let scheme = uri.firstIndex(of: ":"), uri[scheme...].hasPrefix("://"),
            ["http", "https"].contains(uri[..<scheme].lowercased())
        else { return false }
        var authority = uri[scheme...].dropFirst(3).prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        return parse(authority) != nil
    }
}
