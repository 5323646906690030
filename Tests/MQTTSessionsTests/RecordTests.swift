import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

/// What a store has committed.
struct Store {
    private(set) var records: [[UInt8]: [UInt8]] = [:]

    mutating func commit(_ changes: [SessionChange], client: String = "c") {
        for change in changes {
            let (key, value) = change.keyValue(client: client)
            records[key] = value
        }
    }

    func restore(at now: SessionInstant = second(10), limits: SessionLimits = SessionLimits()) -> SessionRestoration {
        Session.restore(from: records.map { (key: $0.key, value: $0.value) }, limits: limits, at: now)
    }
}

@Suite("Sessions in storage")
struct RecordTests {
    /// A session with something of everything, and what it had committed.
    private func busySession() throws -> (Session, Outbox) {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        let will = WillMessage(
            topicName: "w", payload: ByteBuffer(string: "gone"), qos: .exactlyOnce, retain: true,
            properties: [.willDelayInterval(seconds: 5), .contentType("x"), .messageExpiryInterval(seconds: 3)])
        session.reopen(connect(will: will, with: hour()), at: start, into: &outbox)
        session.drain(at: start, into: &outbox)
        for (filter, identifier) in [("a/+/é", nil), ("$share/g/#", 268_435_455)] as [(String, UInt32?)] {
            _ = session.subscribe(
                try TopicFilter(filter),
                options: SubscriptionOptions(
                    maximumQoS: .atLeastOnce, retainAsPublished: true, retainHandling: .sendIfNew),
                identifier: identifier, into: &outbox)
        }
        let rich = try message(
            "payload", .exactlyOnce, topic: "a/b", retain: true,
            [.userProperty(name: "n", value: "v"), .messageExpiryInterval(seconds: 100)], publisher: 99)
        _ = session.deliver(
            rich, grant: grant(identifier: 5, asPublished: true), furtherIdentifiers: [6], at: start, into: &outbox)
        for name in ["b", "c", "d"] { _ = try session.deliver(name, .exactlyOnce, into: &outbox) }
        _ = session.receivedPubrec(ack(2), into: &outbox)
        _ = session.receivedPubrec(ack(3, .quotaExceeded), into: &outbox)
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 77, into: &outbox)
        outbox.changes.append(try #require(verdict.change))
        session.complete(try #require(verdict.ticket), into: &outbox)
        return (session, outbox)
    }

    @Test("a session comes back as it was when the connection was closed")
    func roundTrip() throws {
        var (session, outbox) = try busySession()
        _ = session.close(at: second(1), because: .networkLost, into: &outbox)
        _ = try session.deliver("late", into: &outbox)
        var store = Store()
        store.commit(outbox.changes)
        let restoration = store.restore()
        #expect(restoration.damaged.isEmpty && restoration.stale.isEmpty)
        let restored = try #require(restoration.sessions.first)
        #expect(restored.changes.isEmpty)
        var copy = restored.session
        #expect(copy.clientIdentifier == "c" && copy.owner == "owner" && copy.expiry == session.expiry)
        #expect(copy.subscriptions == session.subscriptions)
        #expect(copy.disconnectedSince == second(1) && copy.nextDeadline == second(6))
        #expect(copy.protocolVersion == .v5)
        #expect(copy.waitingMessages == session.waitingMessages && copy.queuedBytes == session.queuedBytes)
        #expect(copy.heldIdentifiers == 1)
        let wills = (
            session.deadlinePassed(at: second(6), into: &outbox).will,
            copy.deadlinePassed(at: second(6), into: &outbox).will
        )
        #expect(wills.0 != nil && wills.0 == wills.1)

        var outboxes = (Outbox(), Outbox())
        session.reopen(connect(with: hour()), into: &outboxes.0)
        copy.reopen(connect(with: hour()), into: &outboxes.1)
        session.drain(at: second(10), into: &outboxes.0)
        copy.drain(at: second(10), into: &outboxes.1)
        #expect(outboxes.0.bytes == outboxes.1.bytes)
        #expect(outboxes.0.afterCommit == outboxes.1.afterCommit)
        #expect(
            try outboxes.1.take() == [
                "PUBLISH 1 QoS 2 DUP RETAIN a/b: payload", "PUBLISH 4 QoS 2 DUP t: d", "PUBLISH 5 QoS 1 t: late",
            ])
        #expect(try outboxes.1.takeAfterCommit() == ["PUBREL 2"])
        #expect(copy.publishReceived(qos: .exactlyOnce, packetIdentifier: 77, into: &outbox).isDuplicate)
    }

    @Test("after a crash while connected: absent from now on, all with DUP, and that is committed")
    func crash() throws {
        let (_, outbox) = try busySession()
        var store = Store()
        store.commit(outbox.changes)
        let restored = try #require(store.restore().sessions.first)
        #expect(restored.changes.map(\.short) == ["head, absent"])
        #expect(restored.session.disconnectedSince == second(10))
        #expect(restored.session.nextDeadline == second(15), "the will, after its delay")
        store.commit(restored.changes)
        var again = try #require(store.restore(at: second(1_000)).sessions.first)
        #expect(again.changes.isEmpty)
        #expect(again.session.disconnectedSince == second(10))
        var out = Outbox()
        again.session.reopen(connect(with: hour()), into: &out)
        again.session.drain(at: second(20), into: &out)
        #expect(try out.take() == ["PUBLISH 1 QoS 2 DUP RETAIN a/b: payload", "PUBLISH 4 QoS 2 DUP t: d"])
    }

    @Test("a session that ended, or was begun anew, leaves no record behind")
    func removed() throws {
        var (session, outbox) = try busySession()
        var store = Store()
        _ = session.close(at: second(1), because: .networkLost, into: &outbox)
        store.commit(outbox.changes)
        var (clean, cleanStore, cleanOutbox) = (session, store, Outbox())
        clean.reopen(connect(clean: true, with: hour()), into: &cleanOutbox)
        cleanStore.commit(cleanOutbox.changes)
        #expect(cleanStore.records.count == 1)
        outbox = Outbox()
        #expect(session.deadlinePassed(at: second(4_000), into: &outbox).hasEnded)
        store.commit(outbox.changes)
        #expect(store.records.isEmpty)
    }

    @Test("records of a discarded session that were committed late are told from those of the new one")
    func stale() throws {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(with: hour()), at: start, into: &outbox)
        let verdict = session.publishReceived(qos: .exactlyOnce, packetIdentifier: 5, into: &outbox)
        _ = try session.deliver("old", .exactlyOnce, mode: .pending, into: &outbox)
        let late = [try #require(verdict.change), try #require(outbox.changes.last)]
        session.reopen(connect(clean: true, with: hour()), at: start, into: &outbox)
        var store = Store()
        store.commit(outbox.changes)
        store.commit(late)
        let restoration = store.restore()
        #expect(restoration.stale.count == 2 && restoration.damaged.isEmpty)
        let restored = try #require(restoration.sessions.first)
        #expect(restored.session.heldIdentifiers == 0 && restored.session.waitingMessages == 0)

        _ = session.end(at: start, into: &outbox)
        store.commit(outbox.changes)
        store.commit(late)
        #expect(store.restore().stale.count == 2, "no head at all")
    }

    @Test("keys are unambiguous, in order, and begin with their client's prefix")
    func keys() throws {
        let subjects: [SessionKey] = [
            .head, .subscription([]), .subscription(Array("a".utf8)), .message(1), .message(256), .message(1 << 40),
            .identifier(1), .identifier(65_535),
        ]
        let clients = ["", "a", "ab", "a\u{301}", "\u{e1}", String(repeating: "x", count: 300)]
        var seen: Set<[UInt8]> = []
        for client in clients {
            let keys = subjects.map { $0.bytes(client: client) }
            #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
            for (key, subject) in zip(keys, subjects) {
                #expect(seen.insert(key).inserted)
                #expect(key.starts(with: SessionKey.prefix(client: client)))
                for other in clients where !other.utf8.elementsEqual(client.utf8) {
                    #expect(!key.starts(with: SessionKey.prefix(client: other)), "`\(client)`, `\(other)`")
                }
                let parsed = try #require(SessionKey.parse(key))
                #expect(parsed.client.utf8.elementsEqual(client.utf8) && parsed.key == subject)
            }
        }
    }

    @Test("clients whose identifiers are canonical equivalents are two")
    func equivalents() throws {
        var store = Store()
        for client in ["a\u{301}", "\u{e1}"] {
            var (session, outbox) = (Session(clientIdentifier: client, at: start), Outbox())
            session.reopen(connect(with: hour()), at: start, into: &outbox)
            store.commit(outbox.changes, client: client)
        }
        #expect(store.restore().sessions.count == 2)
    }
}

// MARK: Damage

extension RecordTests {
    @Test("a damaged record is named, and harms no other session")
    func damaged() throws {
        let (_, outbox) = try busySession()
        var (other, otherOutbox) = (Session(clientIdentifier: "other", at: start), Outbox())
        other.reopen(connect(with: hour()), at: start, into: &otherOutbox)
        var store = Store()
        store.commit(outbox.changes)
        store.commit(otherOutbox.changes, client: "other")
        let records = store.records.map { (key: $0.key, value: $0.value) }
        for index in records.indices where SessionKey.parse(records[index].key)?.client == "c" {
            for length in 0..<records[index].value.count {
                var cut = records
                cut[index].value = Array(records[index].value.prefix(length))
                let restoration = Session.restore(from: cut, at: second(10))
                #expect(restoration.damaged.map(\.key) == [records[index].key], "cut to \(length) bytes")
                #expect(restoration.damaged.map(\.code) == [.value])
                #expect(restoration.sessions.contains { $0.session.clientIdentifier == "other" })
                #expect(restoration.stale.isEmpty, "what a damaged head belongs to is not removed")
            }
        }
    }

    @Test("whatever the bytes, nothing traps", arguments: 1...20 as ClosedRange<UInt64>)
    func garbage(seed: UInt64) throws {
        let (_, outbox) = try busySession()
        var store = Store()
        store.commit(outbox.changes)
        let records = store.records.map { (key: $0.key, value: $0.value) }.sorted {
            $0.key.lexicographicallyPrecedes($1.key)
        }
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var broken = records
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let index = Int.random(in: broken.indices, using: &random)
                if Bool.random(using: &random), !broken[index].value.isEmpty {
                    let at = Int.random(in: broken[index].value.indices, using: &random)
                    broken[index].value[at] = UInt8.random(in: 0...255, using: &random)
                } else {
                    let at = Int.random(in: broken[index].key.indices, using: &random)
                    broken[index].key[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            let restoration = Session.restore(from: broken, at: second(10))
            for restored in restoration.sessions {
                var (session, outbox) = (restored.session, Outbox())
                _ = session.deadlinePassed(at: second(20), into: &outbox)
                _ = session.open(
                    connect(with: hour()), terms: ConnectionTerms(owner: session.owner, number: 1), at: second(30),
                    into: &outbox)
                session.drain(at: second(30), into: &outbox)
                _ = try session.deliver("m", into: &outbox)
                _ = session.receivedPuback(ack(1), into: &outbox)
            }
        }
    }

    @Test("keys that are none, values of another version, and messages far away have their own codes")
    func codes() throws {
        var (session, outbox) = (Session(clientIdentifier: "c", at: start), Outbox())
        session.reopen(connect(with: hour()), at: start, into: &outbox)
        _ = try session.deliver("near", into: &outbox)
        guard case .enqueue(let sequence, let message, let delivery) = outbox.changes.last else {
            Issue.record("nothing queued")
            return
        }
        let far = SessionChange.enqueue(sequence: sequence + 70_000, message: message, delivery: delivery)
        var records = (outbox.changes + [far]).map { $0.keyValue(client: "c") }.map { ($0.key, $0.value ?? []) }
        records.append(([0, 9, 1], []))
        let identifier = SessionKey.identifier(3).bytes(client: "c")
        records.append((identifier, [2, 0, 0, 0, 0, 0, 0, 0, 1]))
        let restoration = Session.restore(from: records.map { (key: $0.0, value: $0.1) }, at: start)
        #expect(
            Set(restoration.damaged.map(\.code)) == Set(SessionRecordError.Code.allCases),
            "\(restoration.damaged.map(\.description))")
        #expect(restoration.sessions.first?.session.waitingMessages == 1)
        #expect(restoration.damaged.first { $0.code == .value }?.description.contains("0001630400") == true)
    }
}
