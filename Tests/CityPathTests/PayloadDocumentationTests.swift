import CityPath
import Foundation
import Testing

@Suite("Payloads: what the documentation shows")
struct PayloadDocumentationTests {
    /// The blocks of YAML in docs/payloads.md.
    static func examples() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/payloads.md"), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    @Test("every example is a mapping that holds")
    func examples() throws {
        let examples = try PayloadDocumentationTests.examples()
        #expect(examples.count >= 3)
        for example in examples {
            #expect(throws: Never.self, "\(example)") { try PayloadCity.mappings(example, named: "docs/payloads.md") }
        }
    }

    @Test("every key of a layout, a value and a gateway is explained")
    func keys() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/payloads.md"), encoding: .utf8)
        for key in [
            "payload", "deviceTypes", "topics", "observedAt", "values", "expect", "ignore", "unknown", "connected",
            "subscribe", "note", "attribute", "unit", "scale", "offset", "as", "words", "publish", "edgeNode",
            "devices",
            "disabled",
        ] {
            #expect(text.contains("`\(key)`") || text.contains("\(key):"), "\(key)")
        }
    }
}
