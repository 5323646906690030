import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("The session sends what a plain queue would send")
struct PlainQueueTests {
    /// A session and a plain queue that go through the same.
    private struct Pair {
        var session = Session(clientIdentifier: "c", at: start)
        var queue = PlainQueue(queuedMessages: 6)
        var outbox = Outbox()
        var pending: [(sequence: UInt64, plain: Int)] = []
        var random: SeededGenerator
        var count = 0
        var trail: [String] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            open()
        }

        mutating func open() {
            let maximum = Int.random(in: 1...5, using: &random)
            _ = session.reopen(
                connect(with: hour(.receiveMaximum(UInt16(maximum)))), at: start, into: &outbox
            ) { $0.queuedMessages = 6 }
            queue.connect(receiveMaximum: maximum)
            // After CONNACK, but with no room for anything.
            outbox.budgetBytes = 0
            session.drain(at: start, into: &outbox)
            trail.append("open, Receive Maximum \(maximum)")
        }

        mutating func step() throws {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7: try deliver()
            case 7..<9: settle()
            case 9..<15: try acknowledge()
            case 15..<19: try drain()
            default: reconnect()
            }
            try #require(session.waitingMessages == queue.waitingCount)
            try #require(session.inFlightMessages == queue.inFlightCount)
        }

        mutating func deliver() throws {
            count += 1
            let qos = QoS.allCases.randomElement(using: &random) ?? .atMostOnce
            let isPending = Int.random(in: 0..<4, using: &random) == 0
            outbox.budgetBytes = Bool.random(using: &random) ? .max : 0
            trail.append("deliver \(count) QoS \(qos.rawValue) pending \(isPending) budget \(outbox.budgetBytes)")
            let isDrained = queue.items.allSatisfy(\.isPassed)
            let isTaken = queue.deliver("\(count)", qos, isPending: isPending)
            let outcome = try session.deliver("\(count)", qos, mode: isPending ? .pending : .immediate, into: &outbox)
            // Only a message that nothing waits for is sent at once.
            let sent = isTaken && isDrained && outbox.budgetBytes > 0 ? queue.drain(isNarrow: false).now : []
            try #require(try outbox.take() == sent)
            switch outcome {
            case .sent: try #require(sent.count == 1)
            case .waiting: try #require(isTaken && sent.isEmpty && qos == .atMostOnce)
            case .queued(let sequence):
                try #require(isTaken && sent.isEmpty)
                if isPending { pending.append((sequence, queue.nextSequence - 1)) }
            case .overflow, .notConnected: try #require(!isTaken)
            case .noLocal, .expired, .tooLarge: Issue.record("\(outcome)")
            }
        }

        /// Confirms or withdraws any of the messages that are pending.
        mutating func settle() {
            guard let index = pending.indices.randomElement(using: &random) else { return }
            let (sequence, plain) = pending.remove(at: index)
            let isDurable = Int.random(in: 0..<4, using: &random) > 0
            trail.append("\(isDurable ? "confirm" : "withdraw") \(plain)")
            guard let found = queue.items.firstIndex(where: { $0.sequence == plain }) else { return }
            if isDurable {
                session.confirm(sequence)
                queue.items[found].state = .queued
            } else {
                session.withdraw(sequence)
                queue.items.remove(at: found)
            }
        }

        /// Any acknowledgement of any identifier near those in use.
        mutating func acknowledge() throws {
            guard session.isConnected else { return }
            let sequence = Int.random(in: max(0, queue.nextSequence - 12)...queue.nextSequence, using: &random)
            let identifier = PlainQueue.identifier(sequence)
            let kind = Int.random(in: 0..<5, using: &random)
            trail.append("acknowledge \(identifier) kind \(kind)")
            let isRight: Bool
            var later: [String] = []
            let violation: SessionViolation?
            switch kind {
            case 0, 1:
                violation = session.receivedPuback(ack(identifier), into: &outbox)
                isRight = queue.puback(identifier)
            case 2, 3:
                let isError = kind == 2 && Bool.random(using: &random)
                violation = session.receivedPubrec(
                    ack(identifier, isError ? .unspecifiedError : .success), into: &outbox)
                (isRight, later) = queue.pubrec(identifier, isError: isError)
            default:
                violation = session.receivedPubcomp(ack(identifier), into: &outbox)
                isRight = queue.pubcomp(identifier)
            }
            try #require((violation == nil) == isRight)
            try #require(try outbox.take() == [])
            try #require(try outbox.takeAfterCommit() == later)
        }

        mutating func drain() throws {
            let isNarrow = Bool.random(using: &random)
            outbox.budgetBytes = isNarrow ? 1 : .max
            trail.append("drain, narrow \(isNarrow)")
            session.drain(at: start, into: &outbox)
            let expected = queue.drain(isNarrow: isNarrow)
            try #require(try outbox.take() == expected.now)
            try #require(try outbox.takeAfterCommit() == expected.later)
        }

        mutating func reconnect() {
            trail.append("disconnect")
            if session.isConnected {
                _ = session.close(at: start, because: .networkLost, into: &outbox)
                queue.disconnect()
            } else {
                open()
            }
        }
    }

    @Test("in random histories, packet by packet", arguments: 1...150 as ClosedRange<UInt64>)
    func histories(seed: UInt64) {
        var pair = Pair(seed: seed)
        do {
            for _ in 0..<300 { try pair.step() }
        } catch {
            Issue.record("seed \(seed), after \(pair.trail.suffix(12).joined(separator: "; "))")
        }
    }
}
