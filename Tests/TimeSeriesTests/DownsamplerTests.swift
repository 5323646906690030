import Testing
import TimeSeries

@Suite("Choosing from readings that come one by one")
struct DownsamplerTests {
    private func sampler(_ readings: [Reading], to limit: Int, over span: ClosedRange<Int64>) -> Downsampler {
        var sampler = Downsampler(to: limit, over: span)
        for reading in readings { sampler.append(reading) }
        return sampler
    }

    @Test("few readings are all kept, one more is one too many", arguments: [4, 10, 100])
    func few(limit: Int) {
        let readings = (0...limit).map { Reading(time: Int64($0), value: Double($0 % 3)) }
        let enough = sampler(Array(readings.dropLast()), to: limit, over: 0...Int64(limit))
        #expect(enough.chosen == readings.dropLast() && enough.count == limit)
        let many = sampler(readings, to: limit, over: 0...Int64(limit))
        #expect(many.chosen.count <= limit && many.count == limit + 1)
    }

    @Test("what was chosen so far can be asked for at any time")
    func soFar() {
        var sampler = Downsampler(to: 8, over: 0...999)
        for number in 0..<1_000 {
            sampler.append(Reading(time: Int64(number), value: Double(number)))
            #expect(sampler.chosen.last?.time == Int64(number))
            #expect(sampler.chosen.count <= 9)
        }
    }

    @Test("readings outside of the time that was told fall into its first and last part")
    func outside() {
        let readings = (0..<1_000).map { Reading(time: Int64($0), value: Double($0 % 7)) }
        let chosen = sampler(readings, to: 40, over: 400...600).chosen
        #expect(chosen.count <= 40)
        #expect(chosen.first == readings.first && chosen.last == readings.last)
    }
}
