/// The packets of MQTT 3.1.1 and MQTT 5.0 (OASIS standards), as values: bytes in, packets out, and back.
///
/// - Takes: bytes from a peer, in whatever pieces the network delivers them, or packets to be sent.
/// - Gives: whole packets that keep every rule a codec can check, or a ``PacketDecodingError`` that names the broken rule,
///   its clause and the reason code to send. Beside the codec: topic filters, a subscription tree, a keep-alive clock.
/// - Owns: nothing. No sockets, no timers, no session.
/// - Relies on: `NIOCore`, for `ByteBuffer` only.
///
/// A server that reads much and small traffic calls ``PacketDecoder/scan(_:)`` on the raw bytes: it checks a PUBLISH as
/// thoroughly as ``PacketDecoder/next(from:)`` does, but allocates and retains nothing.
///
/// There is one list of rules, ``DecodingRule``. The encoder holds what it has written against the same list, so that
/// what this module would refuse, it never sends.
public enum MQTTLimits {
    /// Largest Remaining Length: four bytes of seven bits (5.0 §1.5.5).
    public static let remainingLength = 268_435_455
    /// Largest packet, in bytes: one byte of type and flags, four of Remaining Length, and the rest.
    public static let packetBytes = 1 + 4 + remainingLength
    /// Longest string or binary field, in bytes: its length is a Two Byte Integer (5.0 §1.5.4, §1.5.6).
    public static let fieldBytes = 65_535
}
