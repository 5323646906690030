import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import NIOCore

/// Attributes written to an entity that devices speak of (CIM 009 §5.6.2, §5.6.3, §5.6.17): values become observations,
/// with series, detectors and history, like those that come over MQTT.
///
/// The answer comes after the commit: `204` means durable.
struct ObservedWriting: Sendable {
    /// Which of the attributes in a body are written.
    enum Choice: Sendable {
        case all
        /// Those that the entity has already (§5.6.2).
        case existing
        /// Those that the entity has not yet (§5.6.3, `noOverwrite`).
        case missing
    }

    private static let entityMembers: Set<String> = ["id", "type", "@id", "@type", "@context", "scope"]

    let visit: ContextVisit

    /// Whether devices speak of an entity.
    static func concerns(_ id: String, _ visit: ContextVisit) -> Bool {
        visit.tenant.isEmpty && visit.city.views.registry.owner(of: EntityID(id)) != nil
    }

    func write(_ id: String, _ choice: Choice) async throws -> Response {
        let entity = EntityID(id)
        _ = try visit.visit.permit(.writeEntity(entity))
        guard visit.city.views.twin.entity(entity) != nil else {
            throw Problem(.resourceNotFound, "there is no entity `\(entity.text.prefix(200))`")
        }
        let body = try await body()
        let attributes = body.members.filter { !ObservedWriting.entityMembers.contains($0.name) }.map(\.name)
        let left = attributes.filter { name in
            let isThere = visit.city.views.series.number(of: name, of: entity) != nil
            return choice == .existing ? !isThere : choice == .missing ? isThere : false
        }
        guard left.count < attributes.count || attributes.isEmpty else {
            return multiStatus(updated: [], left: left, choice)
        }
        let kept = JSONObject(body.members.filter { !left.contains($0.name) })
        try await commit(.object(kept), about: entity)
        guard !left.isEmpty else { return Response(status: .noContent) }
        return multiStatus(updated: attributes.filter { !left.contains($0) }, left: left, choice)
    }

    private func body() async throws -> JSONObject {
        guard case .object(let object) = try await visit.body().value else { return JSONObject() }
        return object
    }

    private func commit(_ value: JSONValue, about entity: EntityID) async throws(Refusal) {
        var writer = JSONWriter(capacity: 512)
        writer.value(value)
        var observations: [Observation] = []
        let refusal = writer.withBytes { bytes in
            visit.city.path.understandEntity(
                bytes, about: entity, from: visit.visit.caller.principal, at: visit.visit.now, into: &observations)
        }
        if let refusal { throw refusal }
        _ = try await visit.city.path.committed(observations: observations).get()
    }

    /// CIM 009 §5.2.18.
    private func multiStatus(updated: [String], left: [String], _ choice: Choice) -> Response {
        let reason = choice == .existing ? "the entity has no such attribute" : "the entity has this attribute already"
        return JSONWriter.answer(.multiStatus) {
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
