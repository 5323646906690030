/// A moment as the console shows it.
public struct ConsoleTime: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    /// A moment.
    ///
    /// - Parameter microseconds: Microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The earlier is less.
    public static func < (lhs: ConsoleTime, rhs: ConsoleTime) -> Bool { lhs.microseconds < rhs.microseconds }

    /// RFC 3339 in UTC with as many decimals as there are: `2026-05-01T10:00:00.25Z`.
    public var rfc3339: String {
        let (date, clock) = parts
        let fraction = clock.fraction == 0 ? "" : "." + trimmedFraction(clock.fraction)
        let time = "\(pad(clock.hour)):\(pad(clock.minute)):\(pad(clock.second))"
        return "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))T\(time)\(fraction)Z"
    }

    /// For people: `1 May 2026, 10:00:00 UTC`. A script shows it in the reader's own time zone.
    var words: String {
        let (date, clock) = parts
        let time = "\(pad(clock.hour)):\(pad(clock.minute)):\(pad(clock.second))"
        return "\(date.day) \(ConsoleTime.months[date.month - 1]) \(date.year), \(time) UTC"
    }

    /// What the partial `time` sees.
    var view: View { ["machine": .text(rfc3339), "words": .text(words)] }

    private var parts: (date: CivilDate, clock: (hour: Int, minute: Int, second: Int, fraction: Int)) {
        let (seconds, fraction) = ConsoleTime.split(microseconds, by: 1_000_000)
        let (days, second) = ConsoleTime.split(seconds, by: 86_400)
        let clock = (Int(second / 3_600), Int(second / 60 % 60), Int(second % 60), Int(fraction))
        return (CivilDate(daysSince1970: days), clock)
    }

    private func pad(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(abs(number))
        let zeros = String(repeating: "0", count: max(0, width - digits.count))
        return (number < 0 ? "-" : "") + zeros + digits
    }

    private func trimmedFraction(_ fraction: Int) -> String {
        var digits = pad(fraction, 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return digits
    }

    /// Quotient and remainder, the remainder never negative.
    private static func split(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

/// A day of the Gregorian calendar, extended backwards.
struct CivilDate {
    let year: Int
    let month: Int
    let day: Int

    /// Counts in eras of 400 years, which begin on 1 March so that the leap day comes last.
    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }
}
