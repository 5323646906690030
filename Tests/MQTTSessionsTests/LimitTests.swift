import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("Queues are bounded")
struct OverflowTests {
    @Test("the oldest QoS 0 goes first, then new messages are refused")
    func oldestFirst() throws {
        var (session, outbox) = (connected(limits: { $0.queuedMessages = 3 }), Outbox(budgetBytes: 0))
        for name in ["a", "b"] { _ = try session.deliver(name, .atMostOnce, into: &outbox) }
        for name in ["c", "d", "e"] { _ = try session.deliver(name, .atLeastOnce, into: &outbox) }
        #expect(outbox.counts.dropped == 2)
        #expect(try session.deliver("f", .atLeastOnce, into: &outbox) == .overflow)
        #expect(try session.deliver("g", .atMostOnce, into: &outbox) == .overflow)
        #expect(outbox.counts.refused == 2)
        outbox.budgetBytes = .max
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH 1 QoS 1 t: c", "PUBLISH 2 QoS 1 t: d", "PUBLISH 3 QoS 1 t: e"])
    }

    @Test("a new QoS 0 message takes the place of the oldest")
    func newestKept() throws {
        var (session, outbox) = (connected(limits: { $0.queuedMessages = 2 }), Outbox(budgetBytes: 0))
        for name in ["a", "b", "c"] { #expect(try session.deliver(name, .atMostOnce, into: &outbox) == .waiting) }
        outbox.budgetBytes = .max
        session.drain(at: start, into: &outbox)
        #expect(try outbox.take() == ["PUBLISH QoS 0 t: b", "PUBLISH QoS 0 t: c"])
    }

    @Test("bytes are bounded too, of waiting and unacknowledged messages together")
    func bytes() throws {
        let one = try message("payload").queuedBytes
        var (session, outbox) = (connected(with: hour(), limits: { $0.queuedBytes = 2 * one }), Outbox())
        #expect(try session.deliver("payload", into: &outbox) == .sent)
        #expect(try session.deliver("payload", into: &outbox) == .sent)
        #expect(try session.deliver("p", into: &outbox) == .overflow)
        _ = session.receivedPuback(ack(1), into: &outbox)
        #expect(try session.deliver("payload", into: &outbox) == .sent)
        #expect(session.queuedBytes == 2 * one)
    }

    @Test("messages under way do not count as waiting, but do when they must be sent again")
    func waitingAgain() throws {
        var (session, outbox) = (connected(with: hour(), limits: { $0.queuedMessages = 2 }), Outbox())
        for name in ["a", "b", "c"] { #expect(try session.deliver(name, into: &outbox) == .sent) }
        #expect(session.waitingMessages == 0)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        #expect(session.waitingMessages == 3)
        #expect(try session.deliver("d", into: &outbox) == .overflow)
    }
}

@Suite("Topic aliases (5.0 §3.3.2.3.4)")
struct AliasTests {
    private func resolve(_ session: inout Session, _ alias: UInt16, _ name: String) throws -> String {
        let utf8 = Array(name.utf8)
        // A typed throw out of `withUnsafeBytes` needs its own pointer.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: utf8.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: utf8)
        return String(
            decoding: try session.resolveTopicAlias(alias, topicName: UnsafeRawBufferPointer(copy)), as: UTF8.self)
    }

    @Test("from the client: set, used, set again, and gone with the connection [MQTT-3.3.2-7]")
    func incoming() throws {
        var (session, outbox) = (connected(with: hour()), Outbox())
        #expect(try resolve(&session, 2, "a") == "a")
        #expect(try resolve(&session, 2, "") == "a")
        #expect(try resolve(&session, 2, "b") == "b")
        #expect(try resolve(&session, 2, "") == "b")
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        session.reopen(connect(with: hour()), into: &outbox)
        #expect { try resolve(&session, 2, "") } throws: { ($0 as? SessionViolation)?.reasonCode == .protocolError }
    }

    @Test("from the client: beyond the maximum 0x94 [MQTT-3.3.2-9], never set 0x82")
    func invalid() throws {
        var session = connected(limits: { $0.topicAliasesFromClient = 3 })
        #expect(try resolve(&session, 3, "a") == "a")
        for (alias, name, code) in [(4, "a", 0x94), (0, "a", 0x94), (1, "", 0x82)] as [(UInt16, String, UInt8)] {
            #expect { try resolve(&session, alias, name) } throws: {
                ($0 as? SessionViolation)?.reasonCode.rawValue == code
            }
        }
    }

    @Test("to the client: first come, first served, within its maximum [MQTT-3.1.2-26]; anew on each connection")
    func outgoing() throws {
        var (session, outbox) = (connected(with: hour(.topicAliasMaximum(1))), Outbox())
        func topics() throws -> [String] {
            defer { outbox.bytes.clear() }
            return try packets(in: outbox.bytes, .v5).map { packet in
                guard case .publish(let publish) = packet else { return "\(packet)" }
                return publish.topic + (publish.properties.topicAlias.map { "=\($0)" } ?? "")
            }
        }
        for topic in ["a", "b", "a", "b"] { _ = try session.deliver("", .atMostOnce, topic: topic, into: &outbox) }
        #expect(try topics() == ["a=1", "b", "=1", "b"])
        session.reopen(connect(with: hour(.topicAliasMaximum(9))), into: &outbox) { $0.topicAliasesToClient = 1 }
        session.drain(at: start, into: &outbox)
        for topic in ["b", "a", "b"] { _ = try session.deliver("", .atMostOnce, topic: topic, into: &outbox) }
        #expect(try topics() == ["b=1", "a", "=1"], "the server's own bound")
    }

    @Test("a packet that was too large has set no alias")
    func notSet() throws {
        var (session, outbox) = (connected(with: [.topicAliasMaximum(9), .maximumPacketSize(bytes: 12)]), Outbox())
        #expect(try session.deliver("0123456789", .atMostOnce, into: &outbox) == .tooLarge)
        #expect(try session.deliver("0", .atMostOnce, into: &outbox) == .sent)
        #expect(try outbox.take() == ["PUBLISH QoS 0 t: 0"])
    }

    @Test("a packet that has room for its topic name, but not for the alias, goes without")
    func withoutAlias() throws {
        var (session, outbox) = (connected(with: [.topicAliasMaximum(9), .maximumPacketSize(bytes: 12)]), Outbox())
        for _ in 1...2 { #expect(try session.deliver("012345", .atMostOnce, into: &outbox) == .sent) }
        #expect(try outbox.take() == ["PUBLISH QoS 0 t: 012345", "PUBLISH QoS 0 t: 012345"])
    }

    @Test("3.1.1 has none")
    func none() {
        var session = connected(.v3_1_1)
        #expect { try resolve(&session, 1, "a") } throws: {
            ($0 as? SessionViolation)?.reasonCode == .topicAliasInvalid
        }
    }
}

@Suite("Subscriptions")
struct SubscribingTests {
    @Test("are granted within the server's QoS, new or replaced [MQTT-3.8.4-3]")
    func granted() throws {
        var (session, outbox) = (connected(with: hour(), limits: { $0.maximumQoS = .atLeastOnce }), Outbox())
        let filter = try TopicFilter("a/+")
        let options = SubscriptionOptions(maximumQoS: .exactlyOnce, retainHandling: .sendIfNew)
        let first = session.subscribe(filter, options: options, identifier: 4, into: &outbox)
        let again = session.subscribe(filter, options: options, identifier: nil, into: &outbox)
        guard case .granted(let grant, isNew: true) = first, case .granted(_, isNew: false) = again else {
            Issue.record("\(first), \(again)")
            return
        }
        #expect(grant.options.maximumQoS == .atLeastOnce)
        #expect(grant.subscriptionIdentifier == 4)
        #expect(first.wantsRetained(for: filter))
        #expect(!again.wantsRetained(for: filter), "Retain Handling 1 (5.0 §3.8.3.1)")
        #expect(session.subscriptions[filter]?.subscriptionIdentifier == nil)
        #expect(session.unsubscribe(filter, into: &outbox))
        #expect(!session.unsubscribe(filter, into: &outbox))
        #expect(outbox.takeChanges() == ["subscribe a/+", "subscribe a/+", "unsubscribe a/+"])
    }

    @Test("No Local on a shared subscription breaks the protocol [MQTT-3.8.3-4]; shared ones get nothing retained")
    func shared() throws {
        var (session, outbox) = (connected(), Outbox())
        let filter = try TopicFilter("$share/g/a")
        guard
            case .violation(let violation) = session.subscribe(
                filter, options: SubscriptionOptions(noLocal: true), identifier: nil, into: &outbox)
        else {
            Issue.record("no violation")
            return
        }
        #expect(violation.reasonCode == .protocolError)
        #expect(session.subscriptions.isEmpty)
        let plain = session.subscribe(filter, options: SubscriptionOptions(), identifier: nil, into: &outbox)
        #expect(!plain.wantsRetained(for: filter))
    }

    @Test("beyond their bound are refused with 0x97; those there may still be altered")
    func quota() throws {
        var (session, outbox) = (connected(limits: { $0.subscriptions = 1 }), Outbox())
        let (a, b) = (try TopicFilter("a"), try TopicFilter("b"))
        let options = SubscriptionOptions(retainHandling: .doNotSend)
        let first = session.subscribe(a, options: options, identifier: nil, into: &outbox)
        #expect(!first.wantsRetained(for: a))
        #expect(
            session.subscribe(b, options: options, identifier: nil, into: &outbox) == .refused(.quotaExceeded))
        #expect(
            session.subscribe(a, options: options, identifier: nil, into: &outbox)
                == .granted(SubscriptionGrant(options: options), isNew: false))
    }
}
