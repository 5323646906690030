import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// The forms in which entities are given (CIM 009 §6.3.4, §6.3.5).
enum EntityForms {
    case json, jsonLD

    static let contextURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
    static let contextLink =
        "<\(contextURL)>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""
    private static let jsonType = "application/json"
    private static let jsonLDType = "application/ld+json"
    private static let jsonHeaders: HTTPFields = [
        .contentType: jsonType, .link: contextLink, .cacheControl: "no-store",
    ]
    private static let jsonLDHeaders: HTTPFields = [.contentType: jsonLDType, .cacheControl: "no-store"]

    /// What a client accepts.
    ///
    /// - Throws: `406` when that is neither of the two.
    init(of request: Request) throws(Problem) {
        switch MediaRange.best(of: [EntityForms.jsonType, EntityForms.jsonLDType], accepted: request.headers[.accept]) {
        case EntityForms.jsonType: self = .json
        case EntityForms.jsonLDType: self = .jsonLD
        default:
            throw Problem(
                .notAcceptable,
                "entities are given as `application/json` and `application/ld+json`, not as the "
                    + "`\((request.headers[.accept] ?? "").prefix(100))` that is asked for")
        }
    }

    /// Writes an object, with its `@context` where the form has it in the body.
    func write(to writer: inout JSONWriter, _ object: (inout JSONWriter) -> Void) {
        guard self == .jsonLD else { return object(&writer) }
        var inner = JSONWriter(capacity: 1_024)
        object(&inner)
        var bytes = inner.take()
        // The object ends with its brace; one more member goes before it.
        bytes.removeLast()
        bytes.append(contentsOf: ",\"@context\":\"\(EntityForms.contextURL)\"}".utf8)
        writer.raw(bytes)
    }

    /// What was written, as an answer.
    func answer(_ writer: JSONWriter, links: [String] = []) -> PlainAnswer {
        var headers = self == .json ? EntityForms.jsonHeaders : EntityForms.jsonLDHeaders
        for link in links { headers.append(HTTPField(name: .link, value: link)) }
        return PlainAnswer(headers: headers, body: writer.buffer)
    }
}

/// Tenants (CIM 009 §6.3.14): there is one city, and nothing is read from it or written to it in another's name.
enum Tenants {
    /// - Throws: ``ProblemCode/nonexistentTenant`` for a request that names a tenant.
    static func check(_ request: Request) throws(Problem) {
        guard request.headers[.ngsiLDTenant] != nil else { return }
        throw Problem(.nonexistentTenant, "this city has no tenants: leave the header `NGSILD-Tenant` out")
    }
}

/// Parameters of the standard that this broker doesn't have: refused rather than ignored.
enum UnsupportedParameters {
    private static let names: Set<String> = [
        "georel", "geometry", "coordinates", "geoproperty", "geometryProperty", "csf", "scopeQ", "datasetId", "lang",
        "pick", "omit", "join", "joinLevel", "containedBy", "entityMap", "splitEntities", "jsonKeys", "expandValues",
        "orderBy", "collation", "ordering", "aggrMethods", "aggrPeriodDuration", "endpoint",
    ]

    /// - Throws: ``ProblemCode/operationNotSupported`` for the first that is there.
    static func check(_ parameters: RequestParameters) throws(Problem) {
        if let name = parameters.first(among: names) {
            throw Problem(.operationNotSupported, "the parameter `\(name)` is not supported here: leave it out")
        }
    }

    /// When an entity or attribute was entered or changed is not kept by itself: leaving it out, or finding that it
    /// matches nothing, would be an answer that is wrong.
    ///
    /// - Throws: ``ProblemCode/operationNotSupported`` when that is asked for.
    static func check(systemTimes areAskedFor: Bool, in parameter: String) throws(Problem) {
        guard areAskedFor else { return }
        throw Problem(
            .operationNotSupported,
            "`createdAt`, `modifiedAt` and `deletedAt` are not kept here: leave them out of `\(parameter)`")
    }
}
