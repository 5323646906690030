import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Entities as they are now (CIM 009 §6.4, §6.5): one by its id, and those that a query asks for.
struct EntityEndpoints: Sendable {
    /// What every answer with entities takes.
    static let representation = [
        "options", "format", "lang", "geometryProperty", "attrs", "pick", "omit", "datasetId", "join", "joinLevel",
        "containedBy", "jsonKeys", "local", "type", "entityMap", "entityMapLifetime", "expandValues",
    ]
    static let selection = [
        "id", "idPattern", "q", "georel", "geometry", "coordinates", "geoproperty", "scopeQ", "csf", "splitEntities",
    ]
    static let paging = ["limit", "offset", "count", "orderBy", "collation", "orderFrom", "orderGeometry"]

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/entities"
        endpoints.promptContext(
            "\(path)/", element: "id", parameters: EntityEndpoints.representation, retrieveAtOnce
        ) { try await retrieve($0) }
        endpoints.context(
            .get, path,
            parameters: EntityEndpoints.representation + EntityEndpoints.selection + EntityEndpoints.paging
        ) { try await EntitySearch(visit: $0).answer() }
        endpoints.context(.post, path, parameters: ["local"]) { try await create($0) }
        endpoints.context(
            .delete, path,
            parameters: EntityEndpoints.selection + [
                "type", "attrs", "drop", "keep", "local", "expandValues", "jsonKeys",
            ]
        ) { try await purge($0) }
        endpoints.context(.put, "\(path)/{id}", parameters: ["type", "local"]) { try await replace($0) }
        endpoints.context(
            .patch, "\(path)/{id}", parameters: ["type", "local", "options", "format", "lang", "observedAt"]
        ) { try await merge($0) }
        endpoints.context(.delete, "\(path)/{id}", parameters: ["type", "local"]) { try await delete($0) }
    }

    // MARK: Reading one

    /// The road that carries most requests: no look at the disk, one pass from the twin to bytes.
    ///
    /// - Returns: nil when the `@context` is not known yet.
    @Sendable func retrieveAtOnce(_ visit: Visit) throws -> PlainAnswer? {
        let visit = try ContextVisit(visit, shared)
        if try visit.isDistributed() { return nil }
        guard let url = try ContextLink.url(in: visit.request.headers) else { return try answer(visit, .core) }
        guard let context = shared.contexts.known(url) else { return nil }
        return try answer(
            visit, ResolvedContext(context: context, url: context.isCoreOnly ? JSONLDContext.coreURL : url))
    }

    private func retrieve(_ visit: ContextVisit) async throws -> Response {
        let context = try await visit.linkedContext()
        guard try visit.isDistributed() else { return try answer(visit, context).response }
        let id = try visit.uri()
        _ = try RequestedRepresentation(visit.parameters, of: visit.request, context)
        let types = try visit.types(context.context)
        var specification = EntitySpecification(selectors: [
            EntitySpecification.Selector(types: types.map { .selection($0) } ?? .any, ids: [id])
        ])
        specification.attributes = try visit.attributesAskedFor(context.context)
        let remote = try await shared.federation.retrieve(id, specification, visit.triggering(context))
        do {
            var answer = try answer(visit, context, remote)
            answer.headers.add(remote.warnings)
            return answer.response
        } catch let error as Problem {
            var response = error.told(by: .ngsiLD).response
            response.headers.add(remote.warnings)
            return response
        }
    }

    private func answer(
        _ visit: ContextVisit, _ context: ResolvedContext, _ remote: RemoteEntities = RemoteEntities()
    ) throws -> PlainAnswer {
        let permit = try visit.visit.permit(.readEntities)
        let representation = try RequestedRepresentation(visit.parameters, of: visit.request, context)
        let id = try visit.uri()
        let types = try visit.types(context.context)
        let sight = try visit.sight(permit)
        let seen = sight.entity(id)
        let whole = remote.merged(id, seen?.entity, at: visit.now, isVisible: visit.mayRead(permit))
        guard let whole, types?.matches(whole.types) ?? true else {
            throw Problem(.resourceNotFound, "there is no entity `\(id.prefix(200))`")
        }
        guard let entity = representation.reduced(whole) else {
            throw Problem(.resourceNotFound, "the entity has none of the attributes asked for")
        }
        visit.visit.note(.readEntities, of: id, dataClass: seen?.highestClass ?? .public)
        var answer = representation.answer(to: entity, sight)
        if let tenant = visit.request.headers[.ngsiLDTenant] { answer.headers[.ngsiLDTenant] = tenant }
        return answer
    }

    // MARK: Writing

    private func create(_ visit: ContextVisit) async throws -> Response {
        let (value, context) = try await visit.body()
        let fragment = try EntityFragment(parsing: value, context: context.context)
        let id = fragment.id ?? ""
        let rights = try visit.rights(to: id)
        let done = Response(
            status: .created, headers: [.location: "/ngsi-ld/v1/entities/\(PercentCoding.encode(id))"])
        let names = fragment.attributes.map(\.name)
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                .createEntity, "POST", "/entities",
                visit.specification(id, types: fragment.types, attributes: names), .entity(value)), done: done
        ) { taken in
            guard let rest = fragment.without(taken) else { return nil }
            try await visit.change { draft in try draft.create(rest, visit.key(id), rights) }
            return done
        }
    }

    private func replace(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        let types = try visit.types(context.context)
        let fragment = try EntityFragment(parsing: value, purpose: .update, context: context.context)
        try fragment.check(id: id)
        let (done, names) = (Response(status: .noContent), fragment.attributes.map(\.name))
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                .replaceEntity, "PUT", "/entities/\(PercentCoding.encode(id))",
                visit.specification(id, types: fragment.types, attributes: names), .entity(value)), done: done
        ) { taken in
            guard let rest = fragment.without(taken) else { return nil }
            try await visit.change { draft in
                try draft.change(visit.key(id), types: types, rights) { $0.replace(by: rest, at: $1) }
            }
            return done
        }
    }

    private func merge(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        if ObservedWriting.concerns(id, visit) { return try await ObservedWriting(visit: visit).write(id, .all) }
        let (value, context) = try await visit.body()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        let types = try visit.types(context.context)
        var options = MergeOptions()
        options.isSimplified = try visit.isSimplified()
        options.language = visit.parameters["lang"]
        options.observedAt = try visit.parameters.moment("observedAt")?.microseconds
        let fragment = try EntityFragment(
            parsing: value, purpose: .merge, form: options.isSimplified ? .keyValues : .normalizedOrConcise,
            context: context.context)
        try fragment.check(id: id)
        let (done, names, chosen) = (Response(status: .noContent), fragment.attributes.map(\.name), options)
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                .mergeEntity, "PATCH", "/entities/\(PercentCoding.encode(id))",
                visit.specification(id, types: fragment.types, attributes: names), .entity(value)), done: done
        ) { taken in
            guard let rest = fragment.without(taken) else { return nil }
            try await visit.change { draft in
                try draft.change(visit.key(id), types: types, rights) { try $0.merge(rest, chosen, at: $1) }
            }
            return done
        }
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let rights = try visit.rights(to: id)
        let context = try await visit.linkedContext()
        let types = try visit.types(context.context)
        _ = try visit.store()
        let done = Response(status: .noContent)
        return try await DistributedWriting(visit: visit, context: context, id: id).run(
            RemoteWrite(
                .deleteEntity, "DELETE", "/entities/\(PercentCoding.encode(id))", visit.specification(id)), done: done
        ) { _ in
            try await visit.change { draft in try draft.delete(visit.key(id), types: types, rights) }
            return done
        }
    }
}

extension EntityEndpoints {
    /// Deletes all entities that a query finds, or attributes of them (§5.6.21).
    private func purge(_ visit: ContextVisit) async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        let context = try await visit.linkedContext()
        let selection = try EntitySelection(visit.parameters, context.context)
        try selection.checkWidth(visit.parameters)
        guard selection.condition?.linkDepth ?? 0 == 0 else {
            throw Problem(.badRequestData, "`q` may not follow relationships here")
        }
        let choice = try PurgeChoice(visit.parameters, context.context)
        let sight = try visit.sight(permit)
        let ids = try await shared.pool.run {
            var budget = QueryBudget()
            return try sight.store.candidates(selection.narrowing).entities.compactMap { stored -> String? in
                guard let seen = sight.seen(stored),
                    try selection.matches(seen.entity, linked: { _ in nil }, within: &budget)
                else { return nil }
                return seen.entity.id
            }
        }
        let rights = try ids.map { ($0, try visit.rights(to: $0)) }
        let done = Response(status: .noContent)
        let specification = EntitySpecification(
            selectors: selection.selectors.map { selector in
                EntitySpecification.Selector(
                    types: selector.types.map { .selection($0) } ?? .any, ids: selector.ids,
                    idPattern: selector.idPattern)
            })
        let query = visit.parameters.plainlyEncoded(without: ["local"]).joined(separator: "&")
        return try await DistributedWriting(visit: visit, context: context, id: "urn:ngsi-ld:none").run(
            RemoteWrite(.purgeEntity, "DELETE", "/entities?\(query)", specification), done: done
        ) { _ in
            try await visit.change { draft in
                for (id, rights) in rights where draft.entity(visit.key(id)) != nil {
                    try choice.purge(visit.key(id), rights, in: &draft)
                }
            }
            return done
        }
    }
}

/// What is deleted of entities that are purged.
private enum PurgeChoice {
    case all
    case attributes(Set<String>)
    case allBut(Set<String>)

    init(_ parameters: RequestParameters, _ context: JSONLDContext) throws {
        let drop = try parameters["drop"].map {
            try Names.attributeList(parsing: $0, parameter: "drop", context: context)
        }
        let keep = try parameters["keep"].map {
            try Names.attributeList(parsing: $0, parameter: "keep", context: context)
        }
        switch (drop, keep) {
        case (nil, nil): self = .all
        case (let names?, nil): self = .attributes(Set(names))
        case (nil, let names?): self = .allBut(Set(names))
        case (.some, .some): throw Problem(.badRequestData, "`drop` and `keep` exclude each other")
        }
    }

    func purge(_ key: EntityKey, _ rights: WriteRights, in draft: inout ContextDraft) throws {
        if case .all = self { return try draft.delete(key, rights) }
        try draft.change(key, rights) { entity, now in
            var update = EntityUpdate()
            for name in Set(entity.attributes.map(\.name)).sorted() where deletes(name) {
                let one = try entity.deleteAttribute(name, all: true, at: now)
                update.changes += one.changes
            }
            return update
        }
    }

    private func deletes(_ name: String) -> Bool {
        switch self {
        case .all: true
        case .attributes(let names): names.contains(name)
        case .allBut(let names): !names.contains(name)
        }
    }
}

extension EntityFragment {
    /// What is left when some attributes are none of this broker's; nil when nothing is.
    func without(_ taken: TakenAttributes) -> EntityFragment? {
        guard !taken.isEmpty else { return self }
        if taken == .all { return nil }
        var rest = self
        rest.attributes.removeAll { taken.contains($0.name) }
        return rest.attributes.isEmpty && !attributes.isEmpty ? nil : rest
    }

    /// A fragment names the entity of its URL, or none (CIM 009 §5.4).
    func check(id: String) throws(Problem) {
        guard self.id == nil || self.id == id else {
            throw Problem(
                .badRequestData, "at `$.id`: expected `\(id.prefix(200))`, found `\(self.id?.prefix(200) ?? "")`")
        }
    }
}

extension ContextVisit {
    /// What the caller may do to an entity.
    ///
    /// - Throws: The refusal.
    func rights(to id: String) throws -> WriteRights {
        _ = try visit.permit(.writeEntity(EntityID(id)))
        let catalogue = city.catalogue
        let isLaboratory = if case .laboratory = visit.caller.principal { true } else { false }
        return WriteRights(agency: visit.caller.principal.agency, isUnrestricted: visit.caller.principal.isOfCity) {
            types, name in
            if isLaboratory { return .public }
            return types.map { catalogue.specification(of: name, in: $0).label.dataClass }.max() ?? .restricted
        }
    }

    /// Decides on changes and waits until they are durable.
    @discardableResult
    func change<Decision: Sendable>(_ body: (inout ContextDraft) throws -> Decision) async throws -> Decision {
        try await city.path.change(at: city.views.desk, body)
    }

    /// Whether a body has values alone (§6.5.3.4).
    func isSimplified() throws(Problem) -> Bool {
        for word in [parameters["format"]] + (parameters["options"] ?? "").split(separator: ",").map({ String($0) }) {
            switch word {
            case nil, "normalized", "concise": continue
            case "simplified", "keyValues": return true
            case let other?: throw Problem(.invalidRequest, "`\(other.prefix(64))` is no format of a body here")
            }
        }
        return false
    }
}

extension Principal {
    /// Whose attributes this principal writes.
    var agency: AgencyID? {
        if case .device(let device) = self { device.agency } else { nil }
    }

    /// Whether this principal acts for the city as a whole, not for one agency of it.
    var isOfCity: Bool {
        switch self {
        case .person, .service, .laboratory: true
        case .device, .namedService, .unknown: false
        }
    }
}

extension HTTPFields {
    /// Tells what went otherwise than it should with sources (§6.3.17).
    mutating func add(_ warnings: [SourceWarning]) {
        for warning in warnings { append(HTTPField(name: .ngsiLDWarning, value: warning.header)) }
    }
}

extension ContextVisit {
    /// The attributes that sources are asked for: those that are given; empty for all.
    func attributesAskedFor(_ context: JSONLDContext) throws -> [String] {
        if let attrs = parameters["attrs"] { return try Names.attributeList(parsing: attrs, context: context) }
        let picked = try Projection(pick: parameters["pick"], omit: nil, context: context).pickedNames
        return picked.filter { !["id", "type", "scope"].contains($0) }
    }
}
