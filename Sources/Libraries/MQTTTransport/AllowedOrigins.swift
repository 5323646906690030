/// Which web pages may connect: whose `Origin` a browser may state (RFC 6455 §10.2).
///
/// A browser lets every page open a WebSocket anywhere, and presents its user's certificate there; only the server can
/// tell a page of its own from a stranger's. A request without `Origin` is not a browser's, and is not judged by this.
public struct AllowedOrigins: Equatable, Sendable {
    private enum Rule: Equatable, Sendable {
        case any
        /// The origins themselves, lower-cased, and the request's own host too if so wished.
        case listed(Set<String>, andSameHost: Bool)
    }

    private let rule: Rule

    /// Pages from the host that the request's `Host` names, whatever their scheme and port.
    public static let sameHost = AllowedOrigins(rule: .listed([], andSameHost: true))

    /// Pages from everywhere: any page that a user visits can then speak to the listener in the user's name.
    public static let any = AllowedOrigins(rule: .any)

    /// Pages from the request's host, and those of the origins given.
    ///
    /// - Parameter origins: As browsers write them: `https://console.example:8443`, without a path.
    /// - Returns: The rule.
    public static func sameHost(and origins: [String]) -> AllowedOrigins {
        AllowedOrigins(rule: .listed(Set(origins.map { $0.lowercased() }), andSameHost: true))
    }

    /// Pages of the origins given, and no others.
    ///
    /// - Parameter origins: As browsers write them: `https://console.example:8443`, without a path.
    /// - Returns: The rule.
    public static func only(_ origins: [String]) -> AllowedOrigins {
        AllowedOrigins(rule: .listed(Set(origins.map { $0.lowercased() }), andSameHost: false))
    }

    /// Whether a page of `origin` may connect with a request to `host`, both as their headers have them.
    package func allows(_ origin: String, host: String) -> Bool {
        switch rule {
        case .any: return true
        case .listed(let origins, let andSameHost):
            let origin = origin.lowercased()
            if origins.contains(origin) { return true }
            guard andSameHost, let name = Self.host(ofOrigin: origin) else { return false }
            return name == Self.host(ofAuthority: host.lowercased()[...])
        }
    }

    /// The host of `scheme://host[:port]` (RFC 6454 §6.2); nil for `null` and for whatever else is no such thing.
    private static func host(ofOrigin origin: String) -> Substring? {
        for scheme in ["https://", "http://"] where origin.hasPrefix(scheme) {
            return host(ofAuthority: origin.dropFirst(scheme.count))
        }
        return nil
    }

    /// The host of `host[:port]`, where the host may be an IPv6 address in brackets (RFC 3986 §3.2).
    private static func host(ofAuthority authority: Substring) -> Substring? {
        let isBracketed = authority.hasPrefix("[")
        let host: Substring
        if isBracketed {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[...end]
        } else {
            host = authority.prefix { $0 != ":" }
        }
        let port = authority[host.endIndex...]
        let isPort = port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy { ("0"..."9").contains($0) }
        let isHost = !host.isEmpty && !host.contains { "/?#@\\ ".contains($0) }
        return isPort && isHost ? host : nil
    }
}
