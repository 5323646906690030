/// Instants as text (RFC 3339), counted in microseconds since 1970-01-01T00:00:00Z. No time zones beyond offsets, no
/// leap seconds, no calendars but the Gregorian.
public enum RFC3339 {
    /// The instants that have a text: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z.
    public static let supported: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    /// Why a text is not an instant.
    public enum Failure: Error, Sendable, Hashable, CaseIterable {
        /// Not of the form `2026-01-31T23:59:59.123456Z`.
        case malformed
        /// Year 0000, or an offset that leads out of 0001…9999.
        case yearOutOfRange
        /// No such month, or no such day in that month.
        case noSuchDay
        /// Hours beyond 23, or minutes or seconds beyond 59.
        case noSuchTime
        /// Second 60, which microseconds since 1970 cannot tell from the next minute.
        case leapSecond
        /// More than nine digits after the decimal point.
        case fractionTooLong
        /// An offset beyond 23:59.
        case noSuchOffset

        /// What was wrong, for a message: `there is no such day`.
        public var reason: String {
            switch self {
            case .malformed: "it is not of the form `2026-01-31T23:59:59Z`"
            case .yearOutOfRange: "the year is not between 0001 and 9999"
            case .noSuchDay: "there is no such day"
            case .noSuchTime: "there is no such time of day"
            case .leapSecond: "leap seconds are not supported"
            case .fractionTooLong: "seconds have more than nine decimals"
            case .noSuchOffset: "there is no such offset from UTC"
            }
        }
    }

    /// The instant as text, in UTC, with as many of six decimals as it needs.
    ///
    /// - Parameter microseconds: Since 1970; clamped to ``supported``.
    /// - Returns: Such as `2026-01-01T00:00:00.25Z`.
    public static func string(_ microseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: longest) { buffer in
            // A capacity above zero gives a base address.
            buffer.baseAddress.map { write(microseconds, to: $0) } ?? 0
        }
    }

    /// Appends the instant as text, in UTC, with as many of six decimals as it needs.
    ///
    /// - Parameters:
    ///   - microseconds: Since 1970; clamped to ``supported``.
    ///   - bytes: Grows by 20 to 27 bytes.
    public static func append(_ microseconds: Int64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longest) { buffer in
            guard let base = buffer.baseAddress else { return }
            let length = write(microseconds, to: base)
            bytes.append(contentsOf: UnsafeBufferPointer(start: base, count: length))
        }
    }

    /// The instant that a text denotes.
    ///
    /// - Parameter text: `YYYY-MM-DDThh:mm:ss`, up to nine decimals, then `Z` or `±hh:mm`.
    /// - Returns: Microseconds since 1970. Decimals beyond the sixth are cut off.
    /// - Throws: ``Failure``, with the reason.
    public static func microseconds(parsing text: String) throws(Failure) -> Int64 {
        var text = text
        let result = text.withUTF8 { utf8 in
            Result { () throws(Failure) in try microseconds(parsing: UnsafeRawBufferPointer(utf8)) }
        }
        return try result.get()
    }
}

// MARK: - Writing

extension RFC3339 {
    /// Room that every instant fits into: `2026-01-01T00:00:00.123456Z` takes 27 bytes.
    static let longest = 27

    /// Writes an instant.
    ///
    /// - Parameters:
    ///   - microseconds: Since 1970; clamped to ``supported``.
    ///   - target: Room for ``longest`` bytes.
    /// - Returns: How many bytes were written.
    @inline(__always)
    static func write(_ microseconds: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        // From year 1, so that all that follows is unsigned and division rounds down.
        let clamped = min(max(microseconds, supported.lowerBound), supported.upperBound)
        let sinceYearOne = UInt64(bitPattern: clamped - supported.lowerBound)
        let (seconds, fraction) = sinceYearOne.quotientAndRemainder(dividingBy: 1_000_000)
        let (days, secondOfDay) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = date(daysSinceYearOne: UInt32(truncatingIfNeeded: days))
        let clock = UInt32(truncatingIfNeeded: secondOfDay)
        writePair(year / 100, to: target)
        writePair(year % 100, to: target + 2)
        target[4] = UInt8(ascii: "-")
        writePair(month, to: target + 5)
        target[7] = UInt8(ascii: "-")
        writePair(day, to: target + 8)
        target[10] = UInt8(ascii: "T")
        writePair(clock / 3600, to: target + 11)
        target[13] = UInt8(ascii: ":")
        writePair(clock / 60 % 60, to: target + 14)
        target[16] = UInt8(ascii: ":")
        writePair(clock % 60, to: target + 17)
        let length = 19 + writeFraction(UInt32(truncatingIfNeeded: fraction), to: target + 19)
        target[length] = UInt8(ascii: "Z")
        return length + 1
    }

    @inline(__always)
    private static func writePair(_ value: UInt32, to target: UnsafeMutablePointer<UInt8>) {
        target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10)
        target[1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10)
    }

    @inline(__always)
    private static func writeFraction(_ microseconds: UInt32, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard microseconds != 0 else { return 0 }
        target[0] = UInt8(ascii: ".")
        writePair(microseconds / 10_000, to: target + 1)
        writePair(microseconds / 100 % 100, to: target + 3)
        writePair(microseconds % 100, to: target + 5)
        var length = 7
        while target[length - 1] == UInt8(ascii: "0") { length -= 1 }
        return length
    }

    /// The date, by eras of 400 years that begin on 1 March, so that the leap day comes last.
    @inline(__always)
    private static func date(daysSinceYearOne days: UInt32) -> (year: UInt32, month: UInt32, day: UInt32) {
        let shifted = days + 306  // 0000-03-01 to 0001-01-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
