import CityModel
import CityStorage
import Dispatch
import Foundation
import Logging
import Synchronization

/// The thread that carries out the last two steps: it takes what waits, commits it as one batch (group commit: many
/// submissions, one sync to disk), publishes it, and only then tells the submitters.
///
/// A full disk stops it, not the city: what waits goes on waiting, submissions beyond the queue's bounds are refused,
/// reads go on, and the same batch is tried again every second until there is room. Damaged views stop nothing. Only a
/// journal that fails ends it for good: who serves the city is told, and must start it anew.
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
    /// Why the store failed, once it has; ends when the thread does. For one reader.
    let failures: AsyncStream<StorageError>
    private let failure: AsyncStream<StorageError>.Continuation

    init() {
        (failures, failure) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

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
            failure.finish()
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
        queue.close(because: .stopping)
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

    fileprivate func fail(_ error: StorageError) {
        become(.failed(error.message))
        queue.close(because: .storeFailed)
        failure.yield(error)
    }

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
    private var hasToldDamage = false

    init(parts: Committer.Parts, committer: Committer) {
        self.parts = parts
        self.committer = committer
        drafts = parts.unraised
        lastCheckpoint = (parts.clock.now, 0)
    }

    mutating func run() {
        while true {
            var waiting = take()
            if waiting.isEmpty, !committer.mustStop {
                guard tidyIfDue() else { break }
                if drafts.isEmpty {
                    committer.queue.wait(milliseconds: Int(CommitWorker.tidyMilliseconds))
                    waiting = take()
                }
            }
            let own = ownEvents(isIdle: waiting.isEmpty)
            if waiting.isEmpty, own.isEmpty {
                if committer.mustStop { break }
                continue
            }
            guard commit(waiting, own), waiting.isEmpty || tidyIfDue() else { break }
        }
        finish()
    }

    private func take() -> [AcceptedChanges] {
        committer.queue.take(entries: StorageLimits.observationsPerBatch, bytes: StorageLimits.bytesPerBatch)
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
            let batch = try parts.commit.prepare(waiting, ownEvents: own, at: parts.clock.now)
            guard !batch.isEmpty else {
                parts.metrics.repeated(batch.duplicateCount)
                answer(waiting, batch, Receipt(batch: parts.ledger.size, committedAt: parts.clock.now))
                return true
            }
            guard let committed = try persist(batch) else {
                give(up: waiting, because: .stopping)
                return false
            }
            if !batch.hasNoEntries { drafts.append(contentsOf: parts.publish.apply(committed)) }
            answer(waiting, batch, committed.receipt)
            return true
        } catch {
            parts.logger.critical(
                "the store failed; nothing can be kept until the city is started again",
                metadata: ["error": "\(error.message)"])
            committer.fail(error)
            give(up: waiting, because: .storeFailed)
            return false
        }
    }

    private func answer(_ waiting: [AcceptedChanges], _ batch: Commit.Prepared, _ receipt: Receipt) {
        for (place, changes) in waiting.enumerated() {
            changes.completion(batch.refused[place].map { .failure($0) } ?? .success(receipt))
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
                committer.queue.pause(milliseconds: 1_000)
            }
        }
    }

    private func give(up waiting: [AcceptedChanges], because refusal: Refusal) {
        for changes in waiting { changes.completion(.failure(refusal)) }
        while true {
            let more = committer.queue.take(entries: .max, bytes: .max)
            guard !more.isEmpty else { return }
            for changes in more { changes.completion(.failure(refusal)) }
        }
    }

    /// Whether it is time again; also when the clock was set back.
    private func isDue(_ last: Timestamp, at now: Timestamp) -> Bool {
        now < last || now.since(last) > .milliseconds(CommitWorker.tidyMilliseconds)
    }

    /// - Returns: Whether to go on.
    private mutating func tidyIfDue() -> Bool {
        let now = parts.clock.now
        guard isDue(lastTidied, at: now) else { return true }
        lastTidied = now
        tellDamage()
        if parts.photographer.isDue(committed: parts.metrics.observationCount, at: now) {
            // A photograph would forget findings that are still to be committed if the city stopped right after it, and
            // under load every batch leaves some. Alone in a batch they leave none: it has no observations.
            if !drafts.isEmpty {
                guard commit([], ownEvents(isIdle: false)) else { return false }
            }
            parts.photographer.take(parts.publish.snapshot(), committed: parts.metrics.observationCount, at: now)
        }
        keepCheckpointIfDue(now)
        return true
    }

    private mutating func tellDamage() {
        guard !hasToldDamage, let damage = parts.photographer.damage else { return }
        hasToldDamage = true
        parts.logger.critical(
            "the views are damaged: commits go on, some reads fail; start the city again soon, which makes them anew",
            metadata: ["error": "\(damage.message)"])
    }

    private mutating func keepCheckpointIfDue(_ now: Timestamp) {
        let elapsed = now.since(lastCheckpoint.at)
        guard elapsed > .seconds(CommitWorker.checkpointSeconds) || elapsed < .zero,
            parts.ledger.size > lastCheckpoint.size
        else { return }
        keepCheckpoint(now)
    }

    private mutating func keepCheckpoint(_ now: Timestamp) {
        lastCheckpoint.at = now
        do throws(StorageError) {
            try parts.ledger.keepCheckpoint(at: now)
            lastCheckpoint.size = parts.ledger.size
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
