import Foundation

/// The load generator, a C program of its own: found, or built from its source.
struct LoadTool {
    let path: String

    /// Looks where `given` or BASTIDE_MQTT_LOAD says, else beside the project.
    ///
    /// - Returns: nil when there is none; figures that need it then say so.
    static func find(_ given: String?, buildingIn folder: String) throws -> LoadTool? {
        let named = given ?? ProcessInfo.processInfo.environment["BASTIDE_MQTT_LOAD"]
        let candidates = named.map { [$0] } ?? ["../shared/tools/mqtt-load", "mqtt-load"]
        for candidate in candidates {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder) else { continue }
            guard isFolder.boolValue else { return LoadTool(path: candidate) }
            let made = try Subprocess.run("make", ["-s", "-C", candidate, "OUT=\(folder)"])
            guard made.status == 0 else {
                throw CommandFailure(
                    .failed, "mqtt-load cannot be built (needs make, a C compiler, libssl-dev): \(made.errors)")
            }
            return LoadTool(path: folder + "/mqtt-load")
        }
        if let named { throw CommandFailure(.failed, "there is no mqtt-load at \(named)") }
        return nil
    }

    /// Runs a load on core 1 against the server process `server`.
    func run(_ arguments: [String], server: Int32, on port: Int, _ city: BenchCity) throws -> [String: Double] {
        let result = try Subprocess.run("taskset", command(arguments, server: server, on: port, city))
        guard let line = result.output.split(separator: "\n").last,
            let numbers = try? JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
        else { throw CommandFailure(.failed, "mqtt-load says: \(result.errors.prefix(500))") }
        return numbers
    }

    /// Starts a load that goes on beside another.
    func start(_ arguments: [String], server: Int32, on port: Int, _ city: BenchCity) throws -> RunningLoad {
        try RunningLoad(command(arguments, server: server, on: port, city))
    }

    private func command(_ arguments: [String], server: Int32, on port: Int, _ city: BenchCity) -> [String] {
        let tls = ["--tls", "--cafile", city.authorityFile, "--certdir", city.certificateFolder]
        return ["-c", "1", path] + arguments + tls + ["-p", "\(port)", "--pid", "\(server)", "--json"]
    }
}

/// A load in the background.
final class RunningLoad {
    private let process = Process()
    private let ended: DispatchSemaphore

    init(_ command: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["taskset"] + command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        ended = process.signalsEnd()
        try process.run()
    }

    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        ended.wait()
    }
}

/// Other programs: run to their end, or started and stopped.
enum Subprocess {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    static func isInstalled(_ program: String) -> Bool {
        (try? run("which", [program]))?.status == 0
    }

    static func run(_ program: String, _ arguments: [String]) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let ended = process.signalsEnd()
        try process.run()
        let collected = Collector(errors.fileHandleForReading)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        ended.wait()
        return Result(status: process.terminationStatus, output: text, errors: collected.text)
    }

    /// Reads one stream while the other is read, so that neither fills up and blocks the program.
    private final class Collector: Sendable {
        private let thread: DispatchQueue
        private let content: MutableText

        init(_ handle: FileHandle) {
            let content = MutableText()
            let queue = DispatchQueue(label: "bastide.collect")
            queue.async { content.set(String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)) }
            thread = queue
            self.content = content
        }

        var text: String { thread.sync { content.value } }
    }
}

/// A server under measurement: pinned to core 0, known by its process number, stopped at the end.
final class PinnedServer {
    let process = Process()
    private let output = Pipe()
    private let ended: DispatchSemaphore
    private var read = Data()

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], log: String) throws {
        try Data().write(to: URL(fileURLWithPath: log))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // `env` and `taskset` replace themselves, so the process number stays that of the server.
        process.arguments = ["taskset", "-c", "0", program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: log)
        ended = process.signalsEnd()
        try process.run()
    }

    var number: Int32 { process.processIdentifier }

    /// The first line that the server prints, or what it left in its log if it ends before.
    func firstLine() throws -> String {
        while true {
            if let end = read.firstIndex(of: 0x0A) { return String(decoding: read[..<end], as: UTF8.self) }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw CommandFailure(.failed, "the server ended before it was ready") }
            read.append(more)
        }
    }

    /// Resident memory in kilobytes.
    var residentKilobytes: Double {
        let status = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    }

    /// Waits until it has `count` files and sockets open.
    ///
    /// - Returns: False when it has not in time.
    func waitForDescriptors(_ count: Int, within seconds: Double) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(number)/fd").count) ?? 0
            if open >= count { return true }
            Thread.sleep(forTimeInterval: 0.2)
        }
        return false
    }

    /// Stops it, by force if it has to be: a program that is started from a task's thread may have inherited a mask that
    /// keeps SIGTERM from it.
    func stop() {
        process.terminate()
        guard ended.wait(timeout: .now() + .seconds(5)) == .timedOut else { return }
        kill(number, SIGKILL)
        ended.wait()
    }
}

extension Process {
    /// Signalled when the program has ended. `waitUntilExit` needs a run loop, which the threads of tasks do not have.
    fileprivate func signalsEnd() -> DispatchSemaphore {
        let ended = DispatchSemaphore(value: 0)
        terminationHandler = { _ in ended.signal() }
        return ended
    }
}
