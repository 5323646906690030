import Foundation

/// A host or address, and a port; port 0 lets the system choose one.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `0.0.0.0:8883`, `[::]:8883` or `name:8883`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard IPAddress(host)?.bytes.count == 16 else { return nil }
        } else {
            guard !host.contains(":"), IPAddress(host) != nil || ServerName.isDNSName(host) else { return nil }
        }
        self.init(host: host, port: port)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An IPv4 or IPv6 address.
struct IPAddress: Sendable, Equatable {
    /// Four or sixteen bytes, network order. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) has four.
    let bytes: [UInt8]

    init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            let all = withUnsafeBytes(of: v6) { Array($0) }
            let isMapped = all.prefix(10).allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
            bytes = isMapped ? Array(all.suffix(4)) : all
        } else {
            return nil
        }
    }
}

/// A network in CIDR notation: `10.20.0.0/16`, `2001:db8::/32`, or one address.
struct NetworkPrefix: Sendable, Equatable, CustomStringConvertible {
    /// How many leading bits are the network's.
    let length: Int
    /// As it was written.
    let description: String
    private let address: IPAddress

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let bits = address.bytes.count * 8
        guard let length = parts.count == 1 ? bits : Int(parts[1]), (0...bits).contains(length) else { return nil }
        self.address = address
        self.length = length
        description = text
        // Bits beyond the prefix are a slip: 10.20.30.0/16 says two things at once.
        guard (length..<bits).allSatisfy({ !NetworkPrefix.bit($0, of: address) }) else { return nil }
    }

    /// Whether an address lies in the network.
    func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count
            && (0..<length).allSatisfy { NetworkPrefix.bit($0, of: other) == NetworkPrefix.bit($0, of: address) }
    }

    private static func bit(_ index: Int, of address: IPAddress) -> Bool {
        address.bytes[index / 8] >> UInt8(7 - index % 8) & 1 == 1
    }
}

/// Names that a server certificate can bear.
enum ServerName {
    /// Labels of letters, digits and hyphens (RFC 1123 §2.1), the first possibly a star.
    static func isDNSName(_ name: String) -> Bool {
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 2, labels[0] == "*" { labels.removeFirst() }
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy(isLabelByte)
            }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The machine's own name, where a certificate can bear it.
    static var ofThisMachine: String? {
        let name = ProcessInfo.processInfo.hostName.lowercased()
        return isDNSName(name) && name != "localhost" ? name : nil
    }
}
