import MQTTPackets
import NIOCore

/// What was read of a connection that has published more than its quota, and must wait.
struct HeldBack {
    /// When it is looked at again.
    var next: Scheduled<Void>
    let since: ContinuousClock.Instant
}

/// Quotas: who has published too much is not read from until the quota has caught up. Nothing is lost, and nobody is
/// disconnected: the peer's own socket fills, and it waits.
extension Connection {
    /// Counts a publication.
    ///
    /// - Returns: Whether no more may be taken from this peer now.
    func isBeyondQuota(after packetBytes: Int) -> Bool {
        guard let meter, case .open(let peer) = state else { return false }
        let wait = meter.spend(bytes: packetBytes)
        // Who has gone cannot be made to wait. It counts all the same, for the next connection.
        guard wait > .zero, context?.channel.isActive == true else { return false }
        shared.counters.heldBack()
        peer.client.wasHeldBack()
        heldBack = HeldBack(next: readOn(after: wait), since: .now)
        updateReading()
        return true
    }

    private func readOn(after wait: Duration) -> Scheduled<Void> {
        // Rounded up: a timer that is early would only have to be set again.
        let nanoseconds = Int64((wait / .nanoseconds(1)).rounded(.up))
        return eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(nanoseconds + 1_000)) { self.readOn() }
    }

    /// The quota has caught up: first what was read already, then what the socket has.
    private func readOn() {
        guard heldBack != nil, let meter, !isClosed else { return }
        let wait = meter.wait
        guard wait == .zero else {
            // Another connection of the same principal was faster.
            heldBack?.next = readOn(after: wait)
            return
        }
        endHold()
        takeUnread()
        updateReading()
    }

    /// The peer need not wait any longer.
    func endHold() {
        guard let held = heldBack else { return }
        held.next.cancel()
        heldBack = nil
        shared.counters.heldBack(for: held.since.duration(to: .now))
    }

    /// The peer has gone while it was held back: what of it had arrived is taken, its DISCONNECT among it.
    func takeRest() {
        guard heldBack != nil else { return }
        endHold()
        takeUnread()
    }

    /// Lets the socket be read from, or not.
    func updateReading() {
        guard let channel = context?.channel else { return }
        // A failure means that the channel is closed, and then there is nothing to read.
        _ = channel.setOption(.autoRead, value: !isPaused && heldBack == nil)
    }
}
