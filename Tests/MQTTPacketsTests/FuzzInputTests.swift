import Foundation
import FuzzProperties
import Testing

/// What libFuzzer has found, or has found worth trying, is tried each time: see `Scripts/fuzz`.
@Suite("Inputs of the fuzzers")
struct FuzzInputTests {
    private static func inputs(_ name: String) throws -> [Data] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("FuzzProperties/Inputs/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try #require(Data(base64Encoded: String($0)), "\(name).txt: \($0)")
        }
    }

    private func expectNoProblem(
        _ name: String, _ property: (UnsafeRawBufferPointer) -> String?
    ) throws {
        let inputs = try FuzzInputTests.inputs(name)
        #expect(inputs.count > 100)
        for input in inputs {
            let problem = input.withUnsafeBytes(property)
            #expect(problem == nil, "\(input.base64EncodedString())")
        }
    }

    @Test("packets: whole or in pieces they are the same, and written again they are the same")
    func packets() throws { try expectNoProblem("mqtt-packets", PacketProperty.problem) }

    @Test("topics: a tree finds what a plain reading of the standard finds")
    func topics() throws { try expectNoProblem("topics", TopicProperty.problem) }

    @Test("Sparkplug: what can be read can be written, and read again")
    func sparkplug() throws { try expectNoProblem("sparkplug", SparkplugProperty.problem) }
}
