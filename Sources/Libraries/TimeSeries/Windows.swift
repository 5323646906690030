/// One tumbling window of a series: a stretch of time and what its readings amount to.
public struct Window: Sendable, Hashable {
    /// Where the window starts; it includes this instant. Windows start at whole multiples of their width since 1970.
    public let start: Microseconds
    /// What the readings in the window amount to.
    public fileprivate(set) var aggregate: Aggregate
}

/// The windows of equal width that hold readings, earliest first. Windows without a number are left out.
///
/// Costs constant time a reading when readings come in order; one that comes late is put into its window by search.
///
/// - Parameters:
///   - readings: Readings of one series, from one block or from several that overlap.
///   - width: How long a window is. Precondition: at least a microsecond; what is below one is cut off.
/// - Returns: At most one window for each reading.
public func windows(of readings: some Sequence<Reading>, width: Duration) -> [Window] {
    let width = width.wholeMicroseconds
    precondition(width >= 1, "a window lasts at least a microsecond")
    var windows: [Window] = []
    for reading in readings {
        guard let aggregate = Aggregate(reading) else { continue }
        let start = windowStart(of: reading.time, width: width)
        var index = windows.count
        if let last = windows.last, start <= last.start {
            index = windows.partition(notBefore: start)
        }
        if index < windows.count, windows[index].start == start {
            windows[index].aggregate.merge(aggregate)
        } else {
            windows.insert(Window(start: start, aggregate: aggregate), at: index)
        }
    }
    return windows
}

/// The multiple of `width` at or before `time`; the smallest time there is when that multiple is out of range.
private func windowStart(of time: Microseconds, width: Int64) -> Microseconds {
    let remainder = time % width
    guard remainder < 0 else { return time - remainder }
    let (start, overflow) = time.subtractingReportingOverflow(remainder + width)
    return overflow ? .min : start
}

extension [Window] {
    /// The position of the first window that starts at `start` or later.
    fileprivate func partition(notBefore start: Microseconds) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Duration {
    /// Whole microseconds, cut off below; the largest `Int64` when there are more.
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (micros, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = micros.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
