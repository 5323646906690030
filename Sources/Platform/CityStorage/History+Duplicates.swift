public import CityModel
import Synchronization
import TimeSeries

// Whether a reading is there already: asked by the committer for every reading that is not the newest of its series.

extension History {
    /// What memory knows of a reading.
    public struct Recollection: Sendable, Hashable {
        /// Whether it is there; nil when only the disk can tell: see ``History/lookUp(_:at:)``.
        public let isThere: Bool?
        /// How many sealed blocks were searched for it.
        public let blocks: Int

        /// What is known.
        public init(isThere: Bool?, blocks: Int) {
            self.isThere = isThere
            self.blocks = blocks
        }
    }

    /// Whether a series has a reading made at exactly `time`. Reads the disk where it has to.
    public func contains(_ series: SeriesID, at time: Int64) throws(StorageError) -> Bool {
        if let isThere = recall(series, at: time).isThere { return isThere }
        return try lookUp(series, at: time).isThere
    }

    /// Whether a series has a reading made at exactly `time`, as far as that is known without asking the disk.
    public func recall(_ series: SeriesID, at time: Int64) -> Recollection {
        let index = Int(series.index)
        return state.withLock { state in
            guard index < state.shelves.count, time <= state.shelves[index].last else {
                return Recollection(isThere: false, blocks: 0)
            }
            _ = state.wake(index)
            let shelf = state.shelves[index]
            if shelf.holds(time) { return Recollection(isThere: true, blocks: 0) }
            guard shelf.damage == nil, shelf.hasSavedWords == false else {
                return Recollection(isThere: nil, blocks: 0)
            }
            guard time < shelf.floor else { return Recollection(isThere: false, blocks: 0) }
            guard let saved = state.remembered.extents(of: index) else { return Recollection(isThere: nil, blocks: 0) }
            var searched = 0
            for extent in shelf.unsaved.map(\.extent) where extent.contains(time) {
                searched += 1
                let isThere = state.remembered.contains(time, in: extent, of: index)
                guard isThere == false else { return Recollection(isThere: isThere, blocks: searched) }
            }
            for extent in saved where extent.contains(time) {
                searched += 1
                let isThere = state.remembered.contains(time, in: extent, of: index)
                guard isThere == false else { return Recollection(isThere: isThere, blocks: searched) }
            }
            return Recollection(isThere: false, blocks: searched)
        }
    }

    /// Whether a series has a reading made at exactly `time`. What had to be read is remembered.
    ///
    /// - Returns: Whether it is there, and how many blocks had to be unpacked to know.
    /// - Throws: ``StorageError`` when the views cannot be read, or not all is there that should be.
    public func lookUp(
        _ series: SeriesID, at time: Int64
    ) throws(StorageError) -> (isThere: Bool, unpacked: Int) {
        let index = Int(series.index)
        let (unsaved, isHeld, damage): ([Block], Bool, StorageError?) = state.withLock { state in
            guard index < state.shelves.count else { return ([], false, nil) }
            let damage = state.wake(index) ?? state.shelves[index].damage
            let shelf = state.shelves[index]
            return (shelf.unsaved.filter { $0.extent.contains(time) }, shelf.holds(time), damage)
        }
        if let damage {
            views.mark(damage)
            throw damage
        }
        guard !isHeld else { return (true, 0) }
        var unpacked = 0
        for block in unsaved {
            let isThere = try isThere(time, in: block.extent, of: index, &unpacked) { block }
            if isThere { return (true, unpacked) }
        }
        // Asked for after the others: a block that is being saved is in both places, and in one of them at least.
        for extent in try saved(of: series) where extent.contains(time) {
            let isThere = try isThere(time, in: extent, of: index, &unpacked) { () throws(StorageError) in
                try views.block(of: series, extent)
            }
            if isThere { return (true, unpacked) }
        }
        return (try hasSavedWord(series, at: time, &unpacked), unpacked)
    }

    private func isThere(
        _ time: Int64, in extent: ClosedRange<Int64>, of index: Int, _ unpacked: inout Int,
        _ block: () throws(StorageError) -> Block?
    ) throws(StorageError) -> Bool {
        if let known = state.withLock({ $0.remembered.contains(time, in: extent, of: index) }) { return known }
        guard let block = try block() else { return false }
        unpacked += 1
        let times = block.map(\.time).sorted()
        return state.withLock { state in
            state.remembered.note(times, in: extent, of: index)
            return state.remembered.contains(time, in: extent, of: index) == true
        }
    }

    /// The extents of the blocks of a series on disk.
    private func saved(of series: SeriesID) throws(StorageError) -> [ClosedRange<Int64>] {
        let index = Int(series.index)
        while true {
            let (known, savings) = state.withLock { ($0.remembered.extents(of: index), $0.savings) }
            if let known { return known }
            let extents = try views.blockSpans(of: series, in: Int64.min...Int64.max)
            // Others that were saved meanwhile may be missing.
            state.withLock { if $0.savings == savings { $0.remembered.note(extents: extents, of: index) } }
        }
    }

    private func hasSavedWord(
        _ series: SeriesID, at time: Int64, _ unpacked: inout Int
    ) throws(StorageError) -> Bool {
        let index = Int(series.index)
        let (known, savings) = state.withLock { state in
            (index < state.shelves.count ? state.shelves[index].hasSavedWords : nil, state.savings)
        }
        if known == nil {
            let hasWords = try !views.words(of: series, in: Int64.min...Int64.max, newest: 1).isEmpty
            state.withLock { state in
                if state.savings == savings, index < state.shelves.count {
                    state.shelves[index].hasSavedWords = hasWords
                }
            }
            if !hasWords { return false }
        }
        guard known != false else { return false }
        unpacked += 1
        return try !views.words(of: series, in: time...time, newest: 1).isEmpty
    }
}

extension History.Shelf {
    /// Whether a value made at `time` is here, but for sealed blocks.
    fileprivate func holds(_ time: Int64) -> Bool {
        open.contains(time: time) || late.contains(time: time) || words[time] != nil
    }
}

/// What sealed blocks hold, as far as it was asked for lately: the times in a block answer for all that it spans, for
/// those that are not there too.
struct RememberedBlocks {
    /// Blocks whose times are remembered, 8 KiB each.
    static let blockBound = 512
    /// Series of which it is remembered which blocks they have on disk.
    static let seriesBound = 1_024

    private struct Key: Hashable {
        let series: Int
        let extent: ClosedRange<Int64>
    }

    fileprivate struct Aged<Value> {
        var value: Value
        var lastUse: UInt64
    }

    private var times: [Key: Aged<[Int64]>] = [:]
    private var extents: [Int: Aged<[ClosedRange<Int64>]>] = [:]
    private var uses: UInt64 = 0

    /// Whether a block has a reading made at `time`; nil when that is not known.
    mutating func contains(_ time: Int64, in extent: ClosedRange<Int64>, of series: Int) -> Bool? {
        let key = Key(series: series, extent: extent)
        guard let place = times.index(forKey: key) else { return nil }
        uses += 1
        times.values[place].lastUse = uses
        return times.values[place].value.containsSorted(time)
    }

    /// Takes the times in a block, in order.
    mutating func note(_ sorted: [Int64], in extent: ClosedRange<Int64>, of series: Int) {
        uses += 1
        if times.count >= RememberedBlocks.blockBound { times.forgetOldest() }
        times[Key(series: series, extent: extent)] = Aged(value: sorted, lastUse: uses)
    }

    /// The extents of the blocks that a series has on disk; nil when they are not known.
    mutating func extents(of series: Int) -> [ClosedRange<Int64>]? {
        guard let place = extents.index(forKey: series) else { return nil }
        uses += 1
        extents.values[place].lastUse = uses
        return extents.values[place].value
    }

    /// Takes the extents of all blocks that a series has on disk.
    mutating func note(extents all: [ClosedRange<Int64>], of series: Int) {
        uses += 1
        if extents.count >= RememberedBlocks.seriesBound { extents.forgetOldest() }
        extents[series] = Aged(value: all, lastUse: uses)
    }

    /// Another block has gone to disk.
    mutating func note(saved extent: ClosedRange<Int64>, of series: Int) {
        guard let place = extents.index(forKey: series) else { return }
        if !extents.values[place].value.contains(extent) { extents.values[place].value.append(extent) }
    }
}

extension Dictionary {
    /// Lets go of what was not asked for the longest.
    fileprivate mutating func forgetOldest<Kept>() where Value == RememberedBlocks.Aged<Kept> {
        guard let oldest = self.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        self[oldest.key] = nil
    }
}

extension [Int64] {
    fileprivate func containsSorted(_ wanted: Int64) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == wanted
    }
}
