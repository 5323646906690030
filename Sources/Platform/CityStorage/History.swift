public import CityModel
import Synchronization
public import TimeSeries

/// The city's time series: an open block for each attribute in memory, sealed and compressed blocks in the views.
///
/// Safe from any thread; only the committer applies. A series that nobody has written since the start stays as the
/// compressed bytes it was saved as, so that opening a city of a million readings doesn't unpack them.
public final class History: Sendable {
    /// What the committer tells history of one committed number.
    public struct Entry: Sendable {
        /// Which series.
        public let series: SeriesID
        /// What was observed, and how unusual it was.
        public let reading: Reading

        /// An entry.
        @inlinable
        public init(series: SeriesID, reading: Reading) {
            self.series = series
            self.reading = reading
        }
    }

    /// What has changed since the last photograph of the views.
    public struct Changes: Sendable {
        /// Open blocks, still to be compressed.
        public var heads: [(SeriesID, LateBytes)] = []
        /// Blocks sealed.
        public var blocks: [(SeriesID, Block)] = []
        /// Values that are not numbers.
        public var words: [Observation] = []
    }

    fileprivate struct Shelf {
        var open = SeriesHead()
        var dormant: [UInt8] = []
        var unsaved: [Block] = []
        /// Values that are not numbers and not yet on disk, by their time.
        var words: [Int64: AttributeValue] = [:]
        var last = Int64.min
        var isDirty = false
    }

    fileprivate struct State {
        var shelves: [Shelf] = []
        var dirty: [Int] = []
        var lastDecoded: (series: Int, span: ClosedRange<Int64>, times: Set<Int64>)?
    }

    private let views: ViewStore
    private let state = Mutex(State())

    /// A history over the sealed blocks in `views`.
    public init(views: ViewStore) {
        self.views = views
    }

    /// Takes a series as it was saved.
    public func restore(_ snapshot: SeriesSnapshot) {
        state.withLock { state in
            let index = Int(snapshot.definition.series.index)
            state.grow(to: index)
            state.shelves[index].dormant = snapshot.head.make()
            state.shelves[index].last = snapshot.observedAt?.microseconds ?? .min
        }
    }

    /// Adds committed readings, which must not be there yet.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when a saved open block cannot be read.
    public func apply(_ entries: [Entry]) throws(StorageError) {
        let failure: StorageError? = state.withLock { state in
            for entry in entries {
                let index = Int(entry.series.index)
                state.grow(to: index)
                if !state.shelves[index].dormant.isEmpty, let failure = state.wake(index) { return failure }
                state.append(entry.reading, to: index)
            }
            return nil
        }
        if let failure {
            views.putAside()
            throw failure
        }
    }

    /// Adds committed values that are not numbers; they are kept one by one.
    public func apply(words: [Observation]) {
        guard !words.isEmpty else { return }
        state.withLock { state in
            for word in words {
                let index = Int(word.series.index)
                state.grow(to: index)
                state.shelves[index].words[word.observedAt.microseconds] = word.value
                state.shelves[index].last = max(state.shelves[index].last, word.observedAt.microseconds)
                state.touch(index)
            }
        }
    }

    /// Marks a series to be in the next photograph although nothing was observed: its definition is new.
    public func touch(_ series: SeriesID) {
        state.withLock { state in
            state.grow(to: Int(series.index))
            state.touch(Int(series.index))
        }
    }

    /// The values of a series that are not numbers, made in `span`, in order of time, at most the newest `limit`.
    public func words(
        of series: SeriesID, in span: ClosedRange<Int64>, newest limit: Int
    ) throws(StorageError) -> [Observation] {
        let index = Int(series.index)
        var byTime = state.withLock { state in
            index < state.shelves.count ? state.shelves[index].words.filter { span.contains($0.key) } : [:]
        }
        for word in try views.words(of: series, in: span, newest: limit) {
            byTime[word.observedAt.microseconds] = word.value
        }
        return byTime.sorted { $0.key < $1.key }.suffix(limit).map { time, value in
            Observation(series: series, observedAt: Timestamp(microseconds: time), value: value)
        }
    }

    /// The newest time at which a series was observed, or `Int64.min` when it never was. For the duplicates check.
    public func newest(of series: SeriesID) -> Int64 {
        state.withLock { state in
            let index = Int(series.index)
            return index < state.shelves.count ? state.shelves[index].last : .min
        }
    }

    /// Whether a series has a reading made at exactly `time`.
    public func contains(_ series: SeriesID, at time: Int64) throws(StorageError) -> Bool {
        let index = Int(series.index)
        let known: Bool? = state.withLock { state in
            guard index < state.shelves.count, time <= state.shelves[index].last else { return false }
            if state.wake(index) == nil, state.shelves[index].open.contains(time: time) { return true }
            if let decoded = state.lastDecoded, decoded.series == index, decoded.span.contains(time),
                decoded.times.contains(time)
            {
                return true
            }
            if state.shelves[index].words[time] != nil { return true }
            return state.shelves[index].unsaved.contains { $0.covers(time) && $0.contains { $0.time == time } }
                ? true : nil
        }
        if let known { return known }
        for block in try views.blocks(of: series, in: time...time) {
            let times = Set(block.map(\.time))
            state.withLock { $0.lastDecoded = (index, block.header.firstTime...block.header.lastTime, times) }
            if times.contains(time) { return true }
        }
        return try !views.words(of: series, in: time...time, newest: 1).isEmpty
    }

    /// The readings of a series made in `span`, in order of time, at most the newest `limit` of them.
    public func readings(
        of series: SeriesID, in span: ClosedRange<Int64>, newest limit: Int = .max
    ) throws(StorageError) -> [Reading] {
        let index = Int(series.index)
        let (unsaved, open, failure): ([Block], [Reading], StorageError?) = state.withLock { state in
            guard index < state.shelves.count else { return ([], [], nil) }
            if let failure = state.wake(index) { return ([], [], failure) }
            let open = state.shelves[index].open.readings.filter { span.contains($0.time) }
            return (state.shelves[index].unsaved, open, nil)
        }
        if let failure {
            views.putAside()
            throw failure
        }
        var found = open
        // A block is in both places while it is being saved: the saved ones win and the times decide.
        for block in try views.blocks(of: series, in: span) + unsaved.filter({ $0.overlaps(span) }) {
            found.append(contentsOf: block.filter { span.contains($0.time) })
        }
        found.sort { $0.time < $1.time }
        var distinct: [Reading] = []
        distinct.reserveCapacity(found.count)
        for reading in found where distinct.last?.time != reading.time { distinct.append(reading) }
        return distinct.count > limit ? Array(distinct.suffix(limit)) : distinct
    }

    /// Hands over what has changed since the last call, to be saved: blocks sealed, and open blocks as they are.
    ///
    /// Blocks stay readable here until ``forget(saved:words:)`` is told that they are on disk.
    public func takeChanges() -> Changes {
        state.withLock { state in
            var changes = Changes()
            for index in state.dirty {
                let series = SeriesID(index: UInt32(index))
                let (open, dormant) = (state.shelves[index].open, state.shelves[index].dormant)
                changes.heads.append((series, LateBytes { dormant.isEmpty ? open.sealedBytes() : dormant }))
                for block in state.shelves[index].unsaved { changes.blocks.append((series, block)) }
                for (time, value) in state.shelves[index].words {
                    changes.words.append(
                        Observation(series: series, observedAt: Timestamp(microseconds: time), value: value))
                }
                state.shelves[index].isDirty = false
            }
            state.dirty.removeAll(keepingCapacity: true)
            return changes
        }
    }

    /// Lets go of what is on disk now.
    public func forget(saved blocks: [(SeriesID, Block)], words: [Observation]) {
        state.withLock { state in
            for (series, block) in blocks {
                state.shelves[Int(series.index)].unsaved.removeAll { $0 == block }
            }
            for word in words { state.shelves[Int(word.series.index)].words[word.observedAt.microseconds] = nil }
        }
    }

    /// Bytes and readings of all that is stored, compressed: on disk and in memory.
    public func totals() throws(StorageError) -> (bytes: Int64, readings: Int64) {
        // Open blocks are compressed on copies, so that commits need not wait for it.
        let (unsaved, open) = state.withLock { state in
            (state.shelves.flatMap(\.unsaved), state.shelves.map { ($0.open, $0.dormant) })
        }
        var blocks = unsaved
        for case (var head, let dormant) in open {
            if let block = head.seal() ?? (try? Block(bytes: dormant)) { blocks.append(block) }
        }
        let (bytes, readings) = try views.blockTotals()
        return blocks.reduce((bytes, readings)) { sum, block in
            (sum.0 + Int64(block.bytes.count), sum.1 + Int64(block.header.count))
        }
    }
}

extension History.State {
    fileprivate mutating func grow(to index: Int) {
        while shelves.count <= index { shelves.append(History.Shelf()) }
    }

    /// Unpacks a series that is still as it was saved.
    fileprivate mutating func wake(_ index: Int) -> StorageError? {
        guard !shelves[index].dormant.isEmpty else { return nil }
        do {
            for reading in try Block(bytes: shelves[index].dormant).decode() { shelves[index].open.append(reading) }
        } catch {
            return StorageError(.damaged, "the open block of series \(index) in the views is damaged", cause: error)
        }
        shelves[index].dormant = []
        return nil
    }

    fileprivate mutating func append(_ reading: Reading, to index: Int) {
        if shelves[index].open.isFull, let block = shelves[index].open.seal() { shelves[index].unsaved.append(block) }
        shelves[index].open.append(reading)
        shelves[index].last = max(shelves[index].last, reading.time)
        touch(index)
    }

    fileprivate mutating func touch(_ index: Int) {
        guard !shelves[index].isDirty else { return }
        shelves[index].isDirty = true
        dirty.append(index)
    }
}

extension SeriesHead {
    /// The bytes of a block of all readings; empty where there are none.
    fileprivate func sealedBytes() -> [UInt8] {
        var copy = self
        return copy.seal()?.bytes ?? []
    }
}

extension Block {
    fileprivate func covers(_ time: Int64) -> Bool { header.firstTime <= time && time <= header.lastTime }

    fileprivate func overlaps(_ span: ClosedRange<Int64>) -> Bool {
        header.firstTime <= span.upperBound && span.lowerBound <= header.lastTime
    }
}
