import MQTTPackets

/// What the server has said in CONNACK that it takes (5.0 §3.2.2.3). In 3.1.1, everything.
struct ServerLimits {
    /// QoS 1 and 2 messages on their way at a time.
    var receiveMaximum = Int(UInt16.max)
    var maximumPacketBytes = MQTTLimits.packetBytes
    var maximumQoS = QoS.exactlyOnce
    var keepsRetained = true

    init() {}

    init(_ properties: Properties) {
        receiveMaximum = properties.receiveMaximum.map(Int.init) ?? receiveMaximum
        maximumPacketBytes = properties.maximumPacketSize ?? maximumPacketBytes
        maximumQoS = properties.maximumQoS ?? maximumQoS
        keepsRetained = properties.retainAvailable ?? keepsRetained
    }

    /// Throws when the server has said that it would not take the message [MQTT-3.2.2-11], [MQTT-3.2.2-14].
    func check(_ message: OutgoingMessage) throws(MQTTConnectionError) {
        guard message.qos <= maximumQoS else {
            throw MQTTConnectionError(.notSent, "server takes QoS \(maximumQoS.rawValue) at most")
        }
        guard keepsRetained || !message.retain else {
            throw MQTTConnectionError(.notSent, "server keeps no retained messages")
        }
    }
}
