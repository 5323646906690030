/// A static file with what its HTTP response needs.
public struct StaticAsset: Sendable {
    /// Its path below the static folder: `css/base.css`.
    public let name: String
    /// What it holds.
    public let bytes: [UInt8]
    /// The value of `Content-Type`.
    public let contentType: String
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    public let sha256: String
    /// The value of `Cache-Control`: for a year under a URL that carries the content's hash, asked again elsewhere.
    public internal(set) var cacheControl: String

    /// The value of `ETag`: strong, as it is made of the bytes.
    public var etag: String { "\"\(sha256)\"" }

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        contentType = StaticAsset.contentType(of: name)
        sha256 = ContentDigest(of: bytes).hexadecimal
        cacheControl = StaticAsset.revalidated
    }

    static let immutable = "public, max-age=31536000, immutable"
    static let revalidated = "no-cache"

    private static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
