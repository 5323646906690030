import Foundation
import Testing

/// The scoring of the Numenta Anomaly Benchmark, version 1.1 (Lavin and Ahmad, ICMLA 2015).
///
/// A score at or above the threshold is a detection. The first one in a window earns between 1 and 0, the earlier the
/// more; every one outside costs the profile's share of a point, less when it comes shortly after a window; a window
/// without one costs a point. The sum is scaled so that a detector that is silent gets 0 and one that hits every
/// window at its start, and nothing else, gets 100.
struct NABScorer {
    struct Profile {
        let name: String
        let falsePositive: Double
        let falseNegative: Double

        static let standard = Profile(name: "standard", falsePositive: 0.11, falseNegative: 1)
        static let fewFalsePositives = Profile(name: "reward_low_FP_rate", falsePositive: 0.22, falseNegative: 1)
        static let fewFalseNegatives = Profile(name: "reward_low_FN_rate", falsePositive: 0.11, falseNegative: 2)
        static let all = [standard, fewFalsePositives, fewFalseNegatives]
    }

    /// What one scored row is worth when it is detected.
    private struct Row {
        let score: Double
        /// The window it lies in, counted over all files; nil outside.
        let window: Int?
        /// Inside from 1 down to 0, outside from 0 down to -1.
        let worth: Double
    }

    private var rows: [Row] = []
    private(set) var windowCount = 0

    /// Adds a file's scores, one for each row. `windows` are ranges of rows, in order.
    mutating func add(scores: [Double], windows: [ClosedRange<Int>]) {
        let probation = min(scores.count * 15 / 100, 750)
        var next = 0
        for index in scores.indices {
            while next < windows.count, index > windows[next].upperBound { next += 1 }
            guard index >= probation else { continue }
            if next < windows.count, windows[next].contains(index) {
                let position = -Double(windows[next].upperBound - index + 1) / Double(windows[next].count)
                let worth = Self.sigmoid(position) / Self.sigmoid(-1)
                rows.append(Row(score: scores[index], window: windowCount + next, worth: worth))
            } else {
                let worth = next == 0 ? -1 : Self.worth(of: index, after: windows[next - 1])
                rows.append(Row(score: scores[index], window: nil, worth: worth))
            }
        }
        windowCount += windows.count
    }

    private static func worth(of index: Int, after window: ClosedRange<Int>) -> Double {
        sigmoid(Double(index - window.upperBound) / Double(max(window.count - 1, 1)))
    }

    private static func sigmoid(_ position: Double) -> Double {
        position > 3 ? -1 : 2 / (1 + exp(5 * position)) - 1
    }

    /// The normalised score at one threshold, 100 at best.
    func result(_ profile: Profile, threshold: Double) -> Double {
        var raw = -profile.falseNegative * Double(windowCount)
        var earned: [Int: Double] = [:]
        for row in rows where row.score >= threshold {
            guard let window = row.window else {
                raw += profile.falsePositive * row.worth
                continue
            }
            let before = earned[window] ?? -profile.falseNegative
            earned[window] = max(before, row.worth)
            raw += max(before, row.worth) - before
        }
        let silent = -profile.falseNegative * Double(windowCount)
        return 100 * (raw - silent) / (Double(windowCount) - silent)
    }

    /// The best normalised score over thresholds from 0.30 to 0.90, as the benchmark optimises it.
    func best(_ profile: Profile) -> (result: Double, threshold: Double) {
        stride(from: 0.30, through: 0.90, by: 0.002)
            .map { (result(profile, threshold: $0), $0) }
            .max { $0.0 < $1.0 } ?? (0, 1)
    }
}

/// The benchmark's files, when they lie beside the package: in `../shared/data/nab` seen from its root.
enum NABFiles {
    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data/nab")

    static var present: Bool { FileManager.default.fileExists(atPath: directory.appending(path: "files.txt").path) }

    static func names() throws -> [String] {
        try String(contentsOf: directory.appending(path: "files.txt"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init)
    }

    /// The known anomalies of every file, as pairs of instants in microseconds since 1970.
    static func windows() throws -> [String: [[Int64]]] {
        let data = try Data(contentsOf: directory.appending(path: "labels/combined_windows.json"))
        return try JSONDecoder().decode([String: [[String]]].self, from: data)
            .mapValues { try $0.map { try $0.map { try time(of: $0[...]) } } }
    }

    /// The rows of `timestamp,value` after the heading; times are taken as UTC.
    static func rows(of name: String) throws -> [(time: Int64, value: Double)] {
        try String(contentsOf: directory.appending(path: "data/\(name)"), encoding: .utf8)
            .split(whereSeparator: \.isNewline).dropFirst().map { row in
                guard let value = Double(row.drop { $0 != "," }.dropFirst()) else {
                    throw CocoaError(.fileReadCorruptFile)
                }
                return (try time(of: row), value)
            }
    }

    private static func time(of text: Substring) throws -> Int64 {
        let fields = text.split(whereSeparator: { "-: ,.".contains($0) }).prefix(6).compactMap { Int64($0) }
        guard fields.count == 6 else { throw CocoaError(.fileReadCorruptFile) }
        // Days since 1970 of a proleptic Gregorian date, with March as the first month.
        let year = fields[1] > 2 ? fields[0] : fields[0] - 1
        let month = (fields[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + fields[2] - 719_469
        return (((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]) * 1_000_000
    }
}
