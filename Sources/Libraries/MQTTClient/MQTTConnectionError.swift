public import MQTTPackets

/// Why a connection could not be made, or a request on it did not succeed. Branch on `code`, show `message`.
public struct MQTTConnectionError: Error, Sendable, CustomStringConvertible {
    /// Closed on purpose: a caller that switches over it has thought of everything.
    public enum Code: Sendable, CaseIterable {
        /// No connection: address, network or TLS. See `cause`.
        case unreachable
        /// The server answered CONNECT with a refusal: see `reasonCode`.
        case refused
        /// No CONNACK within the time allowed.
        case timedOut
        /// The connection has ended; whether the server has seen the message or request is not known.
        case closed
        /// The packet may not be sent: it breaks a rule, or the server has said that it does not support it.
        case notSent
        /// The server's answer does not fit the request.
        case protocolError
    }

    /// What happened.
    public let code: Code
    /// The server's reason code, if it gave one.
    public let reasonCode: ReasonCode?
    /// For people to read; the server's reason string is part of it.
    public let message: String
    /// For the log.
    public let cause: (any Error)?

    init(_ code: Code, _ message: String, reasonCode: ReasonCode? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.reasonCode = reasonCode
        self.cause = cause
    }

    init(_ reason: MQTTCloseReason) {
        let code: ReasonCode? = if case .serverDisconnected(let code, _, _) = reason { code } else { nil }
        self.init(.closed, "connection has ended: \(reason)", reasonCode: code)
    }

    /// The same, for a connection that was not accepted yet.
    init(connecting reason: MQTTCloseReason) {
        switch reason {
        case .refused(let code, _): self.init(.refused, "\(reason)", reasonCode: code)
        case .connectTimeout: self.init(.timedOut, "\(reason)")
        case .protocolError: self.init(.protocolError, "\(reason)")
        case .serverDisconnected(let code, _, _): self.init(.refused, "\(reason)", reasonCode: code)
        case .lost(let error): self.init(.unreachable, "\(reason)", cause: error)
        case .disconnected, .keepAliveTimeout: self.init(.unreachable, "\(reason)")
        }
    }

    /// The same as ``message``.
    public var description: String { message }
}

/// Why a connection ended.
public enum MQTTCloseReason: Sendable, CustomStringConvertible {
    /// This side has said DISCONNECT.
    case disconnected
    /// The server has: 5.0 only.
    case serverDisconnected(ReasonCode, reasonString: String?, serverReference: String?)
    /// The network connection was closed or broke, without a word.
    case lost((any Error)?)
    /// The server did not answer PINGREQ.
    case keepAliveTimeout
    /// The server sent something that is not MQTT, or not now.
    case protocolError(String)
    /// The server has refused the connection.
    case refused(ReasonCode, reasonString: String?)
    /// CONNACK did not come in time.
    case connectTimeout

    /// For people to read.
    public var description: String {
        switch self {
        case .disconnected: "disconnected"
        case .serverDisconnected(let code, let text, _):
            "server disconnected: \(code)\(text.map { ", `\($0)`" } ?? "")"
        case .lost(let error): "connection lost\(error.map { ": \($0)" } ?? "")"
        case .keepAliveTimeout: "server does not answer"
        case .protocolError(let text): "protocol error of the server: \(text)"
        case .refused(let code, let text): "server refused the connection: \(code)\(text.map { ", `\($0)`" } ?? "")"
        case .connectTimeout: "server did not answer CONNECT in time"
        }
    }
}
