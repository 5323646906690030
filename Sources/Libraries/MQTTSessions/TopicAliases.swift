import MQTTPackets

/// Topic aliases that the client has set on this connection (5.0 §3.3.2.3.4).
struct IncomingAliases: Sendable {
    /// The server's Topic Alias Maximum.
    let maximum: UInt16
    /// By alias less one; empty for those not set. Grows with use.
    private var names: [[UInt8]] = []

    init(maximum: UInt16) { self.maximum = maximum }

    /// What ``Session/resolveTopicAlias(_:topicName:)`` does.
    mutating func resolve(_ alias: UInt16, _ topicName: UnsafeRawBufferPointer) throws(SessionViolation) -> [UInt8] {
        guard alias > 0, alias <= maximum else {
            throw SessionViolation(
                .topicAliasInvalid, "topic alias \(alias) is beyond the Topic Alias Maximum of \(maximum)",
                clause: "MQTT-3.3.2-9")
        }
        let index = Int(alias) - 1
        if topicName.isEmpty {
            guard index < names.count, !names[index].isEmpty else {
                throw SessionViolation(
                    .protocolError, "topic alias \(alias) has not been set on this connection", clause: "5.0 §3.3.4")
            }
            return names[index]
        }
        while names.count <= index { names.append([]) }
        if !names[index].elementsEqual(topicName) { names[index] = Array(topicName) }
        return names[index]
    }
}

/// Topic aliases that this server has set on this connection: the first topic names that come get one each, later ones
/// are sent in full.
struct OutgoingAliases: Sendable {
    /// The client's Topic Alias Maximum, or the server's own bound if that is less.
    let maximum: UInt16
    private var numbers: [[UInt8]: UInt16] = [:]

    init(maximum: UInt16) { self.maximum = maximum }

    /// The alias for `topicName`, and whether the client knows it already; zero when there is none left.
    func find(_ topicName: [UInt8]) -> (alias: UInt16, isKnown: Bool) {
        if let number = numbers[topicName] { return (number, true) }
        return numbers.count < Int(maximum) ? (UInt16(numbers.count) + 1, false) : (0, false)
    }

    /// To be called once a packet with the topic name and the alias from ``find(_:)`` has been written.
    mutating func set(_ alias: UInt16, for topicName: [UInt8]) { numbers[topicName] = alias }
}
