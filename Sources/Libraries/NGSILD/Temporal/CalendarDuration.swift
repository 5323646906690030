/// A duration of ISO 8601: `P3Y6M4DT12H30M5S`, `P2W` (CIM 009 §4.5.19.1). Months and years follow the calendar, in UTC.
public struct CalendarDuration: Sendable, Hashable {
    /// Whole months; a year has twelve.
    public let months: Int
    /// Microseconds of weeks, days, hours, minutes and seconds.
    public let microseconds: Int64

    /// A duration.
    ///
    /// - Parameters:
    ///   - months: Whole months, zero or more.
    ///   - microseconds: Zero or more.
    public init(months: Int = 0, microseconds: Int64 = 0) {
        self.months = months
        self.microseconds = microseconds
    }

    /// Reads one; nil when it is none, or longer than 10,000 years.
    ///
    /// - Parameter text: `P[n]Y[n]M[n]DT[n]H[n]M[n]S` or `P[n]W`; seconds may have decimals.
    public init?(parsing text: String) {
        var rest = Substring(text)
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var (months, seconds, isTime, last) = (0.0, 0.0, false, -1)
        var (parts, hasWeeks) = (0, false)
        while !rest.isEmpty {
            if rest.first == "T" {
                guard !isTime else { return nil }
                isTime = true
                rest.removeFirst()
                guard !rest.isEmpty else { return nil }
                continue
            }
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
            guard let number = Double(String(digits.map { $0 == "," ? "." : $0 })), number <= 1e10 else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let letter = rest.popFirst(),
                let unit = CalendarDuration.units.firstIndex(where: { $0.letter == letter && $0.isTime == isTime }),
                unit > last, digits.allSatisfy(\.isNumber) || letter == "S"
            else { return nil }
            (last, parts, hasWeeks) = (unit, parts + 1, hasWeeks || letter == "W")
            months += number * CalendarDuration.units[unit].months
            seconds += number * CalendarDuration.units[unit].seconds
        }
        // Weeks go with nothing else.
        guard last >= 0, months <= 120_000, seconds <= 3.2e11, !hasWeeks || parts == 1 else { return nil }
        self.init(months: Int(months), microseconds: Int64(seconds * 1_000_000 + 0.5))
    }

    private static let units: [(letter: Character, isTime: Bool, months: Double, seconds: Double)] = [
        ("Y", false, 12, 0), ("M", false, 1, 0), ("W", false, 0, 604_800), ("D", false, 0, 86_400),
        ("H", true, 0, 3_600), ("M", true, 0, 60), ("S", true, 0, 1),
    ]

    /// Whether it is no time at all.
    public var isZero: Bool { months == 0 && microseconds == 0 }

    /// The instant so much later; the last day of a month where the day of the month is not in it.
    ///
    /// - Parameters:
    ///   - instant: In microseconds since 1970.
    ///   - count: How many of it are added.
    /// - Returns: In microseconds since 1970.
    public func added(to instant: Int64, times count: Int = 1) -> Int64 {
        let (plain, overflow) = microseconds.multipliedReportingOverflow(by: Int64(count))
        guard !overflow else { return .max }
        guard months != 0 else { return instant.addingReportingOverflow(plain).partialValue }
        let day: Int64 = 86_400_000_000
        let days = (instant >= 0 ? instant : instant - day + 1) / day
        var (year, month, dayOfMonth) = CalendarDuration.date(ofDay: days)
        let whole = year * 12 + (month - 1) + months * count
        (year, month) = (whole >= 0 ? whole / 12 : (whole - 11) / 12, ((whole % 12) + 12) % 12 + 1)
        dayOfMonth = min(dayOfMonth, CalendarDuration.days(in: month, of: year))
        return CalendarDuration.day(year, month, dayOfMonth) * day + (instant - days * day) + plain
    }

    // Howard Hinnant's algorithms for the proleptic Gregorian calendar, eras of 400 years.

    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    private static func date(ofDay days: Int64) -> (year: Int, month: Int, day: Int) {
        let z = Int(days) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        Int(day(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - day(year, month, 1))
    }
}
