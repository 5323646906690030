import CityModel
import CityStorage
import Testing

@Suite("Batch content")
struct BatchContentTests {
    static let values: [AttributeValue] = [
        .number(0), .number(-0.0), .number(1), .number(-1), .number(0.1), .number(21.5), .number(1e11),
        .number(999_999_999_999), .number(1_000_000_000_000), .number(-1e300), .number(.leastNonzeroMagnitude),
        .number(.greatestFiniteMagnitude), .boolean(true), .boolean(false), .text(""),
        .text("Brücke \u{1F309} \"\u{0}"),
        .structured(json: "[1,2]"), .geometry(json: "{}"), .relationship("urn:ngsi-ld:Road:1"),
    ]

    static func random(_ random: inout SeededRandom) -> BatchContent {
        let times: [Int64] = [0, 1, -1, .min, .max, 1_800_000_000_000_000, Int64(bitPattern: random.next())]
        return BatchContent(
            salt: random.bytes(32),
            events: (0..<random.below(5)).map { _ in random.bytes(random.below(400)) },
            observations: (0..<random.below(60)).map { _ in
                Observation(
                    series: SeriesID(index: UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.below(32))),
                    observedAt: Timestamp(microseconds: random.pick(times)),
                    value: random.below(3) == 0
                        ? .number(Double(random.below(1 << 40)) / Double(1 + random.below(1_000)))
                        : random.pick(values))
            })
    }

    @Test("reads what it wrote, bit for bit", arguments: seeds)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let content = BatchContentTests.random(&random)
            let decoded = try BatchContent(decoding: content.encoded())
            #expect(decoded == content, "seed \(seed)")
            #expect(decoded.encoded() == content.encoded(), "seed \(seed)")
        }
    }

    @Test("keeps the sign of zero, which equality does not see")
    func negativeZero() throws {
        let content = BatchContent(
            salt: [UInt8](repeating: 1, count: 32), events: [], observations: [observation(0, at: 0, .number(-0.0))])
        let decoded = try BatchContent(decoding: content.encoded())
        #expect(decoded.observations[0].value.number?.sign == .minus)
    }

    @Test("takes at most six bytes for a whole number one second after the last")
    func size() {
        func bytes(_ count: Int) -> Int {
            BatchContent(
                salt: [UInt8](repeating: 1, count: 32), events: [],
                observations: (0..<count).map { observation(3, at: Int64($0), .number(Double($0 % 50))) }
            ).encoded().count
        }
        #expect((bytes(1_001) - bytes(1)) / 1_000 <= 6)
    }

    @Test("refuses bytes cut off anywhere")
    func truncated() {
        var random = SeededRandom(seed: 5)
        let bytes = BatchContentTests.random(&random).encoded()
        for length in 0..<bytes.count {
            let error = storageError { _ = try BatchContent(decoding: Array(bytes[..<length])) }
            #expect(error?.code == .damaged, "cut to \(length)")
        }
    }

    @Test("refuses bytes that follow the last entry, and a version it does not know")
    func foreign() {
        let bytes = BatchContent(salt: [UInt8](repeating: 0, count: 32), events: [], observations: []).encoded()
        #expect(storageError { _ = try BatchContent(decoding: bytes + [0]) }?.code == .damaged)
        #expect(storageError { _ = try BatchContent(decoding: [2] + bytes.dropFirst()) }?.code == .damaged)
    }

    @Test("a count beyond the bytes that are left reserves nothing", arguments: [33, 34])
    func hugeCount(place: Int) {
        var bytes = BatchContent(salt: [UInt8](repeating: 0, count: 32), events: [], observations: []).encoded()
        bytes.replaceSubrange(place...place, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01])
        #expect(storageError { _ = try BatchContent(decoding: bytes) }?.code == .damaged)
    }

    @Test("refuses numbers that no observation can be", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        let content = BatchContent(
            salt: [UInt8](repeating: 0, count: 32), events: [], observations: [observation(0, at: 0, .number(number))])
        #expect(storageError { _ = try BatchContent(decoding: content.encoded()) }?.code == .damaged)
    }

    @Test("never traps on damage: it reads something, or says that it cannot", arguments: seeds)
    func fuzz(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            var bytes = BatchContentTests.random(&random).encoded()
            for _ in 0...random.below(4) {
                switch random.below(4) {
                case 0: bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
                case 1: bytes[random.below(bytes.count)] = random.pick([0, 0x7F, 0x80, 0xFF])
                case 2: bytes.remove(at: random.below(bytes.count))
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: random.below(bytes.count + 1))
                }
                if bytes.isEmpty { bytes = [1] }
            }
            do {
                let content = try BatchContent(decoding: bytes)
                #expect(content.entryCount <= bytes.count, "seed \(seed)")
            } catch {
                #expect(error.code == .damaged, "seed \(seed)")
            }
        }
    }
}
