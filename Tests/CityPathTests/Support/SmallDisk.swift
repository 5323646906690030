import Foundation

/// A disk that is soon full: a file system of its own in memory. Needs the right to mount one.
final class SmallDisk: Sendable {
    let path: String

    private init(path: String) {
        self.path = path
    }

    /// Whether this machine lets us mount one.
    static let isPossible = mount(megabytes: 1) != nil

    /// Mounts a disk; nil where that is not allowed.
    static func mount(megabytes: Int) -> SmallDisk? {
        let path = NSTemporaryDirectory() + "disk-\(UUID().uuidString)"
        guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil else {
            return nil
        }
        guard run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path]) else {
            try? FileManager.default.removeItem(atPath: path)
            return nil
        }
        return SmallDisk(path: path)
    }

    deinit {
        _ = SmallDisk.run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    private var ballast: String { path + "/ballast" }

    /// Takes all the room that is left but for some pages.
    func fill() throws {
        try Data().write(to: URL(fileURLWithPath: ballast))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: ballast))
        defer { try? file.close() }
        try file.seekToEnd()
        while (try? file.write(contentsOf: Data(count: 64 << 10))) != nil {}
        while (try? file.write(contentsOf: Data(count: 4 << 10))) != nil {}
    }

    /// Gives the room back.
    func release() throws { try FileManager.default.removeItem(atPath: ballast) }

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
