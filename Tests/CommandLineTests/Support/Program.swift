import Foundation
import Testing

/// The built program, run as people and scripts run it.
enum Program {
    /// What a run left behind.
    struct Outcome: CustomStringConvertible {
        let status: Int32
        let output: String
        let complaint: String

        var description: String { "exit \(status)\n--- output\n\(output)\n--- complaint\n\(complaint)" }

        /// The output as JSON.
        func json() throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(value as? [String: Any], "\(self)")
        }
    }

    /// `bastide` stands beside the test bundle, which the test process was started from.
    static let path: String = {
        let tests =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (tests as NSString).deletingLastPathComponent + "/bastide"
    }()

    /// A run that takes longer than this is killed: a test must not wait for ever.
    private static let limit = DispatchTimeInterval.seconds(60)

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - arguments: As the shell would pass them.
    ///   - environment: Replaces `BASTIDE_…` of the tests' own.
    ///   - input: Standard input.
    ///   - folder: The current directory; the system's own temporary one by default.
    /// - Returns: What it said and how it ended; a status that no program gives when it had to be killed.
    /// - Throws: When it cannot be started.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], input: String = "", in folder: String? = nil
    ) throws -> Outcome {
        try run(arguments, environment: environment, input: input, in: folder)
    }

    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", in folder: String? = nil,
        by program: String = path
    ) throws -> Outcome {
        let scratch = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder ?? NSTemporaryDirectory())
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("BASTIDE_") }.merging(environment) { $1 }
        // Files, not pipes: nobody has to read while the program writes.
        try scratch.write(input, to: "input")
        for name in ["output", "complaint"] { try scratch.write("", to: name) }
        process.standardInput = try FileHandle(forReadingFrom: scratch.url("input"))
        process.standardOutput = try FileHandle(forWritingTo: scratch.url("output"))
        process.standardError = try FileHandle(forWritingTo: scratch.url("complaint"))
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + limit) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            Issue.record("`bastide \(arguments.joined(separator: " "))` had not ended after a minute")
        }
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try scratch.text("output"),
            complaint: try scratch.text("complaint"))
    }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "bastide-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func url(_ name: String) -> URL { URL(fileURLWithPath: "\(path)/\(name)") }

    func text(_ name: String) throws -> String { try String(contentsOf: url(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: url(name)) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    /// A file's permission bits.
    func mode(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// Replaces the first occurrence of `old` by `new`, which is as long, in a file of any content.
    func tamper(_ name: String, _ old: String, _ new: String) throws {
        precondition(old.utf8.count == new.utf8.count, "tampering keeps the length")
        var bytes = try Data(contentsOf: url(name))
        let place = try #require(bytes.range(of: Data(old.utf8)), "\(name) does not hold `\(old)`")
        bytes.replaceSubrange(place, with: Data(new.utf8))
        try bytes.write(to: url(name))
    }
}

/// A city that was just founded, in a folder of its own.
struct TestCity {
    let folder: TemporaryFolder
    let password: String
    var path: String { folder.path + "/city" }

    init() throws {
        folder = try TemporaryFolder()
        let outcome = try Program.run(
            "init", folder.path + "/city", "--city", "Testham", "--domain", "testham.example", "--operator", "ada",
            "--json")
        try #require(outcome.status == 0, "\(outcome)")
        password = try #require(try outcome.json()["password"] as? String)
    }

    /// Runs a command about this city.
    func run(_ arguments: String..., environment: [String: String] = [:], input: String = "") throws -> Program.Outcome
    {
        try Program.run(arguments + ["--city", path], environment: environment, input: input, in: folder.path)
    }

    /// Sees to it that all of the journal is in its main file, so that a test can do harm to it there.
    func settle() throws {
        for _ in 0..<50 {
            let log = try? FileManager.default.attributesOfItem(atPath: path + "/data/journal.sqlite-wal")
            guard let bytes = log?[.size] as? Int, bytes > 0 else { return }
            _ = try run("status")
        }
        Issue.record("the journal's write-ahead log stays")
    }

    /// Enrols a device.
    func enrol(_ id: String, _ more: String...) throws {
        let outcome = try Program.run(["device", "add", id, "--city", path] + more)
        try #require(outcome.status == 0, "\(outcome)")
    }
}
