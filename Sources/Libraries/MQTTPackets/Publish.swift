public import NIOCore

/// PUBLISH: an application message on its way (§3.3).
///
/// Topic name and payload are slices of the buffer that they were decoded from: cheap to make, but they keep that buffer
/// alive. Copy what outlives the moment.
public struct Publish: Sendable, Equatable {
    /// UTF-8, without wildcards. Empty only together with a topic alias, in 5.0.
    public var topicName: ByteBuffer
    /// The message: any bytes, also none.
    public var payload: ByteBuffer
    /// How sender and receiver of this packet settle its delivery.
    public var qos: QoS
    /// To a server: keep as the last value of the topic. To a client: the message was kept.
    public var retain: Bool
    /// DUP: the packet may have been sent before; never with QoS 0.
    public var isDuplicate: Bool
    /// Not zero; nil exactly for QoS 0.
    public var packetIdentifier: UInt16?
    /// Properties; 5.0 only.
    public var properties: Properties

    /// The topic name as text. Allocates for names of more than 15 bytes.
    public var topic: String { String(buffer: topicName) }

    /// A PUBLISH with the given content. Whether it keeps the rules is checked when it is encoded.
    public init(
        topicName: ByteBuffer, payload: ByteBuffer, qos: QoS = .atMostOnce, retain: Bool = false,
        isDuplicate: Bool = false, packetIdentifier: UInt16? = nil, properties: Properties = []
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.isDuplicate = isDuplicate
        self.packetIdentifier = packetIdentifier
        self.properties = properties
    }
}
