/// The console that the city's operators look at: from plain page models to HTML, and the static files that go with it.
///
/// - Takes: page models (``ConsolePage``), filled by the HTTP server. All text in them is taken as hostile.
/// - Gives: whole HTML documents, static files with their headers, the Content-Security-Policy they need.
/// - Owns: the templates and static files of this module's resource bundle. No state, no clock, no session.
/// - Relies on: Mustache for templates; Leaflet, where installed, for the map. Knows nothing of HTTP or storage.
/// - Formats: HTML living standard; CSP Level 3. Proofs are checked in the browser by `js/merkle.js` (RFC 6962 §2.1).
///
/// Every page works without scripts: lists, values, filters and forms are in the document. Scripts add the map, charts,
/// live values and the checking of proofs. No page has inline scripts, inline styles or event attributes.
public struct ConsoleRenderer: Sendable {
    /// The files the pages refer to. Serve them at ``ConsoleAssets/pathPrefix``.
    public let assets: ConsoleAssets
    private let templates: TemplateSet

    /// Reads templates and static files.
    ///
    /// - Parameter leafletDirectory: Where Leaflet is. When it is not there, the map page says how to install it.
    /// - Throws: ``ConsoleResourceError`` when the module's own resources are missing or malformed.
    public init(leafletDirectory: String = LeafletAssets.debianDirectory) throws {
        assets = try ConsoleAssets(leaflet: LeafletAssets(directory: leafletDirectory))
        templates = try TemplateSet()
    }

    /// The page as an HTML document, UTF-8.
    ///
    /// - Parameter page: What to show.
    /// - Returns: A whole document, from `<!doctype html>` on.
    public func render(_ page: ConsolePage) -> String {
        templates.render(page.document(assets: assets), with: "layout")
    }
}
