import MQTTSessions
import Testing

@Suite("How much a client may publish")
struct PublishQuotaTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func isClose(_ wait: Duration, to seconds: Double) -> Bool {
        abs(wait / .seconds(1) - seconds) < 1e-6
    }

    @Test("what is saved goes at once, and then so many a second")
    func messages() {
        var allowance = PublishAllowance(PublishQuota(messagesPerSecond: 2), at: start)
        let waits = (0..<20).map { _ in allowance.spend(bytes: 1_000_000, at: start) }
        #expect(waits.dropLast() == ArraySlice(repeating: Duration.zero, count: 19))
        #expect(isClose(waits[19], to: 0.5))
        #expect(isClose(allowance.wait(at: at(0.3)), to: 0.2))
        #expect(allowance.wait(at: at(0.5)) == .zero)
        let last = allowance.spend(bytes: 1, at: at(0.5))
        #expect(isClose(last, to: 0.5))
    }

    @Test("bytes may be overdrawn by one message, and are waited for")
    func bytes() {
        var allowance = PublishAllowance(PublishQuota(bytesPerSecond: 100), at: start)
        let first = allowance.spend(bytes: 999, at: start)
        #expect(first == .zero)
        let second = allowance.spend(bytes: 501, at: start)
        #expect(isClose(second, to: 5.01))
        #expect(isClose(allowance.wait(at: at(5)), to: 0.01))
        #expect(allowance.wait(at: at(5.02)) == .zero)
    }

    @Test("the longer of both waits counts")
    func both() {
        let quota = PublishQuota(messagesPerSecond: 1, bytesPerSecond: 10)
        var allowance = PublishAllowance(quota, at: start)
        let only = allowance.spend(bytes: 199, at: start)
        #expect(isClose(only, to: 10))
    }

    @Test("no more is saved than for ten seconds, and then it is as good as new")
    func saved() {
        let quota = PublishQuota(messagesPerSecond: 1)
        var allowance = PublishAllowance(quota, at: start)
        #expect(allowance.isFull(at: start))
        _ = allowance.spend(bytes: 0, at: start)
        #expect(!allowance.isFull(at: at(0.5)))
        #expect(allowance.isFull(at: at(3_600)))
        let waits = (0..<11).map { _ in allowance.spend(bytes: 0, at: at(3_600)) }
        #expect(waits.filter { $0 == .zero }.count == 9)
    }

    @Test("time that goes backwards takes and gives nothing")
    func backwards() {
        var allowance = PublishAllowance(PublishQuota(messagesPerSecond: 1), at: at(100))
        for _ in 0..<10 { _ = allowance.spend(bytes: 0, at: at(100)) }
        #expect(isClose(allowance.wait(at: at(50)), to: 1))
        #expect(isClose(allowance.wait(at: at(100.5)), to: 0.5))
    }

    @Test("what has no bound never waits")
    func unlimited() {
        var allowance = PublishAllowance(PublishQuota(), at: start)
        #expect(PublishQuota().isUnlimited && !PublishQuota(bytesPerSecond: 1).isUnlimited)
        let waits = (0..<1_000).map { _ in allowance.spend(bytes: 1 << 20, at: start) }
        #expect(waits.allSatisfy { $0 == .zero })
        #expect(allowance.isFull(at: start))
    }
}
