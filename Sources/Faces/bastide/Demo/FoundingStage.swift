import CityStorage
import Foundation
import Glibc

/// Where a town is founded before it stands in its place: whole or not at all, whenever the program ends.
///
/// All is made in a folder of its own below the town's directory. Its last file, the seal, says that nothing is missing.
/// Then everything moves up, the seal and `city.yaml`, which makes the directory a city, at the end. The next start finds
/// a folder without a seal and begins anew, or one with a seal and moves the rest.
final class FoundingStage {
    private static let name = ".founding"

    /// Where to found.
    let directory: CityDirectory
    private let target: CityDirectory
    private let seal: String
    private let isTargetNew: Bool
    private let descriptor: Int32

    /// Takes the right to found in `target` alone, for as long as this value lives.
    ///
    /// - Parameters:
    ///   - target: Where the town will stand: an empty directory, one that is still to be made, or one in which founding
    ///     was interrupted.
    ///   - seal: The name of the file that is written last.
    /// - Throws: ``CommandFailure`` when the directory cannot be made, holds something else, or another program founds
    ///   in it.
    init(for target: CityDirectory, seal: String) throws {
        self.target = target
        self.seal = seal
        directory = CityDirectory("\(target.path)/\(FoundingStage.name)")
        isTargetNew = !FileManager.default.fileExists(atPath: target.path)
        do {
            try DurableFile.makeFolder(target.path, mode: 0o700)
        } catch {
            throw CommandFailure(.cannotCreate, error.message)
        }
        descriptor = open(target.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.cannotCreate, "\(target.path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure(.unavailable, "another bastide founds a town in \(target.path) now")
        }
        guard !target.isCity, !isComplete else { return }
        let others = try FileManager.default.contentsOfDirectory(atPath: target.path)
        guard others.allSatisfy({ $0 == FoundingStage.name }) else {
            throw CommandFailure(
                .cannotCreate, "\(target.path) is not empty: choose another directory; nothing was changed")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether an earlier founding was interrupted.
    var isInterrupted: Bool { FileManager.default.fileExists(atPath: directory.path) }

    /// Whether all is made, here or already in its place.
    var isComplete: Bool {
        [directory, target].contains { FileManager.default.fileExists(atPath: "\($0.path)/\(seal)") }
    }

    /// Takes away the folder that founding in `target` has left empty, should the program have ended just then.
    static func sweep(_ target: CityDirectory) { rmdir("\(target.path)/\(name)") }

    /// Takes away what an earlier founding has made.
    func empty() throws {
        if isInterrupted { try FileManager.default.removeItem(atPath: directory.path) }
    }

    /// Takes away what was made so far, and the town's directory when it was not there before.
    func clear() {
        try? FileManager.default.removeItem(atPath: directory.path)
        if isTargetNew { rmdir(target.path) }
    }

    /// Brings what is made to its place.
    ///
    /// - Throws: When a file cannot be moved; the next start goes on from there.
    func settle() throws {
        let manager = FileManager.default
        if isInterrupted {
            let last = [seal, (target.configuration as NSString).lastPathComponent]
            let names = try manager.contentsOfDirectory(atPath: directory.path)
            for name in names.filter({ !last.contains($0) }) + last.filter(names.contains) {
                try manager.moveItem(atPath: "\(directory.path)/\(name)", toPath: "\(target.path)/\(name)")
            }
            try manager.removeItem(atPath: directory.path)
        }
        fsync(descriptor)
    }
}
