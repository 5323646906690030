/// What many readings amount to: count, extremes, sum, and the first and last of them by time.
///
/// NaN is not a number and counts in nothing. Of two readings at one time the one added first stays the first, the one
/// added last becomes the last.
public struct Aggregate: Sendable, Hashable {
    /// Readings that are numbers: at least 1.
    public private(set) var count: Int
    /// Smallest value.
    public private(set) var minimum: Double
    /// Largest value.
    public private(set) var maximum: Double
    /// Sum of the values, in the order they were added.
    public private(set) var sum: Double
    /// Value of the earliest reading.
    public private(set) var first: Double
    /// Value of the latest reading.
    public private(set) var last: Double
    /// Time of the earliest reading.
    public private(set) var firstTime: Microseconds
    /// Time of the latest reading.
    public private(set) var lastTime: Microseconds

    /// Sum divided by count.
    public var mean: Double { sum / Double(count) }

    /// The aggregate of one reading; nil when its value is NaN.
    ///
    /// - Parameter reading: A reading.
    public init?(_ reading: Reading) {
        guard !reading.value.isNaN else { return nil }
        count = 1
        (minimum, maximum, sum) = (reading.value, reading.value, reading.value)
        (first, last) = (reading.value, reading.value)
        (firstTime, lastTime) = (reading.time, reading.time)
    }

    /// The aggregate of readings in any order; nil when none of them is a number.
    ///
    /// - Parameter readings: Readings, NaN among them or not.
    public init?(of readings: some Sequence<Reading>) {
        var whole: Aggregate?
        for reading in readings {
            guard let single = Aggregate(reading) else { continue }
            if whole == nil { whole = single } else { whole?.merge(single) }
        }
        guard let whole else { return nil }
        self = whole
    }

    init?(of columns: Columns) {
        self.init(of: (0..<columns.count).lazy.map { columns[$0] })
    }

    /// Adds what another aggregate covers.
    ///
    /// - Parameter other: An aggregate of other readings, earlier or later.
    public mutating func merge(_ other: Aggregate) {
        count += other.count
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        sum += other.sum
        if other.firstTime < firstTime { (first, firstTime) = (other.first, other.firstTime) }
        if other.lastTime >= lastTime { (last, lastTime) = (other.last, other.lastTime) }
    }
}
