import Foundation
import Testing

/// Rules that are worth repeating, held by a test.
@Suite("Tidiness")
struct TidyTests {
    /// Longer than 500 lines, and why that is right.
    static let longFiles: [String: String] = [:]

    private static func isComment(_ line: String) -> Bool {
        line.trimmingCharacters(in: .whitespaces).hasPrefix("//")
    }

    /// A line without what its comment says.
    private static func code(_ line: String) -> Substring {
        line.prefix(upTo: line.range(of: "//")?.lowerBound ?? line.endIndex)
    }

    /// Whether a comment stands on the line, or right above it.
    private static func isExplained(_ lines: [String], at index: Int) -> Bool {
        if lines[index].contains("//") { return true }
        // The reason may stand above the statement that the line is a part of.
        return lines[max(0, index - 3)..<index].contains { isComment($0) }
    }

    @Test("a source file has at most 500 lines")
    func length() {
        for file in House.sources where file.lines.count > 501 {
            #expect(TidyTests.longFiles[file.path] != nil, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("no markers of unfinished work are left")
    func markers() {
        let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"]
        for file in House.sources + House.tests {
            for (index, line) in file.lines.enumerated() where markers.contains(where: { line.contains($0) }) {
                Issue.record("\(file.path):\(index + 1): \(line)")
            }
        }
    }

    @Test("whatever could trap or race says beside it why it is safe")
    func explained() {
        let risks = ["try!", "fatalError(", "@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast(", "as! "]
        for file in House.sources {
            for (index, line) in file.lines.enumerated() where !TidyTests.isComment(line) {
                let code = TidyTests.code(line)
                for risk in risks where code.contains(risk) {
                    #expect(
                        TidyTests.isExplained(file.lines, at: index),
                        "\(file.path):\(index + 1): `\(risk)` without a reason")
                }
            }
        }
    }

    @Test("tests do not sleep")
    func sleeping() {
        let naps = ["Task.sle" + "ep", "usle" + "ep(", "Thread.sle" + "ep", "nanosle" + "ep("]
        for file in House.tests {
            for (index, line) in file.lines.enumerated()
            where naps.contains(where: { TidyTests.code(line).contains($0) }) {
                Issue.record("\(file.path):\(index + 1): \(line)")
            }
        }
    }

    @Test("nobody prints but the program")
    func printing() {
        for file in House.sources where file.module != "bastide" {
            for (index, line) in file.lines.enumerated() {
                let code = TidyTests.code(line).trimmingCharacters(in: .whitespaces)
                #expect(!code.hasPrefix("print(") && !code.hasPrefix("dump("), "\(file.path):\(index + 1)")
            }
        }
    }

    @Test("the file of a library's or platform module's name opens with what it takes, gives, owns and relies on")
    func moduleFiles() {
        let modules = House.modules(of: "Libraries") + ["CityModel", "CityStorage"]
        for module in modules {
            guard let file = House.sources.first(where: { $0.module == module && $0.name == module + ".swift" }) else {
                Issue.record("\(module) has no file of its name")
                continue
            }
            let first = file.lines.first { !$0.isEmpty && !$0.contains("import ") } ?? ""
            #expect(first.hasPrefix("///"), "\(file.path) opens with `\(first)`")
            for word in ["Takes:", "Gives:", "Owns:", "Relies on:"] {
                #expect(file.lines.contains { $0.hasPrefix("/// - \(word)") }, "\(file.path) does not say `\(word)`")
            }
        }
    }

    @Test("no file is empty, and each ends with one line break")
    func ends() {
        for file in House.sources + House.tests {
            #expect(file.lines.count > 1, "\(file.path) is empty")
            #expect(file.lines.last == "" && file.lines.dropLast().last != "", "\(file.path) ends otherwise")
        }
    }
}
