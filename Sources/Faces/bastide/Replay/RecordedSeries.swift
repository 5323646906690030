import CityModel
import CityPath
import Foundation
import JSONBytes

/// A file of recorded readings: `timestamp,value`, one row each.
struct RecordedSeries: Sendable {
    /// One row.
    struct Row: Sendable, Equatable {
        /// When it was observed.
        let observedAt: Timestamp
        /// The value.
        let value: Double
    }

    /// The file's name without folder and extension.
    let name: String
    /// In the order of the file; every time occurs once.
    let rows: [Row]
    /// How many rows had a time that an earlier row had.
    let repeatedTimes: Int

    /// Reads a file.
    ///
    /// Real files repeat timestamps. A city keeps one reading of a property for one time, so the k-th repetition of a
    /// time is taken k microseconds later; the same file always gives the same times, so that replaying it again adds
    /// nothing.
    ///
    /// - Throws: ``CommandFailure`` with file and line for a row that is not a time and a number.
    init(contentsOf path: String) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure(.inputOutput, "\(path) cannot be read as UTF-8 text")
        }
        name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        var rows: [Row] = []
        var seen: [Int64: Int64] = [:]
        var repeated = 0
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if line.isEmpty || (number == 1 && fields.first == "timestamp") { continue }
            guard fields.count == 2, let time = RecordedSeries.time(fields[0]),
                let value = Double(fields[1]), value.isFinite
            else {
                throw CommandFailure(
                    .inputOutput, "\(path):\(number): expected `timestamp,value`, found `\(line.prefix(80))`")
            }
            let earlier = seen[time, default: 0]
            seen[time] = earlier + 1
            if earlier > 0 { repeated += 1 }
            rows.append(Row(observedAt: Timestamp(microseconds: time + earlier), value: value))
        }
        guard !rows.isEmpty else { throw CommandFailure(.inputOutput, "\(path) has no readings") }
        self.rows = rows
        repeatedTimes = repeated
    }

    /// `2015-07-10 14:24:00`, taken as UTC, or RFC 3339.
    private static func time(_ field: Substring) -> Int64? {
        var text = String(field).trimmingCharacters(in: .whitespaces)
        if text.utf8.count >= 19, text.utf8.dropFirst(10).first == UInt8(ascii: " ") {
            text = text.prefix(10) + "T" + text.dropFirst(11)
        }
        if !text.hasSuffix("Z"), !text.dropFirst(19).contains(where: { $0 == "+" || $0 == "-" }) { text += "Z" }
        return try? RFC3339.microseconds(parsing: text)
    }

    /// The device's name: the file's, with what names cannot have replaced.
    var deviceName: String {
        let name = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "-" })
        return String(("replay-" + name).prefix(64))
    }

    /// The device type of the catalogue that fits a file by its name; `sensor` where none does.
    static func deviceType(for name: String) -> String {
        let name = name.lowercased()
        let known: [(part: String, type: String)] = [
            ("traveltime", "road-travel-time"), ("occupancy", "road-occupancy"), ("speed", "road-speed"),
            ("ambient_temperature", "room-thermometer"), ("machine_temperature", "machine-thermometer"),
            ("cpu_utilization", "server-cpu"), ("ec2_", "server-metric"), ("network", "server-metric"),
            ("asg", "server-metric"), ("rogue_agent", "server-metric"), ("_cpc_", "market-price"),
            ("_cpm_", "market-price"), ("twitter_volume", "social-mentions"),
        ]
        return known.first { name.contains($0.part) }?.type ?? "sensor"
    }
}
