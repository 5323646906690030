public import MQTTPackets
public import NIOCore

/// A message received from the server.
public struct MQTTMessage: Sendable, Equatable {
    /// The topic that it was published to.
    public let topicName: String
    /// What was published.
    public let payload: ByteBuffer
    /// How it was delivered.
    public let qos: QoS
    /// It is the retained message of its topic.
    public let retain: Bool
    /// It may have been delivered before.
    public let isDuplicate: Bool
    /// Properties; 5.0 only.
    public let properties: Properties

    init(_ publish: Publish) {
        topicName = publish.topic
        payload = publish.payload
        qos = publish.qos
        retain = publish.retain
        isDuplicate = publish.isDuplicate
        properties = publish.properties
    }
}
