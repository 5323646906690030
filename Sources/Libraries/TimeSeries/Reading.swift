/// One value of one series at one time, with the score a detector gave it.
///
/// Two readings are equal when their bits are: a NaN equals itself, and 0.0 differs from -0.0.
public struct Reading: Sendable {
    /// When the value was observed.
    public var time: Microseconds
    /// The value. Every bit pattern is kept, NaN payloads included.
    public var value: Double
    /// The score in steps of 1/255, as stored.
    public var quantisedScore: UInt8

    /// A reading with its score rounded to the nearest of ``TimeSeriesLimits/scoreSteps`` steps.
    ///
    /// - Parameters:
    ///   - time: When the value was observed.
    ///   - value: The value.
    ///   - score: How unusual the value is, from 0 to 1. What lies outside is drawn to the nearer end; NaN counts as 0.
    @inlinable
    public init(time: Microseconds, value: Double, score: Double = 0) {
        self.init(time: time, value: value, quantisedScore: Self.quantise(score))
    }

    /// A reading with its score as stored.
    ///
    /// - Parameters:
    ///   - time: When the value was observed.
    ///   - value: The value.
    ///   - quantisedScore: The score in steps of 1/255.
    @inlinable
    public init(time: Microseconds, value: Double, quantisedScore: UInt8) {
        self.time = time
        self.value = value
        self.quantisedScore = quantisedScore
    }

    /// The score from 0 to 1, within 1/510 of what was given.
    @inlinable
    public var score: Double { Double(quantisedScore) / 255 }

    /// The step of 1/255 nearest to a score.
    ///
    /// - Parameter score: Any number; outside 0...1 it is drawn to the nearer end, and NaN counts as 0.
    /// - Returns: The score in steps of 1/255.
    @inlinable
    public static func quantise(_ score: Double) -> UInt8 {
        guard score > 0 else { return 0 }
        return score < 1 ? UInt8(score * 255 + 0.5) : 255
    }
}

extension Reading: Hashable {
    /// Whether every bit of both readings is the same.
    public static func == (left: Reading, right: Reading) -> Bool {
        left.time == right.time && left.value.bitPattern == right.value.bitPattern
            && left.quantisedScore == right.quantisedScore
    }

    /// Feeds every bit of the reading to `hasher`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(time)
        hasher.combine(value.bitPattern)
        hasher.combine(quantisedScore)
    }
}
