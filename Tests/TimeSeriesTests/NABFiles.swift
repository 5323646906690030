import Foundation
import Testing
import TimeSeries

/// The Numenta Anomaly Benchmark's files, when they lie beside the package: in `../shared/data/nab` seen from its root.
enum NABFiles {
    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data/nab")

    static var present: Bool { FileManager.default.fileExists(atPath: directory.appending(path: "files.txt").path) }

    /// Names such as `realTraffic/speed_6005.csv`.
    static func names(in category: String = "") throws -> [String] {
        try String(contentsOf: directory.appending(path: "files.txt"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init).filter { $0.hasPrefix(category) }
    }

    /// The rows of `timestamp,value` after the heading; times are taken as UTC.
    static func readings(of name: String) throws -> [Reading] {
        try String(contentsOf: directory.appending(path: "data/\(name)"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).dropFirst().map(reading(ofRow:))
    }

    private static func reading(ofRow row: Substring) throws -> Reading {
        let fields = row.split(whereSeparator: { "-: ,".contains($0) }).prefix(6).compactMap { Int64($0) }
        guard fields.count == 6, let value = Double(row.drop { $0 != "," }.dropFirst()) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        // Days since 1970 of a proleptic Gregorian date, with March as the first month.
        let year = fields[1] > 2 ? fields[0] : fields[0] - 1
        let month = (fields[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + fields[2] - 719_469
        let seconds = ((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]
        return Reading(time: seconds * 1_000_000, value: value)
    }
}

/// A small generator of numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A block of `readings`, which must be 1 to 1,024.
func sealed(_ readings: [Reading]) throws -> Block {
    var encoder = BlockEncoder()
    for reading in readings { encoder.append(reading) }
    try #require(encoder.count == readings.count, "a block holds 1 to 1,024 readings")
    return try #require(encoder.seal())
}
