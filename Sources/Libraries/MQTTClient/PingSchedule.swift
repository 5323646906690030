/// When to send PINGREQ, and when to give the server up (5.0 §3.1.2.10, §3.12).
///
/// A value without a clock. The connection fires it three times in each Keep Alive interval, so that between two packets
/// never more than two thirds of the interval pass. It pings when since the last firing nothing was sent, or nothing was
/// received: a connection on which messages only leave is looked after, too.
package struct PingSchedule: Sendable {
    package enum Decision: Sendable, Equatable { case nothing, ping, giveUp }

    /// Firings in one Keep Alive interval.
    package static let firingsPerInterval = 3

    private var hasSent = true
    private var hasReceived = true
    /// Firings since an unanswered PINGREQ; nil when none is unanswered.
    private var unanswered: Int?

    package init() {}

    package mutating func packetSent() { hasSent = true }

    /// Any packet from the server shows that it is there.
    package mutating func packetReceived() {
        hasReceived = true
        unanswered = nil
    }

    /// Answers `.giveUp` when a whole interval has passed since an unanswered PINGREQ.
    package mutating func timerFired() -> Decision {
        defer { (hasSent, hasReceived) = (false, false) }
        if let firings = unanswered {
            unanswered = firings + 1
            if firings + 1 >= PingSchedule.firingsPerInterval { return .giveUp }
            return hasSent ? .nothing : .ping
        }
        guard !hasSent || !hasReceived else { return .nothing }
        unanswered = 0
        return .ping
    }
}
