import Testing
import WebConsole

@Suite("Hostile text")
struct HostileTextTests {
    let renderer: ConsoleRenderer

    init() throws { renderer = try ConsoleRenderer() }

    /// The shapes of all pages when every text is `text`.
    private func shapes(_ text: String) -> [[String]] { Fixtures.full(text).map { shape(of: renderer.render($0)) } }

    @Test(
        "never changes the elements and attributes of a page",
        arguments: [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
            "</textarea>&lt;",
            "{{csrf}}{{{csrf}}}{{>layout}}", "javascript:alert(1)", "\" autofocus onfocus=alert(1) x=\"",
            "\u{2028}\u{0}\u{1B}]0;x\u{7}", "../../etc/passwd?x=1#y",
        ])
    func structure(_ text: String) {
        let expected = shapes("benign")
        for (actual, expected) in zip(shapes(text), expected) { #expect(actual == expected) }
    }

    @Test("does not end an attribute with a quotation mark that a combining mark makes another character")
    func combiningMarks() {
        let text = "\"\u{301} onmouseover=alert(1) x=\"\u{301}<\u{338}script>\u{338}"
        #expect(shapes(text) == shapes("benign"))
        let document = renderer.render(Fixtures.overview(text))
        #expect(document.unicodeScalars.contains("\u{301}"))
        #expect(document.components(of: "&quot;").count > 1)
    }

    @Test("never changes the elements and attributes of a page, whatever it is")
    func fuzz() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(state: seed)
        let pieces = [
            "<", ">", "\"", "'", "&", "/", "=", " ", "\u{301}", "\u{200D}", "\u{20E3}", "\u{FE0F}", "{{", "}}",
            "script",
            "onload", "style", "\n", "\r\n", "\u{0}", "<!--", "-->", "]]>", "é", "\u{1F600}", "#", "{", "}", "\\",
        ]
        let expected = shapes("benign")
        for _ in 0..<25 {
            let text = (0..<12).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
            // Text without anything to see is left out in places, which changes a page rightly.
            #expect(shapes("x" + text) == expected, "seed \(seed), text \(text.debugDescription)")
        }
    }

    @Test("becomes one segment of a path and one value of a query")
    func links() {
        let document = renderer.render(
            .entities(
                EntitiesPage(
                    frame: Fixtures.frame("x"), filter: EntityFilter(type: "a&b=c", text: "é/?#"), types: [],
                    rows: [Fixtures.entityRow("urn:x:../a?b#c")], paging: Fixtures.paging(3))))
        let links = MarkupScanner.tags(of: document).compactMap { $0["href"] }
        #expect(links.contains("/entities/urn:x:..%2Fa%3Fb%23c"))
        #expect(links.contains("/entities?type=a%26b%3Dc&amp;q=%C3%A9%2F%3F%23&amp;page=3"))
    }

    @Test(
        "is no place to return to unless it is a path of this server",
        arguments: [
            "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\tb", "/ x",
        ])
    func openRedirect(_ path: String) {
        let page = SignInPage(city: Fixtures.frame("x").city, csrf: "t", returnTo: path)
        #expect(!renderer.render(.signIn(page)).contains("returnTo"))
    }

    @Test("keeps a path of this server to return to")
    func localRedirect() {
        let page = SignInPage(city: Fixtures.frame("x").city, csrf: "t", returnTo: "/ledger?x=1")
        #expect(renderer.render(.signIn(page)).contains("name=\"returnTo\" value=\"/ledger?x=1\""))
    }
}

/// A small generator that a seed reproduces (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
