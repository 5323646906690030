/// Notices a sensor that repeats itself: a run of equal values far longer than any before, in a series that usually changes.
///
/// A run is long when it is long in readings and in time: who begins to read every few seconds what was read every ten
/// minutes sees the same value often, and learns nothing from it.
struct StuckWatch: Sendable, Equatable {
    private var run: UInt16 = 0
    private var longestRun: UInt16 = 1
    private var readings: UInt16 = 0
    private var changes: UInt16 = 0
    /// Changes seen since readings come much faster than usual.
    private var fasterChanges: UInt8 = 0
    /// Whether the present run has been told.
    private var isTold = false
    /// When the present run began.
    private(set) var since: Int64 = 0
    /// When the newest reading was made.
    private var newest: Int64 = 0
    /// For how long a value is known to have stood still, at most, in seconds: from a run's first reading to its last.
    private var longestSeconds: Float = 0
    /// The same, since readings come much faster than usual.
    private var fasterSeconds: Float = 0
    /// The usual time from one reading to the next, in seconds; negative before there is one.
    private var usualSeconds: Float = -1

    /// A run must be this long, and this many times the longest before it.
    private static let (shortest, multiple): (UInt16, UInt16) = (24, 3)
    /// The share of the time that so many readings usually take which must have passed: intervals vary, and a gap long ago
    /// must not hide a sensor that stands still today.
    private static let timeShare: Float = 0.5
    /// How fast the usual interval follows the present one, and the most that it may be lengthened by one gap.
    private static let (intervalWeight, largestGap): (Float, Float) = (1 / 1_000, 2)
    /// Readings are much faster than usual below this share of the usual interval. After so many changes seen at that pace
    /// it is the usual one.
    private static let (fastShare, changesToBelieve): (Float, UInt8) = (0.25, 24)
    /// Values that were equal over fewer of the old intervals may have been so by chance: that is forgotten then.
    private static let coincidence: Float = 3

    enum State { case moving, becameStuck, stuck }

    mutating func observe(isRepeat: Bool, at time: Int64) -> State {
        if !isRepeat { endRun() }
        learnInterval(to: time, isRepeat: isRepeat)
        if readings == .max { (readings, changes) = (readings / 2, changes / 2) }
        readings += 1
        guard isRepeat else {
            changes += 1
            (run, since, isTold) = (1, time, false)
            return .moving
        }
        if run < .max { run += 1 }
        // A series that rests in every second reading, or hardly ever moves, is never stuck.
        guard changes > (readings - min(run, readings)) / 2, changes >= Self.shortest else { return .moving }
        guard run >= limit, stillSeconds >= secondsLimit else { return .moving }
        defer { isTold = true }
        return isTold ? .stuck : .becameStuck
    }

    /// Learns how long the present run was, unless that was found to be too long.
    private mutating func endRun() {
        guard !isTold, run < limit || stillSeconds < secondsLimit else { return }
        longestRun = max(longestRun, run)
        longestSeconds = max(longestSeconds, stillSeconds)
        fasterSeconds = max(fasterSeconds, stillSeconds)
    }

    private mutating func learnInterval(to time: Int64, isRepeat: Bool) {
        defer { newest = time }
        guard run > 0 else { return }
        let interval = max(Float(time &- newest) / 1_000_000, 0)
        guard usualSeconds >= 0 else { return usualSeconds = interval }
        if interval > usualSeconds * Self.fastShare {
            (fasterChanges, fasterSeconds) = (0, 0)
        } else if !isRepeat {
            fasterChanges += 1
            if fasterChanges >= Self.changesToBelieve { adopt(interval) }
        }
        // At first a plain mean, so that the first interval is not taken for the rule.
        let weight = max(Self.intervalWeight, 1 / Float(max(readings, 1)))
        usualSeconds += weight * (min(interval, Self.largestGap * max(usualSeconds, 1)) - usualSeconds)
    }

    private mutating func adopt(_ interval: Float) {
        if longestSeconds < Self.coincidence * usualSeconds { longestSeconds = fasterSeconds }
        (usualSeconds, fasterChanges, fasterSeconds) = (interval, 0, 0)
    }

    /// For how long the present value is known to stand still.
    private var stillSeconds: Float { run == 0 ? 0 : Float(newest &- since) / 1_000_000 }

    private var limit: UInt16 { max(Self.shortest, min(longestRun, 20_000) * Self.multiple) }

    private var secondsLimit: Float {
        Self.timeShare * max(Float(Self.shortest - 1) * max(usualSeconds, 0), Float(Self.multiple) * longestSeconds)
    }
}

extension StuckWatch {
    func encode(into state: inout StateWriter) {
        for field in [run, longestRun, readings, changes] { state.append(field) }
        state.append(fasterChanges)
        state.append(UInt8(isTold ? 1 : 0))
        state.append(since)
        state.append(newest)
        state.append(longestSeconds)
        state.append(fasterSeconds)
        state.append(usualSeconds)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        run = try state.integer()
        longestRun = try state.integer()
        readings = try state.integer()
        changes = try state.integer()
        fasterChanges = try state.integer()
        isTold = try state.flag()
        since = try state.integer()
        newest = try state.integer()
        longestSeconds = try state.number()
        fasterSeconds = try state.number()
        usualSeconds = try state.number()
        guard changes <= readings, fasterChanges < Self.changesToBelieve, longestSeconds >= 0, fasterSeconds >= 0 else {
            throw .malformed
        }
    }
}
