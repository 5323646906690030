import Testing
import WebConsole

@Suite("Words and numbers")
struct TextTests {
    @Test(
        "a moment is RFC 3339 in UTC with as many decimals as it has",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (1_777_629_600_250_000, "2026-05-01T10:00:00.25Z"), (4_102_444_799_000_001, "2099-12-31T23:59:59.000001Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ])
    func moments(microseconds: Int64, text: String) {
        #expect(ConsoleTime(microseconds: microseconds).rfc3339 == text)
    }

    @Test("a moment beyond all calendars is still shown", arguments: [Int64.min, Int64.max])
    func extremes(microseconds: Int64) {
        #expect(ConsoleTime(microseconds: microseconds).rfc3339.hasSuffix("Z"))
    }

    @Test(
        "a measured number has no more decimals than help",
        arguments: [
            (0, "0"), (-0.0, "0"), (21.4375, "21.44"), (1.5, "1.5"), (0.04237, "0.0424"), (-3.25, "−3.25"),
            (12_480, "12,480"),
            (1_234_567.89, "1,234,567.9"), (-0.000_001, "0"), (100, "100"), (9.9996, "10"),
            (1e14, "100,000,000,000,000"),
        ])
    func measured(number: Double, text: String) {
        #expect(NumberWords.measured(number) == text)
    }

    @Test("a number that is none is a dash", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        #expect(NumberWords.measured(number) == "–")
        #expect(NumberWords.rate(number) == "–")
    }

    @Test("a number too large to round is written as it is")
    func huge() {
        #expect(NumberWords.measured(1e300) == "1e+300")
        #expect(NumberWords.count(.min) == "−9,223,372,036,854,775,808")
    }

    @Test("a rate keeps its decimal, so that it stays in its place")
    func rate() {
        #expect(NumberWords.rate(386.44) == "386.4")
        #expect(NumberWords.rate(4_000) == "4,000.0")
    }

    @Test(
        "names of the data model become words",
        arguments: [
            ("AirQualityObserved", "Air quality observed"), ("relativeHumidity", "Relative humidity"), ("no2", "No2"),
            ("NO2Concentration", "NO2 concentration"), ("zone_mismatch", "Zone mismatch"), ("", ""), ("_", ""),
            ("URI", "URI"), ("é", "É"),
        ])
    func spacedWords(name: String, words: String) {
        #expect(name.spacedWords == words)
    }
}
