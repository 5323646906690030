import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// `@context`s that are kept here (CIM 009 §5.13, §6.29, §6.30).
struct ContextEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/jsonldContexts"
        endpoints.context(.post, path) { try await add($0) }
        endpoints.context(.get, path, parameters: ["details", "kind"]) { try list($0) }
        endpoints.context(.get, "\(path)/{contextId}", parameters: ["details"]) { try serve($0) }
        endpoints.context(.delete, "\(path)/{contextId}", parameters: ["reload"]) { try await delete($0) }
    }

    private func add(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let value = try await visit.plainBody()
        guard case .object(let object) = value, let content = object["@context"] else {
            throw Problem(.invalidRequest, "at `$.@context`: expected a JSON-LD @context, found nothing")
        }
        let kept = try await shared.contexts.add(content, .hosted, tenant: visit.tenant)
        return Response(
            status: .created, headers: [.location: "/ngsi-ld/v1/jsonldContexts/\(PercentCoding.encode(kept.localId))"])
    }

    private func list(_ visit: ContextVisit) throws -> Response {
        _ = try visit.visit.permit(.readEntities)
        let details = try visit.parameters.flag("details")
        let kind = try visit.parameters["kind"].map { text in
            guard let kind = KeptContext.Kind(rawValue: text) else {
                let known = KeptContext.Kind.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                throw Problem(.badRequestData, "`kind` must be one of \(known), it is `\(text.prefix(64))`")
            }
            return kind
        }
        var all = shared.contexts.all(tenant: visit.tenant)
        all.append(core)
        var writer = JSONWriter()
        writer.beginArray()
        for kept in all where kind == nil || kept.kind == kind {
            if details { write(kept, to: &writer) } else { writer.string(kept.url) }
        }
        writer.endArray()
        return json(writer)
    }

    private func serve(_ visit: ContextVisit) throws -> Response {
        _ = try visit.visit.permit(.readEntities)
        let details = try visit.parameters.flag("details")
        let kept = try find(visit)
        var writer = JSONWriter()
        if details {
            write(kept, to: &writer)
        } else if kept.kind == .cached {
            throw Problem(
                .operationNotSupported,
                "`\(kept.url.prefix(200))` was fetched from elsewhere: ask there, or with `details=true` for what is known "
                    + "of it here")
        } else {
            writer.value(kept.document)
        }
        return json(writer)
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.visit.permit(.manageSubscriptions)
        let reload = try visit.parameters.flag("reload")
        let kept: KeptContext
        do throws(Problem) {
            kept = try find(visit)
        } catch  where reload {
            throw Problem(.badRequestData, "only an @context that was fetched from elsewhere can be fetched again")
        }
        let isCore = JSONLDContext.isCore(url: kept.url)
        if reload {
            guard kept.kind == .cached else {
                throw Problem(.badRequestData, "only an @context that was fetched from elsewhere can be fetched again")
            }
            // The core is built in: what would be fetched is what is here.
            if !isCore { try await shared.contexts.reload(kept) }
        } else {
            guard !isCore else {
                throw Problem(.badRequestData, "the core @context is a part of this broker and cannot be removed")
            }
            try await shared.contexts.remove(kept, tenant: visit.tenant)
        }
        return Response(status: .noContent)
    }

    private func find(_ visit: ContextVisit) throws(Problem) -> KeptContext {
        guard let name = try? visit.visit.parameter("contextId") else {
            throw Problem(.badRequestData, "the path is not percent-encoded UTF-8")
        }
        if JSONLDContext.isCore(url: name) { return core }
        guard let kept = shared.contexts.kept(name, tenant: visit.tenant) else {
            throw Problem(.resourceNotFound, "there is no @context `\(name.prefix(200))`")
        }
        return kept
    }

    /// The core, which is here since the city was opened.
    private var core: KeptContext {
        KeptContext(
            .cached, localId: JSONLDContext.coreURL, url: JSONLDContext.coreURL,
            createdAt: shared.city.openedAt.microseconds, document: .object(JSONObject()))
    }

    /// What is known of one (§5.13.3.5).
    private func write(_ kept: KeptContext, to writer: inout JSONWriter) {
        let usage = shared.contexts.usage(of: kept)
        writer.beginObject()
        writer.member("URL", kept.url)
        writer.member("localId", kept.localId)
        writer.member("kind", kept.kind.rawValue)
        writer.key("createdAt")
        writer.timestamp(kept.createdAt)
        if let last = usage.last {
            writer.key("lastUsage")
            writer.timestamp(last)
        }
        writer.key("numberOfHits")
        writer.integer(Int64(usage.hits))
        writer.endObject()
    }

    private func json(_ writer: JSONWriter) -> Response {
        PlainAnswer(headers: [.contentType: "application/json", .cacheControl: "no-store"], body: writer.buffer)
            .response
    }
}
