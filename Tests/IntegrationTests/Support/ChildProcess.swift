import Foundation
import Glibc
import Synchronization

/// A program that a test has started. It ends at the latest when its time is over, and so does every wait for it.
final class ChildProcess: Sendable {
    /// How a program ended.
    enum End: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// What it writes to standard output.
    let output: LineReader
    /// What it writes to standard error.
    let errors: LineReader

    private let identifier: pid_t
    private let end = Once<End>()

    /// Starts a program with nothing on its standard input.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - arguments: Its arguments, without its name.
    ///   - limit: When it is killed, if it has not ended by then.
    /// - Throws: When the program cannot be started.
    init(_ path: String, _ arguments: [String], limit: Duration = .seconds(60)) throws {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        let end = end
        process.terminationHandler = { process in
            let status = process.terminationStatus
            end.set(process.terminationReason == .exit ? .exited(status) : .signalled(status))
        }
        try ChildProcess.start(process)
        identifier = process.processIdentifier
        self.output = LineReader(output.fileHandleForReading)
        self.errors = LineReader(errors.fileHandleForReading)
        DispatchQueue.global().asyncAfter(deadline: .now() + limit / .seconds(1)) { [weak self] in
            self?.signal(SIGKILL)
        }
    }

    /// Starts it with no signal blocked: threads of a pool block most of them, and a child would inherit that.
    private static func start(_ process: Process) throws {
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    /// Sends a signal, unless the process is gone.
    func signal(_ number: Int32) {
        if !end.isSet { kill(identifier, number) }
    }

    /// Waits for the process's end.
    func ended() async -> End { await end.value }
}

/// What a program that has ended has said.
struct Outcome: Sendable {
    let end: ChildProcess.End
    let output: String
    let errors: String

    /// Whether it ended with this status.
    func exited(_ status: Int32) -> Bool { end == .exited(status) }
}

extension ChildProcess {
    /// Runs a program to its end.
    static func run(_ path: String, _ arguments: [String], limit: Duration = .seconds(60)) async throws -> Outcome {
        try await ChildProcess(path, arguments, limit: limit).outcome()
    }

    /// Waits for the end, and gives everything that was said.
    func outcome() async -> Outcome {
        let end = await ended()
        return Outcome(end: end, output: await output.all(), errors: await errors.all())
    }
}

/// The lines that come out of a pipe: as they come, and all of them.
final class LineReader: Sendable {
    /// Each line without its end. To be read by one task; ends with the pipe.
    let lines: AsyncStream<String>
    private let text = Mutex("")
    private let whole = Once<String>()

    fileprivate init(_ handle: FileHandle) {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        Thread.detachNewThread { self.read(handle, into: continuation) }
    }

    /// What was written so far.
    var soFar: String { text.withLock { $0 } }

    /// Everything; waits until nothing more can come.
    func all() async -> String { await whole.value }

    /// Waits for a line that contains `words`.
    ///
    /// - Returns: The line; nil when the pipe ended without it.
    func line(containing words: String) async -> String? {
        for await line in lines where line.contains(words) { return line }
        return nil
    }

    private func read(_ handle: FileHandle, into continuation: AsyncStream<String>.Continuation) {
        var unfinished = ""
        while case let bytes = handle.availableData, !bytes.isEmpty {
            let new = String(decoding: bytes, as: UTF8.self)
            text.withLock { $0 += new }
            var parts = (unfinished + new).split(separator: "\n", omittingEmptySubsequences: false)
            unfinished = String(parts.removeLast())
            for line in parts { continuation.yield(String(line)) }
        }
        if !unfinished.isEmpty { continuation.yield(unfinished) }
        continuation.finish()
        whole.set(soFar)
    }
}

/// A value that is set once, and those who wait for it.
final class Once<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.value != nil } }

    /// Sets the value; later calls do nothing.
    func set(_ value: Value) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state in
                    if state.value == nil { state.waiting.append(continuation) }
                    return state.value
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }
}

/// Why a test cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
