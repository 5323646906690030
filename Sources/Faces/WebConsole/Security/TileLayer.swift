/// A tile server that draws a map under the city's own plan, where the city has chosen one.
public struct TileLayer: Sendable, Hashable {
    /// Leaflet's URL template: `https://tiles.example/{z}/{x}/{y}.png`.
    public let urlTemplate: String
    /// Whom the tiles' makers want to be named.
    public let attribution: String
    /// The origin the Content-Security-Policy has to allow, `{s}` as a wildcard: `https://*.tiles.example`.
    public let origin: String

    /// A tile layer from configuration; nil when the template is not of the form asked for.
    ///
    /// - Parameters:
    ///   - urlTemplate: An `https` URL with `{z}`, `{x}` and `{y}`, perhaps `{s}` as the first label of its host.
    ///   - attribution: Whom the tiles' makers want to be named.
    public init?(urlTemplate: String, attribution: String) {
        let scheme = "https://"
        guard urlTemplate.hasPrefix(scheme) else { return nil }
        let rest = urlTemplate.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let path = rest[slash...]
        guard path.contains("{z}"), path.contains("{x}"), path.contains("{y}") else { return nil }
        var host = rest[..<slash]
        var wildcard = ""
        if host.hasPrefix("{s}.") {
            host = host.dropFirst("{s}.".count)
            wildcard = "*."
        }
        guard !host.isEmpty, host.utf8.allSatisfy(TileLayer.isHostByte) else { return nil }
        self.urlTemplate = urlTemplate
        self.attribution = attribution
        origin = scheme + wildcard + host
    }

    /// Letters, digits, dots, hyphens, and the colon before a port: nothing that could end a source expression.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"): true
        default: false
        }
    }
}
