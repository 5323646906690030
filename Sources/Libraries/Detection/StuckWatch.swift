/// Notices a sensor that repeats itself: a run of equal values far longer than any before, in a series that usually changes.
struct StuckWatch: Sendable, Equatable {
    private var run: UInt16 = 0
    private var longestRun: UInt16 = 1
    private var readings: UInt16 = 0
    private var changes: UInt16 = 0
    /// When the present run began.
    private(set) var since: Int64 = 0

    /// A run must be this long, and this many times the longest before it.
    private static let (shortest, multiple): (UInt16, UInt16) = (24, 3)

    enum State { case moving, becameStuck, stuck }

    mutating func observe(isRepeat: Bool, at time: Int64) -> State {
        if readings == .max { (readings, changes) = (readings / 2, changes / 2) }
        readings += 1
        guard isRepeat else {
            if run < limit { longestRun = max(longestRun, run) }
            changes += 1
            (run, since) = (1, time)
            return .moving
        }
        if run < .max { run += 1 }
        // A series that rests in every second reading, or hardly ever moves, is never stuck.
        guard changes > (readings - min(run, readings)) / 2, changes >= Self.shortest else { return .moving }
        return run == limit ? .becameStuck : run > limit ? .stuck : .moving
    }

    private var limit: UInt16 { max(Self.shortest, min(longestRun, 20_000) * Self.multiple) }
}

extension StuckWatch {
    func encode(into state: inout StateWriter) {
        for field in [run, longestRun, readings, changes] { state.append(field) }
        state.append(since)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        run = try state.integer()
        longestRun = try state.integer()
        readings = try state.integer()
        changes = try state.integer()
        since = try state.integer()
        guard changes <= readings else { throw .malformed }
    }
}
