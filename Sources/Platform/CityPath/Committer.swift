import CityModel
import CityStorage
import Dispatch
import Foundation
import Logging
import Synchronization

/// The thread that carries out the last two steps: it takes what waits, commits it as one batch (group commit: many
/// submissions, one sync to disk), publishes it, and only then tells the submitters.
///
/// A full disk stops it, not the city: what waits goes on waiting, submissions beyond the queue's bound are refused,
/// reads go on, and the same batch is tried again every second until there is room.
final class Committer: Sendable {
    /// What the thread owns. Made by ``start(_:)``'s caller, used by the thread alone.
    struct Parts {
        let commit: Commit
        let publish: Publish
        let ledger: Ledger
        let alerts: AlertBook
        let series: SeriesTable
        let refusals: RefusalLog
        let accesses: AccessLog
        let metrics: CityMetrics
        let photographer: Photographer
        /// Found in batches that a restart replayed, and not raised before the city stopped.
        let unraised: [AlertDraft]
        let clock: CityClock
        let logger: Logger
    }

    /// How the store is.
    enum Condition: Sendable, Equatable {
        case working
        case waitingForRoom(String)
        case failed(String)
        case stopped
    }

    let queue = CommitQueue()
    private let condition = Mutex(Condition.working)
    private let reports = Mutex<[AlertDraftSource]>([])
    private let done = DispatchSemaphore(value: 0)
    private let hasStarted = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)

    /// How the store is, for readiness.
    var state: Condition { condition.withLock { $0 } }

    /// Starts the thread. Called once.
    func start(_ parts: sending Parts) {
        hasStarted.store(true, ordering: .sequentiallyConsistent)
        let handover = Mutex<Parts?>(parts)
        let thread = Thread { [self] in
            guard let parts = handover.withLock({ parts in parts.take() }) else { return }
            var worker = CommitWorker(parts: parts, committer: self)
            worker.run()
            done.signal()
        }
        thread.name = "bastide.commit"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Commits what waits, takes a last photograph of the views, and ends the thread. Returns when that is done, to
    /// everyone who calls it.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        queue.close()
        guard hasStarted.load(ordering: .sequentiallyConsistent) else { return }
        done.wait()
        done.signal()
    }

    /// Tells the watch what a face has seen.
    func report(_ source: AlertDraftSource) {
        reports.withLock { reports in
            if reports.count < 256 { reports.append(source) }
        }
        queue.wake()
    }

    fileprivate func takeReports() -> [AlertDraftSource] {
        reports.withLock { reports in
            defer { reports.removeAll() }
            return reports
        }
    }

    fileprivate func become(_ new: Condition) { condition.withLock { $0 = new } }

    fileprivate var mustStop: Bool { isStopping.load(ordering: .relaxed) }
}

/// What a face has seen and only the watch can judge.
enum AlertDraftSource: Sendable {
    case identityInTwoPlaces(DeviceID, first: String, second: String, at: Timestamp)
}

/// The loop itself, on its own thread.
private struct CommitWorker {
    /// How often refusals, accesses and the clock are looked after, in milliseconds.
    private static let tidyMilliseconds: Int64 = 250
    private static let checkpointSeconds: Int64 = 60

    private let parts: Committer.Parts
    private let committer: Committer
    private var watch = SecurityWatch()
    private var drafts: [AlertDraft]
    private var lastGathered = Timestamp(microseconds: 0)
    private var lastTidied = Timestamp(microseconds: 0)
    private var lastCheckpoint: (at: Timestamp, size: UInt64)

    init(parts: Committer.Parts, committer: Committer) {
        self.parts = parts
        self.committer = committer
        drafts = parts.unraised
        lastCheckpoint = (parts.clock.now, 0)
    }

    mutating func run() {
        while true {
            var waiting = committer.queue.take(limit: StorageLimits.observationsPerBatch)
            if waiting.isEmpty, !committer.mustStop {
                tidyIfDue()
                if drafts.isEmpty {
                    committer.queue.wait(milliseconds: Int(CommitWorker.tidyMilliseconds))
                    waiting = committer.queue.take(limit: StorageLimits.observationsPerBatch)
                }
            }
            let own = ownEvents(isIdle: waiting.isEmpty)
            if waiting.isEmpty, own.isEmpty {
                if committer.mustStop { break }
                continue
            }
            guard commit(waiting, own) else { break }
            if !waiting.isEmpty { tidyIfDue() }
        }
        finish()
    }

    /// The city's own events: alerts found since the last batch and, when it is time, refusals and accesses.
    private mutating func ownEvents(isIdle: Bool) -> [CityEvent] {
        var events: [CityEvent] = []
        let now = parts.clock.now
        if isIdle || isDue(lastGathered, at: now) {
            lastGathered = now
            for refusal in parts.refusals.take() {
                events.append(.refusal(refusal))
                if let draft = watch.alert(for: refusal) { drafts.append(draft) }
            }
            events.append(contentsOf: parts.accesses.take().map(CityEvent.access))
        }
        for case .identityInTwoPlaces(let device, let first, let second, let at) in committer.takeReports() {
            if let draft = watch.identityInTwoPlaces(device, first: first, second: second, at: at) {
                drafts.append(draft)
            }
        }
        for draft in drafts {
            parts.metrics.raisedAlert()
            events.append(.alertRaised(AlertRecord(draft, number: parts.alerts.takeNumber(), raisedAt: now)))
        }
        drafts.removeAll()
        return events
    }

    /// Commits and publishes; tries again while the disk is full.
    ///
    /// - Returns: Whether to go on.
    private mutating func commit(_ waiting: [AcceptedChanges], _ own: [CityEvent]) -> Bool {
        do throws(StorageError) {
            let batch = try parts.commit.prepare(waiting, ownEvents: own)
            guard !batch.isEmpty else {
                let receipt = Receipt(batch: parts.ledger.size, committedAt: parts.clock.now)
                parts.metrics.repeated(batch.duplicateCount)
                for changes in waiting { changes.completion(.success(receipt)) }
                return true
            }
            guard let committed = try persist(batch) else {
                give(up: waiting, because: .stopping)
                return false
            }
            drafts.append(contentsOf: try parts.publish.apply(committed))
            for changes in waiting { changes.completion(.success(committed.receipt)) }
            return true
        } catch {
            parts.logger.critical(
                "the store failed; the city stops taking submissions", metadata: ["error": "\(error.message)"])
            committer.become(.failed(error.message))
            committer.queue.close()
            give(up: waiting, because: Refusal(step: .commit, code: .unavailable, message: "the store failed"))
            return false
        }
    }

    /// - Returns: nil when the city is told to stop while the disk is full.
    private mutating func persist(_ batch: Commit.Prepared) throws(StorageError) -> CommittedBatch? {
        while true {
            do throws(StorageError) {
                let began = DispatchTime.now().uptimeNanoseconds
                let committed = try parts.commit.commit(batch, at: parts.clock.now)
                parts.metrics.committed(
                    observations: batch.observations.count, duplicates: batch.duplicateCount,
                    took: Int(DispatchTime.now().uptimeNanoseconds - began))
                if committer.state != .working {
                    parts.logger.notice("there is room again; commits go on")
                    committer.become(.working)
                }
                return committed
            } catch  where error.code == .diskFull || error.code == .inUse {
                if committer.state == .working {
                    parts.logger.error("commits wait for room", metadata: ["error": "\(error.message)"])
                }
                committer.become(.waitingForRoom(error.message))
                if committer.mustStop { return nil }
                committer.queue.wait(milliseconds: 1_000)
            }
        }
    }

    private func give(up waiting: [AcceptedChanges], because refusal: Refusal) {
        for changes in waiting { changes.completion(.failure(refusal)) }
        while true {
            let more = committer.queue.take(limit: .max)
            guard !more.isEmpty else { return }
            for changes in more { changes.completion(.failure(refusal)) }
        }
    }

    /// Whether it is time again; also when the clock was set back.
    private func isDue(_ last: Timestamp, at now: Timestamp) -> Bool {
        now < last || now.since(last) > .milliseconds(CommitWorker.tidyMilliseconds)
    }

    private mutating func tidyIfDue() {
        let now = parts.clock.now
        guard isDue(lastTidied, at: now) else { return }
        lastTidied = now
        // With findings still to be committed, a photograph would forget them if the city stopped right after it.
        if drafts.isEmpty, parts.photographer.isDue(committed: parts.metrics.observationCount, at: now) {
            parts.photographer.take(parts.publish.snapshot(), committed: parts.metrics.observationCount, at: now)
        }
        keepCheckpointIfDue(now)
    }

    private mutating func keepCheckpointIfDue(_ now: Timestamp) {
        let elapsed = now.since(lastCheckpoint.at)
        guard elapsed > .seconds(CommitWorker.checkpointSeconds) || elapsed < .zero,
            parts.ledger.size > lastCheckpoint.size
        else { return }
        keepCheckpoint(now)
    }

    private mutating func keepCheckpoint(_ now: Timestamp) {
        do throws(StorageError) {
            try parts.ledger.keepCheckpoint(at: now)
            lastCheckpoint = (now, parts.ledger.size)
        } catch {
            parts.logger.warning("a checkpoint could not be kept", metadata: ["error": "\(error.message)"])
        }
    }

    private mutating func finish() {
        let isWell = committer.state == .working
        give(up: [], because: .stopping)
        if isWell {
            keepCheckpoint(parts.clock.now)
            parts.photographer.finish(with: parts.publish.snapshot())
            committer.become(.stopped)
        }
    }
}

extension AlertRecord {
    init(_ draft: AlertDraft, number: UInt64, raisedAt: Timestamp) {
        self.init(
            id: number, entity: draft.entity, attribute: draft.attribute, device: draft.device, kind: draft.kind,
            severity: draft.severity, text: draft.text, observedAt: draft.observedAt, raisedAt: raisedAt)
    }
}
