import CityModel
import Dispatch
import Synchronization

/// The bounded queue before the committer. Many put in, one takes out.
final class CommitQueue: Sendable {
    /// Most observations that may wait. Beyond it submissions are refused as ``Refusal/Code/unavailable``; faces stop
    /// reading from their peers long before that.
    static let observationBound = 262_144

    private struct State {
        var waiting: [AcceptedChanges] = []
        var observations = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// Puts changes in, or answers why not.
    func put(_ changes: AcceptedChanges) -> Refusal? {
        let (refusal, wasEmpty) = state.withLock { state -> (Refusal?, Bool) in
            guard !state.isClosed else { return (.stopping, false) }
            guard state.observations + changes.observations.count <= CommitQueue.observationBound else {
                return (.overloaded, false)
            }
            let wasEmpty = state.waiting.isEmpty
            state.waiting.append(changes)
            state.observations += changes.observations.count
            return (nil, wasEmpty)
        }
        if wasEmpty { arrival.signal() }
        return refusal
    }

    /// Takes changes out, oldest first, up to about `limit` observations; empty when none are waiting.
    func take(limit: Int) -> [AcceptedChanges] {
        state.withLock { state in
            var taken = 0
            var observations = 0
            while taken < state.waiting.count, observations < limit {
                observations += state.waiting[taken].observations.count
                taken += 1
            }
            state.observations -= observations
            guard taken < state.waiting.count else {
                defer { state.waiting = [] }
                return state.waiting
            }
            let head = Array(state.waiting[..<taken])
            state.waiting.removeFirst(taken)
            return head
        }
    }

    /// Waits until something arrives, or `milliseconds` have passed.
    func wait(milliseconds: Int) {
        _ = arrival.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Wakes the one who waits.
    func wake() { arrival.signal() }

    /// Refuses everything from now on.
    func close() {
        state.withLock { $0.isClosed = true }
        arrival.signal()
    }

    /// How many observations wait.
    var depth: Int { state.withLock { $0.observations } }
}

extension Refusal {
    static let stopping = Refusal(
        step: .commit, code: .unavailable, message: "the city is stopping: try again when it is back")
    static let overloaded = Refusal(
        step: .commit, code: .unavailable, message: "more waits to be committed than may: slow down and try again")
}
