/// What a detector makes of one reading. Plain data: the sentence is built only when asked for.
public struct Finding: Sendable, Equatable {
    /// In what way a reading is unusual.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// As usual.
        case ordinary
        /// Far above what was expected.
        case spike
        /// Far below what was expected.
        case dip
        /// The readings of a while have settled above or below the usual level.
        case levelShift
        /// Not what this time of day and week usually brings.
        case rhythm
        /// The readings vary far more than they usually do.
        case unsteady
        /// The readings vary far less than they usually do.
        case subdued
        /// The same value for far longer than ever before.
        case stuck
        /// Not judged: NaN, infinite or beyond ``DetectionLimits/largestValue``, or earlier than the newest reading.
        case ignored
    }

    /// When the value was observed, in microseconds since 1970.
    public var time: Int64
    /// How unusual and new the reading is: 0 for most, ``DetectionLimits/alertScore`` where an alert starts, below 1.
    public var score: Double
    /// In what way.
    public var kind: Kind
    /// Whether an alert is open at this reading.
    public var isAlert: Bool
    /// Whether an alert opened with this reading: once an episode, and once more where what was unusual becomes grave.
    public var startsAlert: Bool
    /// Whether the alert closed with this reading: once an episode.
    public var endsAlert: Bool
    /// The value that was expected.
    public var expected: Double
    /// The lower end of what is usual; about one reading in fifty lies outside.
    public var expectedLow: Double
    /// The upper end of what is usual.
    public var expectedHigh: Double
    /// The value less the expected one.
    public var deviation: Double
    /// When the values began to lie on this side of the usual, in microseconds since 1970.
    public var since: Int64
    /// Whether the expectation comes from the time of day and week, not from recent readings alone.
    public var followsRhythm: Bool

    /// A finding that says nothing.
    static func ignored(time: Int64, isAlert: Bool) -> Finding {
        Finding(
            time: time, score: 0, kind: .ignored, isAlert: isAlert, startsAlert: false, endsAlert: false, expected: 0,
            expectedLow: 0, expectedHigh: 0, deviation: 0, since: time, followsRhythm: false)
    }
}
