import CityModel
import CityStorage
import Logging

/// The fifth step: keep it, once. Takes what is waiting, leaves out what the city already has, and makes the rest one
/// durable batch and one leaf of the ledger.
final class Commit {
    private let writer: JournalWriter
    private let series: SeriesTable
    private var duplicates: DuplicateFilter

    init(writer: JournalWriter, series: SeriesTable, duplicates: DuplicateFilter) {
        self.writer = writer
        self.series = series
        self.duplicates = duplicates
    }

    /// A batch in preparation: what is new among what waits. Kept by the caller while the disk is full.
    struct Prepared {
        var events: [CityEvent] = []
        var observations: [Observation] = []
        var keepings: [Keeping] = []
        /// Observations left out because the city has them.
        var duplicateCount = 0
        /// Submissions that have no part in the batch, by their place, and why.
        var refused: [Int: Refusal] = [:]

        /// Whether there is nothing that the ledger would hear of.
        var hasNoEntries: Bool { events.isEmpty && observations.isEmpty }
        var isEmpty: Bool { hasNoEntries && keepings.isEmpty }
    }

    /// Gathers the new definitions, the events and the observations that are not duplicates, in this order.
    func prepare(
        _ waiting: [AcceptedChanges], ownEvents: [CityEvent], at now: Timestamp
    ) throws(StorageError) -> Prepared {
        var batch = Prepared()
        batch.observations.reserveCapacity(waiting.reduce(0) { $0 + $1.observations.count })
        var offered = 0
        var events: [CityEvent] = []
        duplicates.beginBatch(at: now)
        for (place, changes) in waiting.enumerated() {
            if let refusal = try duplicates.admit(changes.observations, into: &batch.observations) {
                batch.refused[place] = refusal
                continue
            }
            offered += changes.observations.count
            events.append(contentsOf: changes.events)
            batch.keepings.append(contentsOf: changes.keepings)
        }
        batch.events = series.takeUnrecorded().map(CityEvent.attributeDefined) + events + ownEvents
        batch.duplicateCount = offered - batch.observations.count
        return batch
    }

    /// Makes a prepared batch durable.
    ///
    /// - Throws: ``StorageError``; nothing was kept, and the same batch may be tried again.
    func commit(_ batch: Prepared, at now: Timestamp) throws(StorageError) -> CommittedBatch {
        let receipt = try writer.commit(
            events: batch.events, observations: batch.observations, keeping: batch.keepings, at: now)
        return CommittedBatch(receipt: receipt, events: batch.events, observations: batch.observations)
    }
}
