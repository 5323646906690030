import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Many entities in one request (CIM 009 §5.6.7 to §5.6.10, §5.6.20, §6.14 to §6.17, §6.31). Each has a fate of its own;
/// what succeeds is durable before the answer, all together.
struct BatchEndpoints: Sendable {
    /// The most elements of one batch.
    static let elements = 10_000

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/entityOperations"
        endpoints.context(.post, "\(path)/create", parameters: ["local"]) { visit in
            try await run(visit, .create) { draft, fragment, key, rights in
                try draft.create(fragment, key, rights)
                return true
            }
        }
        endpoints.context(.post, "\(path)/upsert", parameters: ["options", "local"]) { try await upsert($0) }
        endpoints.context(.post, "\(path)/update", parameters: ["options", "local"]) { try await update($0) }
        endpoints.context(.post, "\(path)/merge", parameters: ["local"]) { visit in
            try await run(visit, .merge) { draft, fragment, key, rights in
                try draft.change(key, rights) { try $0.merge(fragment, at: $1) }
                return false
            }
        }
        endpoints.context(.post, "\(path)/delete", parameters: ["local"]) { try await delete($0) }
        endpoints.context(
            .post, "\(path)/query",
            parameters: ["limit", "offset", "count", "local", "options", "format", "entityMap", "splitEntities"]
        ) { try await EntitySearch(visit: $0).answerPosted() }
    }

    private func upsert(_ visit: ContextVisit) async throws -> Response {
        let mode = visit.parameters["options"] ?? "replace"
        guard mode == "replace" || mode == "update" else {
            throw Problem(.invalidRequest, "unknown option `\(mode.prefix(64))`; known are `replace` and `update`")
        }
        return try await run(visit, .create) { draft, fragment, key, rights in
            guard draft.entity(key) != nil else {
                try draft.create(fragment, key, rights)
                return true
            }
            try draft.change(key, rights) { entity, now in
                mode == "replace"
                    ? entity.replace(by: fragment, at: now) : entity.update(fragment, at: now)
            }
            return false
        }
    }

    private func update(_ visit: ContextVisit) async throws -> Response {
        let option = visit.parameters["options"]
        guard option == nil || option == "noOverwrite" else {
            throw Problem(.invalidRequest, "unknown option `\(option?.prefix(64) ?? "")`; known is `noOverwrite`")
        }
        return try await run(visit, .updateOrDelete) { draft, fragment, key, rights in
            let update = try draft.change(key, rights) { entity, now in
                option == nil
                    ? entity.update(fragment, at: now)
                    : entity.append(fragment, overwrites: false, at: now)
            }
            guard update.notUpdated.isEmpty || option == nil else {
                let names = update.notUpdated.map { "`\(Names.iri(of: $0.name))`" }.joined(separator: ", ")
                throw NGSILDError(.badRequestData, "attributes that are there already were not overwritten: \(names)")
            }
            return false
        }
    }

    // MARK: One after the other

    /// Does the same to each element.
    ///
    /// - Parameters:
    ///   - visit: The request.
    ///   - purpose: What each element must and may contain.
    ///   - body: Does it, and answers whether the entity was created.
    /// - Returns: What became of each element.
    /// - Throws: When the body is no batch, or nothing can be committed.
    private func run(
        _ visit: ContextVisit, _ purpose: EntityPurpose,
        _ body: (inout ContextDraft, EntityFragment, EntityKey, WriteRights) throws -> Bool
    ) async throws -> Response {
        var elements: [Result<EntityFragment, BatchFailure>] = []
        for (value, context) in try await visit.batch() {
            elements.append(fragment(value, context, purpose))
        }
        let rights = try rights(visit, elements.compactMap { try? $0.get().id })
        let outcome = try await visit.change { draft in
            var outcome = BatchOutcome()
            for element in elements {
                switch element {
                case .failure(let failure): outcome.failures.append(failure)
                case .success(let fragment):
                    let id = fragment.id ?? ""
                    do {
                        let isCreated = try body(&draft, fragment, visit.key(id), try rights.of(id))
                        outcome.succeeded(id, isCreated: isCreated)
                    } catch {
                        outcome.failures.append(BatchFailure(id, shared, visit, error))
                    }
                }
            }
            return outcome
        }
        return outcome.answer(listsCreated: purpose == .create)
    }

    private func fragment(
        _ value: JSONValue, _ context: Result<ResolvedContext, any Error>, _ purpose: EntityPurpose
    ) -> Result<EntityFragment, BatchFailure> {
        var id: String?
        if case .object(let object) = value, case .string(let text)? = object["id"] ?? object["@id"] { id = text }
        do {
            let fragment = try EntityFragment(
                parsing: value, purpose: purpose, context: try context.get().context)
            guard fragment.id != nil else {
                throw NGSILDError(at: JSONPath.root["id"], expected: "the entity's URI", found: nil)
            }
            return .success(fragment)
        } catch let error as NGSILDError {
            return .failure(BatchFailure(id, Problem(ProblemDetails(error))))
        } catch {
            return .failure(BatchFailure(id, (error as? Problem) ?? Problem(.badRequestData, "\(error)")))
        }
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        _ = try visit.store()
        let (value, _) = try await visit.rawBody()
        guard case .array(let elements) = value, !elements.isEmpty, elements.count <= BatchEndpoints.elements else {
            throw Problem(
                .badRequestData,
                "at `$`: expected an array of 1 to \(BatchEndpoints.elements) URIs, found \(value.kindName)")
        }
        var ids: [Result<String, BatchFailure>] = []
        for element in elements {
            guard case .string(let id) = element, Names.isURI(id) else {
                let text = if case .string(let text) = element { text } else { element.kindName }
                ids.append(
                    .failure(
                        BatchFailure(text, Problem(.badRequestData, "`\(text.prefix(200))` is no URI of an entity"))))
                continue
            }
            ids.append(.success(id))
        }
        let rights = try rights(visit, ids.compactMap { try? $0.get() })
        let outcome = try await visit.change { draft in
            var outcome = BatchOutcome()
            for element in ids {
                switch element {
                case .failure(let failure): outcome.failures.append(failure)
                case .success(let id):
                    do {
                        try draft.delete(visit.key(id), try rights.of(id))
                        outcome.succeeded(id, isCreated: false)
                    } catch {
                        outcome.failures.append(BatchFailure(id, shared, visit, error))
                    }
                }
            }
            return outcome
        }
        return outcome.answer(listsCreated: false)
    }

    private func rights(_ visit: ContextVisit, _ ids: [String]) throws -> BatchRights {
        if visit.visit.caller.principal.isOfCity { return .same(try visit.rights(to: ids.first ?? "urn:ngsi-ld:none")) }
        return .each(Dictionary(ids.map { id in (id, Result { try visit.rights(to: id) }) }) { first, _ in first })
    }
}

/// What a caller may do to the entities of a batch.
private enum BatchRights {
    case same(WriteRights)
    case each([String: Result<WriteRights, any Error>])

    func of(_ id: String) throws -> WriteRights {
        switch self {
        case .same(let rights): return rights
        case .each(let rights):
            guard let found = rights[id] else {
                throw Refusal(step: .authorise, code: .notPermitted, message: "no rule lets you write `\(id)`")
            }
            return try found.get()
        }
    }
}

/// An element of a batch that failed (CIM 009 §5.2.17).
struct BatchFailure: Error {
    let id: String?
    let problem: Problem
    /// Which registration's source has failed; nil when it was this broker.
    let registration: String?

    init(_ id: String?, _ problem: Problem, _ source: ConcernedSource? = nil) {
        self.id = id
        self.problem = problem
        registration = source?.registration.id
    }

    /// What an error becomes; a refusal is on record.
    init(_ id: String, _ shared: HTTPShared, _ visit: ContextVisit, _ error: any Error) {
        self.init(
            id,
            shared.problem(
                error, to: visit.request, on: visit.visit.peer, caller: visit.visit.caller, face: .ngsiLD))
    }
}

/// What became of the elements of a batch (CIM 009 §5.2.16).
struct BatchOutcome: Sendable {
    private(set) var created: [String] = []
    private(set) var successes: [String] = []
    var failures: [BatchFailure] = []

    mutating func succeeded(_ id: String, isCreated: Bool) {
        if !successes.contains(id) { successes.append(id) }
        if isCreated { created.append(id) }
    }

    func answer(listsCreated: Bool) -> Response {
        guard failures.isEmpty else {
            return JSONWriter.answer(.multiStatus) {
                $0.member("success", successes)
                $0.list("errors", failures) { failure, writer in
                    writer.object {
                        $0.member("entityId", ifPresent: failure.id)
                        $0.key("error")
                        failure.problem.write(to: &$0)
                        $0.member("registrationId", ifPresent: failure.registration)
                    }
                }
            }
        }
        guard listsCreated, !created.isEmpty else { return Response(status: .noContent) }
        var writer = JSONWriter()
        writer.beginArray()
        for id in created { writer.string(id) }
        writer.endArray()
        return writer.answer(.created)
    }
}
