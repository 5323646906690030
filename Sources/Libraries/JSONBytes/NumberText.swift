/// Numbers as JSON text (RFC 8259 §6), without allocation for the numbers that sensors send.
enum NumberText {
    /// Room that every number fits into: a `Double` takes 24 bytes, an `Int64` 20.
    static let longest = 32

    /// Writes an integer.
    ///
    /// - Parameters:
    ///   - integer: Any value.
    ///   - target: Room for ``longest`` bytes.
    /// - Returns: How many bytes were written.
    @inline(__always)
    static func write(_ integer: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard integer < 0 else { return write(UInt64(integer), to: target) }
        target[0] = UInt8(ascii: "-")
        return 1 + write(integer.magnitude, to: target + 1)
    }

    @inline(__always)
    static func write(_ magnitude: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let length = decimalLength(of: magnitude)
        writePadded(magnitude, digits: length, to: target)
        return length
    }

    @inline(__always)
    private static func decimalLength(of magnitude: UInt64) -> Int {
        // 1233 / 4096 is log10(2), near enough for 64 bits; one comparison settles the rest.
        let guess = ((64 - (magnitude | 1).leadingZeroBitCount) * 1233) >> 12
        return guess + (magnitude | 1 >= powersOfTen[guess] ? 1 : 0)
    }

    /// Writes the shortest text that reads back as `double`; `null` for infinities and NaN.
    ///
    /// - Parameters:
    ///   - double: Any value.
    ///   - target: Room for ``longest`` bytes.
    /// - Returns: How many bytes were written.
    @inline(__always)
    static func write(_ double: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let magnitude = double.magnitude
        var length = 0
        if double.sign == .minus, !double.isNaN {
            target[0] = UInt8(ascii: "-")
            length = 1
        }
        if magnitude < 1e15 {
            let whole = UInt64(magnitude)
            if Double(whole) == magnitude { return length + write(whole, to: target + length) }
            let written = writeShortDecimal(magnitude, to: target + length)
            if written > 0 { return length + written }
        }
        return writeDescription(double, to: target)
    }

    /// Writes up to six decimals if they denote exactly this `Double`; otherwise writes nothing and returns zero.
    ///
    /// `candidate / 10^decimals` is rounded once, so equality proves the round trip; below 10^15 no other decimal of
    /// as few digits reads back the same, so trying few decimals first finds the shortest.
    @inline(__always)
    private static func writeShortDecimal(_ magnitude: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
        for decimals in 1...6 {
            let scale = exactPowersOfTen[decimals]
            let scaled = magnitude * scale
            guard scaled < 1e15 else { return 0 }
            let candidate = UInt64(scaled + 0.5)
            guard Double(candidate) / scale == magnitude else { continue }
            let (whole, fraction) = candidate.quotientAndRemainder(dividingBy: powersOfTen[decimals])
            let length = write(whole, to: target)
            target[length] = UInt8(ascii: ".")
            writePadded(fraction, digits: decimals, to: target + length + 1)
            return length + 1 + decimals
        }
        return 0
    }

    /// Writes exactly `digits` digits, with leading zeros.
    @inline(__always)
    static func writePadded(_ value: UInt64, digits: Int, to target: UnsafeMutablePointer<UInt8>) {
        var rest = value
        var index = digits
        while index > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            index -= 1
            target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
    }

    /// Swift's `description` is the shortest round trip; its exponents are JSON, its trailing `.0` is not needed.
    @inline(never)
    private static func writeDescription(_ double: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard double.isFinite else {
            let null: StaticString = "null"
            target.update(from: null.utf8Start, count: 4)
            return 4
        }
        var text = double.description
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text.withUTF8 { utf8 in
            let length = min(utf8.count, longest)
            for index in 0..<length { target[index] = utf8[index] }
            return length
        }
    }
}
