/// The editions of MQTT spoken here. The raw value is the Protocol Version byte of CONNECT.
public enum ProtocolVersion: UInt8, Sendable, CaseIterable {
    /// MQTT 3.1.1 (OASIS, 29 October 2014).
    case v3_1_1 = 4
    /// MQTT 5.0 (OASIS, 7 March 2019).
    case v5 = 5
}

/// Quality of Service: how hard sender and receiver try (5.0 §4.3).
public enum QoS: UInt8, Sendable, CaseIterable, Comparable {
    /// QoS 0: no acknowledgement, no packet identifier.
    case atMostOnce = 0
    /// QoS 1: PUBLISH is answered by PUBACK.
    case atLeastOnce = 1
    /// QoS 2: PUBLISH, PUBREC, PUBREL, PUBCOMP.
    case exactlyOnce = 2

    /// Orders by strength of the promise.
    @inlinable
    public static func < (left: QoS, right: QoS) -> Bool { left.rawValue < right.rawValue }
}

/// Who wrote a packet. Some packets, reason codes and properties belong to one side only.
public enum Sender: Sendable {
    /// The side that opened the connection and sent CONNECT.
    case client
    /// The side that answered with CONNACK.
    case server
}
