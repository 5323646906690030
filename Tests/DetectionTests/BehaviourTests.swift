import Detection
import Testing

@Suite("What the detector notices, and what it accepts")
struct BehaviourTests {
    @Test("a spike is noticed at once, named, and said to end")
    func spike() {
        var values = Series.noise(count: 2_000, seed: 1)
        values[1_500] = 120
        let findings = Series.findings(of: values)
        #expect(findings[1_500].startsAlert && findings[1_500].kind == .spike)
        #expect(findings[1_500].deviation > 60 && findings[1_500].expectedHigh < 70)
        #expect(findings[1_501...1_540].starts == 0)
        #expect(findings[1_501...1_540].count(where: \.endsAlert) == 1)
        #expect(findings.last?.isAlert == false)
    }

    @Test("what is hardly worth an alert does not hide what comes right after it and is", arguments: 30..<35)
    func escalation(seed: UInt64) throws {
        var detector = StreamDetector()
        for (index, value) in Series.noise(count: 1_500, seed: seed).enumerated() {
            _ = detector.observe(time: Series.time(index), value: value)
        }
        // Looks for a value that is just unusual enough: what the detector makes of each is tried on copies.
        let small = try #require(
            stride(from: 55.0, to: 90, by: 0.5).first { value in
                var copy = detector
                return copy.observe(time: Series.time(1_500), value: value).isAlert
            })
        let opening = detector.observe(time: Series.time(1_500), value: small)
        #expect(opening.isAlert && opening.score < 0.8, "seed \(seed): \(opening.score)")
        let again = detector.observe(time: Series.time(1_501), value: small + 1)
        #expect(!again.startsAlert, "seed \(seed)")
        let burst = detector.observe(time: Series.time(1_502), value: 200)
        #expect(burst.startsAlert && burst.kind == .spike, "seed \(seed)")
        let more = detector.observe(time: Series.time(1_503), value: 220)
        #expect(more.isAlert && !more.startsAlert, "seed \(seed)")
        var state: [UInt8] = []
        detector.encode(into: &state)
        #expect(try StreamDetector(decoding: state) == detector)
    }

    @Test("a dip is noticed, and lies below the expected range")
    func dip() {
        var values = Series.noise(count: 2_000, seed: 2)
        values[1_500] = -20
        let finding = Series.findings(of: values)[1_500]
        #expect(finding.startsAlert && finding.kind == .dip && finding.deviation < 0 && -20 < finding.expectedLow)
    }

    @Test("a morning peak that does not come is noticed, though its values are ordinary at other hours")
    func missingPeak() {
        var values = Series.traffic(days: 24, seed: 3)
        let monday = 21 * Series.readingsPerDay
        let peak = monday + 6 * 12..<monday + 11 * 12
        for index in peak { values[index] = values[index - peak.count - 24] }
        let findings = Series.findings(of: values)
        #expect(findings[peak].starts >= 1)
        #expect(findings[peak].contains { $0.followsRhythm && $0.kind == .rhythm && $0.deviation < -100 })
        #expect(findings[(7 * Series.readingsPerDay)..<peak.lowerBound].starts <= 4)
    }

    @Test("weekends are not mistaken for failed weekdays once two have been seen")
    func weekends() {
        let findings = Series.findings(of: Series.traffic(days: 42, seed: 4))
        #expect(findings[(21 * Series.readingsPerDay)...].starts <= 4)
    }

    @Test("a level shift is noticed once, then accepted as the new normal")
    func levelShift() {
        var values = Series.noise(count: 4_000, seed: 5)
        for index in 2_000..<values.count { values[index] += 40 }
        let findings = Series.findings(of: values)
        #expect(findings[2_000].startsAlert)
        #expect(findings[2_001..<2_600].contains { $0.endsAlert })
        #expect(findings[2_600...].starts <= 2)
        #expect(abs(findings[3_999].expected - 90) < 5)
    }

    @Test("a long episode raises one alert at its start, and few while it lasts")
    func debounced() {
        var values = Series.noise(count: 3_000, seed: 6)
        var generator = SeededGenerator(state: 60)
        for index in 2_000..<2_060 { values[index] = 100 + 15 * generator.normal() }
        let findings = Series.findings(of: values)
        #expect(findings[2_000].startsAlert)
        #expect(findings[2_000..<2_100].starts <= 2)
        let starts = findings.starts
        let ends = findings.count(where: \.endsAlert)
        #expect(starts == ends || starts == ends + 1)
    }

    @Test("a sensor that freezes is noticed, unless that was not asked for")
    func stuck() {
        var values = Series.noise(count: 2_000, seed: 7)
        for index in 1_500..<values.count { values[index] = values[1_500] }
        let findings = Series.findings(of: values)
        let first = findings.indices.first { findings[$0].kind == .stuck }
        #expect(first == 1_500 + 23)
        #expect(first.map { findings[$0].startsAlert && findings[$0].since == Series.time(1_500) } == true)
        let unasked = Series.findings(of: values, by: StreamDetector(options: .init(flagsStuck: false)))
        #expect(!unasked.contains { $0.kind == .stuck })
    }

    @Test("a sensor that is read more often than before is not stuck because it says the same again")
    func stuckInTime() {
        // A meter that moves every quarter of an hour or so: read every ten minutes for a week, then every eight seconds.
        var generator = SeededGenerator(state: 9)
        var detector = StreamDetector()
        var (value, change) = (0.0, Series.start)
        func read(at time: Int64) -> Finding {
            while change <= time {
                value += 1 + generator.normal().magnitude
                change += Int64.random(in: 5...25, using: &generator) * Series.minute
            }
            return detector.observe(time: time, value: value)
        }
        let week: Int64 = 7 * 144
        for index in 0..<week { _ = read(at: Series.start + index * 10 * Series.minute) }
        let live = Series.start + week * 10 * Series.minute
        let findings = (0..<1_350).map { read(at: live + $0 * 8_000_000) }
        #expect(!findings.contains { $0.kind == .stuck })
    }

    @Test("a sensor that is read more often than before, changes each time, and freezes, is noticed at its new pace")
    func stuckAtNewPace() {
        var values = Series.noise(count: 1_100, seed: 10)
        // Two readings five minutes apart that are equal by chance say little of how long a value stays.
        values[501] = values[500]
        var detector = StreamDetector()
        for index in 0..<1_000 { _ = detector.observe(time: Series.time(index), value: values[index]) }
        let findings = (0..<200).map { index in
            detector.observe(time: Series.time(1_000) + Int64(index) * 8_000_000, value: values[1_000 + min(index, 99)])
        }
        let first = findings.indices.first { findings[$0].kind == .stuck }
        #expect(first == 99 + 23)
        #expect(first.map { findings[$0].startsAlert } == true)
    }

    @Test("a series that becomes wild within its old range is noticed as unsteady")
    func unsteady() {
        var generator = SeededGenerator(state: 8)
        let values = (0..<4_000).map { index in
            let slow = 50 + 30 * Double((index / 4) % 200 - 100).magnitude / 100
            return slow + generator.normal() * (index < 3_000 ? 0.2 : 6)
        }
        let findings = Series.findings(of: values)
        #expect(findings[3_000..<3_100].starts >= 1)
        #expect(findings[3_000..<3_100].contains { $0.kind == .unsteady || $0.kind == .spike || $0.kind == .dip })
    }
}

@Suite("When the detector keeps silent")
struct SilenceTests {
    @Test("a constant series never alerts and scores zero", arguments: [0, 45, -1e12, 1e-9, 0.1])
    func constant(value: Double) {
        let findings = Series.findings(of: [Double](repeating: value, count: 5_000))
        #expect(findings.allSatisfy { $0.score == 0 && !$0.isAlert })
    }

    @Test("two values in turn, and rounding errors around one, never alert")
    func almostConstant() {
        #expect(Series.findings(of: (0..<3_000).map { Double($0 % 2) }).starts == 0)
        #expect(Series.findings(of: (0..<3_000).map { 20 + Double($0 % 3) * 1e-14 }).starts == 0)
    }

    @Test("pure noise raises at most one alert in a thousand readings", arguments: 10..<20)
    func falseAlerts(seed: UInt64) {
        let starts = Series.findings(of: Series.noise(count: 20_000, seed: seed)).starts
        #expect(starts <= 20, "seed \(seed): \(starts) alerts")
    }

    @Test("noise sampled every second, every hour and irregularly raises no more", arguments: [1, 3_600, -1])
    func falseAlertsByInterval(seconds: Int64) {
        var generator = SeededGenerator(state: 21)
        var detector = StreamDetector()
        var time = Series.start
        var starts = 0
        for value in Series.noise(count: 20_000, seed: 22) {
            time += (seconds > 0 ? seconds : Int64.random(in: 0...1_200, using: &generator)) * 1_000_000
            starts += detector.observe(time: time, value: value).startsAlert ? 1 : 0
        }
        #expect(starts <= 20, "\(starts) alerts")
    }

    @Test("values that are no numbers, or beyond all measure, are ignored and change nothing")
    func notNumbers() {
        let values = Series.noise(count: 1_000, seed: 30)
        var plain = StreamDetector()
        var disturbed = StreamDetector()
        for (index, value) in values.enumerated() {
            for odd in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e31] {
                let finding = disturbed.observe(time: .max, value: odd)
                #expect(finding.kind == .ignored && finding.score == 0 && !finding.startsAlert)
            }
            let finding = disturbed.observe(time: Series.time(index), value: value)
            let undisturbed = plain.observe(time: Series.time(index), value: value)
            #expect(finding == undisturbed)
        }
        #expect(plain == disturbed)
    }

    @Test("a reading from the past is ignored; a clock set back for good is followed")
    func backwards() {
        var detector = StreamDetector()
        for (index, value) in Series.noise(count: 500, seed: 31).enumerated() {
            _ = detector.observe(time: Series.time(index), value: value)
        }
        let late = detector.observe(time: Series.time(3), value: 1e6)
        #expect(late.kind == .ignored && late.score == 0)
        let kinds = (0..<60).map { detector.observe(time: Series.time($0), value: 50).kind }
        #expect(kinds[..<(DetectionLimits.backwardReadings - 1)].allSatisfy { $0 == .ignored })
        #expect(kinds[DetectionLimits.backwardReadings...].allSatisfy { $0 != .ignored })
    }

    @Test("a clock set back to hours never seen leaves a sound state")
    func backwardsToTheUnknown() throws {
        var detector = StreamDetector()
        for index in 0..<20 { _ = detector.observe(time: Series.time(index), value: 50) }
        for index in 0..<80 { _ = detector.observe(time: Series.time(index - 150), value: 60) }
        var state: [UInt8] = []
        detector.encode(into: &state)
        let restored = try StreamDetector(decoding: state)
        #expect(restored == detector)
    }

    @Test("extreme times and values are survived")
    func extremes() {
        var generator = SeededGenerator(state: 32)
        var detector = StreamDetector(options: .init(utcOffset: .seconds(1 << 40)))
        for index in 0..<5_000 {
            let time = index % 50 == 0 ? [Int64.min, .max, 0][index / 50 % 3] : Int64(bitPattern: generator.next())
            let finding = detector.observe(time: time, value: Double(bitPattern: generator.next()))
            #expect(finding.score >= 0 && finding.score <= 1)
            #expect(finding.kind == .ignored || finding.expected.isFinite && finding.deviation.isFinite)
            #expect(!finding.explanation(value: .nan, unit: "", name: "").isEmpty)
        }
    }
}
