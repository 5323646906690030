/// The open end of one series: readings sorted by time, each time once, waiting to fill a block.
///
/// A reading that is late by less than the open block finds its place in it. One that is later still is taken as well:
/// the block sealed next then overlaps an older one in time, and a reader merges the two.
public struct SeriesHead: Sendable {
    /// What became of a reading.
    public enum Outcome: Sendable, Hashable {
        /// The reading is in the open block.
        case appended
        /// The open block has a reading at exactly this time; nothing changed.
        case duplicate
        /// The open block is full: seal it, then append again; nothing changed.
        case full
    }

    private var columns = Columns()

    /// A head without readings: it owns no memory until the first.
    public init() {}

    /// Readings in the open block.
    public var count: Int { columns.count }

    /// Whether the open block takes no more readings.
    public var isFull: Bool { columns.count >= TimeSeriesLimits.readingsPerBlock }

    /// The earliest time in the open block; nil when it is empty.
    public var firstTime: Microseconds? { columns.times.first }

    /// The latest time in the open block; nil when it is empty.
    public var lastTime: Microseconds? { columns.times.last }

    /// The reading with the latest time; nil when the block is empty.
    public var last: Reading? { columns.count > 0 ? columns[columns.count - 1] : nil }

    /// Puts a reading in its place: in constant time when it is the latest, else by binary search and one shift.
    ///
    /// - Parameters:
    ///   - time: When the value was observed.
    ///   - value: The value.
    ///   - score: How unusual it is, from 0 to 1; kept in steps of 1/255.
    /// - Returns: Whether the reading was taken. A time already present is told before the block is called full.
    @discardableResult
    public mutating func append(time: Microseconds, value: Double, score: Double = 0) -> Outcome {
        append(Reading(time: time, value: value, score: score))
    }

    /// Puts a reading in its place: in constant time when it is the latest, else by binary search and one shift.
    ///
    /// - Parameter reading: Any reading.
    /// - Returns: Whether the reading was taken. A time already present is told before the block is called full.
    @discardableResult
    public mutating func append(_ reading: Reading) -> Outcome {
        if let last = columns.times.last, reading.time <= last { return insert(reading) }
        guard !isFull else { return .full }
        columns.append(reading)
        return .appended
    }

    private mutating func insert(_ reading: Reading) -> Outcome {
        let index = self.index(notBefore: reading.time)
        guard columns.times[index] != reading.time else { return .duplicate }
        guard !isFull else { return .full }
        columns.insert(reading, at: index)
        return .appended
    }

    /// Whether the open block has a reading at exactly this time.
    ///
    /// - Parameter time: Any time.
    /// - Returns: Whether `append` would answer ``Outcome/duplicate``.
    public func contains(time: Microseconds) -> Bool {
        let index = self.index(notBefore: time)
        return index < columns.count && columns.times[index] == time
    }

    /// The readings from one time up to, but without, another, in order.
    ///
    /// - Parameter range: The times wanted.
    /// - Returns: The readings in `range`, earliest first.
    public func readings(in range: Range<Microseconds>) -> [Reading] {
        (index(notBefore: range.lowerBound)..<index(notBefore: range.upperBound)).map { columns[$0] }
    }

    /// All readings of the open block, earliest first.
    public var readings: [Reading] { (0..<columns.count).map { columns[$0] } }

    /// Takes the open block out as a sealed one and leaves the head empty, without memory.
    ///
    /// - Returns: The block, sorted by time; nil when there was no reading.
    public mutating func seal() -> Block? {
        guard columns.count > 0 else { return nil }
        defer { columns = Columns() }
        return Block(columns)
    }

    /// The position of the first reading at `time` or after it; ``count`` when there is none.
    private func index(notBefore time: Microseconds) -> Int {
        var low = 0
        var high = columns.count
        while low < high {
            let middle = (low + high) / 2
            if columns.times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
