/// An instant of the simulated town: milliseconds since 1 January 1970, UTC.
public struct DemoInstant: Hashable, Comparable, Sendable {
    /// Milliseconds since 1 January 1970, UTC.
    public let millisecondsSinceEpoch: Int64

    /// An instant.
    ///
    /// - Parameter millisecondsSinceEpoch: Milliseconds since 1 January 1970, UTC.
    public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Whether `left` is earlier.
    ///
    /// - Parameters:
    ///   - left: An instant.
    ///   - right: Another.
    /// - Returns: False when they are the same.
    public static func < (left: DemoInstant, right: DemoInstant) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// The instant `duration` later, to the millisecond.
    ///
    /// - Parameters:
    ///   - instant: Where to start.
    ///   - duration: How much later; may be negative.
    /// - Returns: The later instant; wraps around at the ends of time.
    public static func + (instant: DemoInstant, duration: Duration) -> DemoInstant {
        DemoInstant(millisecondsSinceEpoch: instant.millisecondsSinceEpoch &+ duration.milliseconds)
    }

    /// The time from `earlier` to `later`.
    ///
    /// - Parameters:
    ///   - later: The end.
    ///   - earlier: The start.
    /// - Returns: Negative when `earlier` is the later one.
    public static func - (later: DemoInstant, earlier: DemoInstant) -> Duration {
        .milliseconds(later.millisecondsSinceEpoch &- earlier.millisecondsSinceEpoch)
    }

    /// ISO 8601 in UTC with milliseconds, as NGSI-LD wants `observedAt`: `2026-03-02T07:45:10.000Z`.
    public var iso8601: String {
        let (days, milliseconds) = millisecondsSinceEpoch.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        func pad(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (hour, minute) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let (second, fraction) = (milliseconds / 1_000 % 60, milliseconds % 1_000)
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))"
            + "T\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2)).\(pad(fraction, 3))Z"
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds &* 1_000 &+ components.attoseconds / 1_000_000_000_000_000
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// A day of the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    init(daysSinceEpoch: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }
}
