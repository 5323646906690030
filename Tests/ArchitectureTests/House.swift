import Foundation

/// The sources as they lie in the repository.
struct House {
    /// One Swift file.
    struct File: Sendable {
        /// Its path from the repository's root.
        let path: String
        let lines: [String]

        var name: String { (path as NSString).lastPathComponent }

        /// `Libraries`, `Platform` or `Faces`; the first folder below `Sources`.
        var floor: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

        /// The module: the folder below the floor.
        var module: String { path.split(separator: "/").dropFirst(2).first.map(String.init) ?? "" }

        /// The modules that it imports.
        var imports: [String] {
            lines.compactMap { line in
                var words = line.split(separator: " ").map(String.init)
                while let first = words.first,
                    ["public", "package", "internal", "private", "@preconcurrency"].contains(first)
                {
                    words.removeFirst()
                }
                guard words.first == "import", words.count >= 2 else { return nil }
                let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
                let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
                return name.split(separator: ".").first.map(String.init)
            }
        }
    }

    /// The repository's root: three folders above this file.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// All Swift files below a folder.
    static func files(below folder: String) -> [File] {
        let base = root + "/" + folder
        guard let paths = FileManager.default.enumerator(atPath: base) else { return [] }
        var files: [File] = []
        for case let path as String in paths where path.hasSuffix(".swift") {
            guard let text = try? String(contentsOfFile: base + "/" + path, encoding: .utf8) else { continue }
            files.append(File(path: folder + "/" + path, lines: text.components(separatedBy: "\n")))
        }
        return files.sorted { $0.path < $1.path }
    }

    static let sources = files(below: "Sources")
    static let tests = files(below: "Tests")

    /// The folders of modules, by floor.
    static func modules(of floor: String) -> [String] {
        let path = root + "/Sources/" + floor
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
                && isFolder.boolValue
        }.sorted()
    }

    /// Whether there is a file or folder at a path from the repository's root.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

    static var manifest: String { (try? String(contentsOfFile: root + "/Package.swift", encoding: .utf8)) ?? "" }
}
