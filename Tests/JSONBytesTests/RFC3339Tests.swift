import JSONBytes
import Testing

@Suite("Instants (RFC 3339)")
struct RFC3339Tests {
    @Test(
        "reads instants as microseconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600_000_000),
            ("2026-01-01T00:00:00.5Z", 1_767_225_600_500_000), ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000_000), ("2026-01-01t00:00:00z", 1_767_225_600_000_000),
            ("2026-01-01T01:30:00+01:30", 1_767_225_600_000_000), ("2026-01-01T00:00:00-00:00", 1_767_225_600_000_000),
            ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123_456), ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000), ("0001-01-01T00:00:00Z", RFC3339.supported.lowerBound),
            ("9999-12-31T23:59:59.999999999Z", RFC3339.supported.upperBound),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) throws {
        #expect(try RFC3339.microseconds(parsing: text) == microseconds)
    }

    @Test(
        "refuses what is no instant, and says why",
        arguments: [
            ("", .malformed), ("yesterday", .malformed), ("2026-01-01", .malformed),
            ("2026-01-01T00:00:00", .malformed),
            ("2026-01-01 00:00:00Z", .malformed), ("2026-01-01T00:00Z", .malformed),
            ("2026-01-01T00:00:00.Z", .malformed),
            ("2026-01-01T00:00:00,5Z", .malformed), ("2026-01-01T00:00:00ZZ", .malformed),
            ("2026-01-01T00:00:00+0100", .malformed), ("2026-01-01T00:00:00+1", .malformed),
            ("2O26-01-01T00:00:00Z", .malformed), ("2026/01/01T00:00:00Z", .malformed),
            ("-026-01-01T00:00:00Z", .malformed),
            ("2026-01-01T00:00:00.5", .malformed), (" 2026-01-01T00:00:00Z", .malformed),
            ("2026-01-01T00:00:00.1234567890Z", .fractionTooLong), ("0000-01-01T00:00:00Z", .yearOutOfRange),
            ("0001-01-01T00:00:00+00:01", .yearOutOfRange), ("9999-12-31T23:59:59-00:01", .yearOutOfRange),
            ("2026-00-01T00:00:00Z", .noSuchDay), ("2026-13-01T00:00:00Z", .noSuchDay),
            ("2026-01-00T00:00:00Z", .noSuchDay),
            ("2026-01-32T00:00:00Z", .noSuchDay), ("2026-04-31T00:00:00Z", .noSuchDay),
            ("2026-02-29T00:00:00Z", .noSuchDay),
            ("1900-02-29T00:00:00Z", .noSuchDay), ("2026-01-01T24:00:00Z", .noSuchTime),
            ("2026-01-01T00:60:00Z", .noSuchTime), ("2026-01-01T00:00:61Z", .noSuchTime),
            ("2016-12-31T23:59:60Z", .leapSecond), ("2026-01-01T00:00:00+24:00", .noSuchOffset),
            ("2026-01-01T00:00:00+00:60", .noSuchOffset),
        ] as [(String, RFC3339.Failure)])
    func refuses(text: String, failure: RFC3339.Failure) {
        #expect(throws: failure) { try RFC3339.microseconds(parsing: text) }
        #expect(!failure.reason.isEmpty)
    }

    @Test(
        "writes as many decimals as there are",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000001Z"), (100_000, "1970-01-01T00:00:00.1Z"),
            (123_456, "1970-01-01T00:00:00.123456Z"), (120_000, "1970-01-01T00:00:00.12Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (Int64.min, "0001-01-01T00:00:00Z"), (Int64.max, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func writes(microseconds: Int64, text: String) {
        #expect(RFC3339.string(microseconds) == text)
        var bytes: [UInt8] = [0x21]
        RFC3339.append(microseconds, to: &bytes)
        #expect(bytes == Array("!\(text)".utf8))
    }

    @Test("every day from year 1 to 9999 is written one after the other, and read back")
    func everyDay() throws {
        let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var instant = RFC3339.supported.lowerBound
        for year in 1...9999 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in 1...12 {
                let days = monthDays[month - 1] + (isLeap && month == 2 ? 1 : 0)
                for day in [1, days] {
                    let expected = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T00:00:00Z"
                    let start = instant + Int64(day - 1) * 86_400_000_000
                    guard RFC3339.string(start) == expected else {
                        Issue.record("\(RFC3339.string(start)) is not \(expected)")
                        return
                    }
                    guard try RFC3339.microseconds(parsing: expected) == start else {
                        Issue.record("\(expected) is not \(start)")
                        return
                    }
                }
                instant += Int64(days) * 86_400_000_000
            }
        }
        #expect(instant == RFC3339.supported.upperBound + 1)
    }

    private func padded(_ value: Int, _ digits: Int) -> String {
        String(repeating: "0", count: digits - "\(value)".count) + "\(value)"
    }

    @Test("any instant is read back; damaged text is refused or read", arguments: [31, 32] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        for _ in 0..<5000 {
            let instant = Int64.random(in: RFC3339.supported, using: &generator.random)
            let text = RFC3339.string(instant)
            #expect(try RFC3339.microseconds(parsing: text) == instant, "seed \(seed): \(text)")
            let damaged = generator.damage(Array(text.utf8))
            damaged.withUnsafeBytes { bytes in
                guard let read = try? RFC3339.microseconds(parsing: bytes) else { return }
                #expect(RFC3339.supported.contains(read), "seed \(seed)")
            }
        }
    }
}
