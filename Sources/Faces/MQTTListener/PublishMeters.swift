import MQTTSessions
import Synchronization

/// What one principal has left of its quota, for all of its connections together. Safe from any thread.
final class PublishMeter: Sendable {
    private let allowance: Mutex<PublishAllowance>
    private let connections = Atomic<Int>(0)

    fileprivate init(_ quota: PublishQuota) {
        allowance = Mutex(PublishAllowance(quota, at: .now))
    }

    /// Counts a publication; answers how long no other may be taken.
    func spend(bytes: Int) -> Duration { allowance.withLock { $0.spend(bytes: bytes, at: .now) } }

    /// How long no publication may be taken.
    var wait: Duration { allowance.withLock { $0.wait(at: .now) } }

    fileprivate func enter() { connections.add(1, ordering: .relaxed) }

    /// A connection is over.
    func leave() { connections.subtract(1, ordering: .relaxed) }

    /// Whether it is nobody's, and as good as new.
    fileprivate var isIdle: Bool {
        connections.load(ordering: .relaxed) == 0 && allowance.withLock { $0.isFull(at: .now) }
    }
}

/// The meters of all principals that have a quota. Safe from any thread.
///
/// A meter outlives its connections: who has spent the quota does not get another by connecting again.
final class PublishMeters: Sendable {
    private struct State {
        var meters: [String: PublishMeter] = [:]
        /// With so many, those that are nobody's are looked for.
        var bound = 1_024
    }

    private let quota: PublishQuota
    private let state = Mutex(State())

    init(_ quota: PublishQuota) {
        self.quota = quota
    }

    /// The meter of a principal that has connected, to be left when the connection is over; nil when there is no quota.
    func enter(_ owner: String) -> PublishMeter? {
        guard !quota.isUnlimited else { return nil }
        return state.withLock { state in
            if let known = state.meters[owner] {
                known.enter()
                return known
            }
            if state.meters.count >= state.bound {
                state.meters = state.meters.filter { !$0.value.isIdle }
                state.bound = max(1_024, state.meters.count * 2)
            }
            let made = PublishMeter(quota)
            made.enter()
            state.meters[owner] = made
            return made
        }
    }
}
