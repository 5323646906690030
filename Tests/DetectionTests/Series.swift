import Detection

/// A small generator of numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A normally distributed number of mean 0 and deviation 1.
    mutating func normal() -> Double {
        // Twelve uniform numbers, less their mean: close enough to normal out to four deviations.
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}

/// Made series, one reading every five minutes from Monday, 2024-01-01T00:00:00Z, and what a detector finds in them.
enum Series {
    static let start: Int64 = 1_704_067_200_000_000
    static let minute: Int64 = 60_000_000
    static let interval = 5 * minute
    static let readingsPerDay = 288

    static func time(_ index: Int) -> Int64 { start + Int64(index) * interval }

    static func findings(
        of values: [Double], every interval: Int64 = interval, by detector: StreamDetector = StreamDetector()
    ) -> [Finding] {
        var detector = detector
        return values.enumerated().map { index, value in
            detector.observe(time: start + Int64(index) * interval, value: value)
        }
    }

    static func noise(count: Int, seed: UInt64, around mean: Double = 50) -> [Double] {
        var generator = SeededGenerator(state: seed)
        return (0..<count).map { _ in mean + 2 * generator.normal() }
    }

    /// Traffic: quiet at night, a morning and an evening peak on weekdays, one low hill at weekends.
    static func traffic(days: Int, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(state: seed)
        return (0..<days * readingsPerDay).map { index in
            let hour = Double(index % readingsPerDay) / 12
            let isWeekend = (index / readingsPerDay) % 7 >= 5
            let usual =
                isWeekend
                ? 60 + 120 * bump(hour, at: 14, width: 4)
                : 60 + 400 * bump(hour, at: 8, width: 1.5) + 450 * bump(hour, at: 17, width: 2)
            return max(usual + 12 * generator.normal(), 0).rounded()
        }
    }

    private static func bump(_ hour: Double, at middle: Double, width: Double) -> Double {
        let distance = (hour - middle) / width
        return 1 / (1 + distance * distance * distance * distance)
    }
}

extension Collection where Element == Finding {
    /// How many alerts start.
    var starts: Int { count(where: \.startsAlert) }
}
