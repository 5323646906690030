public import CityModel
import Synchronization
public import TimeSeries

/// The city's time series: an open block for each attribute in memory, sealed and compressed blocks in the views.
///
/// Readings that come after a block with later ones was sealed have an open block of their own, so that the others do
/// not overlap in time: a late reading is then looked for in one of them, not in all.
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
        public var heads: [(series: SeriesID, open: LateBytes, late: LateBytes)] = []
        /// Blocks sealed.
        public var blocks: [(SeriesID, Block)] = []
        /// Values that are not numbers.
        public var words: [Observation] = []
    }

    struct Shelf {
        var open = SeriesHead()
        /// Readings made before ``floor``.
        var late = SeriesHead()
        /// No sealed block has a reading made at this time or later.
        var floor = Int64.min
        /// Both open blocks as they were saved, until somebody needs them unpacked.
        var dormant: (open: [UInt8], late: [UInt8]) = ([], [])
        var unsaved: [Block] = []
        /// Values that are not numbers and not yet on disk, by their time.
        var words: [Int64: AttributeValue] = [:]
        /// Whether there are such values on disk; nil until the disk was asked.
        var hasSavedWords: Bool? = false
        var last = Int64.min
        var isDirty = false
        /// What is wrong when an open block that was saved could not be read: not all is here then.
        var damage: StorageError?
    }

    struct State {
        var shelves: [Shelf] = []
        var dirty: [Int] = []
        var remembered = RememberedBlocks()
        /// How many times blocks and values have gone to disk.
        var savings: UInt64 = 0
    }

    let views: ViewStore
    let state = Mutex(State())

    /// A history over the sealed blocks in `views`.
    public init(views: ViewStore) {
        self.views = views
    }

    /// Takes a series as it was saved.
    public func restore(_ snapshot: SeriesSnapshot) {
        state.withLock { state in
            let index = Int(snapshot.definition.series.index)
            state.grow(to: index)
            state.shelves[index].dormant = (snapshot.head.make(), snapshot.late.make())
            state.shelves[index].hasSavedWords = nil
            state.shelves[index].last = snapshot.observedAt?.microseconds ?? .min
        }
    }

    /// Adds committed readings, which must not be there yet.
    ///
    /// A saved open block that cannot be read is marked as damage (``ViewStore/damage``). The readings are added all the
    /// same; what was in that block is missing until the views are made again, and nobody is given the rest.
    public func apply(_ entries: [Entry]) {
        let damage: StorageError? = state.withLock { state in
            var damage: StorageError?
            for entry in entries {
                let index = Int(entry.series.index)
                state.grow(to: index)
                if state.shelves[index].isDormant, let found = state.wake(index) { damage = found }
                state.append(entry.reading, to: index)
            }
            return damage
        }
        if let damage { views.mark(damage) }
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

    /// The readings of a series made in `span`, in order of time, at most the newest `limit` of them.
    ///
    /// Unpacks blocks from the newest on, and no more than are needed for so many.
    public func readings(
        of series: SeriesID, in span: ClosedRange<Int64>, newest limit: Int = .max
    ) throws(StorageError) -> [Reading] {
        try run(of: series, in: span).newest(limit)
    }

    /// Where the readings of a series made in `span` lie, to be read one by one.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when the saved open block cannot be read.
    public func run(of series: SeriesID, in span: ClosedRange<Int64>) throws(StorageError) -> ReadingRun {
        let index = Int(series.index)
        let (unsaved, open, damage): ([Block], [Reading], StorageError?) = state.withLock { state in
            guard index < state.shelves.count else { return ([], [], nil) }
            _ = state.wake(index)
            let shelf = state.shelves[index]
            return (shelf.unsaved.filter { $0.overlaps(span) }, shelf.openReadings(in: span), shelf.damage)
        }
        if let damage {
            views.mark(damage)
            throw damage
        }
        // Asked for after the others: a block that is being saved is in both places, and in one of them at least.
        return ReadingRun(
            series: series, span: span, views: views, open: open, unsaved: unsaved,
            saved: try views.blockSpans(of: series, in: span))
    }

    /// Hands over what has changed since the last call, to be saved: blocks sealed, and open blocks as they are.
    ///
    /// Blocks stay readable here until ``forget(saved:words:)`` is told that they are on disk.
    public func takeChanges() -> Changes {
        state.withLock { state in
            var changes = Changes()
            for index in state.dirty {
                let series = SeriesID(index: UInt32(index))
                let (open, late) = (state.shelves[index].open, state.shelves[index].late)
                let (isDormant, dormant) = (state.shelves[index].isDormant, state.shelves[index].dormant)
                changes.heads.append(
                    (
                        series, LateBytes { isDormant ? dormant.open : open.sealedBytes() },
                        LateBytes { isDormant ? dormant.late : late.sealedBytes() }
                    ))
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
            state.savings += 1
            for (series, block) in blocks {
                state.shelves[Int(series.index)].unsaved.removeAll { $0 == block }
                state.remembered.note(saved: block.extent, of: Int(series.index))
            }
            for word in words {
                state.shelves[Int(word.series.index)].words[word.observedAt.microseconds] = nil
                state.shelves[Int(word.series.index)].hasSavedWords = true
            }
        }
    }

    /// Bytes and readings of all that is stored, compressed: on disk and in memory.
    public func totals() throws(StorageError) -> (bytes: Int64, readings: Int64) {
        // Open blocks are compressed on copies, so that commits need not wait for it.
        let (unsaved, open, dormant) = state.withLock { state in
            (
                state.shelves.flatMap(\.unsaved), state.shelves.flatMap { [$0.open, $0.late] },
                state.shelves.flatMap { [$0.dormant.open, $0.dormant.late] }
            )
        }
        var blocks = unsaved
        for var head in open {
            if let block = head.seal() { blocks.append(block) }
        }
        for bytes in dormant where !bytes.isEmpty {
            if let block = try? Block(bytes: bytes) { blocks.append(block) }
        }
        let (bytes, readings) = try views.blockTotals()
        return blocks.reduce((bytes, readings)) { sum, block in
            (sum.0 + Int64(block.bytes.count), sum.1 + Int64(block.header.count))
        }
    }
}

extension History.State {
    mutating func grow(to index: Int) {
        while shelves.count <= index { shelves.append(History.Shelf()) }
    }

    /// Unpacks a series that is still as it was saved.
    ///
    /// - Returns: What is wrong with it when that cannot be done: told once, remembered by the shelf.
    mutating func wake(_ index: Int) -> StorageError? {
        guard shelves[index].isDormant else { return nil }
        let dormant = shelves[index].dormant
        shelves[index].dormant = ([], [])
        do {
            var (open, late) = (SeriesHead(), SeriesHead())
            if !dormant.open.isEmpty { for reading in try Block(bytes: dormant.open).decode() { open.append(reading) } }
            if !dormant.late.isEmpty { for reading in try Block(bytes: dormant.late).decode() { late.append(reading) } }
            (shelves[index].open, shelves[index].late) = (open, late)
        } catch {
            shelves[index].damage = StorageError(
                .damaged,
                "an open block of series \(index) in the views is damaged: they are made again at the next start",
                cause: error)
        }
        // Of sealed blocks we know no more here than that the open one begins behind them.
        shelves[index].floor = shelves[index].open.firstTime ?? (shelves[index].last &+ 1)
        return shelves[index].damage
    }

    fileprivate mutating func append(_ reading: Reading, to index: Int) {
        if reading.time >= shelves[index].floor, shelves[index].open.isFull, let block = shelves[index].open.seal() {
            shelves[index].floor = max(shelves[index].floor, block.header.lastTime &+ 1)
            shelves[index].unsaved.append(block)
        }
        if reading.time >= shelves[index].floor {
            shelves[index].open.append(reading)
        } else {
            if shelves[index].late.isFull, let block = shelves[index].late.seal() {
                shelves[index].unsaved.append(block)
            }
            shelves[index].late.append(reading)
        }
        shelves[index].last = max(shelves[index].last, reading.time)
        touch(index)
    }

    fileprivate mutating func touch(_ index: Int) {
        guard !shelves[index].isDirty else { return }
        shelves[index].isDirty = true
        dirty.append(index)
    }
}

extension History.Shelf {
    var isDormant: Bool { !dormant.open.isEmpty || !dormant.late.isEmpty }

    /// The readings of both open blocks made in `span`, in order of time.
    fileprivate func openReadings(in span: ClosedRange<Int64>) -> [Reading] {
        let inOrder = open.readings.filter { span.contains($0.time) }
        guard late.count > 0 else { return inOrder }
        return (inOrder + late.readings.filter { span.contains($0.time) }).sorted { $0.time < $1.time }
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
    /// From the first to the last time.
    var extent: ClosedRange<Int64> { header.firstTime...Swift.max(header.firstTime, header.lastTime) }

    fileprivate func overlaps(_ span: ClosedRange<Int64>) -> Bool { extent.overlaps(span) }
}
