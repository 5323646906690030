import CityModel
import CityPath
import Foundation
import JSONBytes
import Logging

/// How log lines are written.
enum LogFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line, for collectors.
    case json
}

extension Logger {
    /// The program's logger: lines on standard error.
    ///
    /// - Parameters:
    ///   - level: The least serious line that is written.
    ///   - format: For people or for collectors.
    /// - Returns: The logger.
    static func program(level: Logger.Level = .warning, format: LogFormat = .text) -> Logger {
        var logger = Logger(label: "bastide") { _ in LineLogHandler(format: format) }
        logger.logLevel = level
        return logger
    }
}

/// Writes each message as one line with its facts: `2026-01-31T23:59:59Z info the city is open batches=17`.
struct LineLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()
    private let format: LogFormat

    init(format: LogFormat) {
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = self.metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = RFC3339.string(CityClock.system.now.microseconds / 1_000 * 1_000)
        let text =
            switch format {
            case .text: text(time, event.level, "\(event.message)", facts)
            case .json: json(time, event.level, "\(event.message)", facts)
            }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Control characters are shown as escapes, so that what a stranger sends cannot forge a line.
    private func text(
        _ time: String, _ level: Logger.Level, _ message: String, _ facts: [(key: String, value: Logger.Metadata.Value)]
    ) -> String {
        let pairs = facts.map { key, value in
            let text = "\(value)"
            let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\"" }
            return " \(key)=\(isPlain && !text.isEmpty ? text : JSONValue.string(text).description)"
        }
        let safe =
            message.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? message : JSONValue.string(message).description
        return "\(time) \(level.rawValue) \(safe)\(pairs.joined())"
    }

    private func json(
        _ time: String, _ level: Logger.Level, _ message: String, _ facts: [(key: String, value: Logger.Metadata.Value)]
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in [("time", time), ("level", level.rawValue), ("message", message)] {
            writer.key(key)
            writer.string(value)
        }
        for (key, value) in facts where !["time", "level", "message"].contains(key) {
            writer.key(key)
            writer.string("\(value)")
        }
        writer.endObject()
        return writer.text
    }
}
