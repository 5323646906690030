import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("Publications of the client")
struct IncomingTests {
    @Test("QoS 0 is accepted and never answered (5.0 §4.3.1)")
    func atMostOnce() throws {
        var (session, outbox) = (connected(), Outbox())
        let ticket = try #require(
            session.publishReceived(qos: .atMostOnce, packetIdentifier: 0, into: &outbox).ticket)
        session.complete(ticket, into: &outbox)
        #expect(try outbox.take() == [])
    }

    @Test("QoS 1 is answered with PUBACK once the city has decided [MQTT-4.3.2-4]")
    func atLeastOnce() throws {
        var (session, outbox) = (connected(), Outbox())
        let ticket = try #require(
            session.publishReceived(qos: .atLeastOnce, packetIdentifier: 9, into: &outbox).ticket)
        #expect(try outbox.take() == [])
        session.complete(ticket, into: &outbox)
        #expect(try outbox.take() == ["PUBACK 9"])
    }

    @Test("a refusal carries its reason code and reason string; 3.1.1 has no word for it")
    func refusal() throws {
        for (version, expected) in [(ProtocolVersion.v5, "PUBACK 9 0x87 no"), (.v3_1_1, "PUBACK 9")] {
            var (session, outbox) = (connected(version), Outbox())
            let ticket = try #require(
                session.publishReceived(qos: .atLeastOnce, packetIdentifier: 9, into: &outbox).ticket)
            session.complete(ticket, reasonCode: .notAuthorized, reasonString: "no", into: &outbox)
            #expect(try outbox.take(version) == [expected])
        }
    }

    @Test("no reason string for a client that asked for none [MQTT-3.1.2-29], or has no room for it [MQTT-3.4.2-2]")
    func reasonStringLeftOut() throws {
        for property in [Property.requestProblemInformation(false), .maximumPacketSize(bytes: 8)] {
            var (session, outbox) = (connected(with: [property]), Outbox())
            let ticket = try #require(
                session.publishReceived(qos: .atLeastOnce, packetIdentifier: 9, into: &outbox).ticket)
            session.complete(ticket, reasonCode: .quotaExceeded, reasonString: "no", into: &outbox)
            #expect(try outbox.take() == ["PUBACK 9 0x97"])
        }
    }

    @Test("answers keep the order of the publications [MQTT-4.6.0-2], [MQTT-4.6.0-3]")
    func order() throws {
        var (session, outbox) = (connected(), Outbox())
        let tickets = try (1...4).map { identifier in
            try #require(
                session.publishReceived(
                    qos: identifier.isMultiple(of: 2) ? .exactlyOnce : .atLeastOnce,
                    packetIdentifier: UInt16(identifier), into: &outbox
                ).ticket)
        }
        session.complete(tickets[3], into: &outbox)
        session.complete(tickets[1], reasonCode: .notAuthorized, into: &outbox)
        #expect(try outbox.take() == [])
        #expect(session.unansweredPublications == 4)
        session.complete(tickets[0], into: &outbox)
        #expect(try outbox.take() == ["PUBACK 1", "PUBREC 2 0x87"])
        session.complete(tickets[2], into: &outbox)
        #expect(try outbox.take() == ["PUBACK 3", "PUBREC 4"])
        #expect(session.unansweredPublications == 0)
    }

    @Test("QoS 2: PUBREC, PUBREL, PUBCOMP; repetitions are not delivered again [MQTT-4.3.3-10]")
    func exactlyOnce() throws {
        var (session, outbox) = (connected(), Outbox())
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        #expect(verdict.change == nil, "the session is not durable")
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox).isDuplicate)
        #expect(try outbox.take() == [], "still being decided on")
        session.complete(try #require(verdict.ticket), into: &outbox)
        #expect(try outbox.take() == ["PUBREC 5"])
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox).isDuplicate)
        #expect(try outbox.take() == ["PUBREC 5"])
        session.receivedPubrel(ack(5), into: &outbox)
        #expect(try outbox.take() == ["PUBCOMP 5"])
        #expect(session.heldIdentifiers == 0)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox).ticket != nil)
    }

    @Test("PUBREC with an error ends the matter: the identifier is free (5.0 §4.3.3)")
    func refusedExactlyOnce() throws {
        var (session, outbox) = (connected(), Outbox())
        let first = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        session.complete(try #require(first.ticket), reasonCode: .notAuthorized, into: &outbox)
        #expect(try outbox.take() == ["PUBREC 5 0x87"])
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox).ticket != nil)
    }

    @Test("in 3.1.1 a refused QoS 2 publication runs its course, but is not taken in again")
    func refusedExactlyOnceIn311() throws {
        var (session, outbox) = (connected(.v3_1_1), Outbox())
        let first = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        session.complete(try #require(first.ticket), reasonCode: .notAuthorized, into: &outbox)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox).isDuplicate)
        #expect(try outbox.take(.v3_1_1) == ["PUBREC 5", "PUBREC 5"])
    }

    @Test("PUBREL for an identifier that is not held: PUBCOMP 0x92; in 3.1.1 plain")
    func unknownPubrel() throws {
        for (version, expected) in [(ProtocolVersion.v5, "PUBCOMP 5 0x92"), (.v3_1_1, "PUBCOMP 5")] {
            var (session, outbox) = (connected(version, clean: true), Outbox())
            session.receivedPubrel(ack(5), into: &outbox)
            #expect(try outbox.take(version) == [expected])
        }
    }

    @Test("PUBREL before PUBREC breaks the protocol, and releases nothing")
    func earlyPubrel() throws {
        var (session, outbox) = (connected(), Outbox())
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        #expect(session.receivedPubrel(ack(5), into: &outbox)?.reasonCode == .protocolError)
        session.complete(try #require(verdict.ticket), into: &outbox)
        #expect(try outbox.take() == ["PUBREC 5"])
        #expect(session.heldIdentifiers == 1)
    }

    @Test("durable: the identifier is committed with the message, PUBCOMP waits for the commit")
    func durable() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        #expect(verdict.change?.short == "received 5")
        #expect(session.publishReceived(qos: .atLeastOnce, packetIdentifier: 6, into: &outbox).change == nil)
        session.complete(try #require(verdict.ticket), into: &outbox)
        #expect(try outbox.take() == ["PUBREC 5"])
        #expect(outbox.takeChanges() == [])
        for answer in ["PUBCOMP 5", "PUBCOMP 5 0x92"] {
            session.receivedPubrel(ack(5), into: &outbox)
            #expect(try outbox.take() == [])
            #expect(try outbox.takeAfterCommit() == [answer])
        }
        #expect(outbox.takeChanges() == ["forgot 5"])
    }
}

// MARK: Receive Maximum, and lost connections

extension IncomingTests {
    @Test("more unacknowledged publications than Receive Maximum: 0x93 [MQTT-3.3.4-7]")
    func receiveMaximum() throws {
        var (session, outbox) = (connected(limits: { $0.receiveMaximum = 2 }), Outbox())
        let first = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        let second = session.publishReceived(qos: .atLeastOnce, packetIdentifier: 2, into: &outbox)
        #expect(
            session.publishReceived(qos: .atLeastOnce, packetIdentifier: 3, into: &outbox).violation?.reasonCode
                == .receiveMaximumExceeded)
        #expect(session.publishReceived(qos: .atMostOnce, packetIdentifier: 0, into: &outbox).ticket != nil)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox).isDuplicate)

        session.complete(try #require(first.ticket), into: &outbox)
        session.complete(try #require(second.ticket), into: &outbox)
        #expect(session.publishReceived(qos: .atLeastOnce, packetIdentifier: 3, into: &outbox).ticket != nil)
        #expect(
            session.publishReceived(qos: .atLeastOnce, packetIdentifier: 4, into: &outbox).violation != nil,
            "QoS 2 counts until PUBCOMP")
        session.receivedPubrel(ack(1), into: &outbox)
        #expect(session.publishReceived(qos: .atLeastOnce, packetIdentifier: 4, into: &outbox).ticket != nil)
    }

    @Test("a PUBREC that refuses gives its place back")
    func receiveMaximumAfterRefusal() throws {
        var (session, outbox) = (connected(limits: { $0.receiveMaximum = 1 }), Outbox())
        for identifier in 1...3 as ClosedRange<UInt16> {
            let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: identifier, into: &outbox)
            session.complete(try #require(verdict.ticket), reasonCode: .notAuthorized, into: &outbox)
        }
        #expect(try outbox.take().count == 3)
    }

    @Test("3.1.1 knows no Receive Maximum")
    func noReceiveMaximumIn311() {
        var (session, outbox) = (connected(.v3_1_1, limits: { $0.receiveMaximum = 1 }), Outbox())
        for identifier in 1...3 as ClosedRange<UInt16> {
            #expect(
                session.publishReceived(qos: .atLeastOnce, packetIdentifier: identifier, into: &outbox).ticket != nil)
        }
        #expect(session.unansweredPublications == 3)
    }

    @Test("Receive Maximum begins anew with each connection; PUBREL of an earlier one gives nothing back (5.0 §4.9)")
    func receiveMaximumAfterReconnect() throws {
        var (session, outbox) = (connected(with: hour(), limits: { $0.receiveMaximum = 1 }), Outbox())
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        session.complete(try #require(verdict.ticket), into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        session.reopen(connect(with: hour()), into: &outbox) { $0.receiveMaximum = 1 }
        #expect(session.publishReceived(qos: .atLeastOnce, packetIdentifier: 2, into: &outbox).ticket != nil)
        session.receivedPubrel(ack(1), into: &outbox)
        #expect(session.publishReceived(qos: .atLeastOnce, packetIdentifier: 3, into: &outbox).violation != nil)
    }

    @Test("a decision after the connection was lost: QoS 2 is remembered, QoS 1 is not answered on the next")
    func lateDecision() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let two = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        let one = session.publishReceived(qos: .atLeastOnce, packetIdentifier: 2, into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        session.reopen(connect(with: hour()), into: &outbox)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox).isDuplicate)
        session.complete(try #require(one.ticket), into: &outbox)
        #expect(try outbox.take() == [])
        session.complete(try #require(two.ticket), into: &outbox)
        #expect(try outbox.take() == ["PUBREC 1"])
    }

    @Test("a decision while nobody is connected is known when the client sends again")
    func decisionWhileAbsent() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let kept = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        let refused = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 2, into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        session.complete(try #require(kept.ticket), into: &outbox)
        session.complete(try #require(refused.ticket), reasonCode: .quotaExceeded, into: &outbox)
        session.reopen(connect(with: hour()), into: &outbox)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox).isDuplicate)
        #expect(session.publishReceived(qos: .exactlyOnce, packetIdentifier: 2, into: &outbox).ticket != nil)
        #expect(try outbox.take() == ["PUBREC 1"])
    }

    @Test("a decision on a publication of a session that was discarded answers nothing")
    func decisionAfterCleanStart() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let old = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        session.reopen(connect(clean: true, with: hour()), into: &outbox)
        let new = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 1, into: &outbox)
        session.complete(try #require(old.ticket), into: &outbox)
        #expect(try outbox.take() == [])
        session.complete(try #require(new.ticket), into: &outbox)
        #expect(try outbox.take() == ["PUBREC 1"])
    }

    @Test("before CONNECT nothing is accepted but an error")
    func notConnected() {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        #expect(
            session.publishReceived(qos: .atLeastOnce, packetIdentifier: 1, into: &outbox).violation?.reasonCode
                == .protocolError)
    }
}
