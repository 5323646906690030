/// A small MQTT client over SwiftNIO, for 3.1.1 and 5.0, plain or over TLS.
///
/// - Takes: where to connect, ``MQTTConnectionOptions``, and messages to publish.
/// - Gives: an ``MQTTConnection``: acknowledgements of what is published, a bounded stream of what is received, and the
///   reason why the connection ended.
/// - Owns: one TCP connection and its timers. Does not reconnect; a session that the server keeps is not resumed.
/// - Relies on: `MQTTPackets` for everything on the wire; `NIOCore`, `NIOPosix`, `NIOSSL` for the bytes below.
///
/// The protocol itself is in two values that know no socket, `ClientSession` and `PingSchedule`; `ConnectionHandler`
/// carries out on the event loop what they answer; `Outbox` is where publishers on any thread meet it.
public enum MQTTClientLimits {
    /// Messages published but not yet completed, before publishers wait: ``MQTTConnectionOptions/publishWindow``.
    public static let publishWindow = 1_000
    /// Received messages that wait to be read, before the oldest are dropped:
    /// ``MQTTConnectionOptions/messageBacklog``.
    public static let messageBacklog = 10_000
    /// From the first attempt to connect until CONNACK: ``MQTTConnectionOptions/connectTimeout``.
    public static let connectTimeout = Duration.seconds(10)
}
