import Glibc

/// What counts as one place in the network, where connections and failures are counted.
///
/// An IPv4 address; of IPv6 the first 64 bits, because whoever has one address has that whole network (RFC 6177).
package enum NetworkPlace {
    /// The place of an address.
    ///
    /// - Parameter address: As the system writes it: `192.0.2.7`, `2001:db8::1`, `::ffff:192.0.2.7`; or anything else.
    /// - Returns: The address itself, or the network it lies in, such as `2001:0db8:0000:0000::/64`.
    package static func name(of address: String) -> String {
        // An interface may follow: `fe80::1%eth0`.
        var parsed = in6_addr()
        guard address.utf8.contains(UInt8(ascii: ":")),
            inet_pton(AF_INET6, String(address.prefix { $0 != "%" }), &parsed) == 1
        else { return address }
        let bytes = withUnsafeBytes(of: parsed) { Array($0) }
        // An IPv4 address on a socket of IPv6 (RFC 4291 §2.5.5.2).
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes[12...].map(String.init).joined(separator: ".")
        }
        let groups = stride(from: 0, to: 8, by: 2).map { index in
            let digits = String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return groups.joined(separator: ":") + "::/64"
    }
}
