import CityModel
import CityStorage

/// Tells observations that the city has (same series, same time) from new ones. Used by the committer's thread.
///
/// Almost every observation is newer than all before it in its series, and costs one comparison. The others are looked
/// for in the history, and where that is damaged, in the journal.
struct DuplicateFilter {
    /// Batches of the journal that are searched for one observation while the views are damaged, the newest first. What
    /// none of them has counts as new: kept twice is better than lost.
    static let batchesSearched = 64
    /// Searched batches that are remembered.
    private static let batchesRemembered = 8

    private struct Key: Hashable {
        let series: UInt32
        let time: Int64
    }

    private enum Answer {
        case new, known
        case tooMuch(Refusal)
    }

    private let history: History
    private let journal: any Journal
    private let series: SeriesTable
    private var budget: LateBudget
    private var now = Timestamp(microseconds: 0)

    /// The newest time of each series: in the batches before, and with what this batch has accepted so far.
    private var committed: [Int64] = []
    private var newest: [Int64] = []
    private var isLoaded: [Bool] = []
    /// Series for which the two differ.
    private var advanced: [Int] = []
    /// What this batch has accepted so far, in order; history gets it only after the commit.
    private var accepted: [Key] = []
    /// The same as a set, made when the first late observation of the batch asks.
    private var acceptedSet: Set<Key>?
    /// What a submission has changed above, to be undone when it is refused.
    private var changes: [(series: Int, newest: Int64)] = []
    /// Devices that may look for late observations for the rest of the submission.
    private var allowed: [DeviceID?] = []
    private var batches: [UInt64: Set<Key>] = [:]

    init(history: History, journal: any Journal, series: SeriesTable, budget: LateBudget) {
        self.history = history
        self.journal = journal
        self.series = series
        self.budget = budget
    }

    mutating func beginBatch(at now: Timestamp) {
        self.now = now
        for index in advanced { committed[index] = newest[index] }
        advanced.removeAll(keepingCapacity: true)
        accepted.removeAll(keepingCapacity: true)
        acceptedSet = nil
    }

    /// Appends those observations of a submission that the city does not have yet; they count as had from now on.
    ///
    /// - Returns: nil; or why the whole submission must be tried again later, and nothing of it was appended.
    /// - Throws: ``StorageError`` when the journal itself cannot be read.
    mutating func admit(
        _ offered: [Observation], into observations: inout [Observation]
    ) throws(StorageError) -> Refusal? {
        let (before, acceptedBefore) = (observations.count, accepted.count)
        changes.removeAll(keepingCapacity: true)
        allowed.removeAll(keepingCapacity: true)
        for observation in offered {
            let time = observation.observedAt.microseconds
            let index = load(observation.series)
            let key = Key(series: observation.series.index, time: time)
            if time > newest[index] {
                advance(index, to: time)
            } else {
                guard time < newest[index] else { continue }
                switch try look(for: key, in: index) {
                case .new: break
                case .known: continue
                case .tooMuch(let refusal):
                    observations.removeSubrange(before...)
                    undo(after: acceptedBefore)
                    return refusal
                }
            }
            accepted.append(key)
            acceptedSet?.insert(key)
            observations.append(observation)
        }
        return nil
    }

    /// - Returns: Where the series stands.
    private mutating func load(_ id: SeriesID) -> Int {
        let index = Int(id.index)
        while newest.count <= index {
            newest.append(.min)
            committed.append(.min)
            isLoaded.append(false)
        }
        if !isLoaded[index] {
            newest[index] = history.newest(of: id)
            committed[index] = newest[index]
            isLoaded[index] = true
        }
        return index
    }

    private mutating func advance(_ index: Int, to time: Int64) {
        changes.append((index, newest[index]))
        if newest[index] == committed[index] { advanced.append(index) }
        newest[index] = time
    }

    private mutating func undo(after count: Int) {
        for change in changes.reversed() { newest[change.series] = change.newest }
        for key in accepted[count...] { acceptedSet?.remove(key) }
        accepted.removeSubrange(count...)
    }

    /// Looks for an observation that is older than the newest of its series.
    private mutating func look(for key: Key, in index: Int) throws(StorageError) -> Answer {
        let among = acceptedSet ?? Set(accepted)
        acceptedSet = among
        guard !among.contains(key) else { return .known }
        guard key.time <= committed[index] else { return .new }
        guard key.time < committed[index] else { return .known }
        let id = SeriesID(index: key.series)
        let recollection = history.recall(id, at: key.time)
        if recollection.blocks == 0, let isThere = recollection.isThere { return isThere ? .known : .new }
        let device = series.definition(of: id)?.device
        guard mayLook(device) else { return .tooMuch(.tooManyLate) }
        var work = LateBudget.looking + LateBudget.searchingBlock * Double(recollection.blocks)
        defer { budget.charge(work, to: device, at: now) }
        if let isThere = recollection.isThere { return isThere ? .known : .new }
        do throws(StorageError) {
            let found = try history.lookUp(id, at: key.time)
            work += LateBudget.unpackingBlock * Double(found.unpacked)
            return found.isThere ? .known : .new
        } catch {
            // The views are no reason to refuse anything: the journal has all that they are made of.
            let found = try searchJournal(for: key)
            work += LateBudget.unpackingBatch * Double(found.unpacked)
            return found.isThere ? .known : .new
        }
    }

    /// A submission that has begun to look may go on: it shares one fate, and must be able to succeed.
    private mutating func mayLook(_ device: DeviceID?) -> Bool {
        if allowed.contains(device) { return true }
        guard budget.allows(device, at: now) else { return false }
        allowed.append(device)
        return true
    }

    private mutating func searchJournal(for key: Key) throws(StorageError) -> (isThere: Bool, unpacked: Int) {
        var unpacked = 0
        let candidates = try journal.candidates(observedAt: Timestamp(microseconds: key.time))
        for sequence in candidates.suffix(DuplicateFilter.batchesSearched).reversed() {
            if batches[sequence] == nil, let stored = try journal.batch(sequence) {
                unpacked += 1
                let observations = try BatchContent(decoding: stored.content).observations
                if batches.count >= DuplicateFilter.batchesRemembered { batches.removeAll() }
                batches[sequence] = Set(
                    observations.map { Key(series: $0.series.index, time: $0.observedAt.microseconds) })
            }
            if batches[sequence]?.contains(key) == true { return (true, unpacked) }
        }
        return (false, unpacked)
    }
}

extension Refusal {
    fileprivate static let tooManyLate = Refusal(
        step: .commit, code: .rateLimited,
        message: "too many readings of long ago at once: try again, and send what was missed in the order of its time")
}
