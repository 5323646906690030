/// At most `limit` of the readings, chosen so that a chart of them shows the line of all: no peak is lost.
///
/// The time between first and last is cut into `limit / 4` equal buckets; of each the first, the smallest, the largest and
/// the last reading are kept (M4: Jugel, Jerzak, Hackenbroich and Markl, VLDB 2014). NaN is never an extreme.
///
/// - Parameters:
///   - points: Readings in order of time.
///   - limit: How many readings are wanted at most; fewer than 4 count as 4.
/// - Returns: `points` itself when it is no longer than `limit`, else a selection of it in the same order.
public func downsample(_ points: [Reading], to limit: Int) -> [Reading] {
    guard let first = points.first, let last = points.last else { return [] }
    var sampler = Downsampler(to: limit, over: first.time...max(first.time, last.time))
    for point in points { sampler.append(point) }
    return sampler.chosen
}

/// Chooses as ``downsample(_:to:)`` does, but gets one reading after the other: it keeps what it may choose, and nothing
/// else, however many there are.
public struct Downsampler: Sendable {
    /// How many readings it has got.
    public private(set) var count = 0

    private let limit: Int
    private let origin: Microseconds
    private let width: Double
    private let bucketCount: Int
    /// All readings, as long as they are few.
    private var few: [Reading]? = []
    private var kept: [Reading] = []
    private var bucket: Bucket?

    /// - Parameters:
    ///   - limit: How many readings are wanted at most; fewer than 4 count as 4.
    ///   - span: The time in which all readings lie. The closer it is to their own, the better the choice.
    public init(to limit: Int, over span: ClosedRange<Microseconds>) {
        self.limit = max(limit, 4)
        bucketCount = max(limit / 4, 1)
        origin = span.lowerBound
        // In Double, since the whole range may exceed Int64; the last point must fall into the last bucket.
        width = (Double(span.upperBound) - Double(span.lowerBound)) / Double(bucketCount)
    }

    /// Takes a reading, which must not be older than the one before.
    public mutating func append(_ point: Reading) {
        count += 1
        few?.append(point)
        if count > limit { few = nil }
        let index = index(of: point)
        if bucket.map({ index <= $0.index }) == true {
            bucket?.add(point, at: count)
        } else {
            bucket?.keepExtremes(in: &kept)
            bucket = Bucket(index: index, first: point, at: count)
        }
    }

    /// The readings chosen from all so far, in order.
    public var chosen: [Reading] {
        if let few { return few }
        var chosen = kept
        bucket?.keepExtremes(in: &chosen)
        return chosen
    }

    private func index(of point: Reading) -> Int {
        guard width > 0 else { return 0 }
        let position = (Double(point.time) - Double(origin)) / width
        return Int(min(max(position, 0), Double(bucketCount - 1)))
    }
}

/// The readings of one bucket that are worth keeping, each with its place among all.
private struct Bucket {
    let index: Int
    private let first: (place: Int, reading: Reading)
    private var smallest: (place: Int, reading: Reading)
    private var largest: (place: Int, reading: Reading)
    private var last: (place: Int, reading: Reading)

    init(index: Int, first reading: Reading, at place: Int) {
        self.index = index
        first = (place, reading)
        (smallest, largest, last) = (first, first, first)
    }

    mutating func add(_ reading: Reading, at place: Int) {
        if reading.value < smallest.reading.value || smallest.reading.value.isNaN { smallest = (place, reading) }
        if reading.value > largest.reading.value || largest.reading.value.isNaN { largest = (place, reading) }
        last = (place, reading)
    }

    /// Appends the first, smallest, largest and last reading, each once, in order.
    func keepExtremes(in kept: inout [Reading]) {
        let (earlier, later) = smallest.place <= largest.place ? (smallest, largest) : (largest, smallest)
        var previous: Int?
        for (place, reading) in [first, earlier, later, last] where place != previous {
            kept.append(reading)
            previous = place
        }
    }
}
