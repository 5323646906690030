import JSONBytes

/// Periods as ISO 8601 writes them: `P1DT12H`, `PT5M`, `P2W`.
enum ISODuration {
    /// The period that a text denotes; a year counts 365 days and a month 30.
    ///
    /// - Parameter text: `P`, then numbers with `Y`, `M`, `W` and `D`, then `T` and numbers with `H`, `M` and `S`; each
    ///   once and in this order, at least one; the last number may have decimals.
    /// - Returns: Nil for what is no duration, and for what is longer than ``DocumentLimits/period``.
    static func period(parsing text: String) -> Duration? {
        var bytes = text.utf8[...]
        guard bytes.count <= 64, bytes.popFirst() == UInt8(ascii: "P") else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let dates = sum(parts[0], units: dateUnits, mayBeFractional: parts.count == 1) else {
            return nil
        }
        guard parts.count == 2 else { return dates > 0 || !parts[0].isEmpty ? limited(dates) : nil }
        guard !parts[1].isEmpty, let times = sum(parts[1], units: timeUnits, mayBeFractional: true) else { return nil }
        return limited(dates + times)
    }

    private static let dateUnits: [(UInt8, Double)] = [
        (UInt8(ascii: "Y"), 365 * 86_400), (UInt8(ascii: "M"), 30 * 86_400), (UInt8(ascii: "W"), 7 * 86_400),
        (UInt8(ascii: "D"), 86_400),
    ]
    private static let timeUnits: [(UInt8, Double)] = [
        (UInt8(ascii: "H"), 3600), (UInt8(ascii: "M"), 60), (UInt8(ascii: "S"), 1),
    ]

    private static func limited(_ seconds: Double) -> Duration? {
        guard seconds <= Double(PeriodUnit.seconds.count(in: DocumentLimits.period)) else { return nil }
        return .microseconds(Int64(seconds * 1_000_000 + 0.5))
    }

    /// The seconds of numbers with units, in the order of `units`.
    private static func sum(
        _ text: Substring.UTF8View, units: [(UInt8, Double)], mayBeFractional: Bool
    ) -> Double? {
        var text = text
        var units = units[...]
        var seconds = 0.0
        while !text.isEmpty {
            let digits = text.prefix { !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0) }
            text = text.dropFirst(digits.count)
            guard let unit = text.popFirst(), let index = units.firstIndex(where: { $0.0 == unit }),
                let number = number(digits, mayBeFractional: mayBeFractional && text.isEmpty)
            else { return nil }
            seconds += number * units[index].1
            units = units[(index + 1)...]
        }
        return seconds
    }

    /// Digits, and decimals after `.` or `,` where these may stand.
    private static func number(_ text: Substring.UTF8View, mayBeFractional: Bool) -> Double? {
        var number = 0.0
        var scale: Double?
        var digits = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                let digit = Double(byte - UInt8(ascii: "0"))
                if let place = scale {
                    number += digit * place
                    scale = place / 10
                } else {
                    number = number * 10 + digit
                }
            case UInt8(ascii: "."), UInt8(ascii: ","):
                guard mayBeFractional, scale == nil, digits > 0 else { return nil }
                scale = 0.1
            default: return nil
            }
        }
        return digits > 0 && scale != 0.1 ? number : nil
    }
}

extension DocumentField {
    /// An ISO 8601 duration, as it was written.
    func isoDuration() throws(NGSILDError) -> String {
        guard case .string(let text) = value, ISODuration.period(parsing: text) != nil else {
            throw error(expected: "an ISO 8601 duration such as `PT5M`")
        }
        return text
    }
}
