import Foundation

/// The two streams a command writes to: results on standard output, everything else on standard error.
enum Console {
    /// A line of the result.
    static func say(_ line: String = "", terminator: String = "\n") {
        FileHandle.standardOutput.write(Data((line + terminator).utf8))
    }

    /// Why the command failed.
    static func complain(_ message: String) {
        FileHandle.standardError.write(Data("bastide: \(message)\n".utf8))
    }

    /// Something worth knowing that is not the result.
    static func note(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Whether a person watches standard error: progress is shown to people only.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Shows or replaces the line of progress; an empty one removes it.
    static func progress(_ line: String) {
        guard isWatched else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    /// A value as JSON: keys sorted, indented, the same for the same value.
    static func say(json value: some Encodable) throws {
        say(try JSONText.encode(value))
    }
}

/// JSON as the commands print and keep it.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// On one line, for JSON Lines.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
