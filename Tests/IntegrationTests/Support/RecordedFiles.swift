import CityModel
import Foundation
import JSONBytes

/// The recorded readings of the Numenta Anomaly Benchmark, beside the package: `../shared/data/nab`.
enum RecordedFiles {
    static let folder = (BuiltProgram.package as NSString).deletingLastPathComponent + "/shared/data/nab"
    static let areThere = FileManager.default.fileExists(atPath: folder + "/files.txt")

    /// The paths of all files of the list.
    static func all() throws -> [String] {
        try String(contentsOfFile: folder + "/files.txt", encoding: .utf8).split(separator: "\n").map {
            "\(folder)/data/\($0)"
        }
    }
}

/// A file of recorded readings, as a stranger to the program reads it.
struct RecordedFile {
    /// Its name without folder and extension.
    let name: String
    /// In the order of time. The k-th repetition of a time counts k microseconds later, as `bastide replay` documents.
    let readings: [(observedAt: Timestamp, value: Double)]

    init(_ path: String) throws {
        name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        var repetitions: [Int64: Int64] = [:]
        readings = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst()
            .map { line in
                let fields = line.split(separator: ",")
                guard fields.count == 2, let value = Double(fields[1]) else { throw Failure("\(path): `\(line)`") }
                let time = try RFC3339.microseconds(parsing: fields[0].replacing(" ", with: "T") + "Z")
                let repetition = repetitions[time, default: 0]
                repetitions[time] = repetition + 1
                return (Timestamp(microseconds: time + repetition), value)
            }.sorted { $0.observedAt < $1.observedAt }
    }
}
