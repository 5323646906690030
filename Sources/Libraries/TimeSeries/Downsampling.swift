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
    guard points.count > max(limit, 4), let first = points.first, let last = points.last else { return points }
    let bucketCount = max(limit / 4, 1)
    // In Double, since the whole range may exceed Int64; the last point must fall into the last bucket.
    let width = (Double(last.time) - Double(first.time)) / Double(bucketCount)
    var kept: [Reading] = []
    kept.reserveCapacity(bucketCount * 4)
    var start = 0
    while start < points.count {
        let bucket = index(of: points[start], from: first.time, width: width, count: bucketCount)
        var end = start + 1
        while end < points.count,
            index(of: points[end], from: first.time, width: width, count: bucketCount) <= bucket
        { end += 1 }
        keepExtremes(of: points[start..<end], in: &kept)
        start = end
    }
    return kept
}

private func index(of point: Reading, from origin: Microseconds, width: Double, count: Int) -> Int {
    guard width > 0 else { return 0 }
    let position = (Double(point.time) - Double(origin)) / width
    return Int(min(max(position, 0), Double(count - 1)))
}

/// Appends the first, smallest, largest and last reading of a bucket, each once, in order.
private func keepExtremes(of bucket: ArraySlice<Reading>, in kept: inout [Reading]) {
    var (smallest, largest) = (bucket.startIndex, bucket.startIndex)
    for index in bucket.indices {
        let value = bucket[index].value
        if value < bucket[smallest].value || bucket[smallest].value.isNaN { smallest = index }
        if value > bucket[largest].value || bucket[largest].value.isNaN { largest = index }
    }
    let chosen = [bucket.startIndex, min(smallest, largest), max(smallest, largest), bucket.endIndex - 1]
    var previous: Int?
    for index in chosen where index != previous {
        kept.append(bucket[index])
        previous = index
    }
}
