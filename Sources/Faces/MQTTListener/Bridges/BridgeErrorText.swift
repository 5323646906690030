import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Errors of sockets and TLS as an operator of a bridge can act on them.
enum BridgeErrorText {
    static func words(for error: any Error, _ settings: BridgeSettings) -> String {
        switch error {
        case let error as BridgeFileError: return error.description
        case let error as NIOConnectionError:
            if let failure = error.connectionErrors.first { return words(for: failure.error, settings) }
            return "the name `\(settings.address.host)` cannot be resolved"
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout: return "the broker cannot be reached in time"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            let name = settings.tls?.serverName ?? settings.address.host
            return "the broker's certificate does not bear the name `\(name)`: see `serverName`"
        case NIOSSLError.uncleanShutdown: return "the broker closed the connection"
        default: break
        }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            let roots = settings.tls?.authorityFile ?? "the system's roots"
            return "the broker's certificate cannot be verified with \(roots)"
        }
        if text.contains("CERTIFICATE_REQUIRED") { return "the broker wants a client certificate" }
        if text.contains("WRONG_VERSION_NUMBER") { return "the broker does not speak TLS at this port" }
        return "TLS: \(text.prefix(200))"
    }
}

extension MQTTSettings.Address: CustomStringConvertible {
    /// `host:port`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The host, where it is a name. An address goes into no SNI (RFC 6066 §3): the certificate must bear it, though.
    var nameForTLS: String? { (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil }
}
