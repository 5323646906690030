import Testing
import WebConsole

@Suite("Content-Security-Policy")
struct PolicyTests {
    @Test("allows the server's own files and nothing else")
    func own() {
        #expect(
            ContentSecurityPolicy().headerValue
                == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                + "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    }

    @Test("allows a tile server's images, and only images")
    func tiles() throws {
        let tiles = try #require(
            TileLayer(urlTemplate: "https://{s}.tiles.example:8443/{z}/{x}/{y}.png", attribution: "© Example"))
        #expect(tiles.origin == "https://*.tiles.example:8443")
        let policy = ContentSecurityPolicy(tiles: tiles).headerValue
        #expect(policy.contains("img-src 'self' data: https://*.tiles.example:8443;"))
        #expect(policy.components(of: "tiles.example").count == 2)
    }

    @Test(
        "is not opened by what is no tile server",
        arguments: [
            "", "http://tiles.example/{z}/{x}/{y}.png", "https://tiles.example/{z}/{x}.png", "https:///{z}/{x}/{y}",
            "https://tiles.example", "https://a b/{z}/{x}/{y}", "https://x; script-src */{z}/{x}/{y}",
            "https://x'/{z}/{x}/{y}", "javascript:{z}/{x}/{y}", "https://{s}./{z}/{x}/{y}",
            "https://a.{s}.b/{z}/{x}/{y}",
            "https://user@tiles.example/{z}/{x}/{y}",
        ])
    func malformed(_ template: String) {
        #expect(TileLayer(urlTemplate: template, attribution: "") == nil)
    }

    @Test("goes with a page that names the tiles")
    func page() throws {
        let tiles = try #require(TileLayer(urlTemplate: "https://t.example/{z}/{x}/{y}.png", attribution: "<b>©</b>"))
        let renderer = try ConsoleRenderer()
        guard renderer.assets.leaflet != nil else { return }
        let document = renderer.render(Fixtures.overview("x", tiles: tiles))
        #expect(document.contains("data-tiles=\"https://t.example/{z}/{x}/{y}.png\""))
        #expect(document.contains("data-attribution=\"&lt;b&gt;©&lt;/b&gt;\""))
    }
}
