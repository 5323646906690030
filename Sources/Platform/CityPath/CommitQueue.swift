package import CityModel
import CityStorage
import Dispatch
import Synchronization

/// The bounded queue before the committer. Many put in, one takes out.
package final class CommitQueue: Sendable {
    /// Most observations, events and keepings that may wait. Beyond it submissions are refused as
    /// ``Refusal/Code/unavailable``; faces stop reading from their peers long before that.
    package static let bound = 262_144
    /// Most bytes that may wait, likewise: eight batches of the largest size.
    package static let byteBound = 8 * StorageLimits.bytesPerBatch

    private struct Submission {
        let changes: AcceptedChanges
        let entries: Int
        let bytes: Int
    }

    private struct State {
        var waiting: [Submission] = []
        var entries = 0
        var bytes = 0
        /// Why nothing is taken any more.
        var closed: Refusal?
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)
    private let closing = DispatchSemaphore(value: 0)

    /// An empty queue.
    package init() {}

    /// Puts changes in, or answers why not.
    package func put(_ changes: AcceptedChanges) -> Refusal? {
        let submission = Submission(changes: changes, entries: changes.weight, bytes: changes.bytes)
        guard submission.entries <= CommitQueue.bound, submission.bytes <= CommitQueue.byteBound else {
            return .tooLarge
        }
        let (refusal, wasEmpty) = state.withLock { state -> (Refusal?, Bool) in
            if let refusal = state.closed { return (refusal, false) }
            guard state.entries + submission.entries <= CommitQueue.bound,
                state.bytes + submission.bytes <= CommitQueue.byteBound
            else { return (.overloaded, false) }
            let wasEmpty = state.waiting.isEmpty
            state.waiting.append(submission)
            state.entries += submission.entries
            state.bytes += submission.bytes
            return (nil, wasEmpty)
        }
        if wasEmpty { arrival.signal() }
        return refusal
    }

    /// Takes changes out, oldest first, as many as fit into `entries` and `bytes`, one at least; empty when none wait.
    package func take(entries: Int, bytes: Int) -> [AcceptedChanges] {
        state.withLock { state in
            var (taken, takenEntries, takenBytes) = (0, 0, 0)
            while taken < state.waiting.count, takenEntries < entries {
                let next = state.waiting[taken]
                guard taken == 0 || takenBytes + next.bytes <= bytes else { break }
                takenEntries += next.entries
                takenBytes += next.bytes
                taken += 1
            }
            state.entries -= takenEntries
            state.bytes -= takenBytes
            let head = state.waiting[..<taken].map(\.changes)
            if taken == state.waiting.count { state.waiting = [] } else { state.waiting.removeFirst(taken) }
            return head
        }
    }

    /// Waits until something arrives, or `milliseconds` have passed.
    package func wait(milliseconds: Int) {
        guard arrival.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return }
        // What has arrived by now is taken in one go: further signals of it would only wake us for nothing.
        while arrival.wait(timeout: .now()) == .success {}
    }

    /// Waits until the queue is closed, or `milliseconds` have passed, whatever arrives.
    package func pause(milliseconds: Int) {
        guard closing.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return }
        closing.signal()
    }

    /// Wakes the one who waits for arrivals.
    package func wake() { arrival.signal() }

    /// Refuses everything from now on, for the reason that is given first.
    package func close(because refusal: Refusal) {
        state.withLock { state in
            if state.closed == nil { state.closed = refusal }
        }
        arrival.signal()
        closing.signal()
    }

    /// How many observations, events and keepings wait.
    package var depth: Int { state.withLock { $0.entries } }

    /// How many bytes wait.
    package var bytes: Int { state.withLock { $0.bytes } }
}

extension AcceptedChanges {
    /// How much room the changes take in the queue; those without content take some too.
    fileprivate var weight: Int { max(observations.count + events.count + keepings.count, 1) }

    /// About how many bytes the changes take, here and in a batch.
    fileprivate var bytes: Int {
        var bytes = MemoryLayout<AcceptedChanges>.stride + observations.count * MemoryLayout<Observation>.stride
        for observation in observations { bytes += observation.value.textBytes }
        for event in events { bytes += event.bytes }
        for keeping in keepings {
            bytes += MemoryLayout<Keeping>.stride + keeping.key.count + (keeping.value?.count ?? 0)
        }
        return bytes
    }
}

extension AttributeValue {
    /// The bytes of what is not a number.
    @inline(__always)
    fileprivate var textBytes: Int {
        switch self {
        case .number, .boolean: 0
        case .text(let text), .relationship(let text), .structured(let text), .geometry(let text): text.utf8.count
        }
    }
}

extension CityEvent {
    /// About how many bytes an event takes as JSON: few but those with a payload, of which each byte becomes a number.
    fileprivate var bytes: Int {
        switch self {
        case .retained(let message): 256 + message.topic.utf8.count + 4 * message.payload.count
        case .device(let record): 1_024 + record.entities.reduce(0) { $0 + $1.text.utf8.count }
        case .alertAcknowledged(let acknowledgement): 512 + (acknowledgement.note?.utf8.count ?? 0)
        case .context(let record): 512 + 2 * record.json.count
        case .attributeDefined, .alertRaised, .refusal, .access, .account, .token: 1_024
        }
    }
}

extension Refusal {
    static let stopping = Refusal(
        step: .commit, code: .unavailable, message: "the city is stopping: try again when it is back")
    static let storeFailed = Refusal(
        step: .commit, code: .unavailable,
        message: "the city's store has failed, and nothing can be kept until the city is started again")
    static let overloaded = Refusal(
        step: .commit, code: .unavailable, message: "more waits to be committed than may: slow down and try again")
    static let tooLarge = Refusal(
        step: .commit, code: .tooLarge,
        message: "more at once than can be committed in one piece: send at most \(CommitQueue.bound) values or "
            + "\(CommitQueue.byteBound >> 20) MiB")
}
