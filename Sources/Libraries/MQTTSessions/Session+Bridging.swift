import MQTTPackets

// For a client that is a bridge: it joins this session to one that another server keeps for it.

extension Session {
    /// A packet identifier that no message to the client has, and that none gets before 65,534 others.
    ///
    /// A bridge hands messages on under the identifiers that they have here. What it sends to the other server besides takes
    /// this one [MQTT-2.2.1-3].
    public var idleIdentifier: UInt16 { OutgoingQueue.packetIdentifier(of: outgoing.base + OutgoingQueue.largestSpan) }

    /// Forgets which QoS 2 publications have come from the client: whoever sent them to it has forgotten them too, and will
    /// use their identifiers for others. Decisions on them that are still to come are ignored.
    ///
    /// - Parameter outbox: Takes the changes.
    public mutating func forgetReceived(into outbox: inout Outbox) {
        if isDurable {
            outbox.changes += incoming.held.keys.sorted().map { .forgotIdentifier($0) }
        }
        incoming.removeAll()
    }
}
