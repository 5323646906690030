/// A repeatable stream of random numbers (SplitMix64).
struct SeededRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SeededRandom.mix(state)
    }

    /// Uniform in 0..<1.
    mutating func unit() -> Double { SeededRandom.unit(next()) }

    /// Uniform between the bounds.
    mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// Uniform in 0..<`count`.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for index in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(index, below(index + 1))
        }
    }
}

extension SeededRandom {
    /// Scrambles 64 bits: each input bit reaches each output bit.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A hash of two numbers, for noise that needs no state.
    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 { mix(a &+ mix(b &+ 0x9E37_79B9_7F4A_7C15)) }

    /// 53 random bits as a fraction in 0..<1.
    @inline(__always)
    static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}
