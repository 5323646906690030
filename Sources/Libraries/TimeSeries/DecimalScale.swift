/// Values seen as decimals: 67.5 is 675 × 10⁻¹, and exactly the number a device meant.
///
/// A value that arithmetic has touched lies a few units in the last place beside its decimal (0.30000000000000004); the
/// difference of the bit patterns, the correction, makes it exact again. Any value can be told so, NaN too, though some
/// dearly: whether the scale fits is a question of size, never of truth.
struct DecimalScale {
    /// Digits after the point: 0 to ``largestExponent``.
    let exponent: Int
    private let factor: Double

    /// 10²² is the largest power of ten that a `Double` holds exactly; beyond 15 digits no decimal is shorter than its bits.
    static let largestExponent = 15
    private static let powersOfTen: [Double] = (0...largestExponent).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// - Returns: nil when `exponent` is out of range.
    init?(exponent: Int) {
        guard Self.powersOfTen.indices.contains(exponent) else { return nil }
        self.exponent = exponent
        factor = Self.powersOfTen[exponent]
    }

    /// The smallest scale that comes within a few units in the last place of seven in eight of some of the values, or nil.
    init?(fitting values: [Double]) {
        let step = max(values.count / 64, 1)
        let sample = stride(from: 0, to: values.count, by: step).map { values[$0] }
        for exponent in 0...Self.largestExponent {
            guard let scale = Self(exponent: exponent) else { return nil }
            let near = sample.count { scale.split($0).correction.magnitude <= 8 }
            guard near * 8 < sample.count * 7 else { self = scale; return }
        }
        return nil
    }

    /// The digits of the value without the point, and what is then missing to its bit pattern.
    @inline(__always)
    func split(_ value: Double) -> (digits: Int64, correction: Int64) {
        let scaled = value * factor
        // Within ±2⁵³ every whole number is a Double. NaN fails the comparison, too.
        let digits = abs(scaled) <= 9_007_199_254_740_992 ? Int64(scaled.rounded()) : 0
        return (digits, Int64(bitPattern: value.bitPattern &- bits(of: digits)))
    }

    /// The value that ``split(_:)`` took apart.
    @inline(__always)
    func join(digits: Int64, correction: Int64) -> Double {
        Double(bitPattern: bits(of: digits) &+ UInt64(bitPattern: correction))
    }

    @inline(__always)
    private func bits(of digits: Int64) -> UInt64 { (Double(digits) / factor).bitPattern }
}
