import CityStorage
import Foundation
import Testing

@Suite("Files and the lock")
struct FilesTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a file is written whole, with its permissions, and nothing is left beside it")
    func durableFile() throws {
        let path = folder.path + "/secret"
        try DurableFile.write("one".utf8, to: path, mode: 0o600)
        try DurableFile.write("two".utf8, to: path, mode: 0o600)
        #expect(try folder.bytes("secret") == Data("two".utf8))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(folder.names == ["secret"])
    }

    @Test("what cannot be written leaves the old file, and the error names it")
    func unwritable() throws {
        let path = folder.path + "/missing/file"
        let error = storageError { try DurableFile.write("x".utf8, to: path, mode: 0o600) }
        #expect(error?.code == .inputOutput)
        #expect(error?.message.contains(path) == true)
        // A folder stands where the file should be: the new file is there and cannot be renamed over it.
        try DurableFile.makeFolder(folder.path + "/place/inside", mode: 0o700)
        #expect(throws: StorageError.self) {
            try DurableFile.write("x".utf8, to: folder.path + "/place", mode: 0o600)
        }
        #expect(folder.names == ["place"])
    }

    @Test("a quota that is used up, and a file that may grow no more, are want of room like a full disk")
    func wantOfRoom() {
        #expect([ENOSPC, EDQUOT, EFBIG].allSatisfy { isWantOfRoom($0) })
        #expect(![0, EIO, EACCES, EROFS, ENOENT].contains { isWantOfRoom($0) })
    }

    @Test("one holds the lock at a time; who lets go lets the next one in")
    func lock() throws {
        let directory = CityDirectory(folder.path)
        try DurableFile.makeFolder(directory.data, mode: 0o700)
        var held: CityLock? = try CityLock(directory)
        let error = storageError { _ = try CityLock(directory) }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains(folder.path) == true)
        withExtendedLifetime(held) {}
        held = nil
        #expect(storageError { _ = try CityLock(directory) } == nil)
    }

    @Test(
        "another process's lock counts too",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
    func otherProcess() throws {
        let directory = CityDirectory(folder.path)
        try DurableFile.makeFolder(directory.data, mode: 0o700)
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        process.arguments = [directory.lock, "sh", "-c", "echo held; read line"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = try output.fileHandleForReading.read(upToCount: 4)
        #expect(storageError { _ = try CityLock(directory) }?.code == .inUse)
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(storageError { _ = try CityLock(directory) } == nil)
    }

    @Test("no city is in a directory without its configuration")
    func isCity() throws {
        #expect(!CityDirectory(folder.path).isCity)
        try DurableFile.write("x".utf8, to: CityDirectory(folder.path).configuration, mode: 0o600)
        #expect(CityDirectory(folder.path).isCity)
    }
}
