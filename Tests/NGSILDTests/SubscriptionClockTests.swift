import JSONBytes
import NGSILD
import Testing

@Suite("When notifications are due (CIM 009 §5.8.6)")
struct SubscriptionClockTests {
    private static let second: Int64 = 1_000_000

    private func clock(_ change: (inout Subscription) -> Void, at now: Int64 = 0) -> SubscriptionClock {
        var subscription = Subscription(
            id: "urn:x:s", notification: NotificationParameters(endpoint: Endpoint(uri: "http://h.example")))
        change(&subscription)
        return SubscriptionClock(subscription, at: now)
    }

    @Test("a change is told at once, and no other within the throttling")
    func throttling() {
        var clock = clock { $0.throttling = .seconds(15) }
        #expect(clock.nextTimer == nil)
        #expect(clock.changed(at: 5) == .notify)
        clock.sent(at: 5)
        clock.succeeded(at: 6)
        #expect(clock.changed(at: 5 + 15 * Self.second - 1) == .ignore)
        #expect(clock.changed(at: 5 + 15 * Self.second) == .notify)
        #expect(clock.timerFired(at: 99) == .ignore)
    }

    @Test("nothing is sent while paused, or once expired")
    func inactive() {
        #expect(clock { $0.isActive = false }.changed(at: 0) == .ignore)
        let ending = clock { $0.expiresAt = 10 }
        #expect(ending.changed(at: 9) == .notify)
        #expect(ending.changed(at: 10) == .ignore)
    }

    @Test("after a failure the endpoint is left alone for its cooldown (§5.2.15)")
    func cooldown() {
        var clock = clock { $0.notification.endpoint.cooldown = .milliseconds(500) }
        clock.sent(at: 0)
        clock.failed(at: 1000)
        #expect(clock.changed(at: 1001) == .ignore)
        #expect(clock.changed(at: 500_999) == .ignore)
        #expect(clock.changed(at: 501_000) == .notify)
        clock.sent(at: 501_000)
        clock.succeeded(at: 501_001)
        #expect(clock.changed(at: 501_002) == .notify)
        #expect(clock.record.timesSent == 2)
        #expect(clock.record.timesFailed == 1)
        #expect(clock.record.status == .ok)
        #expect(clock.record.lastFailure == 1000)
    }

    @Test("in each period one notification, however late the timer is, and none for changes")
    func periods() {
        var clock = clock({ $0.timeInterval = .seconds(10) }, at: 0)
        #expect(clock.changed(at: 1) == .ignore)
        #expect(clock.nextTimer == 10 * Self.second)
        #expect(clock.timerFired(at: 3) == .check(at: 10 * Self.second))
        #expect(clock.timerFired(at: 10 * Self.second) == .notify)
        #expect(clock.timerFired(at: 10 * Self.second) == .check(at: 20 * Self.second))
        #expect(clock.timerFired(at: 57 * Self.second) == .notify)
        #expect(clock.nextTimer == 60 * Self.second)
    }

    @Test("a period within the cooldown passes in silence")
    func periodAfterFailure() {
        var clock = clock {
            $0.timeInterval = .seconds(10)
            $0.notification.endpoint.cooldown = .seconds(15)
        }
        #expect(clock.timerFired(at: 10 * Self.second) == .notify)
        clock.sent(at: 10 * Self.second)
        clock.failed(at: 11 * Self.second)
        #expect(clock.timerFired(at: 20 * Self.second) == .check(at: 30 * Self.second))
        #expect(clock.timerFired(at: 30 * Self.second) == .notify)
    }

    @Test("no timer beyond the end, nor while paused")
    func noTimer() {
        var ending = clock {
            $0.timeInterval = .seconds(10)
            $0.expiresAt = 15 * Self.second
        }
        #expect(ending.timerFired(at: 12 * Self.second) == .notify)
        #expect(ending.nextTimer == nil)
        #expect(ending.timerFired(at: 20 * Self.second) == .ignore)
        #expect(
            clock {
                $0.timeInterval = .seconds(1); $0.isActive = false
            }.nextTimer == nil)
    }

    @Test("after a restart the period goes on from the last notification; a clock set back does not stop it")
    func restart() {
        let restarted = clock(
            {
                $0.timeInterval = .seconds(10)
                $0.deliveries.sent(at: 95 * Self.second)
            }, at: 100 * Self.second)
        #expect(restarted.nextTimer == 105 * Self.second)
        let back = clock(
            {
                $0.timeInterval = .seconds(10)
                $0.deliveries.sent(at: 900 * Self.second)
            }, at: 100 * Self.second)
        #expect(back.nextTimer == 110 * Self.second)
        #expect(
            clock {
                $0.throttling = .seconds(60); $0.deliveries.sent(at: 900)
            }.changed(at: 100) == .notify)
    }

    @Test("periods shorter than a second are a second")
    func shortest() {
        #expect(clock { $0.timeInterval = .milliseconds(1) }.nextTimer == Self.second)
    }

    @Test("an update keeps the counters, and the period unless it changed")
    func updates() {
        var subscription = Subscription(
            id: "urn:x:s", notification: NotificationParameters(endpoint: Endpoint(uri: "http://h.example")))
        subscription.timeInterval = .seconds(10)
        var clock = SubscriptionClock(subscription, at: 0)
        clock.sent(at: 0)
        clock.update(to: subscription, at: 4 * Self.second)
        #expect(clock.nextTimer == 10 * Self.second)
        subscription.timeInterval = .seconds(3)
        clock.update(to: subscription, at: 4 * Self.second)
        #expect(clock.nextTimer == 7 * Self.second)
        subscription.timeInterval = nil
        clock.update(to: subscription, at: 4 * Self.second)
        #expect(clock.changed(at: 5 * Self.second) == .notify)
        #expect(clock.record.timesSent == 1)
    }

    @Test("instants at the end of time do not trap")
    func extremes() {
        var clock = clock({ $0.timeInterval = .seconds(1_000_000_000) }, at: .max - 1)
        #expect(clock.timerFired(at: .max) == .notify)
        #expect(clock.nextTimer == .max)
    }
}
