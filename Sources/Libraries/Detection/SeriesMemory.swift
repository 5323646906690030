/// What a detector holds of the readings so far, apart from how usual they were.
///
/// Values are kept as offsets from the first one, so that a meter that counts in billions loses no digits.
struct SeriesMemory: Sendable, Equatable {
    let firstTime: Int64
    let origin: Double
    private(set) var time: Int64
    private(set) var last = 0.0
    /// Mean of about the last thousand readings.
    private(set) var level = 0.0
    /// Mean of about the last fourteen readings.
    private(set) var trend = 0.0
    /// Mean of the last few readings: what the next one is most likely near.
    private(set) var fresh = 0.0
    private(set) var lowest = 0.0
    private(set) var highest = 0.0
    /// Mean size of the step from one reading to the next, over a few thousand.
    private(set) var usualStep: Float = 0
    /// Mean size of the last thirty steps, in usual steps; and the same over a thousand.
    private(set) var restlessness: Float = 1
    private(set) var usualRestlessness: Float = 1
    private(set) var usualInterval: Float = 0
    private(set) var count: UInt32 = 1
    private(set) var backward: UInt8 = 0
    /// Whether the values lie above (1) or below (-1) the usual, or within it (0), and since when.
    private(set) var side: Int8 = 0
    private(set) var sideSince: Int64

    private static let (levelMemory, trendMemory, freshMemory): (Double, Double, Double) = (925, 14, 5)
    private static let (stepMemory, restlessnessMemory): (Float, Float) = (1_650, 34)
    /// Larger steps, in usual steps, count as this many: one leap is not restlessness.
    private static let largestStep: Float = 4
    /// Readings that come more often than this count for less, so that the memories last hours, not minutes.
    private static let fullWeightSeconds: Float = 60

    init(time: Int64, value: Double) {
        (firstTime, self.time, sideSince) = (time, time, time)
        origin = value
    }

    /// How the newest reading follows the one before.
    struct Step {
        /// 1, or less when readings come more often than once a minute.
        var weight: Float
        var days: Float
        /// Whether the series was silent for an hour and fifty usual intervals.
        var afterSilence: Bool
    }

    /// Moves on to the time of the next reading.
    ///
    /// - Returns: nil when the reading is earlier than the newest and has to be ignored.
    mutating func advance(to next: Int64) -> Step? {
        if next < time {
            backward += 1
            guard backward > DetectionLimits.backwardReadings else { return nil }
            time = next
        }
        backward = 0
        let (micros, overflow) = next.subtractingReportingOverflow(time)
        let seconds = overflow ? Float(Int64.max) / 1e6 : Float(micros) / 1e6
        let afterSilence = seconds > max(3_600, 50 * usualInterval)
        usualInterval += max(1 / Float(count), 0.02) * (min(seconds, 86_400) - usualInterval)
        time = next
        return Step(
            weight: min(seconds / Self.fullWeightSeconds, 1), days: seconds / 86_400, afterSilence: afterSilence)
    }

    /// The smallest difference between values that is more than a rounding error.
    func grain(at offset: Double) -> Float {
        max(Float(abs(offset)) * 1e-7, Float(abs(origin)) * 1e-12, 1e-30)
    }

    /// Whether the readings span enough for a daily rhythm to be believed.
    var knowsDays: Bool {
        count > 600 && time.subtractingReportingOverflow(firstTime).partialValue > 2 * 86_400 * 1_000_000
    }

    /// What is taken off a surprise since the series is old: 0.4 for each tenfold age beyond a thousand readings.
    var patience: Float {
        let age = Float(min(max(count, 100), 100_000))
        return 0.55 * 0.301_03 * binaryLogarithm(age / 1_000)
    }

    /// Learns how far the reading at `offset` is from the one before, and gives the restlessness less the usual one.
    mutating func learnStep(to offset: Double, grain: Float, weight: Float) -> Float {
        let size = Float(abs(offset - last))
        usualStep += max(1 / Float(count), 1 / Self.stepMemory) * (size - usualStep)
        // Until a series moves there is no step to measure in. One whole step stands in, so that its first moves do
        // not look wild beside nothing.
        guard usualStep > grain else { return 1 }
        let steps = min(size / usualStep, Self.largestStep)
        restlessness += weight / Self.restlessnessMemory * (steps - restlessness)
        usualRestlessness += weight / Float(Self.levelMemory) * (steps - usualRestlessness)
        return restlessness - usualRestlessness
    }

    /// Learns the reading at `offset`.
    mutating func learn(_ offset: Double, weight: Double) {
        if count < .max { count += 1 }
        let share = 1 / Double(count)
        level += max(share, weight / Self.levelMemory) * (offset - level)
        trend += max(share, weight / Self.trendMemory) * (offset - trend)
        fresh += max(share, 1 / Self.freshMemory) * (offset - fresh)
        lowest = min(lowest, offset)
        highest = max(highest, offset)
        last = offset
    }

    /// Keeps account of since when the values lie on one side of the usual.
    mutating func note(residual: Float, usualSize: Float) {
        let side: Int8 = residual > usualSize ? 1 : residual < -usualSize ? -1 : 0
        if side == 0 || side != self.side { sideSince = time }
        self.side = side
    }
}

extension SeriesMemory {
    func encode(into state: inout StateWriter) {
        for field in [firstTime, time, sideSince] { state.append(field) }
        for number in [origin, last, level, trend, fresh, lowest, highest] { state.append(number) }
        for number in [usualStep, restlessness, usualRestlessness, usualInterval] { state.append(number) }
        state.append(count)
        state.append(backward)
        state.append(side)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        firstTime = try state.integer()
        time = try state.integer()
        sideSince = try state.integer()
        origin = try state.wideNumber()
        last = try state.wideNumber()
        level = try state.wideNumber()
        trend = try state.wideNumber()
        fresh = try state.wideNumber()
        lowest = try state.wideNumber()
        highest = try state.wideNumber()
        usualStep = try state.number()
        restlessness = try state.number()
        usualRestlessness = try state.number()
        usualInterval = try state.number()
        count = try state.integer()
        backward = try state.integer()
        side = try state.integer()
        guard usualStep >= 0, usualInterval >= 0, lowest <= highest, count > 0 else { throw .malformed }
        guard backward <= DetectionLimits.backwardReadings, (-1...1).contains(side) else { throw .malformed }
    }
}
