import Foundation
import Testing
import WebConsole

@Suite("Static files")
struct AssetTests {
    let assets: ConsoleAssets

    init() throws { assets = try ConsoleRenderer().assets }

    @Test("have a type, a strong tag and, under the URL with their hash, a year in caches")
    func headers() throws {
        let style = try #require(assets.asset(named: "css/base.css"))
        #expect(style.contentType == "text/css; charset=utf-8")
        #expect(style.etag == "\"\(style.sha256)\"")
        #expect(style.cacheControl == "no-cache")
        let served = try #require(assets.asset(atPath: assets.path(of: "css/base.css")))
        #expect(served.bytes == style.bytes)
        #expect(served.cacheControl == "public, max-age=31536000, immutable")
        #expect(assets.all.allSatisfy { $0.contentType != "application/octet-stream" })
    }

    @Test("are served but not kept under the hash of another version")
    func otherVersion() throws {
        #expect(assets.asset(atPath: "/static/0000000000000000/css/base.css")?.cacheControl == "no-cache")
    }

    @Test(
        "are only those there are",
        arguments: [
            "", "/", "/static", "/static/", "/static/x", "/static/x/", "/static/x/css/none.css",
            "/static/x/../base.css",
            "/static/x/css/../../templates/layout.mustache", "/static/x//css/base.css", "/static/css/base.css",
            "/css/base.css",
        ])
    func unknownPaths(_ path: String) {
        #expect(assets.asset(atPath: path) == nil)
    }

    @Test("refer only to one another: imports of scripts and urls of style sheets lead to files there are")
    func references() {
        for asset in assets.all where asset.name.hasPrefix("js/") || asset.name.hasPrefix("css/") {
            let text = String(decoding: asset.bytes, as: UTF8.self)
            let folder = asset.name.prefix { $0 != "/" }
            let imports = text.components(of: "from './").dropFirst() + text.components(of: "import './").dropFirst()
            for name in imports.map({ $0.prefix { $0 != "'" } }) {
                #expect(assets.asset(named: "\(folder)/\(name)") != nil, "\(asset.name) imports \(name)")
            }
            for name in text.components(of: "url(\"../").dropFirst().map({ $0.prefix { $0 != "\"" } }) {
                #expect(assets.asset(named: String(name)) != nil, "\(asset.name) uses \(name)")
            }
        }
    }

    @Test("hold nothing the Content-Security-Policy would stop: no parsing of HTML, no code from text, no other server")
    func scripts() {
        for asset in assets.all where asset.name.hasPrefix("js/") || asset.name.hasPrefix("css/") {
            let text = String(decoding: asset.bytes, as: UTF8.self)
            for forbidden in [
                "eval(", "new Function", "document.write", "insertAdjacentHTML", "outerHTML", "http://", "https://",
                "@import",
            ] where forbidden != "http://" || !asset.name.hasSuffix("dom.js") {
                #expect(!text.contains(forbidden), "\(asset.name) has \(forbidden)")
            }
            #expect(!text.contains("innerHTML ="), "\(asset.name)")
        }
    }

    @Test("of Leaflet keep its folders, so that its style sheet finds its images")
    func leaflet() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("leaflet-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let images = directory.appendingPathComponent("images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        try Data("l".utf8).write(to: directory.appendingPathComponent("leaflet.js"))
        #expect(LeafletAssets(directory: directory.path) == nil)
        try Data("c".utf8).write(to: directory.appendingPathComponent("leaflet.css"))
        try Data("p".utf8).write(to: images.appendingPathComponent("layers.png"))
        try Data("x".utf8).write(to: images.appendingPathComponent("notes.txt"))

        let renderer = try ConsoleRenderer(leafletDirectory: directory.path)
        #expect(renderer.assets.asset(named: "leaflet/leaflet.js")?.bytes == Array("l".utf8))
        #expect(renderer.assets.asset(named: "leaflet/images/layers.png")?.contentType == "image/png")
        #expect(renderer.assets.asset(named: "leaflet/images/notes.txt") == nil)
        #expect(renderer.assets.path(of: "css/base.css") != assets.path(of: "css/base.css"))
        let document = renderer.render(Fixtures.overview("x"))
        #expect(document.contains("src=\"\(renderer.assets.path(of: "leaflet/leaflet.js"))\""))
        #expect(document.contains("data-entities=\"/api/v1/map\""))
    }

    @Test("are named by SHA-256 (FIPS 180-4)")
    func digest() {
        func digest(_ text: String) -> String { ContentDigest(of: Array(text.utf8)).hexadecimal }
        #expect(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            digest(String(repeating: "a", count: 64))
                == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")
    }
}
