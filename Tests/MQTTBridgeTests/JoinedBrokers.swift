import MQTTBridge
import MQTTPackets
import MQTTSessions
import NIOCore

/// Two brokers, the conversation between them, and wires that can be cut anywhere.
struct JoinedBrokers {
    var local = PlainBroker()
    var remote = PlainBroker()
    private(set) var events: [BridgeConversation.Event] = []
    private(set) var conversation: BridgeConversation?
    private let version: ProtocolVersion
    private let plan: BridgePlan
    private var isLocalOpen = false
    private var decoders: [BridgeSide: PacketDecoder] = [:]
    private var wires: [Wire: ByteBuffer] = [:]

    /// Bytes on their way in one direction.
    enum Wire: CaseIterable { case toLocal, toRemote, fromLocal, fromRemote }

    init(_ plan: BridgePlan, version: ProtocolVersion) {
        self.plan = plan
        self.version = version
    }

    /// Whether nothing is on its way.
    var isQuiet: Bool { wires.values.allSatisfy { $0.readableBytes == 0 } }

    mutating func connect() throws {
        var terms = BridgeTerms(
            version: version, remoteIdentifier: "bridge", localIdentifier: "bridge", mark: HopMark(broker: "here"))
        terms.beginsAnew = !local.session.isDurable
        terms.subscribeIdentifier = local.session.idleIdentifier
        let begun = BridgeConversation(plan: plan, terms: terms) { device, channel in "devices/\(device)/\(channel)" }
        wires = [.toRemote: try begun.begin().toRemote]
        conversation = begun
        isLocalOpen = false
        decoders = [.local: PacketDecoder(role: .client(.v5)), .remote: PacketDecoder(role: .client(version))]
        local.accept()
        remote.accept()
    }

    /// Everything on its way is lost.
    mutating func cut() {
        wires = [:]
        conversation = nil
        local.lose()
        remote.lose()
    }

    mutating func say(_ payload: String, on topic: String, qos: QoS, at side: BridgeSide) {
        if side == .local {
            let bytes = local.deliver(payload, to: topic, qos: qos)
            if isLocalOpen, conversation != nil { wires[.fromLocal, default: ByteBuffer()].writeImmutableBuffer(bytes) }
        } else {
            let bytes = remote.deliver(payload, to: topic, qos: qos)
            if conversation != nil { wires[.fromRemote, default: ByteBuffer()].writeImmutableBuffer(bytes) }
        }
    }

    /// Carries some of what is on a wire: as many bytes as `limit` says at most.
    mutating func step(_ wire: Wire, limit: Int = .max) throws {
        guard var bytes = wires[wire], let part = bytes.readSlice(length: min(limit, bytes.readableBytes)) else {
            return
        }
        wires[wire] = bytes
        switch wire {
        case .toLocal: wires[.fromLocal, default: ByteBuffer()].writeImmutableBuffer(try local.receive(part))
        case .toRemote: wires[.fromRemote, default: ByteBuffer()].writeImmutableBuffer(try remote.receive(part))
        case .fromLocal: try hear(part, .local)
        case .fromRemote: try hear(part, .remote)
        }
    }

    private var unread: [BridgeSide: ByteBuffer] = [:]

    private mutating func hear(_ part: ByteBuffer, _ side: BridgeSide) throws {
        var bytes = unread[side] ?? ByteBuffer()
        bytes.writeImmutableBuffer(part)
        var output = BridgeConversation.Output()
        while let packet = try decoders[side]?.next(from: &bytes) {
            try conversation?.received(packet, from: side, into: &output)
            if case .remoteAccepted(let sessionPresent, _) = output.events.last, !isLocalOpen {
                if !sessionPresent { local.forgetReceived() }
                isLocalOpen = true
                try conversation?.localIsOpen(into: &output)
            }
        }
        unread[side] = bytes
        events += output.events
        wires[.toLocal, default: ByteBuffer()].writeImmutableBuffer(output.toLocal)
        wires[.toRemote, default: ByteBuffer()].writeImmutableBuffer(output.toRemote)
    }

    /// Carries everything until nothing is on its way.
    mutating func settle() throws {
        while !isQuiet {
            for wire in Wire.allCases { try step(wire) }
        }
    }

    mutating func reconnect() throws {
        cut()
        unread = [:]
        try connect()
    }
}
