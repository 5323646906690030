import ArgumentParser
import Detection
import Foundation
import JSONBytes

/// `bastide detect`: runs the city's detector over a file of readings.
struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Score every reading of a CSV file as the city's detector would as it arrives.",
        discussion: """
            Reads a header `timestamp,value` and a reading a line, in order of time; timestamps are RFC 3339 or \
            `YYYY-MM-DD hh:mm:ss` in UTC. Writes `timestamp,value,anomaly_score`, one row for each row read, the first \
            two as they were. Scores lie between 0 and 1; an alert starts at 0.5. Reads and writes as it goes, in \
            constant memory.

            EXAMPLES:
              bastide detect readings.csv --out scores.csv
              bastide detect readings.csv --alerts alerts.jsonl > scores.csv
              zcat readings.csv.gz | bastide detect - --json > scores.csv
            """)

    @Argument(help: "The CSV file; - for standard input.", completion: .file())
    var file: String

    @Option(help: "The file to write. Without it: standard output.", completion: .file())
    var out: String?

    @Option(help: "A file for alerts: one JSON object a line.", completion: .file())
    var alerts: String?

    @Option(name: .customLong("utc-offset"), help: "Local time less UTC, in hours: days and weekends begin by it.")
    var utcOffsetHours = 0.0

    @Flag(name: .customLong("json"), help: "Print alerts and a summary on standard error, one JSON object a line.")
    var isJSON = false

    /// An alert on its way to a program.
    private struct AlertLine: Encodable {
        var type = "alert"
        var timestamp: String
        var value: Double
        var score: Double
        var kind: String
        var expected: Double
        var text: String
        var line: Int
    }

    private struct SummaryLine: Encodable {
        var type = "summary"
        var file: String
        var readings: Int
        var alerts: Int
        var seconds: Double
    }

    func validate() throws {
        guard abs(utcOffsetHours) <= 24 else { throw ValidationError("--utc-offset is -24 to 24 hours") }
    }

    func run() throws {
        let began = ContinuousClock.now
        let name = file == "-" ? "standard input" : file
        var reader = try SeriesReader(path: file, name: name)
        let writer = try ScoreWriter(path: out)
        let alertWriter: ScoreWriter?
        do {
            alertWriter = try alerts.map { try ScoreWriter(path: $0) }
        } catch {
            writer.abandon()
            throw error
        }
        var counts = (readings: 0, alerts: 0)
        do {
            let offset = Duration.seconds(utcOffsetHours * 3_600)
            var detector = StreamDetector(options: StreamDetector.Options(utcOffset: offset))
            writer.append("timestamp,value,anomaly_score\n".utf8)
            while let row = try reader.next() {
                let finding = detector.observe(time: row.time, value: row.value)
                counts.readings += 1
                try writer.append(row: row, score: finding.score)
                guard finding.startsAlert else { continue }
                counts.alerts += 1
                try tell(finding, row, offset, line: reader.line, alertWriter)
            }
            try writer.finish()
            try alertWriter?.finish()
        } catch {
            writer.abandon()
            alertWriter?.abandon()
            throw error
        }
        guard isJSON else { return }
        let summary = SummaryLine(
            file: name, readings: counts.readings, alerts: counts.alerts,
            seconds: Double((ContinuousClock.now - began) / .milliseconds(1)) / 1_000)
        Console.note(try JSONText.line(summary))
    }

    private func tell(
        _ finding: Finding, _ row: SeriesReader.Row, _ offset: Duration, line: Int, _ writer: ScoreWriter?
    ) throws {
        guard isJSON || writer != nil else { return }
        let alert = AlertLine(
            timestamp: RFC3339.string(row.time), value: row.value, score: finding.score, kind: "\(finding.kind)",
            expected: finding.expected,
            text: finding.explanation(value: row.value, unit: "", name: "", utcOffset: offset), line: line)
        let text = try JSONText.line(alert)
        if isJSON { Console.note(text) }
        writer?.append((text + "\n").utf8)
        try writer?.flushIfFull()
    }
}
