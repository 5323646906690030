import CityContext
import HTTPTypes
import JSONBytes
import NGSILD

/// The `@context` of a request: what its terms stand for, and how an answer names it (CIM 009 §6.3.5, §6.3.6).
struct ResolvedContext: Sendable {
    static let core = ResolvedContext(context: .core, url: JSONLDContext.coreURL)

    let context: JSONLDContext
    /// What a `Link` header and a body name.
    let url: String
    /// As it stood in the request; nil for the core alone.
    var document: JSONValue?
    /// Whether it stood in a body, and has got a URL here.
    var isCreatedHere = false

    /// The value of a `Link` header.
    var link: String { ResolvedContext.link(url) }

    static func link(_ url: String) -> String {
        "<\(url)>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""
    }

    /// The `@context` of a body. The core is a part of every other.
    var body: JSONValue { .string(url) }
}

/// The `Link` header that names an `@context` (JSON-LD 1.1 §6.2).
enum ContextLink {
    private static let relation = "http://www.w3.org/ns/json-ld#context"

    /// The URL that the headers of a request name.
    ///
    /// - Throws: A problem when there are several.
    static func url(in headers: HTTPFields) throws(Problem) -> String? {
        var found: String?
        for header in headers[values: .link] {
            for link in links(in: header) where link.relations.contains(Substring(relation)) {
                guard found == nil || found == link.url else {
                    throw Problem(.badRequestData, "there are several `Link` headers to a JSON-LD @context")
                }
                found = link.url
            }
        }
        return found
    }

    /// Link values (RFC 8288 §3): `<url>; rel="…"; type="…"`, between commas.
    private static func links(in header: String) -> [(url: String, relations: [Substring])] {
        var links: [(url: String, relations: [Substring])] = []
        var rest = Substring(header)
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let url = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            let end = rest.firstIndex(of: "<") ?? rest.endIndex
            var relations: [Substring] = []
            for parameter in rest[..<end].split(separator: ";") {
                let halves = parameter.split(separator: "=", maxSplits: 1)
                guard halves.count == 2, halves[0].trimmedSpaces.lowercased() == "rel" else { continue }
                let value = halves[1].prefix { $0 != "," || halves[1].first == "\"" }.trimmedSpaces
                relations = value.filter { $0 != "\"" && $0 != "," }.split(separator: " ").map { Substring($0) }
            }
            links.append((url, relations))
            rest = rest[end...]
        }
        return links
    }
}
