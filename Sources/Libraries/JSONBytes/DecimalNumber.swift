/// A number as it was written: `(-1)^isNegative × significand × 10^exponent`, before any rounding to binary.
///
/// Written digits beyond the nineteenth are dropped and marked, so ``scaled(byPowerOfTen:)`` still truncates correctly.
@usableFromInline
struct DecimalNumber {
    @usableFromInline var significand: UInt64
    @usableFromInline var exponent: Int
    @usableFromInline var isNegative: Bool
    /// Whether nonzero digits were dropped.
    @usableFromInline var isTruncated: Bool

    /// The value × 10^`power` as an integer, the rest cut off towards zero; nil beyond `Int64`.
    func scaled(byPowerOfTen power: Int) -> Int64? {
        guard significand != 0 else { return 0 }
        let shift = exponent + power
        if shift < -19 { return 0 }
        if shift > 19 { return nil }
        var magnitude = significand
        if shift < 0 {
            magnitude /= powersOfTen[-shift]
        } else if shift > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: powersOfTen[shift])
            guard !overflow else { return nil }
            magnitude = product
        }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// The nearest `Double`, ties to even, where integer arithmetic decides it; nil sends the caller to the text.
    @inline(__always)
    var double: Double? {
        guard !isTruncated else { return nil }
        let magnitude: Double
        if exponent == 0 {
            magnitude = Double(significand)
        } else if significand <= 1 << 53, exponent >= -22, exponent <= 22 {
            // Both operands are exact, so the one rounding is the right one (Clinger 1990).
            let value = Double(significand)
            magnitude = exponent < 0 ? value / exactPowersOfTen[-exponent] : value * exactPowersOfTen[exponent]
        } else if exponent < 0, exponent >= -19 {
            magnitude = Self.quotient(significand, powersOfTen[-exponent])
        } else {
            return significand == 0 ? (isNegative ? -0.0 : 0.0) : nil
        }
        return isNegative ? -magnitude : magnitude
    }

    /// `dividend / divisor`, correctly rounded: 62 bits or more of the quotient, and one that stands for the rest.
    private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
        guard dividend != 0 else { return 0 }
        let dividendShift = dividend.leadingZeroBitCount
        let divisorShift = divisor.leadingZeroBitCount
        let high = dividend << UInt64(dividendShift)
        let (quotient, remainder) = (divisor << UInt64(divisorShift)).dividingFullWidth((high >> 1, high << 63))
        let sticky: UInt64 = remainder == 0 ? 0 : 1
        let exponent = divisorShift - dividendShift - 63
        return Double(quotient | sticky) * Double(sign: .plus, exponent: exponent, significand: 1)
    }
}

/// 10^0 … 10^19: all that fit 64 bits.
let powersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]

/// 10^0 … 10^22: all that a `Double` holds exactly.
let exactPowersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
