/// Readings as three arrays: 17 bytes a reading, or 16 while no score is above zero.
///
/// Room grows by an eighth at a time, not by doubling: a city has many series with few readings each.
struct Columns: Sendable {
    private(set) var times: [Microseconds] = []
    private(set) var values: [Double] = []
    /// Empty while every score is zero, else as long as the others.
    private(set) var scores: [UInt8] = []

    var count: Int { times.count }

    subscript(index: Int) -> Reading {
        Reading(time: times[index], value: values[index], quantisedScore: scores.isEmpty ? 0 : scores[index])
    }

    @inline(__always)
    mutating func append(_ reading: Reading) {
        if times.count == times.capacity { grow() }
        if reading.quantisedScore != 0 || !scores.isEmpty { append(score: reading.quantisedScore) }
        times.append(reading.time)
        values.append(reading.value)
    }

    mutating func insert(_ reading: Reading, at index: Int) {
        if times.count == times.capacity { grow() }
        if reading.quantisedScore != 0 || !scores.isEmpty {
            startScores()
            scores.insert(reading.quantisedScore, at: index)
        }
        times.insert(reading.time, at: index)
        values.insert(reading.value, at: index)
    }

    private mutating func append(score: UInt8) {
        startScores()
        scores.append(score)
    }

    private mutating func startScores() {
        guard scores.isEmpty else { return }
        scores.reserveCapacity(times.capacity)
        scores.append(contentsOf: repeatElement(0, count: times.count))
    }

    private mutating func grow() {
        let capacity = times.count + max(times.count / 8, 8)
        times.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
        if !scores.isEmpty { scores.reserveCapacity(capacity) }
    }
}
