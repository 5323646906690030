import Detection
import Testing

@Suite("The detector's state")
struct StateTests {
    static func seasoned(days: Int = 20) -> StreamDetector {
        var detector = StreamDetector(options: .init(utcOffset: .seconds(3_600)))
        for (index, value) in Series.traffic(days: days, seed: 40).enumerated() {
            _ = detector.observe(time: Series.time(index), value: value)
        }
        return detector
    }

    static func encoded(_ detector: StreamDetector) -> [UInt8] {
        var bytes: [UInt8] = []
        detector.encode(into: &bytes)
        return bytes
    }

    @Test("the scores of a prefix are the prefix of the scores: nothing is taken from the future")
    func prefix() {
        let values = Series.traffic(days: 10, seed: 41)
        let whole = Series.findings(of: values)
        for count in [1, 2, 20, 700, 2_000] {
            #expect(Series.findings(of: Array(values.prefix(count))) == Array(whole.prefix(count)))
        }
    }

    @Test(
        "a detector restored at any point goes on exactly as the one it came from",
        arguments: [0, 1, 2, 15, 300, 3_000])
    func roundTrip(at point: Int) throws {
        let values = Series.traffic(days: 20, seed: 42)
        var original = StreamDetector()
        for index in 0..<point { _ = original.observe(time: Series.time(index), value: values[index]) }
        var restored = try StreamDetector(decoding: Self.encoded(original))
        #expect(restored == original)
        for index in point..<values.count {
            let finding = original.observe(time: Series.time(index), value: values[index])
            let repeated = restored.observe(time: Series.time(index), value: values[index])
            #expect(repeated == finding)
        }
        #expect(Self.encoded(restored) == Self.encoded(original))
    }

    @Test("the state is appended to what is there")
    func appends() {
        var bytes: [UInt8] = [1, 2, 3]
        StreamDetector().encode(into: &bytes)
        #expect(bytes == [1, 2, 3] + Self.encoded(StreamDetector()))
    }

    @Test("memory is bounded: 300 bytes when fresh, 2,500 for a series known for a year")
    func memory() {
        #expect(MemoryLayout<StreamDetector>.stride <= 300)
        #expect(Self.encoded(StreamDetector()).count < 20)
        let year = Self.seasoned(days: 365)
        // In memory: the value itself; two arrays of 96 Float; the array of five channels, each with 64 counts of two
        // bytes; and 32 bytes of heading for each array.
        let heap = 2 * (96 * 4 + 32) + (5 * 64 + 32) + 5 * (64 * 2 + 32)
        #expect(MemoryLayout<StreamDetector>.stride + heap <= 2_500)
        #expect(Self.encoded(year).count <= 2_200)
    }

    @Test("every shorter piece of a state, and a longer one, is refused")
    func truncated() {
        let bytes = Self.encoded(Self.seasoned(days: 5))
        for count in 0..<bytes.count {
            #expect(throws: DetectionError.wrongLength) { try StreamDetector(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: DetectionError.wrongLength) { try StreamDetector(decoding: bytes + [0]) }
    }

    @Test("another version, and fields that no detector has, are told apart")
    func malformed() {
        var bytes = Self.encoded(Self.seasoned(days: 5))
        bytes[1] = 7
        #expect(throws: DetectionError.malformed) { try StreamDetector(decoding: bytes) }
        bytes[0] = 9
        #expect(throws: DetectionError.unsupportedVersion) { try StreamDetector(decoding: bytes) }
        #expect(DetectionError.allCases.allSatisfy { !$0.description.isEmpty })
    }

    @Test("a mutated state is refused, or restored to a detector that works", arguments: 0..<20)
    func fuzz(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let sound = Self.encoded(Self.seasoned(days: 5))
        let values = Series.traffic(days: 1, seed: seed)
        for _ in 0..<40 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8(generator.next() >> 56)
            }
            guard var detector = try? StreamDetector(decoding: bytes) else { continue }
            for (index, value) in values.enumerated() {
                let finding = detector.observe(time: Series.time(index + 1_440), value: value)
                #expect(finding.score >= 0 && finding.score <= 1, "seed \(seed)")
            }
        }
    }
}
