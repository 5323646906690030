import Foundation
import Testing

/// The `openssl` program, as a foreign judge of what we issue.
struct OpenSSL {
    private static let program = ProcessInfo.processInfo.environment["PATH", default: "/usr/bin"]
        .split(separator: ":").map { "\($0)/openssl" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    static let isAvailable = program != nil
    static let skipReason: Comment = "the foreign judge needs the openssl program"

    struct Missing: Error {}

    /// Runs `openssl` with arguments in which each text of `files` can be named; standard output and error together.
    static func run(_ arguments: [String], files: [String: String] = [:]) throws -> (status: Int32, output: String) {
        guard let program else { throw Missing() }
        let directory = FileManager.default.temporaryDirectory.appending(path: "openssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        let outputFile = directory.appending(path: "output")
        try Data().write(to: outputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        try output.close()
        return (process.terminationStatus, String(decoding: try Data(contentsOf: outputFile), as: UTF8.self))
    }
}
