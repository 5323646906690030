import Testing
import WebConsole

@Suite("Every page")
struct RenderingTests {
    let renderer: ConsoleRenderer

    init() throws { renderer = try ConsoleRenderer() }

    var documents: [String] { (Fixtures.empty + Fixtures.full("Pont Vieux")).map(renderer.render) }

    @Test("is a whole document with one main, one first heading, a title and a language, empty or full")
    func wholeDocument() {
        for document in documents {
            let tags = MarkupScanner.tags(of: document)
            #expect(document.hasPrefix("<!doctype html>"))
            #expect(document.hasSuffix("</html>"))
            for name in ["html", "head", "title", "body", "main", "h1"] {
                #expect(tags.filter { $0.name == name && !$0.isEnd }.count == 1, "\(name)")
            }
            #expect(tags.first { $0.name == "html" }?["lang"] == "en")
            #expect(!document.contains("{{"))
        }
    }

    @Test("closes every element it opens, in order")
    func balanced() {
        let void: Set = ["meta", "link", "input", "br"]
        for document in documents {
            var open: [String] = []
            for tag in MarkupScanner.tags(of: document) where !void.contains(tag.name) {
                if tag.isEnd {
                    #expect(open.popLast() == tag.name)
                } else {
                    open.append(tag.name)
                }
            }
            #expect(open == [])
        }
    }

    @Test("has no inline script, no inline style and no event attribute, as its Content-Security-Policy demands")
    func nothingInline() {
        for document in documents {
            for tag in MarkupScanner.tags(of: document) where !tag.isEnd {
                #expect(tag.name != "style")
                #expect(tag["style"] == nil)
                #expect(!tag.attributes.keys.contains { $0.lowercased().hasPrefix("on") })
                if tag.name == "script" { #expect(tag["src"]?.hasPrefix("/static/") == true) }
            }
            #expect(document.components(of: "<script").dropFirst().allSatisfy { $0.contains("></script>") })
        }
    }

    @Test("refers only to files and icons there are")
    func references() {
        for document in documents {
            let tags = MarkupScanner.tags(of: document).filter { !$0.isEnd }
            let ids = Set(tags.compactMap { $0["id"] })
            for tag in tags {
                for path in [tag["src"], tag["href"]].compactMap(\.self) where path.hasPrefix("/static/") {
                    let asset = renderer.assets.asset(atPath: path)
                    #expect(asset != nil, "\(path)")
                    #expect(asset?.cacheControl.contains("immutable") == true, "\(path)")
                }
                if tag.name == "use" { #expect(ids.contains(String(tag["href"]?.dropFirst() ?? "")), "\(tag)") }
                for name in ["aria-labelledby", "aria-describedby"] {
                    if let id = tag[name] { #expect(ids.contains(id), "\(name) \(id)") }
                }
            }
        }
    }

    @Test("has a csrf field in every form that changes something")
    func forms() {
        for document in documents {
            for form in document.components(of: "<form").dropFirst() {
                let body = form.components(of: "</form>").first ?? ""
                guard body.contains("method=\"post\"") else {
                    #expect(body.contains("method=\"get\""))
                    continue
                }
                #expect(body.contains("<input type=\"hidden\" name=\"csrf\" value="))
            }
        }
    }

    @Test("has a label for every field, and no id twice")
    func labels() {
        for document in documents {
            let tags = MarkupScanner.tags(of: document).filter { !$0.isEnd }
            let labelled = Set(tags.filter { $0.name == "label" }.compactMap { $0["for"] })
            for tag in tags where ["input", "select", "textarea"].contains(tag.name) && tag["type"] != "hidden" {
                #expect(labelled.contains(tag["id"] ?? ""), "\(tag)")
            }
            let ids = tags.compactMap { $0["id"] }
            #expect(Set(ids).count == ids.count)
        }
    }

    @Test("says once that a simulated city is one, whoever looks")
    func simulated() {
        for document in documents { #expect(document.components(of: ">Simulated<").count == 1 + 1) }
    }

    @Test("does not say of a real city that it is simulated")
    func real() {
        var frame = Fixtures.frame("Pont Vieux")
        frame.city.isSimulation = false
        let pages: [ConsolePage] = [
            .refusals(RefusalsPage(frame: frame, filter: RefusalFilter(), rows: [], paging: Fixtures.paging(0))),
            .signIn(SignInPage(city: frame.city, csrf: "")),
            .error(ErrorPage(city: frame.city, frame: nil, status: 500, message: "")),
        ]
        for document in pages.map(renderer.render) { #expect(!document.contains("Simulated")) }
    }

    @Test("has a place where a page that no longer changes says so, with the way back in, once somebody has signed in")
    func age() {
        for document in documents {
            let tags = MarkupScanner.tags(of: document)
            let isLive = tags.contains { $0["data-events"] != nil }
            let ages = tags.filter { $0["data-age"] != nil }
            #expect(ages.count == (isLive ? 1 : 0))
            #expect(ages.allSatisfy { $0["hidden"] != nil })
        }
    }

    @Test("names each part that is renewed after a gap in the stream, and each once")
    func renewed() {
        for document in documents {
            let names = MarkupScanner.tags(of: document).compactMap { $0["data-renew"] }
            #expect(Set(names).count == names.count)
            // What somebody types would be lost.
            for part in document.components(of: "data-renew=").dropFirst() {
                #expect(!(part.components(of: "</section>").first ?? "").contains("<form"))
            }
        }
        let overview = renderer.render(Fixtures.overview("x"))
        for name in ["alerts", "refusals", "entities"] { #expect(overview.contains("data-renew=\"\(name)\"")) }
    }
}

extension String {
    /// The parts between occurrences of `separator`, compared by Unicode scalar.
    func components(of separator: String) -> [String] {
        var parts: [String] = []
        var part: [Unicode.Scalar] = []
        let separator = Array(separator.unicodeScalars)
        for scalar in unicodeScalars {
            part.append(scalar)
            if part.suffix(separator.count) == separator[...] {
                parts.append(String(String.UnicodeScalarView(part.dropLast(separator.count))))
                part = []
            }
        }
        return parts + [String(String.UnicodeScalarView(part))]
    }
}
