/// What lies between a socket and MQTT's bytes: WebSocket framing (MQTT 5.0 §6) and the PROXY protocol, version 2.
///
/// - Takes: a channel's pipeline, and bytes from a peer that is not to be trusted.
/// - Gives: handlers that leave nothing but MQTT's own bytes to the handler behind them, and the peer's true address.
/// - Owns: nothing.
/// - Relies on: SwiftNIO's HTTP and WebSocket codecs. Knows nothing of MQTT's packets.
///
/// From the socket inwards: ``ProxyProtocolHandler``, TLS, ``WebSocketUpgrade`` (which ends in ``WebSocketBytes``), and
/// then whatever speaks MQTT. Each of them can be left out.
public enum MQTTTransport {
    /// The WebSocket subprotocol's name [MQTT-6.0.0-3], which is also the protocol's name in ALPN.
    public static let subprotocol = "mqtt"
}
