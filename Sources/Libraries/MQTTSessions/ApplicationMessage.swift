public import MQTTPackets
public import NIOCore

/// A message on its way through the server, shared by all sessions that it waits in.
///
/// Immutable. Topic name and properties must have been checked, as ``MQTTPackets`` checks them when it decodes.
/// ``payload`` keeps the buffer alive that it is a slice of: copy what may wait for long.
public final class ApplicationMessage: Sendable {
    /// Where it was published: UTF-8, not empty, no wildcards.
    public let topicName: [UInt8]
    /// The message: any bytes, also none.
    public let payload: ByteBuffer
    /// Quality of service as published; a subscription may be granted less.
    public let qos: QoS
    /// RETAIN as published.
    public let retain: Bool
    /// What is handed on unaltered, and the message expiry interval.
    public let properties: ForwardedProperties
    /// The number of the session that published it, for No Local [MQTT-3.8.3-3]; zero when nobody did.
    public let publisher: UInt64
    /// When the server received it: from then its expiry interval counts.
    public let receivedAt: SessionInstant
    /// When it expires; ``SessionInstant`` of `Int64.max` for never.
    @usableFromInline let expiresAt: SessionInstant

    /// A message of checked parts.
    public init(
        topicName: [UInt8], payload: ByteBuffer, qos: QoS, retain: Bool = false,
        properties: ForwardedProperties = ForwardedProperties(), publisher: UInt64 = 0, receivedAt: SessionInstant
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
        self.publisher = publisher
        self.receivedAt = receivedAt
        expiresAt =
            properties.messageExpirySeconds.map { receivedAt.advanced(bySeconds: $0) }
            ?? SessionInstant(microseconds: .max)
    }

    /// Whether its message expiry interval has passed, so that no delivery of it may begin [MQTT-3.3.2-5].
    ///
    /// - Parameter now: The present.
    /// - Returns: Whether it has; never, without an interval.
    @inlinable
    public func isExpired(at now: SessionInstant) -> Bool {
        now >= expiresAt && expiresAt.microseconds != .max
    }

    /// The interval to forward: what was received less the whole seconds that it has waited here [MQTT-3.3.2-6].
    ///
    /// - Parameter now: The present.
    /// - Returns: Seconds; nil when the publisher gave no interval.
    public func remainingExpirySeconds(at now: SessionInstant) -> UInt32? {
        guard let interval = properties.messageExpirySeconds else { return nil }
        guard now > receivedAt else { return interval }
        let (waited, overflow) = now.microseconds.subtractingReportingOverflow(receivedAt.microseconds)
        let seconds = overflow ? Int64.max : waited / 1_000_000
        return seconds >= Int64(interval) ? 0 : interval - UInt32(seconds)
    }

    /// What the message counts towards ``SessionLimits/queuedBytes``.
    @inlinable
    public var queuedBytes: Int { topicName.count + payload.readableBytes + properties.bytes.count + 64 }
}
