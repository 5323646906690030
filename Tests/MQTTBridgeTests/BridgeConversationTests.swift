import MQTTBridge
import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("A conversation between two brokers")
struct BridgeConversationTests {
    private static func plan(_ qos: QoS = .exactlyOnce) throws -> BridgePlan {
        BridgePlan(
            inward: [try InwardMapping(topic: "in/#", qos: qos)],
            outward: [try OutwardMapping(topic: "out/#", qos: qos)])
    }

    @Test(
        "however often the wires are cut, what is said at QoS 2 arrives once, on both sides; seeded",
        arguments: ProtocolVersion.allCases, 1...20)
    func exactlyOnce(_ version: ProtocolVersion, _ seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var joined = JoinedBrokers(try BridgeConversationTests.plan(), version: version)
        try joined.connect()
        try joined.settle()
        var said = 0
        while said < 60 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                said += 1
                joined.say("\(said)", on: "out/x", qos: .exactlyOnce, at: .local)
                joined.say("\(said)", on: "in/x", qos: .exactlyOnce, at: .remote)
            case 1 where Int.random(in: 0..<4, using: &random) == 0: try joined.reconnect()
            default:
                try joined.step(
                    JoinedBrokers.Wire.allCases.randomElement(using: &random) ?? .toLocal,
                    limit: Int.random(in: 1...80, using: &random))
            }
        }
        try joined.reconnect()
        try joined.settle()
        let all = (1...said).map(String.init)
        #expect(joined.remote.taken == all)
        #expect(joined.local.taken == all)
        #expect(joined.local.session.waitingMessages + joined.local.session.inFlightMessages == 0)
        #expect(joined.remote.session.heldIdentifiers == 0 && joined.local.session.heldIdentifiers == 0)
    }

    @Test("at QoS 1 nothing is lost", arguments: ProtocolVersion.allCases)
    func atLeastOnce(_ version: ProtocolVersion) throws {
        var random = SplitMix(state: 5)
        var joined = JoinedBrokers(try BridgeConversationTests.plan(), version: version)
        try joined.connect()
        try joined.settle()
        for number in 1...40 {
            joined.say("\(number)", on: "out/x", qos: .atLeastOnce, at: .local)
            joined.say("\(number)", on: "in/x", qos: .atLeastOnce, at: .remote)
            for wire in JoinedBrokers.Wire.allCases {
                try joined.step(wire, limit: Int.random(in: 1...60, using: &random))
            }
            if number.isMultiple(of: 7) { try joined.reconnect() }
        }
        try joined.settle()
        let all = Set((1...40).map(String.init))
        #expect(Set(joined.remote.taken) == all)
        #expect(Set(joined.local.taken) == all)
    }

    @Test(
        "a broker that has lost its sessions may use their identifiers for other messages: none is taken for an old one"
    )
    func remoteForgets() throws {
        var joined = JoinedBrokers(try BridgeConversationTests.plan(), version: .v5)
        try joined.connect()
        try joined.settle()
        joined.say("first", on: "in/x", qos: .exactlyOnce, at: .remote)
        // Until this broker has it, and holds its identifier; PUBREC does not get back.
        try joined.step(.fromRemote)
        try joined.step(.toLocal)
        #expect(joined.local.taken == ["first"])
        joined.cut()
        joined.remote.forget()
        try joined.reconnect()
        try joined.settle()
        joined.say("second", on: "in/x", qos: .exactlyOnce, at: .remote)
        try joined.settle()
        #expect(joined.local.taken == ["first", "second"])
    }

    @Test("a message that one side refuses is settled on the other, with the reason where it knows reasons")
    func refused() throws {
        for (version, qos) in [(ProtocolVersion.v5, QoS.atLeastOnce), (.v5, .exactlyOnce), (.v3_1_1, .exactlyOnce)] {
            var joined = JoinedBrokers(try BridgeConversationTests.plan(), version: version)
            joined.local.forbidden = ["in/no"]
            try joined.connect()
            try joined.settle()
            joined.say("bad", on: "in/no", qos: qos, at: .remote)
            joined.say("good", on: "in/yes", qos: qos, at: .remote)
            try joined.settle()
            #expect(joined.local.taken == ["good"], "\(version) \(qos)")
            #expect(joined.events.contains(.messageRefused(by: .local, .notAuthorized, reasonString: nil)))
            #expect(joined.remote.session.waitingMessages + joined.remote.session.inFlightMessages == 0)
        }
    }

    @Test("what no line is for any more, and what has been here before, is settled and left out")
    func leftOut() throws {
        var joined = JoinedBrokers(try BridgeConversationTests.plan(), version: .v5)
        try joined.connect()
        try joined.settle()
        for qos in QoS.allCases {
            joined.say("stray", on: "other/x", qos: qos, at: .remote)
            joined.say("stray", on: "other/x", qos: qos, at: .local)
        }
        try joined.settle()
        #expect(joined.local.taken.isEmpty && joined.remote.taken.isEmpty)
        #expect(joined.events.count { $0 == .leftOut(.unmapped) } == 6)
        for broker in [joined.local, joined.remote] {
            #expect(broker.session.waitingMessages + broker.session.inFlightMessages == 0)
        }
    }

    // MARK: Packet by packet

    private func conversation(
        _ version: ProtocolVersion = .v5, connack: Properties = [], beginsAnew: Bool = false
    ) throws -> BridgeConversation {
        var terms = BridgeTerms(
            version: version, remoteIdentifier: "far", localIdentifier: "near", mark: HopMark(broker: "here"))
        terms.beginsAnew = beginsAnew
        var conversation = BridgeConversation(plan: try BridgeConversationTests.plan(), terms: terms) { $0 + $1 }
        var output = BridgeConversation.Output()
        try conversation.received(
            .connack(Connack(sessionPresent: true, properties: connack)), from: .remote, into: &output)
        try conversation.localIsOpen(into: &output)
        try conversation.received(.connack(Connack(sessionPresent: true)), from: .local, into: &output)
        return conversation
    }

    private func packets(_ bytes: ByteBuffer, _ version: ProtocolVersion = .v5, as role: PacketDecoder.Role) throws
        -> [Packet]
    {
        var (bytes, decoder, found) = (bytes, PacketDecoder(role: role), [Packet]())
        while let packet = try decoder.next(from: &bytes) { found.append(packet) }
        return found
    }

    private static let message = Publish(
        topicName: ByteBuffer(string: "out/x"), payload: ByteBuffer(string: "1"), qos: .exactlyOnce,
        packetIdentifier: 9)

    @Test("a broker that takes QoS 1 at most gets QoS 1, and this one's QoS 2 is completed here")
    func lowered() throws {
        var conversation = try conversation(connack: [.maximumQoS(.atLeastOnce)])
        var output = BridgeConversation.Output()
        try conversation.received(.publish(BridgeConversationTests.message), from: .local, into: &output)
        guard case .publish(let sent) = try packets(output.toRemote, as: .client(.v5)).first else {
            Issue.record("nothing was given out")
            return
        }
        #expect(sent.qos == .atLeastOnce && sent.packetIdentifier == 9)
        output = BridgeConversation.Output()
        try conversation.received(.puback(Acknowledgement(packetIdentifier: 9)), from: .remote, into: &output)
        try conversation.received(.pubrel(Acknowledgement(packetIdentifier: 9)), from: .local, into: &output)
        #expect(output.toRemote.readableBytes == 0)
        #expect(output.toLocal == ByteBuffer(bytes: [0x50, 2, 0, 9, 0x70, 2, 0, 9]))
    }

    @Test("a broker that takes QoS 0 only answers nothing: the message is settled when it has left")
    func loweredToNothing() throws {
        var conversation = try conversation(connack: [.maximumQoS(.atMostOnce)])
        var output = BridgeConversation.Output()
        try conversation.received(.publish(BridgeConversationTests.message), from: .local, into: &output)
        #expect(output.toLocal == ByteBuffer(bytes: [0x50, 2, 0, 9]))
        try conversation.received(.pubrel(Acknowledgement(packetIdentifier: 9)), from: .local, into: &output)
        #expect(output.toLocal == ByteBuffer(bytes: [0x50, 2, 0, 9, 0x70, 2, 0, 9]))
    }

    @Test("what leaves bears the mark, and no subscription identifier; in 3.1.1 it has no properties")
    func properties() throws {
        var message = BridgeConversationTests.message
        message.properties = [.contentType("text/plain"), .subscriptionIdentifier(3)]
        for version in ProtocolVersion.allCases {
            var (conversation, output) = (try conversation(version), BridgeConversation.Output())
            try conversation.received(.publish(message), from: .local, into: &output)
            guard case .publish(let sent) = try packets(output.toRemote, as: .client(version)).first else {
                Issue.record("nothing was given out")
                return
            }
            let expected: Properties =
                version == .v5
                ? [.contentType("text/plain"), .userProperty(name: "bastide-bridge", value: "here")] : []
            #expect(sent.properties == expected)
        }
    }

    @Test("a message too large for the other broker is settled and counted, and the link stands")
    func tooLarge() throws {
        var conversation = try conversation(connack: [.maximumPacketSize(bytes: 200)])
        var (output, message) = (BridgeConversation.Output(), BridgeConversationTests.message)
        message.payload = ByteBuffer(repeating: 7, count: 300)
        try conversation.received(.publish(message), from: .local, into: &output)
        #expect(output.events == [.leftOut(.unfit)])
        #expect(output.toRemote.readableBytes == 0)
        #expect(output.toLocal == ByteBuffer(bytes: [0x50, 3, 0, 9, 0x83]))
    }

    @Test("a broker whose quota is exceeded has not settled the message: the link ends, and it is sent again")
    func unwilling() throws {
        var (standing, output) = (try conversation(), BridgeConversation.Output())
        try standing.received(.publish(BridgeConversationTests.message), from: .local, into: &output)
        output = BridgeConversation.Output()
        #expect(throws: BridgeFailure.unwilling(.quotaExceeded, reasonString: nil)) {
            try standing.received(
                .pubrec(Acknowledgement(packetIdentifier: 9, reasonCode: .quotaExceeded)), from: .remote, into: &output)
        }
        #expect(output.toLocal.readableBytes == 0)
    }

    @Test("a refused CONNECT and a DISCONNECT end the link, in words that an operator can act on")
    func failures() throws {
        var fresh = BridgeConversation(
            plan: try BridgeConversationTests.plan(),
            terms: BridgeTerms(
                version: .v5, remoteIdentifier: "far", localIdentifier: "near", mark: HopMark(broker: "here"))
        ) { $0 + $1 }
        var output = BridgeConversation.Output()
        let refusal = #expect(throws: BridgeFailure.self) {
            try fresh.received(.connack(Connack(reasonCode: .badUserNameOrPassword)), from: .remote, into: &output)
        }
        #expect("\(refusal.map { "\($0)" } ?? "")".contains("bad user name or password (0x86)"))
        var standing = try conversation()
        let farewell = #expect(throws: BridgeFailure.self) {
            try standing.received(
                .disconnect(Disconnect(reasonCode: .sessionTakenOver)), from: .remote, into: &output)
        }
        #expect("\(farewell.map { "\($0)" } ?? "")".contains("session taken over (0x8E)"))
    }

    @Test("only a bridge without a session here begins anew there, and only in 5.0")
    func beginning() throws {
        for (version, isNew, expected) in [
            (ProtocolVersion.v5, true, true), (.v5, false, false), (.v3_1_1, true, false),
        ] {
            var terms = BridgeTerms(
                version: version, remoteIdentifier: "far", localIdentifier: "near", mark: HopMark(broker: "here"))
            terms.beginsAnew = isNew
            let begun = BridgeConversation(plan: try BridgeConversationTests.plan(), terms: terms) { $0 + $1 }
            guard case .connect(let connect) = try packets(begun.begin().toRemote, as: .server).first else {
                Issue.record("no CONNECT")
                return
            }
            #expect(connect.cleanStart == expected)
        }
    }
}
