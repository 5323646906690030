public import MQTTPackets
public import NIOCore

/// A will message, as a session keeps it (5.0 §3.1.2.5).
public struct SessionWill: Sendable, Equatable {
    /// Where it is published: UTF-8, not empty, no wildcards.
    public var topicName: [UInt8]
    /// At most 65,535 bytes.
    public var payload: ByteBuffer
    /// How it is published.
    public var qos: QoS
    /// Whether it is to be retained.
    public var retain: Bool
    /// What is handed on unaltered, and the message expiry interval, which counts from when it is published.
    public var properties: ForwardedProperties
    /// How long after the end of the connection it is published, if the session does not end before (5.0 §3.1.3.2.2).
    public var delaySeconds: UInt32

    /// The will of a CONNECT.
    public init(_ will: WillMessage) {
        topicName = Array(will.topicName.utf8)
        payload = will.payload
        qos = will.qos
        retain = will.retain
        // A decoded will has been checked; a hand-made one that has not is published bare rather than not at all.
        properties = (try? ForwardedProperties(will.properties)) ?? ForwardedProperties()
        let delay = will.properties.willDelayInterval?.components.seconds ?? 0
        delaySeconds = UInt32(clamping: delay)
    }

    init(
        topicName: [UInt8], payload: ByteBuffer, qos: QoS, retain: Bool, properties: ForwardedProperties,
        delaySeconds: UInt32
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
        self.delaySeconds = delaySeconds
    }

    /// The message to publish.
    ///
    /// - Parameters:
    ///   - publisher: The number of the session whose will it is.
    ///   - now: When it is published.
    /// - Returns: The message.
    public func message(publisher: UInt64, at now: SessionInstant) -> ApplicationMessage {
        ApplicationMessage(
            topicName: topicName, payload: payload, qos: qos, retain: retain, properties: properties,
            publisher: publisher, receivedAt: now)
    }
}
