import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Attributes of an entity that is there (CIM 009 §6.6, §6.7). The answer comes after the commit: `204` means durable.
struct AttributeEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/entities/{id}/attrs"
        endpoints.context(.post, path, parameters: ["options", "type", "local"]) { try await append($0) }
        endpoints.context(.patch, path, parameters: ["type", "local"]) { try await update($0) }
        let one = "\(path)/{attribute}"
        endpoints.context(.patch, one, parameters: ["type", "local"]) { try await updatePartially($0) }
        endpoints.context(.put, one, parameters: ["type", "local"]) { try await replace($0) }
        endpoints.context(.delete, one, parameters: ["type", "local", "datasetId", "deleteAll"]) {
            try await delete($0)
        }
    }

    // MARK: Several

    private func append(_ visit: ContextVisit) async throws -> Response {
        var overwrites = true
        switch visit.parameters["options"] {
        case nil: break
        case "noOverwrite": overwrites = false
        case let other?:
            throw Problem(.invalidRequest, "unknown option `\(other.prefix(64))`; known is `noOverwrite`")
        }
        let mayOverwrite = overwrites
        if let response = try await observed(visit, overwrites ? .all : .missing) { return response }
        return try await change(visit, .update, .appendAttrs) { entity, fragment, now in
            entity.append(fragment, overwrites: mayOverwrite, at: now)
        }
    }

    private func update(_ visit: ContextVisit) async throws -> Response {
        if let response = try await observed(visit, .existing) { return response }
        return try await change(visit, .updateOrDelete, .updateEntity) { entity, fragment, now in
            entity.update(fragment, at: now)
        }
    }

    /// What devices speak of is written as they do; nil for other entities.
    private func observed(_ visit: ContextVisit, _ choice: ObservedWriting.Choice) async throws -> Response? {
        let id = try visit.uri()
        guard ObservedWriting.concerns(id, visit) else { return nil }
        return try await ObservedWriting(visit: visit).write(id, choice)
    }

    private func change(
        _ visit: ContextVisit, _ purpose: EntityPurpose, _ operation: ContextSourceOperation,
        _ body: @escaping (inout NGSILD.Entity, EntityFragment, Int64) -> EntityUpdate
    ) async throws -> Response {
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        let types = try visit.types(context.context)
        let fragment = try EntityFragment(parsing: value, purpose: purpose, context: context.context)
        try fragment.check(id: id)
        let (done, names) = (Response(status: .noContent), fragment.attributes.map(\.name))
        let options = visit.parameters["options"].map { "?options=\(PercentCoding.encode($0))" } ?? ""
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                operation, visit.request.method.rawValue, "/entities/\(PercentCoding.encode(id))/attrs/\(options)",
                visit.specification(id, types: fragment.types, attributes: names), .entity(value)), done: done
        ) { taken in
            guard let rest = fragment.without(taken) else { return nil }
            let update = try await visit.change { draft in
                try draft.change(visit.key(id), types: types, rights) { body(&$0, rest, $1) }
            }
            return update.notUpdated.isEmpty ? done : multiStatus(update)
        }
    }

    /// CIM 009 §5.2.18; names in full, as there is no `@context` (§6.3.6).
    private func multiStatus(_ update: EntityUpdate) -> Response {
        JSONWriter.answer(.multiStatus) {
            $0.member("updated", update.updated.map(Names.iri))
            $0.list("notUpdated", update.notUpdated) { one, writer in
                writer.object {
                    $0.member("attributeName", Names.iri(of: one.name))
                    $0.member("reason", one.reason)
                }
            }
        }
    }

    // MARK: One

    private func updatePartially(_ visit: ContextVisit) async throws -> Response {
        try await changeOne(visit, .partial, .updateAttrs) { entity, name, instances, now in
            try entity.updatePartially(name, by: instances, at: now)
        }
    }

    private func replace(_ visit: ContextVisit) async throws -> Response {
        try await changeOne(visit, .update, .replaceAttrs) { entity, name, instances, now in
            try entity.replaceAttribute(name, by: instances, at: now)
        }
    }

    private func changeOne(
        _ visit: ContextVisit, _ purpose: EntityPurpose, _ operation: ContextSourceOperation,
        _ body: @escaping (inout NGSILD.Entity, String, [NGSILD.Attribute], Int64) throws -> EntityUpdate
    ) async throws -> Response {
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        let types = try visit.types(context.context)
        let name = try visit.attributeName(context)
        guard name != "scope" else {
            throw Problem(.badRequestData, "`scope` is no attribute: change it with its entity")
        }
        let instances = try NGSILD.Attribute.instances(
            parsing: value.withoutContext, name: name, purpose: purpose, context: context.context)
        let done = Response(status: .noContent)
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                operation, visit.request.method.rawValue, try visit.attributePath(id),
                visit.specification(id, attributes: [name]), .whole(value.withoutContext)), done: done
        ) { taken in
            if taken.contains(name) { return nil }
            try await visit.change { draft in
                try draft.change(visit.key(id), types: types, rights) { try body(&$0, name, instances, $1) }
            }
            return done
        }
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let context = try await visit.linkedContext()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        let types = try visit.types(context.context)
        let name = try visit.attributeName(context)
        let all = try visit.parameters.flag("deleteAll")
        let datasetId = try visit.datasetId()
        let done = Response(status: .noContent)
        let query = visit.parameters.plainlyEncoded(without: ["local", "type"]).joined(separator: "&")
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                .deleteAttrs, "DELETE", try visit.attributePath(id) + (query.isEmpty ? "" : "?\(query)"),
                visit.specification(id, attributes: [name])), done: done
        ) { taken in
            if taken.contains(name) { return nil }
            try await visit.change { draft in
                try draft.change(visit.key(id), types: types, rights) {
                    try $0.deleteAttribute(name, datasetId: datasetId, all: all, at: $1)
                }
            }
            return done
        }
    }
}

extension ContextVisit {
    /// Where sources have the attribute of the path.
    fileprivate func attributePath(_ id: String) throws -> String {
        "/entities/\(PercentCoding.encode(id))/attrs/\(PercentCoding.encode(try visit.parameter("attribute")))"
    }
}

extension JSONValue {
    /// An attribute fragment without the `@context` that came with it.
    var withoutContext: JSONValue {
        guard case .object(let object) = self, object["@context"] != nil else { return self }
        return .object(JSONObject(object.members.filter { $0.name != "@context" }))
    }
}

extension HTTPResponse.Status {
    /// RFC 4918 §11.1.
    static let multiStatus = HTTPResponse.Status(code: 207, reasonPhrase: "Multi-Status")
}
