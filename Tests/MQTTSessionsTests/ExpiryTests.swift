import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("Message expiry (5.0 §3.3.2.3.3)")
struct MessageExpiryTests {
    @Test("what is forwarded is the interval less the whole seconds waited [MQTT-3.3.2-6]")
    func remaining() throws {
        let message = try message("m", .atLeastOnce, [.messageExpiryInterval(seconds: 5)])
        let expected: [(Double, UInt32)] = [(-3, 5), (0, 5), (0.9, 5), (1, 4), (4.9, 1), (5, 0), (900, 0)]
        for (waited, seconds) in expected {
            #expect(message.remainingExpirySeconds(at: second(waited)) == seconds, "after \(waited) s")
            #expect(message.isExpired(at: second(waited)) == (waited >= 5), "after \(waited) s")
        }
        var (session, outbox) = (connected(), Outbox())
        _ = session.deliver(message, grant: grant(), at: second(2.5), into: &outbox)
        guard case .publish(let publish) = try packets(in: outbox.bytes, .v5).first else {
            Issue.record("no PUBLISH")
            return
        }
        #expect(publish.properties.messageExpiryInterval == .seconds(3))
    }

    @Test("delivery of what has expired does not begin [MQTT-3.3.2-5]")
    func expired() throws {
        var (session, outbox) = (connected(with: hour(), limits: { $0.queuedMessages = 9 }), Outbox(budgetBytes: 0))
        for qos in QoS.allCases {
            let short = try message("short", qos, [.messageExpiryInterval(seconds: 5)])
            _ = session.deliver(short, grant: grant(), at: start, into: &outbox)
        }
        _ = try session.deliver("lasting", into: &outbox)
        outbox.budgetBytes = .max
        session.drain(at: second(5), into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 3 QoS 1 t: lasting"])
        #expect(outbox.counts.expired == 3)
        #expect(outbox.takeChanges() == ["enqueue short", "enqueue short", "enqueue lasting", "remove", "remove"])
        let late = try message("late", .atLeastOnce, [.messageExpiryInterval(seconds: 5)])
        #expect(session.deliver(late, grant: grant(), at: second(6), into: &outbox) == .expired)
    }

    @Test("what had been sent is sent again, expired or not: its delivery has begun")
    func sentAgain() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        let short = try message("short", .atLeastOnce, [.messageExpiryInterval(seconds: 5)])
        _ = session.deliver(short, grant: grant(), at: start, into: &outbox)
        session.reopen(connect(with: hour()), into: &outbox)
        _ = try outbox.take()
        session.drain(at: second(10), into: &outbox)
        guard case .publish(let publish) = try packets(in: outbox.bytes, .v5).first else {
            Issue.record("no PUBLISH")
            return
        }
        #expect(publish.properties.messageExpiryInterval == .zero)
    }
}

@Suite("Session expiry (5.0 §3.1.2.11.2) and will messages (5.0 §3.1.2.5)")
struct LifetimeTests {
    private func will(delay: UInt32? = nil) -> WillMessage {
        var properties: Properties = [.messageExpiryInterval(seconds: 9), .contentType("x")]
        if let delay { properties.list.append(.willDelayInterval(seconds: delay)) }
        return WillMessage(
            topicName: "w", payload: ByteBuffer(string: "gone"), qos: .atLeastOnce, retain: true,
            properties: properties)
    }

    @Test("the session ends after its interval, not before; then nothing is resumed")
    func expiry() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        _ = session.subscribe(try TopicFilter("a"), options: SubscriptionOptions(), identifier: nil, into: &outbox)
        #expect(session.nextDeadline == nil)
        _ = session.close(at: second(1), because: .networkLost, into: &outbox)
        #expect(session.nextDeadline == second(3_601))
        #expect(!session.deadlinePassed(at: second(3_600), into: &outbox).hasEnded)
        var late = session
        #expect(!late.reopen(connect(with: hour()), at: second(3_601), into: &outbox).sessionPresent)
        outbox = Outbox()
        let closing = session.deadlinePassed(at: second(3_601), into: &outbox)
        #expect(closing.hasEnded)
        #expect(closing.endedSubscriptions == [try TopicFilter("a")])
        #expect(outbox.takeChanges() == ["unsubscribe a", "remove session"])
        #expect(session.nextDeadline == nil)
    }

    @Test("0xFFFFFFFF is for ever")
    func forever() {
        var (session, outbox) = (connected(with: [.sessionExpiryInterval(seconds: .max)]), Outbox())
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        #expect(session.nextDeadline == nil)
        #expect(session.reopen(connect(with: hour()), at: second(9e9), into: &outbox).sessionPresent)
    }

    @Test("DISCONNECT may set another interval, but not where CONNECT gave none (5.0 §3.14.2.2.2)")
    func newExpiry() {
        let disconnect = Disconnect(properties: [.sessionExpiryInterval(seconds: 5)])
        var (session, outbox) = (connected(with: hour()), Outbox())
        #expect(session.received(disconnect) == nil)
        _ = session.close(at: start, because: .normalDisconnection, into: &outbox)
        #expect(session.nextDeadline == second(5))

        session = connected()
        #expect(session.received(disconnect)?.reasonCode == .protocolError)
        #expect(session.expiry == .zero)
        #expect(session.received(Disconnect(properties: [.sessionExpiryInterval(seconds: 0)])) == nil)

        (session, outbox) = (connected(with: hour()), Outbox())
        #expect(session.received(Disconnect(properties: [.sessionExpiryInterval(seconds: 0)])) == nil)
        #expect(session.close(at: start, because: .normalDisconnection, into: &outbox).hasEnded)
    }

    @Test("an interval of zero in DISCONNECT removes the records")
    func expiryRemoved() {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(with: hour()), into: &outbox)
        _ = session.received(Disconnect(properties: [.sessionExpiryInterval(seconds: 0)]))
        _ = session.close(at: start, because: .normalDisconnection, into: &outbox)
        #expect(outbox.takeChanges() == ["head, connected", "remove session"])
    }

    @Test("a normal DISCONNECT deletes the will [MQTT-3.14.4-3], all else publishes it [MQTT-3.1.2-8]")
    func published() throws {
        for reason in [ClosingReason.disconnectWithWillMessage, .networkLost, .serverClosed, .takenOver] {
            var (session, outbox) = (connected(will: will(), with: hour()), Outbox())
            let published = try #require(session.close(at: start, because: reason, into: &outbox).will)
            let message = published.message(publisher: 7, at: second(1))
            #expect(message.topicName == Array("w".utf8))
            #expect(message.properties.properties == [.messageExpiryInterval(seconds: 9), .contentType("x")])
            #expect(message.retain && message.qos == .atLeastOnce && message.receivedAt == second(1))
            #expect(session.nextDeadline == second(3_600))
        }
        var (session, outbox) = (connected(will: will(delay: 5), with: hour()), Outbox())
        #expect(session.close(at: start, because: .normalDisconnection, into: &outbox).will == nil)
        #expect(session.nextDeadline == second(3_600))
        #expect(session.close(at: start, because: .networkLost, into: &outbox).will == nil, "closed once")
    }

    @Test("the will waits for its delay, once (5.0 §3.1.3.2.2)")
    func delayed() {
        var (session, outbox) = (connected(will: will(delay: 5), with: hour()), Outbox())
        #expect(session.close(at: start, because: .networkLost, into: &outbox).will == nil)
        #expect(session.nextDeadline == second(5))
        #expect(session.deadlinePassed(at: second(4), into: &outbox).will == nil)
        outbox = Outbox()
        #expect(session.deadlinePassed(at: second(5), into: &outbox).will != nil)
        #expect(outbox.takeChanges() == ["head, absent"])
        #expect(session.deadlinePassed(at: second(5), into: &outbox).will == nil)
        #expect(session.nextDeadline == second(3_600))
    }

    @Test("the will is published with the end of the session, if that comes first")
    func delayedBeyondExpiry() {
        var (session, outbox) = (connected(will: will(delay: 9_999), with: hour()), Outbox())
        #expect(session.close(at: start, because: .networkLost, into: &outbox).will == nil)
        let closing = session.deadlinePassed(at: second(3_600), into: &outbox)
        #expect(closing.will != nil && closing.hasEnded)
        session = connected(will: will(delay: 9_999))
        #expect(session.close(at: start, because: .networkLost, into: &outbox).will != nil, "no expiry interval")
    }

    @Test("a connection within the delay takes the will back [MQTT-3.1.3-9]; a late one, or Clean Start, does not")
    func takenBack() {
        var (session, outbox) = (connected(will: will(delay: 5), with: hour()), Outbox())
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        var (resumed, clean, late) = (session, session, session)
        #expect(resumed.reopen(connect(with: hour()), at: second(4), into: &outbox).will == nil)
        _ = resumed.close(at: second(4), because: .networkLost, into: &outbox)
        #expect(resumed.nextDeadline == second(3_604))
        #expect(clean.reopen(connect(clean: true, with: hour()), at: second(4), into: &outbox).will != nil)
        #expect(late.reopen(connect(with: hour()), at: second(5), into: &outbox).will != nil)
        var open = connected(will: will(delay: 5), with: hour())
        #expect(open.reopen(connect(clean: true, with: hour()), into: &outbox).will != nil, "taken over")
        open = connected(will: will(), with: hour())
        #expect(open.reopen(connect(with: hour()), into: &outbox).will != nil, "no delay, taken over (5.0 §3.1.4)")
    }

    @Test("when the server goes down, the wills of durable sessions wait for the restart")
    func shutdown() {
        var (session, outbox) = (connected(will: will(), with: hour()), Outbox())
        #expect(session.close(at: start, because: .serverShuttingDown, into: &outbox).will == nil)
        #expect(session.nextDeadline == start)
        #expect(session.deadlinePassed(at: start, into: &outbox).will != nil)
    }

    @Test("a session can be ended by hand")
    func ended() {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(will: will(delay: 5), with: hour()), into: &outbox)
        let closing = session.end(at: start, into: &outbox)
        #expect(closing.hasEnded && closing.will != nil)
        #expect(outbox.takeChanges() == ["head, connected", "head, absent", "remove session"])
    }

    @Test("instants do not overflow")
    func instants() {
        let (first, last) = (SessionInstant(microseconds: .min), SessionInstant(microseconds: .max))
        #expect(last.advanced(by: .seconds(1)) == last)
        #expect(first.advanced(by: .seconds(-1)) == first)
        #expect(first.advanced(by: .seconds(Int64.max)) == last)
        #expect(first.duration(to: last) == .microseconds(Int64.max))
        #expect(start.duration(to: second(1.5)) == .milliseconds(1_500))
    }
}
