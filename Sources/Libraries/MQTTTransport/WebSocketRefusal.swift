/// Why a WebSocket's client was turned away.
public enum WebSocketRefusal: Error {
    /// Its request was answered with an HTTP status that is an error, and a sentence that says why.
    case request(status: Int, String)
    /// Its request did not come, or its connection was not ready, in time.
    case deadline
    /// It broke RFC 6455 or MQTT 5.0 §6: a Close frame with the code (RFC 6455 §7.4.1) and the sentence was sent.
    case frame(code: UInt16, String)
    /// The connection failed before it was a WebSocket: TLS, the socket, or what ``WebSocketUpgrade`` was to add behind.
    case connection(any Error)

    /// What to tell an operator; never contains what the client sent.
    public var message: String {
        switch self {
        case .request(let status, let sentence): "HTTP \(status): \(sentence)"
        case .deadline: "the upgrade to WebSocket was not done in time"
        case .frame(let code, let sentence): "WebSocket \(code): \(sentence)"
        case .connection(let error): "the connection failed before the upgrade to WebSocket: \(error)"
        }
    }
}
