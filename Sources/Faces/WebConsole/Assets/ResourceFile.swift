import Foundation

/// Why the module's own resources cannot be used. The installation is damaged; nothing at run time mends it.
public struct ConsoleResourceError: Error, CustomStringConvertible {
    /// The file or folder, within the resource bundle.
    public let path: String
    /// What is wrong with it.
    public let problem: String

    /// For people.
    public var description: String { "console resource `\(path)` \(problem)" }
}

/// A file of the module's resource bundle.
struct ResourceFile {
    /// Its path within its folder, with `/` between parts.
    let path: String
    /// What it holds.
    let bytes: [UInt8]

    /// Every file under `folder` of the bundle's copied resources, in the order of their paths, without hidden files.
    ///
    /// - Throws: ``ConsoleResourceError`` when the folder or one of its files cannot be read.
    static func all(in folder: String) throws -> [ResourceFile] {
        let root = Bundle.module.bundleURL.appendingPathComponent(folder).path
        guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: root) else {
            throw ConsoleResourceError(path: folder, problem: "cannot be read")
        }
        return try paths.sorted().compactMap { path in
            var isDirectory: ObjCBool = false
            let full = root + "/" + path
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory) else { return nil }
            let isHidden = path.split(separator: "/").contains { $0.hasPrefix(".") }
            guard !isDirectory.boolValue, !isHidden else { return nil }
            guard let data = FileManager.default.contents(atPath: full) else {
                throw ConsoleResourceError(path: "\(folder)/\(path)", problem: "cannot be read")
            }
            return ResourceFile(path: path, bytes: Array(data))
        }
    }
}
