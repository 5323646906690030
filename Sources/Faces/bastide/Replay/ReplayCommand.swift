import ArgumentParser
import CityPath
import CityStorage
import Foundation
import Logging
import NIOPosix

/// `bastide replay`: plays recorded readings into a city, each file through a device of its own.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play recorded readings into a city through real device identities.",
        discussion: """
            Each FILE (CSV: `timestamp,value`; times without zone are UTC) becomes a device with a certificate of its \
            own, of the catalogue's device type that fits the file's name, or --type. Readings are published over \
            mutual TLS at QoS 1 and counted when acknowledged. A time that a file repeats is taken microseconds later, \
            always the same ones, so that replaying a file again adds nothing. A city that nobody serves is served for \
            the while. When it is stopped, it says how far it has come.

            EXAMPLES:
              bastide replay readings/*.csv --city rivertown
              bastide replay speed_6005.csv --city rivertown --speed 600
            """)

    @Argument(help: ArgumentHelp("CSV files.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var files: [String]

    @OptionGroup var city: CityOption

    @Option(help: "How many times faster than recorded. Without it: as fast as the city acknowledges.")
    var speed: Double?

    @Option(help: "The device type of all files, instead of the one that fits each name.")
    var type: String?

    @Option(help: ArgumentHelp("Where the city serves MQTT, instead of `listen.mqtt`.", valueName: "host:port"))
    var mqtt: String?

    @OptionGroup var output: OutputOption

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("give at least one file") }
        if let speed, !(speed > 0 && speed.isFinite) { throw ValidationError("--speed is a number above 0") }
    }

    func run() async throws {
        let directory = try city.directory()
        let series = try files.map { try RecordedSeries(contentsOf: $0) }
        let names = Dictionary(grouping: series, by: \.deviceName).filter { $0.value.count > 1 }
        guard names.isEmpty else {
            throw CommandFailure(
                .failed, "two files have the same name: \(names.keys.sorted().joined(separator: ", "))")
        }
        let report = try await Replay(
            directory: directory, series: series, deviceType: type, speed: speed, address: mqtt
        ).run()
        output.isJSON ? try Console.say(json: report) : Console.say(report.text)
        if report.stopped {
            throw CommandFailure(
                .failed,
                "stopped: \(report.acknowledged) of \(report.readings) readings are acknowledged; replay again for the "
                    + "rest, which adds nothing twice")
        }
        guard report.refused == 0 else { throw ExitStatus.failed.code }
    }
}

/// What a replay has come to.
struct ReplayReport: Encodable, Sendable {
    /// One file.
    struct File: Encodable, Sendable {
        var file: String
        var device: String
        var deviceType: String
        var entity: String
        var readings: Int
        var repeatedTimes: Int
        var acknowledged: Int
        var refused: Int
        var firstRefusal: String?
    }

    var files: [File]
    var seconds: Double
    /// Whether it was stopped before its end.
    var stopped: Bool

    var readings: Int { files.reduce(0) { $0 + $1.readings } }
    var acknowledged: Int { files.reduce(0) { $0 + $1.acknowledged } }
    var refused: Int { files.reduce(0) { $0 + $1.refused } }

    /// A table for people.
    var text: String {
        var table = TextTable("file", "type", "readings", "acknowledged", "refused")
        for file in files {
            table.add(file.file, file.deviceType, "\(file.readings)", "\(file.acknowledged)", "\(file.refused)")
        }
        let rate = seconds > 0 ? Double(acknowledged) / seconds : 0
        var lines = [
            table.text, "",
            String(
                format: "%d of %d readings acknowledged in %.1f s (%.0f a second)", acknowledged, readings, seconds,
                rate),
        ]
        for file in files { if let refusal = file.firstRefusal { lines.append("\(file.file): \(refusal)") } }
        return lines.joined(separator: "\n")
    }
}
