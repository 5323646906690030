public import CityContext
import Foundation
import NIOCore
import NIOPosix

/// Where something may be sent: to public addresses and to hosts that are named. Whoever may write an `@context`, a
/// subscription or a registration must not reach what is inside the city's own network with it (server-side request
/// forgery).
public struct EgressPolicy: Sendable {
    /// Hosts that may be spoken to whatever their address is; lower case, without a port.
    public let allowedHosts: Set<String>
    /// Whether only those may be spoken to.
    public let isClosed: Bool
    /// Whether this machine itself may be spoken to: in the laboratory.
    public let allowsLoopback: Bool

    /// A policy.
    public init(allowedHosts: Set<String> = [], isClosed: Bool = false, allowsLoopback: Bool = false) {
        self.allowedHosts = Set(allowedHosts.map { $0.lowercased() })
        self.isClosed = isClosed
        self.allowsLoopback = allowsLoopback
    }

    /// Holds a URL against the policy.
    ///
    /// - Throws: ``CityContext/EgressError/Code/forbidden`` when nothing is sent there;
    ///   ``CityContext/EgressError/Code/unreachable`` when its host has no address.
    func check(_ url: String) async throws(EgressError) {
        guard let parsed = URL(string: url), let scheme = parsed.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parsed.host?.lowercased(), !host.isEmpty
        else { throw EgressError(.forbidden, "`\(url.prefix(200))` is no URL of `http` or `https` with a host") }
        try await check(host: host)
    }

    /// Holds a host's name or address against the policy.
    ///
    /// - Throws: As ``check(_:)``.
    func check(host: String) async throws(EgressError) {
        let host = host.lowercased()
        if allowedHosts.contains(host) { return }
        guard !isClosed else { throw EgressError(.forbidden, "host `\(host)` is not among `egress.hosts`") }
        for address in try await addresses(of: host) where !isAllowed(address) {
            throw EgressError(
                .forbidden,
                "host `\(host)` has the address \(address.ipAddress ?? "?"), which is not public: name it under `egress.hosts`"
            )
        }
    }

    private func addresses(of host: String) async throws(EgressError) -> [SocketAddress] {
        if let literal = try? SocketAddress(ipAddress: host.trimmingCharacters(in: ["[", "]"]), port: 80) {
            return [literal]
        }
        do {
            let address = try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(host, port: 80)
            }
            return [address]
        } catch {
            throw EgressError(.unreachable, "host `\(host)` has no address")
        }
    }

    private func isAllowed(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let v4):
            let bytes = withUnsafeBytes(of: v4.address.sin_addr) { Array($0) }
            return isAllowed(v4: bytes)
        case .v6(let v6):
            let bytes = withUnsafeBytes(of: v6.address.sin6_addr) { Array($0) }
            // ::ffff:0:0/96 is an address of version 4.
            if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
                return isAllowed(v4: Array(bytes[12...]))
            }
            if bytes[..<15].allSatisfy({ $0 == 0 }) { return bytes[15] == 1 && allowsLoopback }
            // Unique local fc00::/7, link-local fe80::/10, multicast ff00::/8.
            return bytes[0] & 0xFE != 0xFC && !(bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) && bytes[0] != 0xFF
        case .unixDomainSocket: return false
        }
    }

    private func isAllowed(v4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (127, _): allowsLoopback
        case (0, _), (10, _), (169, 254), (192, 168), (224..., _): false
        case (172, 16...31), (100, 64...127), (198, 18...19): false
        default: true
        }
    }
}
