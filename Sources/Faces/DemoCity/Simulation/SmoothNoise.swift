/// Repeatable noise without state: the same seed and place give the same value, and near places give near values.
///
/// Values lie in -1...1 with mean zero. Lattice values are hashed; between them the curve is smooth.
struct SmoothNoise: Sendable {
    let seed: UInt64

    /// Noise that changes over one unit of `x`.
    func value(_ x: Double) -> Double {
        let cell = x.rounded(.down)
        let column = UInt64(bitPattern: Int64(cell))
        return blend(lattice(column), lattice(column &+ 1), x - cell)
    }

    /// Noise that changes over one unit of `x` or `y`.
    func value(_ x: Double, _ y: Double) -> Double {
        let row = y.rounded(.down)
        let below = SmoothNoise(seed: SeededRandom.mix(seed, UInt64(bitPattern: Int64(row))))
        let above = SmoothNoise(seed: SeededRandom.mix(seed, UInt64(bitPattern: Int64(row + 1))))
        return blend(below.value(x), above.value(x), y - row)
    }

    /// Noise over the plane that also changes over one unit of `time`.
    func value(_ x: Double, _ y: Double, time: Double) -> Double {
        let instant = time.rounded(.down)
        let before = SmoothNoise(seed: SeededRandom.mix(seed, UInt64(bitPattern: Int64(instant))))
        let after = SmoothNoise(seed: SeededRandom.mix(seed, UInt64(bitPattern: Int64(instant + 1))))
        return blend(before.value(x, y), after.value(x, y), time - instant)
    }

    /// Independent noise of standard deviation one for each `index`: the sum of twelve uniforms, less six.
    func gaussian(_ index: Int64) -> Double {
        var bits = SeededRandom.mix(seed, UInt64(bitPattern: index))
        var sum = -6.0
        for _ in 0..<3 {
            for shift in stride(from: UInt64(0), to: 64, by: 16) { sum += Double((bits >> shift) & 0xFFFF) / 65_536 }
            bits = SeededRandom.mix(bits)
        }
        return sum
    }

    private func lattice(_ index: UInt64) -> Double { SeededRandom.unit(SeededRandom.mix(seed, index)) * 2 - 1 }

    private func blend(_ a: Double, _ b: Double, _ fraction: Double) -> Double {
        a + (b - a) * (fraction * fraction * (3 - 2 * fraction))
    }
}
