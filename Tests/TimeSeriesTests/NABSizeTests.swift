import Testing
import TimeSeries

@Suite(
    "Real readings take few bytes",
    .enabled(if: NABFiles.present, "needs the Numenta Anomaly Benchmark in ../shared/data/nab"))
struct NABSizeTests {
    @Test("every file of the benchmark comes back exactly", arguments: NABFiles.present ? try NABFiles.names() : [])
    func roundTrip(name: String) throws {
        let readings = try NABFiles.readings(of: name)
        var decoded: [Reading] = []
        for block in try blocks(of: readings) { decoded += try Block(bytes: block.bytes).decode() }
        #expect(decoded == readings)
    }

    @Test(
        "road detectors' readings take at most 4 bytes each, headers included, with and without scores",
        arguments: NABFiles.present ? try NABFiles.names(in: "realTraffic/") : [])
    func bytesPerReading(name: String) throws {
        var readings = try NABFiles.readings(of: name)
        let plain = try Double(blocks(of: readings).reduce(0) { $0 + $1.bytes.count }) / Double(readings.count)
        // Scores as a detector gives them: nearly all small, a few of any size.
        var generator = SeededGenerator(state: 1)
        for index in readings.indices {
            let uniform = Double.random(in: 0..<1, using: &generator)
            readings[index].quantisedScore = Reading.quantise(uniform < 0.97 ? uniform * uniform * 0.1 : uniform)
        }
        let scored = try Double(blocks(of: readings).reduce(0) { $0 + $1.bytes.count }) / Double(readings.count)
        #expect(plain <= 2, "\(name): \(plain) bytes a reading")
        #expect(scored <= 4, "\(name): \(scored) bytes a scored reading")
    }

    private func blocks(of readings: [Reading]) throws -> [Block] {
        try stride(from: 0, to: readings.count, by: TimeSeriesLimits.readingsPerBlock).map { start in
            try sealed(Array(readings[start..<min(start + TimeSeriesLimits.readingsPerBlock, readings.count)]))
        }
    }
}
