/// The five ideas of "as usual", by which every reading is judged.
enum Channel: Int, CaseIterable {
    /// The distance from the mean of the last thousand readings.
    case level
    /// The distance from the mean of the last few.
    case fresh
    /// The distance of the last fourteen readings' mean from that of the last thousand.
    case trend
    /// How much the last twenty readings moved, less how much they usually do.
    case restlessness
    /// The distance from what this half hour of the day usually brings.
    case rhythm

    /// What a surprise in this channel counts beside one in another.
    var weight: Float {
        switch self {
        case .level, .fresh, .restlessness: 1
        case .trend: 1.1
        case .rhythm: 0.8
        }
    }

    /// What a surprise in this channel is called.
    func kind(of residual: Float) -> Finding.Kind {
        switch self {
        case .level, .fresh: residual > 0 ? .spike : .dip
        case .trend: .levelShift
        case .restlessness: residual > 0 ? .unsteady : .subdued
        case .rhythm: .rhythm
        }
    }
}

/// The greatest surprise of a reading, and what was expected instead; offsets from the series' origin.
struct Judgement {
    var surprise: Float = 0
    var kind = Finding.Kind.ordinary
    var expected: Double
    var low: Double
    var high: Double
    var followsRhythm: Bool
    var since: Int64

    mutating func consider(_ surprise: Float, kind: Finding.Kind) {
        guard surprise > self.surprise else { return }
        (self.surprise, self.kind) = (surprise, kind)
    }
}

extension StreamDetector {
    /// Judges the reading at `offset` in every channel, and lets each learn it.
    mutating func judge(
        _ offset: Double, memory: inout SeriesMemory, step: SeriesMemory.Step, expectation: Rhythm.Expectation?
    ) -> Judgement {
        let grain = memory.grain(at: offset)
        let levelResidual = Float(offset - memory.level)
        var residuals: (rhythm: Float, isBelieved: Bool) = (0, false)
        if let expectation {
            residuals.rhythm = expectation.residual(of: Float(offset))
            residuals.isBelieved = rhythm.predictsBetter && memory.knowsDays
        }
        var judgement = outlook(memory: memory, grain: grain, expectation: residuals.isBelieved ? expectation : nil)
        memory.note(
            residual: Float(offset - judgement.expected),
            usualSize: channels[(residuals.isBelieved ? Channel.rhythm : .level).rawValue].usualSize(grain: grain))
        judgement.since = memory.sideSince

        if expectation != nil {
            rhythm.compare(residual: residuals.rhythm, levelResidual: levelResidual)
            let surprise = judge(.rhythm, residuals.rhythm, grain: grain)
            if residuals.isBelieved { judgement.consider(surprise, kind: .rhythm) }
        }
        consider(.level, levelResidual, grain: grain, in: &judgement)
        consider(.fresh, Float(offset - memory.fresh), grain: grain, in: &judgement)
        consider(.trend, Float(memory.trend - memory.level), grain: grain, in: &judgement)
        let restlessness = memory.learnStep(to: offset, grain: grain, weight: step.weight)
        consider(.restlessness, restlessness, grain: 1e-6, in: &judgement)
        return judgement
    }

    private mutating func consider(_ channel: Channel, _ residual: Float, grain: Float, in judgement: inout Judgement) {
        judgement.consider(judge(channel, residual, grain: grain), kind: channel.kind(of: residual))
    }

    private mutating func judge(_ channel: Channel, _ residual: Float, grain: Float) -> Float {
        channels[channel.rawValue].judge(residual, grain: grain) * channel.weight
    }

    /// What is expected before the reading is looked at: from the rhythm where it is believed, else from the level.
    private func outlook(memory: SeriesMemory, grain: Float, expectation: Rhythm.Expectation?) -> Judgement {
        let reach = Double(channels[(expectation == nil ? Channel.level : .rhythm).rawValue].usualReach(grain: grain))
        let expected = expectation.map { Double($0.value) } ?? memory.level
        // Nothing is called usual that has never been seen.
        let low = max((expectation.map { Double($0.low) } ?? expected) - reach, memory.lowest)
        let high = min((expectation.map { Double($0.high) } ?? expected) + reach, memory.highest)
        return Judgement(
            expected: expected, low: min(low, expected), high: max(high, expected), followsRhythm: expectation != nil,
            since: memory.time)
    }
}
