import Detection
import Testing

@Suite("The detector says why, in words")
struct ExplanationTests {
    static let tuesday = Series.start + 24 * 60 * Series.minute

    static func finding(_ kind: Finding.Kind, value: Double, followsRhythm: Bool = true) -> Finding {
        var detector = StreamDetector()
        var finding = detector.observe(time: tuesday + 190 * Series.minute, value: value)
        finding.kind = kind
        (finding.expected, finding.expectedLow, finding.expectedHigh) = (60, 40, 95)
        finding.deviation = value - finding.expected
        finding.since = tuesday + 170 * Series.minute
        finding.followsRhythm = followsRhythm
        return finding
    }

    @Test("a spike in a series with a rhythm names the range, the day, the hour and the onset")
    func spike() {
        #expect(
            Self.finding(.spike, value: 318).explanation(value: 318, unit: "vehicles/h", name: "Ring road north")
                == "Ring road north: 318 vehicles/h is far above the 40 to 95 vehicles/h expected on a Tuesday at 03:10 "
                + "UTC; a rise that began at 02:50 UTC")
    }

    @Test("without a rhythm the sentence speaks of late, and without unit and name it stays short")
    func dip() {
        #expect(
            Self.finding(.dip, value: -3.14159, followsRhythm: false).explanation(value: -3.14159, unit: "", name: "")
                == "-3.14 is far below the 40 to 95 usual of late; a fall that began at 02:50 UTC")
    }

    @Test(
        "times are local, and say of which zone they are",
        arguments: [
            (-240, "on a Monday at 23:10 UTC-4; a fall that began at 22:50 UTC-4"),
            (330, "on a Tuesday at 08:40 UTC+05:30; a fall that began at 08:20 UTC+05:30"),
            (0, "on a Tuesday at 03:10 UTC; a fall that began at 02:50 UTC"),
        ])
    func local(offsetMinutes: Int, words: String) {
        let sentence = Self.finding(.rhythm, value: 10)
            .explanation(value: 10, unit: "%", name: "Car park", utcOffset: .seconds(offsetMinutes * 60))
        #expect(sentence.contains("expected \(words)"), "\(sentence)")
    }

    @Test("every kind has its own words", arguments: Finding.Kind.allCases)
    func kinds(kind: Finding.Kind) {
        let sentence = Self.finding(kind, value: 120).explanation(value: 120, unit: "kW", name: "Pump 3")
        let words: [Finding.Kind: String] = [
            .ordinary: "is above", .spike: "is above", .dip: "is above", .rhythm: "is above",
            .levelShift: "a new level above", .stuck: "has not changed since 02:50", .ignored: "was not judged",
            .unsteady: "vary far more", .subdued: "vary far less",
        ]
        #expect(sentence.hasPrefix("Pump 3: 120 kW "))
        #expect(words[kind].map { sentence.contains($0) } == true, "\(sentence)")
    }

    @Test("a real alert reads as a sentence about its own numbers")
    func real() {
        var values = Series.traffic(days: 24, seed: 50)
        let night = 22 * Series.readingsPerDay + 38
        for index in night..<night + 6 { values[index] += 320 }
        let findings = Series.findings(of: values)
        let index = findings[night..<night + 6].firstIndex(where: \.startsAlert)
        #expect(index == night)
        let sentence = findings[night].explanation(value: values[night], unit: "vehicles/h", name: "Ring road")
        #expect(sentence.contains("is far above the"), "\(sentence)")
        #expect(sentence.contains("expected on a Tuesday at 03:10"), "\(sentence)")
    }
}
