//       4      2    2    2    2    2    1 to 9           1 or 6
//    +------+ +--+ +--+ +--+ +--+ +--+ +-----------+ +----------+
//    | year |-|mo|-|da|T|ho|:|mi|:|se| [. fraction ] | Z | ±hh:mm |
//    +------+ +--+ +--+ +--+ +--+ +--+ +-----------+ +----------+

extension RFC3339 {
    /// The instant that a text denotes.
    ///
    /// - Parameter text: `YYYY-MM-DDThh:mm:ss`, up to nine decimals, then `Z` or `±hh:mm`. `t` and `z` are accepted.
    /// - Returns: Microseconds since 1970. Decimals beyond the sixth are cut off.
    /// - Throws: ``Failure``, with the reason.
    public static func microseconds(parsing text: UnsafeRawBufferPointer) throws(Failure) -> Int64 {
        guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] | 0x20 == UInt8(ascii: "t"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":")
        else { throw .malformed }
        let year = try pair(text, at: 0) * 100 + pair(text, at: 2)
        let (month, day) = (try pair(text, at: 5), try pair(text, at: 8))
        let (hour, minute, second) = (try pair(text, at: 11), try pair(text, at: 14), try pair(text, at: 17))
        guard year > 0 else { throw .yearOutOfRange }
        guard 1...12 ~= month, day >= 1, day <= daysIn(month: month, year: year) else { throw .noSuchDay }
        guard second != 60 else { throw .leapSecond }
        guard hour < 24, minute < 60, second < 60 else { throw .noSuchTime }
        var cursor = 19
        let fraction = try fraction(text, at: &cursor)
        let offsetSeconds = try offset(text, at: cursor)
        let seconds = daysSince1970(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        let result = Int64((seconds - offsetSeconds) * 1_000_000 + fraction)
        guard supported.contains(result) else { throw .yearOutOfRange }
        return result
    }

    @inline(__always)
    private static func pair(_ text: UnsafeRawBufferPointer, at index: Int) throws(Failure) -> Int {
        let tens = text[index] &- UInt8(ascii: "0")
        let ones = text[index + 1] &- UInt8(ascii: "0")
        guard tens <= 9, ones <= 9 else { throw .malformed }
        return Int(tens) * 10 + Int(ones)
    }

    /// Microseconds of a fraction at `cursor`, if there is one; `cursor` moves past it.
    @inline(__always)
    private static func fraction(_ text: UnsafeRawBufferPointer, at cursor: inout Int) throws(Failure) -> Int {
        guard text[cursor] == UInt8(ascii: ".") else { return 0 }
        let start = cursor + 1
        var microseconds = 0
        cursor = start
        while cursor < text.count {
            let digit = text[cursor] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if cursor - start < 6 { microseconds = microseconds * 10 + Int(digit) }
            cursor += 1
        }
        let digits = cursor - start
        guard digits > 0 else { throw .malformed }
        guard digits <= 9 else { throw .fractionTooLong }
        return digits < 6 ? microseconds * Int(powersOfTen[6 - digits]) : microseconds
    }

    /// Seconds east of UTC, from `cursor` to the end.
    @inline(__always)
    private static func offset(_ text: UnsafeRawBufferPointer, at cursor: Int) throws(Failure) -> Int {
        guard cursor < text.count else { throw .malformed }
        let sign = text[cursor]
        if sign | 0x20 == UInt8(ascii: "z"), cursor + 1 == text.count { return 0 }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), cursor + 6 == text.count,
            text[cursor + 3] == UInt8(ascii: ":")
        else { throw .malformed }
        let (hour, minute) = (try pair(text, at: cursor + 1), try pair(text, at: cursor + 4))
        guard hour < 24, minute < 60 else { throw .noSuchOffset }
        let seconds = hour * 3600 + minute * 60
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days from 1970-01-01, negative before; the inverse of the date that writing computes.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = yearFromMarch / 400
        let yearOfEra = yearFromMarch % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
