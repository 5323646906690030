/// What the console's pages may load, as a `Content-Security-Policy` (CSP Level 3).
///
/// Everything comes from the server itself, nothing is inline, nobody may frame the console. Leaflet positions its
/// parts through the CSS object model, which `style-src` does not restrict.
public struct ContentSecurityPolicy: Sendable, Hashable {
    private let tileOrigin: String?

    /// A policy that allows the images of `tiles` besides the server's own.
    ///
    /// - Parameter tiles: The city's tile server, where it has one.
    public init(tiles: TileLayer? = nil) {
        tileOrigin = tiles?.origin
    }

    /// The value of the header `Content-Security-Policy`.
    public var headerValue: String {
        let images = ["'self'", "data:", tileOrigin].compactMap(\.self).joined(separator: " ")
        return [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src \(images)", "connect-src 'self'",
            "font-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }
}
