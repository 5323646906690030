import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// The forms in which entities are given (CIM 009 §6.3.4 to §6.3.6).
enum EntityForms: Sendable {
    case json, jsonLD
    /// With the `@context` in the body, unless asked otherwise.
    case geoJSON(hasContext: Bool)

    private static let jsonType = "application/json"
    private static let jsonLDType = "application/ld+json"
    private static let geoJSONType = "application/geo+json"

    /// What a client accepts.
    ///
    /// - Parameters:
    ///   - request: What it says in `Accept` and `Prefer`.
    ///   - allowsGeoJSON: Whether there is such a form.
    /// - Throws: `406` when that is none of them.
    init(of request: Request, allowsGeoJSON: Bool = false) throws(Problem) {
        var offers = [EntityForms.jsonType, EntityForms.jsonLDType]
        if allowsGeoJSON { offers.append(EntityForms.geoJSONType) }
        switch MediaRange.best(of: offers, accepted: request.headers[.accept]) {
        case EntityForms.jsonType: self = .json
        case EntityForms.jsonLDType: self = .jsonLD
        case EntityForms.geoJSONType: self = .geoJSON(hasContext: request.headers[.prefer] != "body=json")
        default:
            let known = offers.map { "`\($0)`" }.joined(separator: ", ")
            throw Problem(
                .notAcceptable,
                "this is given as \(known), not as the `\((request.headers[.accept] ?? "").prefix(100))` that is asked for"
            )
        }
    }

    /// The media type.
    var type: String {
        switch self {
        case .json: EntityForms.jsonType
        case .jsonLD: EntityForms.jsonLDType
        case .geoJSON: EntityForms.geoJSONType
        }
    }

    /// Whether the `@context` stands in the body.
    var hasContextInBody: Bool {
        switch self {
        case .json: false
        case .jsonLD: true
        case .geoJSON(let hasContext): hasContext
        }
    }

    var isGeoJSON: Bool { if case .geoJSON = self { true } else { false } }

    /// Writes an object, with its `@context` where the form has it in the body.
    func write(
        to writer: inout JSONWriter, _ context: ResolvedContext = .core, members: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        members(&writer)
        if hasContextInBody {
            writer.key("@context")
            writer.value(context.body)
        }
        writer.endObject()
    }

    /// What was written, as an answer.
    func answer(_ writer: JSONWriter, _ context: ResolvedContext = .core, links: [String] = []) -> PlainAnswer {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        if !hasContextInBody { headers.append(HTTPField(name: .link, value: context.link)) }
        for link in links { headers.append(HTTPField(name: .link, value: link)) }
        return PlainAnswer(headers: headers, body: writer.buffer)
    }
}

/// The version of the standard that a client prefers (CIM 009 §4.3.6.8, §6.3.6): `Prefer: ngsi-ld=1.6` (RFC 7240).
struct PreferredVersion {
    /// As `major.minor`.
    let version: String

    /// What a request prefers; nil when it prefers nothing.
    init?(_ request: Request) {
        for header in request.headers[values: .prefer] {
            for preference in header.split(separator: ",") {
                let word = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                guard word.count == 2, word[0].trimmedSpaces.lowercased() == "ngsi-ld" else { continue }
                let value = word[1].trimmedSpaces.filter { $0 != "\"" }
                let numbers = value.split(separator: ".", omittingEmptySubsequences: false)
                guard numbers.count == 2, numbers.allSatisfy({ Int($0) != nil }) else { continue }
                version = String(value)
                return
            }
        }
        return nil
    }

    /// Says which version an answer conforms to. Entities are given as the newest has them; nothing else has changed.
    func apply(to response: inout Response, of path: String) {
        let isOfEntities = path.contains("/entities")
        response.headers[.preferenceApplied] = "ngsi-ld=\(isOfEntities ? "1.9" : version)"
    }
}
