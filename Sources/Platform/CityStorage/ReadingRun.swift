import CityModel
public import TimeSeries

/// The readings of one series in a span of time, where they lie: in the open block, in sealed ones in memory, on disk.
///
/// Blocks are unpacked only while they are read: a year of readings takes the memory of a few blocks. What is committed
/// after the run was made is not in it.
public struct ReadingRun: Sendable {
    /// A block, still packed.
    private enum Piece: Sendable {
        case memory(Block)
        case disk(ClosedRange<Int64>)

        var extent: ClosedRange<Int64> {
            switch self {
            case .memory(let block): block.header.firstTime...max(block.header.firstTime, block.header.lastTime)
            case .disk(let extent): extent
            }
        }
    }

    private let series: SeriesID
    private let span: ClosedRange<Int64>
    private let views: ViewStore
    private let open: [Reading]
    private let pieces: [Piece]

    /// - Parameters:
    ///   - series: Whose readings.
    ///   - span: When they were made.
    ///   - views: Where the saved blocks are.
    ///   - open: Readings of the open block in the span, in order of time.
    ///   - unsaved: Sealed blocks that overlap the span.
    ///   - saved: The extents of blocks on disk that overlap the span.
    init(
        series: SeriesID, span: ClosedRange<Int64>, views: ViewStore, open: [Reading], unsaved: [Block],
        saved: [ClosedRange<Int64>]
    ) {
        self.series = series
        self.span = span
        self.views = views
        self.open = open
        pieces = saved.map { Piece.disk($0) } + unsaved.map { Piece.memory($0) }
    }

    /// From the first reading to the last, give or take the ends of blocks; nil when there is none.
    public var extent: ClosedRange<Int64>? {
        var extents = pieces.map { $0.extent.clamped(to: span) }
        if let first = open.first, let last = open.last { extents.append(first.time...max(first.time, last.time)) }
        guard let first = extents.map(\.lowerBound).min(), let last = extents.map(\.upperBound).max() else {
            return nil
        }
        return first...last
    }

    /// Gives the readings in order of time, each once.
    ///
    /// - Parameter body: Gets one reading after the other.
    /// - Throws: ``StorageError`` when a block cannot be read.
    public func forEach(_ body: (Reading) -> Void) throws(StorageError) {
        var merge = ReadingMerge()
        merge.add(open)
        var rest = pieces.sorted { $0.extent.lowerBound > $1.extent.lowerBound }
        var last: Int64?
        while true {
            // A block is opened when its time has come: late readings make blocks overlap, most do not.
            while let piece = rest.last, merge.earliest.map({ piece.extent.lowerBound <= $0 }) ?? true {
                rest.removeLast()
                merge.add(try readings(of: piece))
            }
            guard let reading = merge.next() else { return }
            if reading.time != last { body(reading) }
            last = reading.time
        }
    }

    /// The newest readings, in order of time.
    ///
    /// - Parameter limit: The most that are given.
    /// - Returns: At most so many.
    /// - Throws: ``StorageError`` when a block cannot be read.
    public func newest(_ limit: Int) throws(StorageError) -> [Reading] {
        var found: [Reading] = []
        guard limit < .max else {
            try forEach { found.append($0) }
            return found
        }
        guard limit > 0 else { return [] }
        found = Array(open.suffix(limit))
        var rest = pieces.sorted { $0.extent.upperBound < $1.extent.upperBound }
        while let piece = rest.popLast() {
            // Enough, when all that is left is older than the oldest of so many.
            if found.count == limit, let oldest = found.first, oldest.time >= piece.extent.upperBound { break }
            found.append(contentsOf: try readings(of: piece))
            found.sort { $0.time < $1.time }
            found = Array(found.distinctTimes.suffix(limit))
        }
        return found
    }

    /// What of a block lies in the span; nothing when it is not there any more.
    private func readings(of piece: Piece) throws(StorageError) -> [Reading] {
        let block: Block?
        switch piece {
        case .memory(let known): block = known
        case .disk(let extent): block = try views.block(of: series, extent)
        }
        return block?.filter { span.contains($0.time) } ?? []
    }
}

extension [Reading] {
    /// The first of those made at one time; sorted by time before and after.
    fileprivate var distinctTimes: [Reading] {
        var distinct: [Reading] = []
        distinct.reserveCapacity(count)
        for reading in self where distinct.last?.time != reading.time { distinct.append(reading) }
        return distinct
    }
}

/// Several sorted sources of readings as one: a binary heap of sources, the one whose next reading is earliest on top.
private struct ReadingMerge {
    private var heap: [ArraySlice<Reading>] = []

    /// The time of the next reading; nil when there is none.
    var earliest: Int64? { heap.first?.first?.time }

    mutating func add(_ readings: [Reading]) {
        guard !readings.isEmpty else { return }
        heap.append(readings[...])
        var child = heap.count - 1
        while child > 0, isEarlier(child, than: (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest reading of all sources.
    mutating func next() -> Reading? {
        guard let reading = heap.first?.first else { return nil }
        heap[0].removeFirst()
        if heap[0].isEmpty {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        if heap.count > 1 { sink() }
        return reading
    }

    private func isEarlier(_ one: Int, than other: Int) -> Bool {
        heap[one][heap[one].startIndex].time < heap[other][heap[other].startIndex].time
    }

    /// Lets the source on top sink to where it belongs.
    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isEarlier(child, than: smallest) {
                smallest = child
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
