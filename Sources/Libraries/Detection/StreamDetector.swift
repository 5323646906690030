/// Scores each reading of one series as it arrives, by nothing but those before it.
///
/// A fresh detector is less than 300 bytes; one that knows its series, with its histograms and daily rhythm, less than
/// 2,500. ``observe(time:value:)`` takes a fraction of a microsecond and allocates nothing once the series is known.
public struct StreamDetector: Sendable, Equatable {
    /// What a detector may be told about its series.
    public struct Options: Sendable, Equatable {
        /// Whether a value repeated for far longer than ever before starts an alert.
        public var flagsStuck: Bool
        /// Local time less UTC, so that days and weekends begin when people think they do. Cut to whole seconds.
        public var utcOffset: Duration

        /// Options for a detector.
        ///
        /// - Parameters:
        ///   - flagsStuck: Whether a value repeated for far longer than ever before starts an alert.
        ///   - utcOffset: Local time less UTC; at most a day either way.
        public init(flagsStuck: Bool = true, utcOffset: Duration = .zero) {
            self.flagsStuck = flagsStuck
            self.utcOffset = utcOffset
        }
    }

    let flagsStuck: Bool
    let utcOffsetSeconds: Int32
    /// What the detector holds of the readings so far; nil before the first.
    var memory: SeriesMemory?
    /// One for each ``Channel``; empty before the first reading.
    var channels: [ResidualChannel] = []
    var rhythm = Rhythm()
    var episode = Episode()
    var stuckWatch = StuckWatch()
    /// The greatest surprise so far, faded by time.
    var toldSurprise: Float = 0

    /// The surprise at which an alert starts: decimal digits of improbability.
    static let alertSurprise: Float = 2.26
    /// How much greater than what was told a surprise must be to count in full, and what share of a lesser one counts.
    private static let (newsRatio, oldNewsShare): (Float, Float) = (1.1, 0.15)
    /// What was told fades to a third over this many readings, or this many days if that is sooner.
    private static let (fadingReadings, fadingDays): (Float, Float) = (480, 2)

    /// A detector that has seen nothing.
    ///
    /// - Parameter options: What it may be told about its series.
    public init(options: Options = Options()) {
        flagsStuck = options.flagsStuck
        utcOffsetSeconds = options.utcOffset.clampedSeconds
    }

    /// Judges a reading by those before it, then learns it.
    ///
    /// - Parameters:
    ///   - time: When the value was observed, in microseconds since 1970. Not earlier than the reading before; the same
    ///     is allowed. Earlier ones are ignored, until ``DetectionLimits/backwardReadings`` in a row say that the clock
    ///     was set back.
    ///   - value: The value. NaN, infinities and what is beyond ``DetectionLimits/largestValue`` are ignored.
    /// - Returns: What the detector makes of it.
    public mutating func observe(time: Int64, value: Double) -> Finding {
        guard abs(value) <= DetectionLimits.largestValue else { return .ignored(time: time, isAlert: episode.isOpen) }
        guard var memory else { return begin(time: time, value: value) }
        guard let step = memory.advance(to: time) else {
            self.memory = memory
            return .ignored(time: time, isAlert: episode.isOpen)
        }
        let moment = LocalMoment(time, utcOffsetSeconds: utcOffsetSeconds)
        let offset = value - memory.origin
        var judgement = judge(offset, memory: &memory, step: step, expectation: rhythm.expectation(at: moment))
        judgeRepetition(isRepeat: offset == memory.last, at: time, in: &judgement)
        if judgement.surprise > 0 { judgement.surprise = max(judgement.surprise - memory.patience, 0) }
        rhythm.learn(Float(offset), at: moment, weight: step.weight)
        memory.learn(offset, weight: Double(step.weight))
        self.memory = memory
        return finding(time: time, value: value, origin: memory.origin, judgement: judgement, step: step)
    }

    private mutating func begin(time: Int64, value: Double) -> Finding {
        memory = SeriesMemory(time: time, value: value)
        channels = [ResidualChannel](repeating: ResidualChannel(), count: Channel.allCases.count)
        rhythm.learn(0, at: LocalMoment(time, utcOffsetSeconds: utcOffsetSeconds), weight: 1)
        _ = stuckWatch.observe(isRepeat: false, at: time)
        return Finding(
            time: time, score: 0, kind: .ordinary, isAlert: false, startsAlert: false, endsAlert: false,
            expected: value,
            expectedLow: value, expectedHigh: value, deviation: 0, since: time, followsRhythm: false)
    }

    private mutating func judgeRepetition(isRepeat: Bool, at time: Int64, in judgement: inout Judgement) {
        let state = stuckWatch.observe(isRepeat: isRepeat, at: time)
        guard flagsStuck, state != .moving else { return }
        // Enough to start an alert, then enough to keep it open.
        judgement.consider(Self.alertSurprise * (state == .becameStuck ? 2 : 1), kind: .stuck)
        if judgement.kind == .stuck { judgement.since = stuckWatch.since }
    }

    /// Weighs the surprise against what was told before, and opens or closes an alert.
    private mutating func finding(
        time: Int64, value: Double, origin: Double, judgement: Judgement, step: SeriesMemory.Step
    ) -> Finding {
        toldSurprise *= 1 - min(max(step.weight / Self.fadingReadings, step.days / Self.fadingDays), 1)
        let isNews = judgement.surprise > toldSurprise * Self.newsRatio
        toldSurprise = max(toldSurprise, judgement.surprise)
        let score = Self.score(of: judgement.surprise * (isNews ? 1 : Self.oldNewsShare))
        let change = episode.observe(
            score: score, surprise: judgement.surprise, kind: judgement.kind, afterSilence: step.afterSilence)
        let expected = origin + judgement.expected
        return Finding(
            time: time, score: score,
            kind: judgement.kind == .ordinary && episode.isOpen ? episode.kind : judgement.kind,
            isAlert: episode.isOpen, startsAlert: change == .starts, endsAlert: change == .ends, expected: expected,
            expectedLow: origin + judgement.low, expectedHigh: origin + judgement.high, deviation: value - expected,
            since: judgement.since, followsRhythm: judgement.followsRhythm)
    }

    private static func score(of surprise: Float) -> Double {
        let square = Double(surprise) * Double(surprise)
        return square / (square + Double(alertSurprise) * Double(alertSurprise))
    }
}

extension Duration {
    /// Whole seconds, a day either way at most.
    var clampedSeconds: Int32 { Int32(min(max(components.seconds, -86_400), 86_400)) }
}
