import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("Messages for the client")
struct OutgoingTests {
    @Test("are sent at once, at the lesser QoS [MQTT-3.8.4-8], with identifiers from 1")
    func immediate() throws {
        var (session, outbox) = (connected(), Outbox())
        for granted in QoS.allCases {
            let outcome = session.deliver(
                try message("m", .exactlyOnce), grant: grant(granted), at: start, into: &outbox)
            #expect(outcome == .sent)
        }
        #expect(try session.deliver("n", .atMostOnce, into: &outbox) == .sent)
        #expect(
            try outbox.take() == [
                "PUBLISH QoS 0 t: m", "PUBLISH 1 QoS 1 t: m", "PUBLISH 2 QoS 2 t: m", "PUBLISH QoS 0 t: n",
            ])
        #expect(outbox.changes.isEmpty)
        #expect(outbox.counts.sent == 4)
        #expect(session.inFlightMessages == 2)
    }

    @Test("RETAIN: kept messages carry it [MQTT-3.3.1-8], others as the client asked [MQTT-3.3.1-12], [MQTT-3.3.1-13]")
    func retain() throws {
        var (session, outbox) = (connected(), Outbox())
        let message = try message("m", .atMostOnce, retain: true)
        _ = session.deliver(message, grant: grant(), isRetained: true, at: start, into: &outbox)
        _ = session.deliver(message, grant: grant(), at: start, into: &outbox)
        _ = session.deliver(message, grant: grant(asPublished: true), at: start, into: &outbox)
        #expect(
            try outbox.take() == ["PUBLISH QoS 0 RETAIN t: m", "PUBLISH QoS 0 t: m", "PUBLISH QoS 0 RETAIN t: m"])
    }

    @Test("No Local: not to the client that published [MQTT-3.8.3-3]")
    func noLocal() throws {
        var (session, outbox) = (connected(), Outbox())
        let own = try message("own", publisher: 7)
        #expect(session.deliver(own, grant: grant(noLocal: true), at: start, into: &outbox) == .noLocal)
        #expect(session.deliver(own, grant: grant(), at: start, into: &outbox) == .sent)
        let other = try message("other", publisher: 8)
        #expect(session.deliver(other, grant: grant(noLocal: true), at: start, into: &outbox) == .sent)
    }

    @Test("carry properties unaltered and in order, and all subscription identifiers [MQTT-3.3.4-4], [MQTT-3.3.2-18]")
    func properties() throws {
        let forwarded: Properties = [
            .userProperty(name: "b", value: "1"), .contentType("text"), .userProperty(name: "a", value: "2"),
            .responseTopic("r"), .correlationData(ByteBuffer(string: "c")), .payloadFormatIndicator(.utf8),
        ]
        var (session, outbox) = (connected(), Outbox())
        _ = session.deliver(
            try message("m", .atMostOnce, forwarded), grant: grant(identifier: 300), furtherIdentifiers: [1, 2],
            at: start, into: &outbox)
        guard case .publish(let publish) = try packets(in: outbox.bytes, .v5).first else {
            Issue.record("no PUBLISH")
            return
        }
        #expect(publish.properties.subscriptionIdentifiers == [300, 1, 2])
        #expect(Array(publish.properties.list.dropFirst(3)) == forwarded.list)
    }

    @Test("in 3.1.1 all that is left out")
    func plainIn311() throws {
        var (session, outbox) = (connected(.v3_1_1), Outbox())
        let message = try message("m", .atMostOnce, [.contentType("x"), .messageExpiryInterval(seconds: 9)])
        _ = session.deliver(message, grant: grant(identifier: 3), at: start, into: &outbox)
        #expect(outbox.bytes == ByteBuffer(bytes: [0x30, 4, 0, 1, 0x74, 0x6D]))
    }

    @Test("QoS 0 is for connected clients only; QoS 1 waits in durable sessions")
    func absent() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        #expect(try session.deliver("0", .atMostOnce, into: &outbox) == .notConnected)
        guard case .queued = try session.deliver("1", into: &outbox) else {
            Issue.record("not queued")
            return
        }
        session.reopen(connect(with: hour()), into: &outbox)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: 1"])
    }

    @Test("no budget: all wait, and leave in the order in which they came")
    func congestion() throws {
        var (session, outbox) = (connected(), Outbox(budgetBytes: 0))
        #expect(try session.deliver("a", .atMostOnce, into: &outbox) == .waiting)
        guard case .queued = try session.deliver("b", .atLeastOnce, into: &outbox) else {
            Issue.record("not queued")
            return
        }
        #expect(try session.deliver("c", .atMostOnce, into: &outbox) == .waiting)
        outbox.budgetBytes = 1
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH QoS 0 t: a"], "a budget is overrun by one packet at most")
        #expect(try session.deliver("d", .atMostOnce, into: &outbox) == .waiting, "behind the others")
        outbox.budgetBytes = .max
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: b", "PUBLISH QoS 0 t: c", "PUBLISH QoS 0 t: d"])
        #expect(session.waitingMessages == 0)
    }

    @Test("QoS 0 that waits is dropped with the connection")
    func droppedWithConnection() throws {
        var (session, outbox) = (connected(with: hour()), Outbox(budgetBytes: 0))
        _ = try session.deliver("a", .atMostOnce, into: &outbox)
        _ = try session.deliver("b", .atLeastOnce, into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        #expect(outbox.counts.dropped == 1)
        #expect(session.waitingMessages == 1)
    }

    @Test("a packet beyond Maximum Packet Size is as good as delivered [MQTT-3.1.2-24], [MQTT-3.1.2-25]")
    func tooLarge() throws {
        var (session, outbox) = (connected(with: hour(.maximumPacketSize(bytes: 13))), Outbox())
        #expect(try session.deliver("12345", into: &outbox) == .sent)
        #expect(try session.deliver("123456", into: &outbox) == .tooLarge)
        #expect(try session.deliver("12345678", .atMostOnce, into: &outbox) == .tooLarge)
        #expect(try session.deliver("12", into: &outbox) == .sent)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: 12345", "PUBLISH 3 QoS 1 t: 12"])
        #expect(outbox.takeChanges() == ["enqueue 12345", "enqueue 123456", "remove", "enqueue 12"])
        #expect(outbox.counts.tooLarge == 2)
    }
}

// MARK: Acknowledgements

extension OutgoingTests {
    @Test("PUBACK ends QoS 1; one that nobody waits for is ignored")
    func puback() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = try session.deliver("a", into: &outbox)
        for unknown in [0, 2, 65_535] as [UInt16] {
            #expect(session.receivedPuback(ack(unknown), into: &outbox) == nil)
        }
        #expect(session.inFlightMessages == 1)
        #expect(session.receivedPuback(ack(1, .quotaExceeded), into: &outbox) == nil)
        #expect(session.inFlightMessages == 0)
        #expect(session.queuedBytes == 0)
        #expect(session.receivedPuback(ack(1), into: &outbox) == nil)
        #expect(outbox.takeChanges() == ["enqueue a", "remove"])
    }

    @Test("QoS 2: PUBREC, PUBREL after the commit, PUBCOMP [MQTT-4.3.3-4], [MQTT-4.3.3-5]")
    func exactlyOnce() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = try session.deliver("a", .exactlyOnce, into: &outbox)
        _ = try outbox.take()
        #expect(session.receivedPubrec(ack(1), into: &outbox) == nil)
        #expect(session.inFlightMessages == 1, "counts until PUBCOMP (5.0 §4.9)")
        #expect(session.queuedBytes == 0, "the message itself is no longer needed")
        #expect(session.receivedPubrec(ack(1), into: &outbox) == nil)
        #expect(try outbox.take() == [])
        #expect(try outbox.takeAfterCommit() == ["PUBREL 1", "PUBREL 1"])
        #expect(session.receivedPubcomp(ack(1), into: &outbox) == nil)
        #expect(session.inFlightMessages == 0)
        #expect(outbox.takeChanges() == ["enqueue a", "release", "remove"])
    }

    @Test("in a session that is not durable, nothing waits for a commit")
    func exactlyOnceWithoutCommit() throws {
        var (session, outbox) = (connected(), Outbox())
        _ = try session.deliver("a", .exactlyOnce, into: &outbox)
        _ = session.receivedPubrec(ack(1), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 2 t: a", "PUBREL 1"])
        #expect(try outbox.takeAfterCommit() == [])
    }

    @Test("PUBREC with an error ends QoS 2, without PUBREL (5.0 §4.3.3)")
    func refused() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = try session.deliver("a", .exactlyOnce, into: &outbox)
        #expect(session.receivedPubrec(ack(1, .quotaExceeded), into: &outbox) == nil)
        #expect(session.inFlightMessages == 0)
        #expect(try outbox.takeAfterCommit() == [])
        #expect(outbox.takeChanges() == ["enqueue a", "remove"])
    }

    @Test("PUBREC for an unknown identifier: PUBREL 0x92; in 3.1.1 plain; none to an error")
    func unknownPubrec() throws {
        for (version, expected) in [(ProtocolVersion.v5, "PUBREL 4 0x92"), (.v3_1_1, "PUBREL 4")] {
            var (session, outbox) = (connected(version, clean: true), Outbox())
            #expect(session.receivedPubrec(ack(4), into: &outbox) == nil)
            #expect(session.receivedPubrec(ack(4, .notAuthorized), into: &outbox) == nil)
            #expect(try outbox.take(version) == [expected])
        }
    }

    @Test("PUBCOMP: unknown is ignored, and 0x92 ends the matter")
    func pubcomp() throws {
        var (session, outbox) = (connected(), Outbox())
        #expect(session.receivedPubcomp(ack(1), into: &outbox) == nil)
        _ = try session.deliver("a", .exactlyOnce, into: &outbox)
        _ = session.receivedPubrec(ack(1), into: &outbox)
        #expect(session.receivedPubcomp(ack(1, .packetIdentifierNotFound), into: &outbox) == nil)
        #expect(session.inFlightMessages == 0)
    }

    @Test("answers of the wrong kind break the protocol: 0x82 (5.0 §4.3)")
    func wrongAnswers() throws {
        var (session, outbox) = (connected(), Outbox())
        _ = try session.deliver("one", .atLeastOnce, into: &outbox)
        _ = try session.deliver("two", .exactlyOnce, into: &outbox)
        let violations = [
            session.receivedPubrec(ack(1), into: &outbox), session.receivedPubcomp(ack(1), into: &outbox),
            session.receivedPuback(ack(2), into: &outbox), session.receivedPubcomp(ack(2), into: &outbox),
        ]
        #expect(violations.map { $0?.reasonCode } == Array(repeating: .protocolError, count: 4))
        #expect(session.inFlightMessages == 2)
    }

    @Test("what was never sent cannot be acknowledged")
    func acknowledgedBeforeSent() throws {
        var (session, outbox) = (connected(with: hour(.receiveMaximum(1))), Outbox())
        _ = try session.deliver("a", .exactlyOnce, into: &outbox)
        _ = try session.deliver("b", .exactlyOnce, into: &outbox)
        _ = session.receivedPubrec(ack(2), into: &outbox)
        #expect(try outbox.takeAfterCommit() == ["PUBREL 2 0x92"])
        #expect(session.waitingMessages == 1)
    }
}

// MARK: Receive Maximum

extension OutgoingTests {
    @Test("no more are under way than the client's Receive Maximum [MQTT-3.3.4-9]")
    func window() throws {
        var (session, outbox) = (connected(with: [.receiveMaximum(2)]), Outbox())
        for name in ["a", "b", "c", "d"] { _ = try session.deliver(name, .exactlyOnce, into: &outbox) }
        #expect(try outbox.take() == ["PUBLISH 1 QoS 2 t: a", "PUBLISH 2 QoS 2 t: b"])
        _ = session.receivedPubrec(ack(1), into: &outbox)
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBREL 1"], "QoS 2 counts until PUBCOMP")
        _ = session.receivedPubcomp(ack(1), into: &outbox)
        _ = session.receivedPubrec(ack(2, .notAuthorized), into: &outbox)
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 3 QoS 2 t: c", "PUBLISH 4 QoS 2 t: d"])
    }

    @Test("the server's own bound holds where the client names none, as in 3.1.1")
    func ownBound() throws {
        var (session, outbox) = (connected(.v3_1_1, limits: { $0.inFlightMessages = 1 }), Outbox())
        for name in ["a", "b"] { _ = try session.deliver(name, into: &outbox) }
        #expect(try outbox.take(.v3_1_1) == ["PUBLISH 1 QoS 1 t: a"])
    }

    @Test("sent messages never span as many sequences as there are identifiers [MQTT-2.2.1-4]")
    func span() throws {
        var (session, outbox) = (connected(limits: { $0.inFlightMessages = .max }), Outbox())
        let message = try message("", .atLeastOnce)
        for identifier in 1...65_534 as ClosedRange<UInt16> {
            #expect(session.deliver(message, grant: grant(), at: start, into: &outbox) == .sent)
            // All but the first are acknowledged.
            if identifier > 1 { _ = session.receivedPuback(ack(identifier), into: &outbox) }
        }
        outbox.bytes.clear()
        guard case .queued = session.deliver(message, grant: grant(), at: start, into: &outbox) else {
            Issue.record("not queued")
            return
        }
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == [], "one more, and identifiers would come around to the first")
        _ = session.receivedPuback(ack(1), into: &outbox)
        session.drain(at: start, into: &outbox)
        _ = session.deliver(message, grant: grant(), at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 65535 QoS 1 t: ", "PUBLISH 1 QoS 1 t: "])
    }
}
