import Foundation
import Testing

@Suite("bastide detect")
struct DetectTests {
    /// A calm series with one burst.
    private static func series(_ count: Int, seed: UInt64) -> String {
        var state = seed
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 52) - 1
        }
        var text = "timestamp,value\n"
        for index in 0..<count {
            let (day, minute) = (1 + index / 288, index % 288 * 5)
            let time = String(format: "2014-07-%02d %02d:%02d:00", day, minute / 60, minute % 60)
            let value = 50 + noise() + ((2_000..<2_005).contains(index) ? 60 : 0)
            text += "\(time),\(String(format: "%.3f", value))\n"
        }
        return text
    }

    @Test("writes a score for every row, and leaves timestamps and values as they were")
    func rows() throws {
        let folder = try TemporaryFolder()
        let seed = UInt64.random(in: .min ... .max)
        let series = DetectTests.series(3_000, seed: seed)
        try folder.write(series, to: "in.csv")
        let outcome = try Program.run("detect", "in.csv", "--out", "out.csv", "--json", in: folder.path)
        #expect(outcome.status == 0, "\(outcome)")
        let rows = try folder.text("out.csv").split(separator: "\n")
        #expect(rows.first == "timestamp,value,anomaly_score")
        let kept = rows.dropFirst().map { $0[..<($0.lastIndex(of: ",") ?? $0.endIndex)] }
        #expect(kept == Array(series.split(separator: "\n").dropFirst()))
        let scores = try rows.dropFirst().map { try #require(Double($0.split(separator: ",")[2])) }
        #expect(scores.allSatisfy { (0..<1).contains($0) })
        let burst = try #require(scores.firstIndex(of: scores.max() ?? 0))
        #expect((2_000..<2_005).contains(burst), "seed \(seed): the greatest score is at row \(burst)")
        #expect(outcome.complaint.contains("\"readings\":3000"), "\(outcome)")
    }

    @Test("a burst starts an alert that names its line, whatever the noise before it has started")
    func alerts() throws {
        let folder = try TemporaryFolder()
        let seed = UInt64.random(in: .min ... .max)
        try folder.write(DetectTests.series(3_000, seed: seed), to: "in.csv")
        let outcome = try Program.run(
            "detect", "in.csv", "--out", "out.csv", "--alerts", "alerts.jsonl", in: folder.path)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try folder.text("alerts.jsonl").contains("\"line\":2002"), "seed \(seed)")
    }

    @Test("reads a pipe, CR LF, a byte order mark, RFC 3339 and a last line without an end")
    func forms() throws {
        let input = "\u{FEFF}timestamp,value\r\n2014-07-01 00:00:00,1\r\n2014-07-01T00:05:00.25+02:00,-2.5e3"
        let outcome = try Program.run("detect", "-", input: input)
        #expect(outcome.status == 0, "\(outcome)")
        let expected = "timestamp,value,anomaly_score\n2014-07-01 00:00:00,1,0\n2014-07-01T00:05:00.25+02:00,-2.5e3,0\n"
        #expect(outcome.output == expected, "\(outcome)")
    }

    @Test(
        "a row that is none is told with file and line, and no half a file is left",
        arguments: [
            ("", 1, "expected the header"), ("time,v\n", 1, "expected the header"),
            ("timestamp,value\n2014-07-01 00:00:00\n", 2, "expected `timestamp,value`"),
            ("timestamp,value\n2014-02-30 00:00:00,1\n", 2, "there is no such day"),
            ("timestamp,value\nyesterday,1\n", 2, "expected a time"),
            ("timestamp,value\n2014-07-01 00:00:00,1\n2014-07-01 00:05:00,nan\n", 3, "expected a number"),
            ("timestamp,value\n2014-07-01 00:00:00,0x1p3\n", 2, "expected a number"),
            ("timestamp,value\n2014-07-01 00:00:00,1e999\n", 2, "expected a number"),
            ("timestamp,value\n2014-07-01 00:00:00,1,2\n", 2, "expected a number"),
            ("timestamp,value\n\n2014-07-01 00:00:00,1\n", 2, "an empty line"),
            ("timestamp,value\n" + String(repeating: "9", count: 70_000), 2, "more than 65536 bytes"),
        ])
    func badRows(text: String, line: Int, message: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "in.csv")
        let outcome = try Program.run("detect", "in.csv", "--out", "out.csv", in: folder.path)
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.complaint.contains("in.csv:\(line): "), "\(outcome)")
        #expect(outcome.complaint.contains(message), "\(outcome)")
        #expect(!folder.exists("out.csv") && !folder.exists("out.csv.new"))
    }

    @Test("random bytes never bring the program down")
    func fuzz() throws {
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        let folder = try TemporaryFolder()
        for _ in 0..<25 {
            var bytes = Data("timestamp,value\n2014-07-01 00:00:00,1\n".utf8)
            for _ in 0..<200 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let alphabet = Array("0123456789-: ,.TZe+\n\r\u{0}é".utf8)
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            try bytes.write(to: folder.url("in.csv"))
            let outcome = try Program.run("detect", folder.path + "/in.csv")
            #expect([0, 1].contains(outcome.status), "seed \(seed)\n\(outcome)")
        }
    }

    @Test("a file that is not there, and one that cannot be made, are told apart")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("timestamp,value\n", to: "in.csv")
        #expect(try Program.run("detect", "/nonexistent.csv").status == 74)
        #expect(try Program.run("detect", "in.csv", "--out", "/nonexistent/out.csv", in: folder.path).status == 73)
        let noAlerts = try Program.run(
            "detect", "in.csv", "--out", "out.csv", "--alerts", "/nonexistent/alerts.jsonl", in: folder.path)
        #expect(noAlerts.status == 73, "\(noAlerts)")
        #expect(!folder.exists("out.csv") && !folder.exists("out.csv.new"), "nothing is left behind")
    }
}
