import Testing
import TimeSeries

@Suite("The open block of a series stays sorted and free of repeats")
struct SeriesHeadTests {
    @Test("a late reading finds its place, with its score")
    func late() {
        var head = SeriesHead()
        for time in [10, 30, 20, 5, 25] as [Int64] {
            let outcome = head.append(time: time, value: Double(time), score: time == 20 ? 1 : 0)
            #expect(outcome == .appended)
        }
        #expect(head.readings.map(\.time) == [5, 10, 20, 25, 30])
        #expect(head.readings.map(\.score) == [0, 0, 1, 0, 0])
        #expect(head.firstTime == 5 && head.lastTime == 30 && head.last?.value == 30)
    }

    @Test("a time already present is a duplicate, at the end, in the middle and at the start, and changes nothing")
    func duplicate() {
        var head = SeriesHead()
        for time in [10, 20, 30] as [Int64] { head.append(time: time, value: 1) }
        for time in [10, 20, 30] as [Int64] {
            #expect(head.contains(time: time))
            let outcome = head.append(time: time, value: 2, score: 1)
            #expect(outcome == .duplicate)
        }
        #expect(!head.contains(time: 15) && !head.contains(time: 31))
        #expect(head.readings == [10, 20, 30].map { Reading(time: $0, value: 1) })
    }

    @Test("a full head refuses new times, still knows its own, and is empty after sealing")
    func full() throws {
        var head = SeriesHead()
        for index in 0..<TimeSeriesLimits.readingsPerBlock { head.append(time: Int64(index) * 2, value: 0) }
        let outcomes = [.max, 3, 4].map { head.append(time: $0, value: 0) }
        #expect(outcomes == [.full, .full, .duplicate])
        let block = head.seal()
        #expect(block?.header.count == TimeSeriesLimits.readingsPerBlock)
        let nothing = head.seal()
        #expect(nothing == nil && head.count == 0 && head.last == nil && head.firstTime == nil)
        let outcome = head.append(time: 3, value: 0)
        #expect(outcome == .appended)
    }

    @Test("a head agrees with a plain sorted model, whatever arrives", arguments: 0..<30)
    func model(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        var head = SeriesHead()
        var model: [Int64: Reading] = [:]
        for _ in 0..<Int.random(in: 1...900, using: &generator) {
            let reading = Reading(
                time: Int64.random(in: -400...400, using: &generator),
                value: Double.random(in: 0...1, using: &generator),
                quantisedScore: UInt8(generator.next() >> 62))
            let expected: SeriesHead.Outcome = model[reading.time] == nil ? .appended : .duplicate
            let outcome = head.append(reading)
            #expect(outcome == expected, "seed \(seed)")
            if expected == .appended { model[reading.time] = reading }
        }
        let sorted = model.values.sorted { $0.time < $1.time }
        #expect(head.readings == sorted, "seed \(seed)")
        #expect(head.readings(in: -100..<100) == sorted.filter { (-100..<100).contains($0.time) }, "seed \(seed)")
        let block = head.seal()
        #expect(try block?.decode() == sorted, "seed \(seed)")
    }

    @Test("a head is three array references and nothing more, so that twenty thousand are cheap")
    func size() {
        #expect(MemoryLayout<SeriesHead>.size <= 32)
    }
}
