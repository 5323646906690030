import MQTTPackets
import NIOCore
import Testing

/// A client that keeps to the rules, as plainly as can be.
struct WorldClient {
    /// A publication that is not settled.
    struct Publication {
        var number: Int
        var qos: QoS
        var identifier: UInt16
        var isReleased = false
        /// Sent on this connection, in this place.
        var isSent = false
    }

    let version: ProtocolVersion
    /// The server's.
    let receiveMaximum: Int

    /// Whether it wants to forget the session, and has not been told yet that it is forgotten.
    var wantsClean = false
    var isOpen = false

    // To the server.
    var publications: [Publication] = []
    var nextNumber = 0
    var nextIdentifier: UInt16 = 1
    /// Numbers that were acknowledged at QoS 1, completed at QoS 2, or refused.
    var acknowledged: Set<Int> = []
    var completed: Set<Int> = []
    var refused: Set<Int> = []
    var forgotten: Set<Int> = []
    var published: [Int: QoS] = [:]

    // From the server.
    /// Numbers of messages, in the order in which they were taken in.
    var received: [Int] = []
    /// QoS 2 identifiers that the server has not released.
    var held: Set<UInt16> = []
    /// Answers that are due.
    var owed: [Packet] = []

    var isSettled: Bool { publications.isEmpty && owed.isEmpty }

    mutating func connects(clean: Bool) {
        if clean { wantsClean = true }
        disconnected()
    }

    mutating func disconnected() {
        isOpen = false
        owed = []
        for index in publications.indices { publications[index].isSent = false }
    }

    /// The PUBLISH to send, if Receive Maximum allows. In 3.1.1 there is none.
    mutating func publish(_ qos: QoS) -> [Packet] {
        guard isOpen, qos == .atMostOnce || version == .v3_1_1 || publications.count < receiveMaximum else { return [] }
        nextNumber += 1
        published[nextNumber] = qos
        guard qos != .atMostOnce else { return [packet(nextNumber, qos, nil)] }
        // The least one that is free, so that identifiers are used again as soon as may be.
        let used = Set(publications.map(\.identifier))
        let identifier = (1...UInt16.max).first { !used.contains($0) } ?? 1
        publications.append(Publication(number: nextNumber, qos: qos, identifier: identifier, isSent: true))
        return [packet(nextNumber, qos, identifier)]
    }

    private func packet(_ number: Int, _ qos: QoS, _ identifier: UInt16?, isDuplicate: Bool = false) -> Packet {
        .publish(
            Publish(
                topicName: .init(string: "up"), payload: .init(string: "\(number)"), qos: qos,
                isDuplicate: isDuplicate, packetIdentifier: identifier))
    }

    /// Gives any of the answers that are due.
    mutating func answer(_ random: inout SeededGenerator) -> Packet? {
        guard isOpen, let index = owed.indices.randomElement(using: &random) else { return nil }
        return owed.remove(at: index)
    }

    /// Takes a packet in. Answers what is sent at once.
    mutating func reads(_ packet: Packet) throws -> [Packet] {
        try #require(isOpen == (packet.type != .connack), "CONNACK comes first and once [MQTT-3.2.0-1]")
        switch packet {
        case .connack(let connack): return opens(present: connack.sessionPresent)
        case .publish(let publish):
            let number = try #require(Int(String(buffer: publish.payload)))
            receive(publish, number)
        case .pubrel(let ack):
            held.remove(ack.packetIdentifier)
            owed.append(.pubcomp(Acknowledgement(packetIdentifier: ack.packetIdentifier)))
        case .puback(let ack):
            let index = try place(of: ack.packetIdentifier, .atLeastOnce)
            let publication = publications.remove(at: index)
            if !ack.reasonCode.isError { acknowledged.insert(publication.number) }
        case .pubrec(let ack):
            let index = try place(of: ack.packetIdentifier, .exactlyOnce)
            if ack.reasonCode.isError {
                publications.remove(at: index)
            } else {
                publications[index].isReleased = true
                owed.append(.pubrel(Acknowledgement(packetIdentifier: ack.packetIdentifier)))
            }
        case .pubcomp(let ack):
            guard let index = publications.firstIndex(where: { $0.identifier == ack.packetIdentifier }),
                publications[index].isReleased
            else { break }
            completed.insert(publications.remove(at: index).number)
        default: Issue.record("\(packet)")
        }
        return []
    }

    private mutating func receive(_ publish: Publish, _ number: Int) {
        guard let identifier = publish.packetIdentifier else {
            received.append(number)
            return
        }
        let answer = Acknowledgement(packetIdentifier: identifier)
        if publish.qos == .atLeastOnce {
            received.append(number)
            owed.append(.puback(answer))
        } else {
            if held.insert(identifier).inserted { received.append(number) }
            owed.append(.pubrec(answer))
        }
    }

    /// PUBACK and PUBREC must come in the order of PUBLISH, each of them separately [MQTT-4.6.0-2], [MQTT-4.6.0-3].
    private func place(of identifier: UInt16, _ qos: QoS) throws -> Int {
        let index = try #require(publications.firstIndex { $0.identifier == identifier }, "answer to nothing")
        try #require(publications[index].qos == qos && publications[index].isSent)
        let isFirst = publications[..<index].allSatisfy { $0.qos != qos || $0.isReleased || !$0.isSent }
        try #require(isFirst, "answer out of turn")
        return index
    }

    /// Sends again what is not settled, or forgets it with the session [MQTT-4.4.0-1].
    private mutating func opens(present: Bool) -> [Packet] {
        (isOpen, wantsClean) = (true, false)
        if !present {
            forgotten.formUnion(publications.map(\.number))
            (publications, held) = ([], [])
        }
        for index in publications.indices { publications[index].isSent = true }
        return publications.map { publication in
            publication.isReleased
                ? .pubrel(Acknowledgement(packetIdentifier: publication.identifier))
                : packet(publication.number, publication.qos, publication.identifier, isDuplicate: true)
        }
    }
}

/// Looks at what the server writes, and holds it to the rules.
struct WireWatch {
    let sendMaximum: Int
    /// Numbers by identifier, as long as the server has not read that they are settled.
    private var inUse: [UInt16: String] = [:]
    /// Identifiers sent on this connection and not settled.
    private var underWay: Set<UInt16> = []
    private var everSent: Set<String> = []
    private var hasCrashed = false

    init(sendMaximum: Int) { self.sendMaximum = sendMaximum }

    mutating func connects() { underWay = [] }

    mutating func crashed() { hasCrashed = true }

    mutating func settled(_ identifier: UInt16) {
        underWay.remove(identifier)
        inUse[identifier] = nil
    }

    mutating func sees(_ packet: Packet, _ trail: [String]) throws {
        if case .connack(let connack) = packet, !connack.sessionPresent { inUse = [:] }
        guard case .publish(let publish) = packet, let identifier = publish.packetIdentifier else { return }
        let number = String(buffer: publish.payload)
        if publish.isDuplicate {
            try #require(hasCrashed || everSent.contains(number), "DUP on the first attempt: \(packet.short)")
            try #require(inUse[identifier] ?? number == number, "another message: \(packet.short)")
        } else {
            try #require(inUse[identifier] == nil, "identifier in use twice [MQTT-2.2.1-4]: \(packet.short)")
            try #require(!everSent.contains(number), "sent again without DUP [MQTT-3.3.1-1]: \(packet.short)")
        }
        try #require(underWay.insert(identifier).inserted, "sent twice on one connection: \(packet.short)")
        try #require(underWay.count <= sendMaximum, "Receive Maximum exceeded [MQTT-3.3.4-9]: \(packet.short)")
        everSent.insert(number)
        inUse[identifier] = number
    }
}
