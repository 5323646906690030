/// What each half hour of the day usually brings, on weekdays and at weekends.
///
/// State: 96 means, relative to the series' first value, and how much has gone into each; and how well the means have
/// predicted so far, beside how well the level has.
struct Rhythm: Sendable, Equatable {
    /// Empty until the first reading.
    private(set) var means: [Float] = []
    private(set) var weights: [Float] = []
    private(set) var ownError: Float = 0
    private(set) var levelError: Float = 0
    private(set) var predictions: UInt16 = 0

    static let halfHours = 48
    /// A mean moves by at least this share of a reading's distance: a changed timetable is learnt within days.
    private static let slowest: Float = 0.05
    /// Readings of its own that a half hour needs before it stops borrowing from the other kind of day.
    private static let ownReadings: Float = 2
    /// Readings over which the errors are means.
    private static let errorMemory: Float = 500
    /// How much smaller than the level's error the rhythm's must be.
    private static let provenRatio: Float = 0.8
    /// Distances within the range of the neighbouring half hours count a tenth: a ramp is not an anomaly.
    private static let withinRange: Float = 0.1

    /// What is expected at an instant: the value between two half hours' means, and the range they span.
    struct Expectation {
        var value: Float
        var low: Float
        var high: Float

        /// The distance beyond the range; within it a tenth of the distance from the value.
        @inline(__always)
        func residual(of observed: Float) -> Float {
            if observed > high { return observed - high }
            if observed < low { return observed - low }
            return (observed - value) * Rhythm.withinRange
        }
    }

    /// Whether the rhythm has predicted better than the level by a fifth.
    var predictsBetter: Bool { ownError < Self.provenRatio * levelError }

    /// What is expected at `moment`, or nil where nothing has been learnt yet.
    func expectation(at moment: LocalMoment) -> Expectation? {
        guard !means.isEmpty else { return nil }
        let (before, after, share) = moment.neighbours
        switch (weights[before] > 0, weights[after] > 0) {
        case (false, false): return nil
        case (true, false): return Expectation(value: means[before], low: means[before], high: means[before])
        case (false, true): return Expectation(value: means[after], low: means[after], high: means[after])
        case (true, true):
            let (first, second) = (means[before], means[after])
            return Expectation(
                value: first + (second - first) * share, low: min(first, second), high: max(first, second))
        }
    }

    /// Keeps account of two predictions: the rhythm's residual and the level's.
    mutating func compare(residual: Float, levelResidual: Float) {
        if predictions < .max { predictions += 1 }
        let share = max(1 / Float(predictions), 1 / Self.errorMemory)
        // Single outliers, cut at ten times the mean, must not decide.
        let cut = predictions > 5 ? Float(10) : .infinity
        ownError += share * (min(abs(residual), ownError > 0 ? cut * ownError : .infinity) - ownError)
        levelError += share * (min(abs(levelResidual), levelError > 0 ? cut * levelError : .infinity) - levelError)
    }

    /// Learns a reading of the given weight: 1, or less when readings come more often than once a minute.
    mutating func learn(_ observed: Float, at moment: LocalMoment, weight: Float) {
        // A reading at the very time of the one before weighs nothing.
        guard weight > 0 else { return }
        if means.isEmpty {
            means = [Float](repeating: 0, count: 2 * Self.halfHours)
            weights = means
        }
        let own = moment.halfHour
        let share = max(weight / (weights[own] + weight), Self.slowest * weight)
        means[own] += share * (observed - means[own])
        weights[own] = min(weights[own] + weight, 1_000)
        let other = moment.sameHalfHourOnOtherDays
        guard weights[other] < Self.ownReadings else { return }
        means[other] += share * (observed - means[other])
        if weights[other] == 0 { weights[other] = 0.5 }
    }
}

extension Rhythm {
    func encode(into state: inout StateWriter) {
        state.append(ownError)
        state.append(levelError)
        state.append(predictions)
        state.append(UInt8(means.isEmpty ? 0 : 1))
        for number in means + weights { state.append(number) }
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        ownError = try state.number()
        levelError = try state.number()
        predictions = try state.integer()
        let present: UInt8 = try state.integer()
        guard ownError >= 0, levelError >= 0, present <= 1 else { throw .malformed }
        guard present == 1 else { return }
        for _ in 0..<2 * Self.halfHours { means.append(try state.number()) }
        for _ in 0..<2 * Self.halfHours { weights.append(try state.number()) }
        guard weights.allSatisfy({ (0...1_000).contains($0) }) else { throw .malformed }
    }
}
