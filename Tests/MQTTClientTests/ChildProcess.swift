import Foundation

/// A program that a test has started, and what it says on standard error.
///
/// Started and awaited by the system's own calls, since tests run on threads that must not be given to a run loop.
struct ChildProcess {
    private let identifier: pid_t
    private let errors: Int32

    init(_ path: String, _ arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildProcessFailure(log: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        // Or it would keep the sockets of other tests open. To close what is not open does no harm.
        for descriptor in 3..<Int32(1_024) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // The threads that tests run on block all signals; the program would never hear SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pointers = ([path] + arguments).map { strdup($0) }
        pointers.append(nil)
        var identifier: pid_t = 0
        let outcome = posix_spawn(&identifier, path, &actions, &attributes, pointers, environ)
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        for pointer in pointers { free(pointer) }
        close(ends[1])
        guard outcome == 0 else {
            close(ends[0])
            throw ChildProcessFailure(log: "cannot start \(path)")
        }
        self.identifier = identifier
        errors = ends[0]
    }

    /// Reads what the program says until it contains `text`. The pipe holds what it says later, up to 64 KiB.
    func wait(for text: String) throws {
        var log = ""
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while !log.contains(text) {
            let count = read(errors, &bytes, bytes.count)
            guard count > 0 else { throw ChildProcessFailure(log: log) }
            log += String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    /// Waits for the program's end.
    ///
    /// - Returns: Whether it was content.
    @discardableResult
    func waitForEnd() -> Bool {
        defer { close(errors) }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }

    /// Ends the program and waits until it is gone.
    func stop() {
        kill(identifier, SIGTERM)
        waitForEnd()
    }
}

struct ChildProcessFailure: Error {
    let log: String
}
