import Foundation
import Testing

/// The Go program under `Judge/`, built once and run as a process.
struct Judge {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer: Decodable, Equatable {
        let ok: Bool
        let reason: String?
    }

    private static let goPath = "/usr/share/gocode"
    private static let source = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Judge/main.go")
    private static let go = ProcessInfo.processInfo.environment["PATH", default: "/usr/bin"]
        .split(separator: ":").map { "\($0)/go" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let built = Result { try build() }

    /// Whether Go and its `sumdb` packages are here. Without them the judge's tests are skipped.
    static let isAvailable =
        go != nil && FileManager.default.fileExists(atPath: goPath + "/src/golang.org/x/mod/sumdb/tlog/tlog.go")

    static let skipReason: Comment =
        "the independent judge needs Go and golang.org/x/mod (packages golang-go, golang-golang-x-mod-dev)"

    /// Puts questions, one JSON object each, and returns the answers in order.
    static func ask(_ questions: [[String: Any]]) throws -> [Answer] {
        let lines = try questions.map { try JSONSerialization.data(withJSONObject: $0) + Data("\n".utf8) }
        let outcome = try run(built.get(), ["lines"], input: Data(lines.joined()))
        return try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    /// Checks a proof file; the text the judge printed and whether it exited with 0.
    static func checkProof(_ json: Data, key: String) throws -> (accepted: Bool, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "proof-\(UUID().uuidString).json")
        try json.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try run(built.get(), ["proof", file.path, key])
        return (outcome.status == 0, outcome.output)
    }

    private static func build() throws -> String {
        guard let go else { throw Failure(description: "no go") }
        let binary = FileManager.default.temporaryDirectory.appending(path: "judge-\(UUID().uuidString)").path
        var environment = ProcessInfo.processInfo.environment
        environment["GOPATH"] = goPath
        environment["GO111MODULE"] = "off"
        environment["GOFLAGS"] = ""
        environment["GOCACHE"] = environment["GOCACHE"] ?? FileManager.default.temporaryDirectory.path + "/judge-cache"
        let outcome = try run(go, ["build", "-o", binary, source.path], environment: environment)
        guard outcome.status == 0 else { throw Failure(description: "go build: \(outcome.output)") }
        atexit { if case .success(let binary) = Judge.built { unlink(binary) } }
        return binary
    }

    private static func run(
        _ program: String, _ arguments: [String], input: Data = Data(), environment: [String: String]? = nil
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        if let environment { process.environment = environment }
        // Files instead of pipes: neither side can block on a full one.
        let directory = FileManager.default.temporaryDirectory
        let inputFile = directory.appending(path: "judge-in-\(UUID().uuidString)")
        let outputFile = directory.appending(path: "judge-out-\(UUID().uuidString)")
        defer { for file in [inputFile, outputFile] { try? FileManager.default.removeItem(at: file) } }
        try input.write(to: inputFile)
        try Data().write(to: outputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        try output.close()
        return (process.terminationStatus, String(decoding: try Data(contentsOf: outputFile), as: UTF8.self))
    }
}
