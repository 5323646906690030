import CityModel
import Dispatch
import Synchronization

/// The bounded queue before the committer. Many put in, one takes out.
final class CommitQueue: Sendable {
    /// Most observations and events that may wait. Beyond it submissions are refused as
    /// ``Refusal/Code/unavailable``; faces stop reading from their peers long before that.
    static let bound = 262_144

    private struct State {
        var waiting: [AcceptedChanges] = []
        var entries = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// Puts changes in, or answers why not.
    func put(_ changes: AcceptedChanges) -> Refusal? {
        let (refusal, wasEmpty) = state.withLock { state -> (Refusal?, Bool) in
            guard !state.isClosed else { return (.stopping, false) }
            guard state.entries + changes.weight <= CommitQueue.bound else { return (.overloaded, false) }
            let wasEmpty = state.waiting.isEmpty
            state.waiting.append(changes)
            state.entries += changes.weight
            return (nil, wasEmpty)
        }
        if wasEmpty { arrival.signal() }
        return refusal
    }

    /// Takes changes out, oldest first, up to about `limit` entries; empty when none are waiting.
    func take(limit: Int) -> [AcceptedChanges] {
        state.withLock { state in
            var taken = 0
            var entries = 0
            while taken < state.waiting.count, entries < limit {
                entries += state.waiting[taken].weight
                taken += 1
            }
            state.entries -= entries
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

    /// How many observations and events wait.
    var depth: Int { state.withLock { $0.entries } }
}

extension AcceptedChanges {
    /// How much room the changes take in the queue; those without content take some too.
    fileprivate var weight: Int { max(observations.count + events.count, 1) }
}

extension Refusal {
    static let stopping = Refusal(
        step: .commit, code: .unavailable, message: "the city is stopping: try again when it is back")
    static let overloaded = Refusal(
        step: .commit, code: .unavailable, message: "more waits to be committed than may: slow down and try again")
}
