import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("Sessions that go on")
struct ResumeTests {
    @Test("unacknowledged PUBLISH comes again, with DUP, and PUBREL, under the same identifiers [MQTT-4.4.0-1]")
    func sentAgain() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        for (name, qos) in [("a", QoS.exactlyOnce), ("b", .atLeastOnce), ("c", .exactlyOnce), ("d", .atLeastOnce)] {
            _ = try session.deliver(name, qos, into: &outbox)
        }
        _ = session.receivedPubrec(ack(3), into: &outbox)
        _ = session.receivedPuback(ack(2), into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        _ = try session.deliver("e", into: &outbox)
        (outbox.bytes, outbox.afterCommit) = (ByteBuffer(), ByteBuffer())

        #expect(session.reopen(connect(with: hour()), into: &outbox).sessionPresent)
        #expect(try outbox.take() == [], "CONNACK comes first")
        session.drain(at: second(10), into: &outbox)
        #expect(
            try outbox.take() == [
                "PUBLISH 1 QoS 2 DUP t: a", "PUBLISH 4 QoS 1 DUP t: d", "PUBLISH 5 QoS 1 t: e",
            ])
        #expect(try outbox.takeAfterCommit() == ["PUBREL 3"])
        _ = session.receivedPubcomp(ack(3), into: &outbox)
        #expect(session.inFlightMessages == 3, "PUBREL of an earlier connection takes no place, and gives none back")
    }

    @Test("where they count, PUBREL of an earlier connection takes a place until PUBCOMP, and holds others back")
    func releasesThatCount() throws {
        var (session, outbox) = (connected(with: hour(), limits: { $0.countsRepeatedReleases = true }), Outbox())
        for name in ["a", "b", "c"] { _ = try session.deliver(name, .exactlyOnce, into: &outbox) }
        for identifier in [1, 2] as [UInt16] { _ = session.receivedPubrec(ack(identifier), into: &outbox) }
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        (outbox.bytes, outbox.afterCommit) = (ByteBuffer(), ByteBuffer())
        session.reopen(
            connect(with: hour(.receiveMaximum(2))), into: &outbox, limits: { $0.countsRepeatedReleases = true })
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == [], "two places, and two PUBREL")
        #expect(try outbox.takeAfterCommit() == ["PUBREL 1", "PUBREL 2"])
        #expect(session.inFlightMessages == 2)
        _ = session.receivedPubcomp(ack(1), into: &outbox)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 3 QoS 2 DUP t: c"])
    }

    @Test("a bridge may forget what has come, and takes an identifier that no message has")
    func bridging() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        guard
            case .accept(let ticket, _) = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 7, into: &outbox)
        else {
            Issue.record("not accepted")
            return
        }
        session.complete(ticket, into: &outbox)
        #expect(session.heldIdentifiers == 1)
        outbox.changes = []
        session.forgetReceived(into: &outbox)
        #expect(session.heldIdentifiers == 0 && outbox.changes.count == 1)
        guard case .accept = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 7, into: &outbox) else {
            Issue.record("taken for a repetition")
            return
        }
        for name in ["a", "b", "c"] { _ = try session.deliver(name, into: &outbox) }
        #expect(session.idleIdentifier == 65_535, "the one before the oldest message's")
    }

    @Test("no message is sent before the first drain, which follows CONNACK [MQTT-3.2.0-1]")
    func afterConnack() throws {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(), into: &outbox)
        #expect(try session.deliver("a", .atMostOnce, into: &outbox) == .waiting)
        guard case .queued = try session.deliver("b", into: &outbox) else {
            Issue.record("not queued")
            return
        }
        #expect(try outbox.take() == [])
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH QoS 0 t: a", "PUBLISH 1 QoS 1 t: b"])
    }

    @Test("sending again keeps to the Receive Maximum of the new connection (5.0 §4.9)")
    func sentAgainSlowly() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        for name in ["a", "b", "c"] { _ = try session.deliver(name, into: &outbox) }
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        _ = try outbox.take()
        session.reopen(connect(with: hour(.receiveMaximum(1))), into: &outbox)
        for (identifier, name) in zip([1, 2, 3] as [UInt16], ["a", "b", "c"]) {
            session.drain(at: second(10), into: &outbox)
            #expect(try outbox.take() == ["PUBLISH \(identifier) QoS 1 DUP t: \(name)"])
            _ = session.receivedPuback(ack(identifier), into: &outbox)
        }
    }

    @Test("an acknowledgement may come before the message was sent again")
    func acknowledgedEarly() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        for name in ["a", "b"] { _ = try session.deliver(name, .exactlyOnce, into: &outbox) }
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        _ = try outbox.take()
        session.reopen(connect(with: hour()), into: &outbox)
        _ = session.receivedPubrec(ack(1), into: &outbox)
        _ = session.receivedPubrec(ack(2), into: &outbox)
        _ = session.receivedPubcomp(ack(1), into: &outbox)
        #expect(session.waitingMessages == 0)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == [])
        #expect(try outbox.takeAfterCommit() == ["PUBREL 1", "PUBREL 2", "PUBREL 2"])
    }

    @Test("Clean Start discards, and says what was subscribed to [MQTT-3.1.2-4]")
    func cleanStart() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let filter = try TopicFilter("a/#")
        _ = session.subscribe(filter, options: SubscriptionOptions(), identifier: nil, into: &outbox)
        _ = try session.deliver("a", into: &outbox)
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 3, into: &outbox)
        session.complete(try #require(verdict.ticket), into: &outbox)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        outbox = Outbox()
        let opening = session.reopen(connect(clean: true, with: hour()), into: &outbox)
        #expect(!opening.sessionPresent)
        #expect(opening.endedSubscriptions == [filter])
        #expect(
            outbox.takeChanges() == ["unsubscribe a/#", "remove", "forgot 3", "remove session", "head, connected"])
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == [])
        #expect(session.subscriptions.isEmpty)
        #expect(session.queuedBytes == 0)
    }

    @Test("a session is not resumed by another owner")
    func otherOwner() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        let opening = session.open(
            connect(with: hour()), terms: ConnectionTerms(owner: "thief", number: 8), at: second(1), into: &outbox)
        #expect(!opening.sessionPresent)
        #expect(session.owner == "thief")
    }

    @Test("3.1.1: Clean Session 0 is kept for ever, 1 not at all; the server's bound cuts both editions short")
    func expiryOfEditions() {
        #expect(connected(.v3_1_1).expiry == .never)
        #expect(connected(.v3_1_1, clean: true).expiry == .zero)
        #expect(connected(.v5).expiry == .zero)
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        let opening = session.reopen(connect(with: hour()), into: &outbox) {
            $0.sessionExpiryInterval = SessionExpiryInterval(seconds: 60)
        }
        #expect(opening.isExpiryReduced)
        #expect(opening.expiry == SessionExpiryInterval(seconds: 60))
    }

    @Test("a session that is not durable leaves no changes, and ends with its connection [MQTT-3.1.2-23]")
    func notDurable() throws {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(), into: &outbox)
        session.drain(at: start, into: &outbox)
        let filter = try TopicFilter("a")
        _ = session.subscribe(filter, options: SubscriptionOptions(), identifier: nil, into: &outbox)
        _ = try session.deliver("a", .exactlyOnce, mode: .pending, into: &outbox)
        _ = session.receivedPubrec(ack(1), into: &outbox)
        let closing = session.close(at: start, because: .networkLost, into: &outbox)
        #expect(closing.hasEnded)
        #expect(closing.endedSubscriptions == [filter])
        #expect(outbox.takeChanges() == [])
        #expect(try outbox.take() == ["PUBLISH 1 QoS 2 t: a", "PUBREL 1"])
        #expect(!session.reopen(connect(), into: &outbox).sessionPresent)
    }

    @Test("a durable session that is resumed without expiry keeps its messages, but no records")
    func noLongerDurable() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        _ = try session.deliver("a", into: &outbox)
        outbox = Outbox()
        #expect(session.reopen(connect(), into: &outbox).sessionPresent)
        #expect(outbox.takeChanges() == ["remove", "remove session"])
        session.drain(at: second(10), into: &outbox)
        _ = session.receivedPuback(ack(1), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: a"])
        #expect(outbox.takeChanges() == [])
    }

    @Test("a second connection takes the first one over [MQTT-3.1.4-3]")
    func takeover() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = try session.deliver("a", into: &outbox)
        _ = try outbox.take()
        #expect(session.reopen(connect(with: hour()), into: &outbox).sessionPresent)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 DUP t: a"])
    }
}

@Suite("Messages whose commit is under way")
struct PendingTests {
    /// Delivers as pending, and answers the sequence.
    private func pend(_ name: String, _ session: inout Session, _ outbox: inout Outbox) throws -> UInt64 {
        guard case .queued(let sequence) = try session.deliver(name, mode: .pending, into: &outbox) else {
            Issue.record("\(name) is not queued")
            return 0
        }
        return sequence
    }

    @Test("hold up all behind them until they are confirmed, and nothing more")
    func held() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let (a, b) = (try pend("a", &session, &outbox), try pend("b", &session, &outbox))
        #expect(try session.deliver("c", .atMostOnce, into: &outbox) == .waiting)
        session.confirm(b)
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == [])
        session.confirm(a)
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: a", "PUBLISH 2 QoS 1 t: b", "PUBLISH QoS 0 t: c"])
        #expect(outbox.takeChanges() == ["enqueue a", "enqueue b"])
    }

    @Test("are forgotten when the commit fails, and leave a gap in the identifiers")
    func withdrawn() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let (a, b) = (try pend("a", &session, &outbox), try pend("b", &session, &outbox))
        session.withdraw(a)
        session.confirm(b)
        session.drain(at: start, into: &outbox)
        session.withdraw(b)
        #expect(try outbox.take() == ["PUBLISH 2 QoS 1 t: b"])
        #expect(session.inFlightMessages == 1, "what was sent cannot be withdrawn")
        #expect(session.waitingMessages == 0)
    }

    @Test("a confirmation that comes after the session was discarded confirms nothing")
    func lateConfirmation() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let old = try pend("old", &session, &outbox)
        session.reopen(connect(clean: true, with: hour()), at: start, into: &outbox)
        _ = try pend("new", &session, &outbox)
        session.confirm(old)
        session.withdraw(old)
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == [])
        #expect(session.waitingMessages == 1)
    }

    @Test("stay pending over a reconnection")
    func reconnection() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let a = try pend("a", &session, &outbox)
        session.reopen(connect(with: hour()), into: &outbox)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == [])
        session.confirm(a)
        session.drain(at: second(10), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: a"])
    }
}
