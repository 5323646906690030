import CityModel
import CityStorage
import Logging

/// The fifth step: keep it, once. Takes what is waiting, leaves out what the city already has, and makes the rest one
/// durable batch and one leaf of the ledger.
final class Commit {
    private let writer: JournalWriter
    private let series: SeriesTable
    private var duplicates: DuplicateFilter

    init(writer: JournalWriter, series: SeriesTable, history: History) {
        self.writer = writer
        self.series = series
        self.duplicates = DuplicateFilter(history: history)
    }

    /// A batch in preparation: what is new among what waits. Kept by the caller while the disk is full.
    struct Prepared {
        var events: [CityEvent]
        var observations: [Observation]
        /// Observations left out because the city has them.
        var duplicateCount: Int

        var isEmpty: Bool { events.isEmpty && observations.isEmpty }
    }

    /// Gathers the new definitions, the events and the observations that are not duplicates, in this order.
    func prepare(_ waiting: [AcceptedChanges], ownEvents: [CityEvent]) throws(StorageError) -> Prepared {
        var observations: [Observation] = []
        observations.reserveCapacity(waiting.reduce(0) { $0 + $1.observations.count })
        var offered = 0
        duplicates.beginBatch()
        for changes in waiting {
            offered += changes.observations.count
            for observation in changes.observations
            where try duplicates.isNew(observation.series, at: observation.observedAt.microseconds) {
                observations.append(observation)
            }
        }
        let events =
            series.takeUnrecorded().map(CityEvent.attributeDefined) + waiting.flatMap(\.events) + ownEvents
        return Prepared(
            events: events, observations: observations, duplicateCount: offered - observations.count)
    }

    /// Makes a prepared batch durable.
    ///
    /// - Throws: ``StorageError``; nothing was kept, and the same batch may be tried again.
    func commit(_ batch: Prepared, at now: Timestamp) throws(StorageError) -> CommittedBatch {
        let receipt = try writer.commit(events: batch.events, observations: batch.observations, at: now)
        return CommittedBatch(receipt: receipt, events: batch.events, observations: batch.observations)
    }
}

/// Tells observations that the city has (same series, same time) from new ones.
///
/// Almost every observation is newer than all before it in its series, and costs one comparison.
struct DuplicateFilter {
    private let history: History
    private var newest: [Int64] = []
    private var loaded: [Bool] = []
    /// What this batch has accepted so far, in order; history gets it only after the commit.
    private var accepted: [Key] = []
    /// The same as a set, made when the first late observation of the batch asks.
    private var acceptedSet: Set<Key>?

    private struct Key: Hashable {
        let series: UInt32
        let time: Int64
    }

    init(history: History) {
        self.history = history
    }

    mutating func beginBatch() {
        accepted.removeAll(keepingCapacity: true)
        acceptedSet = nil
    }

    /// Whether the city does not have it yet; if so, it counts as had from now on.
    mutating func isNew(_ series: SeriesID, at time: Int64) throws(StorageError) -> Bool {
        let index = Int(series.index)
        while newest.count <= index {
            newest.append(.min)
            loaded.append(false)
        }
        if !loaded[index] {
            newest[index] = history.newest(of: series)
            loaded[index] = true
        }
        let key = Key(series: series.index, time: time)
        if time > newest[index] {
            newest[index] = time
        } else {
            guard time < newest[index] else { return false }
            if acceptedSet == nil { acceptedSet = Set(accepted) }
            guard acceptedSet?.contains(key) != true else { return false }
            guard try !history.contains(series, at: time) else { return false }
        }
        accepted.append(key)
        acceptedSet?.insert(key)
        return true
    }
}
