import Foundation
import JSONBytes
import Testing

@Suite("Round trips and damage")
struct RoundTripTests {
    @Test("what is written is read back equal, and written again the same", arguments: [1, 2, 3, 4] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        for _ in 0..<500 {
            let value = generator.value()
            let bytes = write(value)
            let read = try JSONValue(parsing: bytes)
            #expect(read == value, "seed \(seed)")
            #expect(write(read) == bytes, "seed \(seed)")
        }
    }

    @Test("damaged documents are refused or read, never worse", arguments: [11, 12, 13, 14] as [UInt64])
    func damage(seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        var refused = 0
        for _ in 0..<2000 {
            let bytes = generator.damage(write(generator.value()))
            do {
                let value = try JSONValue(parsing: bytes)
                #expect(try JSONValue(parsing: write(value)) == value, "seed \(seed)")
            } catch {
                refused += 1
                let offset = try #require(error.position).offset
                #expect((0...bytes.count).contains(offset), "seed \(seed)")
                #expect(error.message.hasPrefix("at `$"), "seed \(seed)")
            }
        }
        #expect(refused > 500, "seed \(seed)")
    }

    /// Python's `json` reads each line of the file named first, and writes what it read to the file named second.
    private static let judge = """
        import json, sys
        with open(sys.argv[1], encoding='utf-8', newline='\\n') as lines, open(sys.argv[2], 'w') as out:
            for line in lines.read().split('\\n')[:-1]:
                out.write(json.dumps(json.loads(line)) + '\\n')
        """

    private static let python: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/python3" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "Python's json reads the same values, also from damaged documents that we accept", .enabled(if: python != nil))
    func foreignJudge() throws {
        let seed: UInt64 = 99
        var generator = DocumentGenerator(seed: seed)
        var documents: [[UInt8]] = []
        while documents.count < 1500 {
            let bytes = write(generator.value())
            let candidate = documents.count.isMultiple(of: 3) ? generator.damage(bytes) : bytes
            guard !candidate.contains(0x0A), (try? JSONValue(parsing: candidate)) != nil else { continue }
            documents.append(candidate)
        }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("json-judge-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (input, output) = (directory.appendingPathComponent("in"), directory.appendingPathComponent("out"))
        try Data(documents.flatMap { $0 + [0x0A] }).write(to: input)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-c", Self.judge, input.path, output.path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "seed \(seed)")

        let answers = try Data(contentsOf: output).split(separator: 0x0A)
        #expect(answers.count == documents.count, "seed \(seed)")
        for (document, answer) in zip(documents, answers) {
            let ours = try JSONValue(parsing: document)
            let theirs = try JSONValue(parsing: answer)
            #expect(ours == theirs, "seed \(seed): \(String(decoding: document, as: UTF8.self))")
        }
    }
}
