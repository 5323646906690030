import Testing
import TimeSeries

@Suite("Blocks give back what was put in")
struct BlockTests {
    static let awkwardValues: [Double] = [
        0, -0.0, 1, -1, 0.1 + 0.2, 67.5, .infinity, -.infinity, .nan, Double(nan: 42, signaling: false),
        Double(bitPattern: 0x7FF0_0000_0000_0001), Double(bitPattern: .max), .leastNonzeroMagnitude,
        -.leastNormalMagnitude, .greatestFiniteMagnitude, 9_007_199_254_740_994, 1e22, 1e-15, .pi,
    ]
    static let awkwardTimes: [Int64] = [.min, .max, 0, -1, 1, .min + 1, .max - 1, 1_700_000_000_000_000]

    @Test("every awkward value comes back bit for bit, alone and in company", arguments: awkwardValues)
    func awkwardValue(value: Double) throws {
        let alone = [Reading(time: 5, value: value, score: 1)]
        let block = try sealed(alone)
        #expect(try Block(bytes: block.bytes) == block)
        #expect(try block.decode() == alone)
        let company = (0..<40).map { Reading(time: Int64($0), value: $0 == 20 ? value : Double($0) / 10) }
        #expect(try Block(bytes: sealed(company).bytes).decode() == company)
    }

    @Test("times at both ends of Int64, backwards and repeated, come back exactly")
    func awkwardTimes() throws {
        for first in Self.awkwardTimes {
            for second in Self.awkwardTimes {
                let readings = [first, second, second, first, 0].map { Reading(time: $0, value: 1) }
                #expect(try Block(bytes: sealed(readings).bytes).decode() == readings, "\(first), \(second)")
            }
        }
    }

    @Test("random blocks of every character come back exactly", arguments: 0..<200)
    func randomBlocks(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let readings = Self.randomReadings(using: &generator)
        let block = try sealed(readings)
        #expect(try Block(bytes: block.bytes).decode() == readings, "seed \(seed)")
        #expect(Array(block) == readings, "seed \(seed)")
    }

    static func randomReadings(using generator: inout SeededGenerator) -> [Reading] {
        let count = Int.random(in: 1...1_024, using: &generator)
        let character = Int.random(in: 0..<7, using: &generator)
        var time = Int64.random(in: -1_000_000...1_000_000, using: &generator)
        return (0..<count).map { index in
            time &+=
                character == 0
                ? Int64(bitPattern: generator.next()) : Int64.random(in: 0...3, using: &generator) * 60_000_000
            let noise = Double.random(in: -50...50, using: &generator)
            let value: Double =
                switch character {
                case 0: Double(bitPattern: generator.next())
                case 1: 21.5
                case 2: (noise * 10).rounded() / 10
                case 3: Double(Float(noise))
                case 4: noise.rounded() + (index % 7 == 0 ? .ulpOfOne * 16 : 0)
                case 5: Double(index) * 0.1
                default: noise * 1e-200
                }
            return Reading(
                time: time, value: value, quantisedScore: UInt8(generator.next() >> (character > 3 ? 56 : 62)))
        }
    }

    @Test("the header tells count, times, extremes and sum without decoding")
    func header() throws {
        let header = try BlockHeader(
            reading: sealed([
                Reading(time: 10, value: 2), Reading(time: 20, value: .nan), Reading(time: 30, value: -4),
            ]).bytes)
        #expect(header.count == 3 && header.numberCount == 2)
        #expect(header.firstTime == 10 && header.lastTime == 30)
        #expect(header.minimum == -4 && header.maximum == 2 && header.sum == -2 && header.mean == -1)
        #expect(!header.hasScores)
    }

    @Test("a block of NaN has no extremes and no mean")
    func onlyNaN() throws {
        let header = try sealed([Reading(time: 1, value: .nan)]).header
        #expect(header.minimum == nil && header.maximum == nil && header.mean == nil && header.sum == 0)
    }

    @Test("scores come back in steps of 1/255, and cost nothing while all are zero")
    func scores() throws {
        let readings = (0..<500).map { Reading(time: Int64($0), value: 1, score: Double($0 % 5) / 50) }
        let decoded = try sealed(readings).decode()
        #expect(zip(decoded, 0...).allSatisfy { abs($0.score - Double($1 % 5) / 50) <= 1.0 / 510 })
        let unscored = try sealed(readings.map { Reading(time: $0.time, value: $0.value) })
        #expect(!unscored.header.hasScores && unscored.bytes.count < 80)
    }

    @Test("a score outside 0...1 is drawn to the nearer end", arguments: zip([-1, 2, .nan, .infinity], [0, 1, 0, 1]))
    func scoreOutside(score: Double, kept: Double) {
        #expect(Reading(time: 0, value: 0, score: score).score == kept)
    }

    @Test("an encoder without readings seals nothing, and a full one takes no more")
    func capacity() {
        var encoder = BlockEncoder()
        #expect(encoder.seal() == nil)
        for index in 0..<TimeSeriesLimits.readingsPerBlock {
            let taken = encoder.append(Reading(time: Int64(index), value: 0))
            #expect(taken)
        }
        #expect(encoder.isFull)
        let taken = encoder.append(Reading(time: 0, value: 0))
        #expect(!taken)
        #expect(encoder.seal()?.header.count == TimeSeriesLimits.readingsPerBlock)
    }
}
