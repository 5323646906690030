/// The logarithm to base 2, exact to six digits: the same on every machine, and no library needed.
///
/// - Parameter number: A positive, finite, normal number.
/// - Returns: The power of 2 that is `number`.
func binaryLogarithm(_ number: Float) -> Float {
    var exponent = Float(number.exponent)
    var significand = number.significand
    if significand > 1.414_213_6 {
        significand /= 2
        exponent += 1
    }
    // ln(m) = 2 artanh((m - 1) / (m + 1)), and the fraction stays below 0.172.
    let fraction = (significand - 1) / (significand + 1)
    let square = fraction * fraction
    let artanh = fraction * (1 + square * (1 / 3 + square * (1 / 5 + square / 7)))
    return exponent + artanh * 2.885_390_1
}
