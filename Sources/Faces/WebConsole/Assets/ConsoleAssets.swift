/// The static files of the console, its own and Leaflet's.
///
/// Their URLs carry one hash of all of them, `/static/<hash>/css/base.css`, so that files which refer to one another by
/// relative paths are always of one version, and may be cached for ever.
public struct ConsoleAssets: Sendable {
    /// Where the server has to serve them: every path that begins with this belongs to ``asset(atPath:)``.
    public static let pathPrefix = "/static/"

    /// All files, in the order of their names.
    public let all: [StaticAsset]
    /// Leaflet, where the machine has it.
    public let leaflet: LeafletAssets?
    /// How units and properties are written.
    let vocabulary: Vocabulary
    private let byName: [String: StaticAsset]
    private let version: String

    init(leaflet: LeafletAssets?) throws {
        let own = try ResourceFile.all(in: "static").map { StaticAsset(name: $0.path, bytes: $0.bytes) }
        all = (own + (leaflet?.all ?? [])).sorted { $0.name < $1.name }
        self.leaflet = leaflet
        byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
        vocabulary = try Vocabulary(json: byName["vocabulary.json"]?.bytes ?? [])
        let fingerprint = all.map { "\($0.name) \($0.sha256)\n" }.joined()
        version = String(ContentDigest(of: Array(fingerprint.utf8)).hexadecimal.prefix(16))
    }

    /// The file called `name`, such as `css/base.css`, to be asked for again each time.
    public func asset(named name: String) -> StaticAsset? { byName[name] }

    /// The file a browser asks for.
    ///
    /// A path with the hash of another version, from a page older than the program, is answered with the file as it is.
    ///
    /// - Parameter path: The path of the request's URL, without query; from outside.
    /// - Returns: The file with the cache header that suits the path; nil when there is no such file.
    public func asset(atPath path: String) -> StaticAsset? {
        guard path.hasPrefix(ConsoleAssets.pathPrefix) else { return nil }
        let parts = path.dropFirst(ConsoleAssets.pathPrefix.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, var asset = byName[String(parts[1])] else { return nil }
        if parts[0] == version { asset.cacheControl = StaticAsset.immutable }
        return asset
    }

    /// The URL of a file, with the hash of the content.
    ///
    /// - Parameter name: The file's name, such as `css/base.css`.
    /// - Returns: An absolute path.
    public func path(of name: String) -> String { "\(versionedPrefix)/\(name)" }

    /// What the URLs of all files begin with, without the last slash.
    var versionedPrefix: String { ConsoleAssets.pathPrefix + version }
}
