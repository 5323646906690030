import CityContext
import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import NIOCore

/// Attributes written to an entity that is there (CIM 009 §5.6.2, §5.6.3, §5.6.17), by the device that owns it.
///
/// The answer comes after the commit: `204` means durable.
struct WritingEndpoints: Sendable {
    /// Which of the attributes in a body are written.
    enum Choice: Sendable {
        case all
        /// Those that the entity has already (§5.6.2).
        case existing
        /// Those that the entity has not yet (§5.6.3, `noOverwrite`).
        case missing
    }

    private static let multiStatus = HTTPResponse.Status(code: 207, reasonPhrase: "Multi-Status")
    private static let jsonTypes: Set<String> = ["application/json", "application/merge-patch+json"]
    private static let entityMembers: Set<String> = ["id", "type", "@id", "@type", "@context", "scope"]

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/entities/{id}"
        endpoints.api(.post, "\(path)/attrs", face: .ngsiLD, parameters: ["options", "local"]) { visit in
            switch visit.parameters["options"] {
            case nil: return try await write(visit, .all)
            case "noOverwrite": return try await write(visit, .missing)
            case let other?:
                throw Problem(.invalidRequest, "unknown option `\(other.prefix(64))`; known is `noOverwrite`")
            }
        }
        endpoints.api(.patch, "\(path)/attrs", face: .ngsiLD, parameters: ["local"]) { visit in
            try await write(visit, .existing)
        }
        endpoints.api(.patch, path, face: .ngsiLD, parameters: ["local"]) { visit in
            try await write(visit, .all)
        }
    }

    private func write(_ visit: Visit, _ choice: Choice) async throws -> Response {
        let entity = EntityID(try visit.parameter("id"))
        _ = try visit.permit(.writeEntity(entity))
        guard shared.city.views.twin.entity(entity) != nil else {
            throw Problem(.resourceNotFound, "there is no entity `\(entity.text.prefix(200))`")
        }
        let body = try await body(of: visit)
        let attributes = body.members.filter { !WritingEndpoints.entityMembers.contains($0.name) }.map(\.name)
        let left = attributes.filter { name in
            let isThere = shared.city.views.series.number(of: name, of: entity) != nil
            return choice == .existing ? !isThere : choice == .missing ? isThere : false
        }
        guard left.count < attributes.count || attributes.isEmpty else {
            return multiStatus(updated: [], left: left, choice)
        }
        let kept = JSONObject(body.members.filter { !left.contains($0.name) })
        try await commit(.object(kept), about: entity, visit)
        guard !left.isEmpty else { return Response(status: .noContent) }
        return multiStatus(updated: attributes.filter { !left.contains($0) }, left: left, choice)
    }

    /// The body's object, its media type and its `@context` checked (CIM 009 §6.3.5).
    private func body(of visit: Visit) async throws -> JSONObject {
        let type = MediaRange.type(of: visit.request.headers[.contentType])
        guard type == "application/ld+json" || WritingEndpoints.jsonTypes.contains(type) else {
            throw Problem(
                .unsupportedMediaType,
                "expected a body of `application/json`, `application/ld+json` or `application/merge-patch+json`")
        }
        let bytes = try await shared.bodies.bytes(of: visit.request, from: visit.peer)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes.readableBytesView)
        } catch {
            throw Problem(.invalidRequest, error.message)
        }
        guard case .object(let object) = value else {
            throw Problem(.badRequestData, "at `$`: expected an object, found \(value.kindName)")
        }
        let hasContext = object["@context"] != nil
        guard hasContext == (type == "application/ld+json") else {
            throw Problem(
                .badRequestData,
                hasContext
                    ? "at `$.@context`: only a body of `application/ld+json` has it"
                    : "at `$.@context`: a body of `application/ld+json` needs it")
        }
        return object
    }

    private func commit(_ value: JSONValue, about entity: EntityID, _ visit: Visit) async throws(Refusal) {
        var writer = JSONWriter(capacity: 512)
        writer.value(value)
        var observations: [Observation] = []
        let refusal = writer.withBytes { bytes in
            shared.city.path.understandEntity(
                bytes, about: entity, from: visit.caller.principal, at: visit.now, into: &observations)
        }
        if let refusal { throw refusal }
        _ = try await shared.city.path.committed(observations: observations).get()
    }

    /// CIM 009 §5.2.18.
    private func multiStatus(updated: [String], left: [String], _ choice: Choice) -> Response {
        let reason = choice == .existing ? "the entity has no such attribute" : "the entity has this attribute already"
        return JSONWriter.answer(WritingEndpoints.multiStatus) {
            $0.member("updated", updated)
            $0.list("notUpdated", left) { name, writer in
                writer.object {
                    $0.member("attributeName", name)
                    $0.member("reason", reason)
                }
            }
        }
    }
}
