import Foundation

/// A small file system in memory, for tests that fill it. Linux, and the right to mount, are needed.
struct SmallDisk: Sendable {
    /// Where it is mounted.
    let folder: String

    /// Whether one can be had here.
    static func isPermitted() async -> Bool { (try? await with(megabytes: 1) { _ in }) != nil }

    /// Mounts a file system for as long as `body` runs.
    static func with(megabytes: Int, _ body: (SmallDisk) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bastide-disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder])
        let result: Result<Void, any Error>
        do { result = .success(try await body(SmallDisk(folder: folder))) } catch { result = .failure(error) }
        // At once for those who look, in fact when the last file is closed.
        try await run("/usr/bin/umount", ["-l", folder])
        try result.get()
    }

    private static func run(_ path: String, _ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(path, arguments)
        guard outcome.exited(0) else { throw Failure("\(path): \(outcome.errors)") }
    }

    /// Leaves little room: some hundred kilobytes.
    func fill() throws {
        let values = try FileManager.default.attributesOfFileSystem(forPath: folder)
        guard let free = values[.systemFreeSize] as? Int64 else { throw Failure("the disk does not tell its room") }
        try Data(count: Int(max(0, free - 400_000))).write(to: URL(filePath: folder + "/filler"))
    }

    /// Takes away what ``fill()`` has put there.
    func makeRoom() throws { try FileManager.default.removeItem(atPath: folder + "/filler") }
}
