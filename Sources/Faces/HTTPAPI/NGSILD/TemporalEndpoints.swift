import CityContext
import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import TimeSeries

/// What entities have been (CIM 009 §6.18 to §6.22, §6.24).
struct TemporalEndpoints: Sendable {
    /// The most instances in one answer; more are asked for with a narrower time.
    static let instancesBound = 10_000
    /// The same in the laboratory, where suites want to see pages and have little data.
    static let laboratoryBound = 30

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let path = "/ngsi-ld/v1/temporal/entities"
        endpoints.context(
            .get, path,
            parameters: EvolutionRequest.parameters + EntityEndpoints.selection + [
                "limit", "offset", "count", "expandValues", "jsonKeys", "orderBy",
            ]
        ) { visit in
            try await query(visit, visit.parameters, [], try await visit.linkedContext())
        }
        endpoints.context(
            .post, "/ngsi-ld/v1/temporal/entityOperations/query",
            parameters: ["limit", "offset", "count", "local", "options", "format"]
        ) { try await postedQuery($0) }
        endpoints.context(.post, path, parameters: ["local"]) { try await upsert($0) }
        endpoints.context(.get, "\(path)/{id}", parameters: EvolutionRequest.parameters) { try await retrieve($0) }
        endpoints.context(.delete, "\(path)/{id}", parameters: ["local"]) { try await delete($0) }
        endpoints.context(.post, "\(path)/{id}/attrs", parameters: ["local"]) { try await add($0) }
        let attribute = "\(path)/{id}/attrs/{attribute}"
        endpoints.context(.delete, attribute, parameters: ["local", "datasetId", "deleteAll"]) {
            try await deleteAttribute($0)
        }
        endpoints.context(.patch, "\(attribute)/{instance}", parameters: ["local"]) { try await modify($0) }
        endpoints.context(.delete, "\(attribute)/{instance}", parameters: ["local"]) { try await deleteInstance($0) }
    }

    // MARK: Reading

    private func retrieve(_ visit: ContextVisit) async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        let context = try await visit.linkedContext()
        let request = try EvolutionRequest(visit.parameters, of: visit.request, context)
        let id = try visit.uri()
        let sight = try visit.sight(permit)
        return try await shared.pool.run {
            guard let seen = sight.entity(id) else {
                throw Problem(.resourceNotFound, "there is no entity `\(id.prefix(200))`")
            }
            let whole = try evolution(seen, visit, sight, request.query)
            let known = seen.entity.attributes + whole.instances
            guard request.attributes.isEmpty || known.contains(where: { request.attributes.contains($0.name) })
            else { throw Problem(.resourceNotFound, "the entity has none of the attributes asked for") }
            guard request.leavesSomething(of: whole) else {
                throw Problem(.resourceNotFound, "the entity has none of the members asked for")
            }
            visit.visit.note(.readEntities, of: id, dataClass: seen.highestClass)
            let reduced = request.reduced(whole) ?? EntityEvolution(seen.entity, [])
            try request.check([reduced])
            let (given, range) = request.page([reduced], bound: bound(visit, request.query))
            var writer = JSONWriter(capacity: 16_384)
            request.write(given.first ?? reduced, to: &writer)
            return request.answer(writer, range).response
        }
    }

    private func postedQuery(_ visit: ContextVisit) async throws -> Response {
        let (value, context) = try await visit.body()
        guard case .object(let object) = value,
            object["type"] == .string("Query") || object["@type"] == .string("Query")
        else { throw Problem(.badRequestData, "at `$.type`: expected `Query`") }
        let posted = try PostedQuery(object, context.context, isTemporal: true)
        return try await query(visit, posted.parameters(over: visit.parameters), posted.selectors, context)
    }

    private func query(
        _ visit: ContextVisit, _ parameters: RequestParameters, _ selectors: [EntitySelector],
        _ context: ResolvedContext
    ) async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        guard parameters["timerel"] != nil else {
            throw Problem(.badRequestData, "a temporal query needs `timerel` and `timeAt`")
        }
        let request = try EvolutionRequest(parameters, of: visit.request, context)
        var selection = try EntitySelection(parameters, context.context)
        if !selectors.isEmpty { selection.selectors = selectors }
        try selection.checkWidth(parameters)
        guard selection.condition?.linkDepth ?? 0 == 0 else {
            throw Problem(.badRequestData, "`q` follows no relationships here")
        }
        let order = try order(parameters["orderBy"])
        let page = try ResultPage(parameters)
        let sight = try visit.sight(permit)
        let chosen = selection
        return try await shared.pool.run {
            try answer(chosen, order, page, request, visit, sight).response
        }
    }

    private func answer(
        _ selection: EntitySelection, _ order: Order?, _ page: ResultPage, _ request: EvolutionRequest,
        _ visit: ContextVisit, _ sight: EntitySight
    ) throws -> PlainAnswer {
        var (budget, found, highest) = (QueryBudget(), [EntityEvolution](), DataClass.public)
        var unscoped = selection
        unscoped.scopes = nil
        for stored in sight.store.candidates(selection.narrowing).entities {
            guard let seen = sight.seen(stored) else { continue }
            var whole = try evolution(seen, visit, sight, request.query)
            if let scopes = selection.scopes {
                guard let within = whole.within(scopes, request.query) else { continue }
                whole = within
            }
            // What is compared is what was so in the time that is asked for (§5.7.4.4).
            var entity = seen.entity
            entity.attributes = whole.compared(in: request.query)
            guard try unscoped.matches(entity, linked: { _ in nil }, within: &budget),
                let reduced = request.reduced(whole)
            else { continue }
            found.append(reduced)
            highest = max(highest, seen.highestClass)
        }
        visit.visit.note(.readEntities, of: "temporal/entities", dataClass: highest)
        switch order {
        case nil: break
        case .ascending?: found.sort { $0.entity.id < $1.entity.id }
        case .descending?: found.sort { $0.entity.id > $1.entity.id }
        }
        let (part, hasMore) = page.page(of: found)
        try request.check(part)
        let (given, range) = request.page(part, bound: bound(visit, request.query))
        var writer = JSONWriter(capacity: 16_384)
        writer.beginArray()
        for evolution in given { request.write(evolution, to: &writer) }
        writer.endArray()
        let links = page.links(path: visit.request.uri.path, hasMore: hasMore, type: request.form.type)
        var answer = request.answer(writer, range, links: links)
        if page.counts { answer.headers[.ngsiLDResultsCount] = "\(found.count)" }
        return answer
    }

    private enum Order {
        case ascending, descending
    }

    /// Evolutions are in order of their entities' ids, or in none (§5.7.4.3).
    private func order(_ text: String?) throws(Problem) -> Order? {
        switch text {
        case nil: return nil
        case "id"?, "id;asc"?: return .ascending
        case "id;desc"?: return .descending
        case let other?:
            throw Problem(
                .badRequestData, "temporal evolutions are ordered by `id` alone, not by `\(other.prefix(64))`")
        }
    }

    private func bound(_ visit: ContextVisit, _ query: TemporalQuery) -> Int {
        // Who asks for many of the latest is no suite that wants to see pages.
        guard case .laboratory = visit.visit.caller.principal, query.lastN ?? 0 < 1_000 else {
            return TemporalEndpoints.instancesBound
        }
        return TemporalEndpoints.laboratoryBound
    }

    /// What was said of an entity, and what devices have observed of it.
    private func evolution(
        _ seen: SeenEntity, _ visit: ContextVisit, _ sight: EntitySight, _ query: TemporalQuery
    ) throws -> EntityEvolution {
        let visible = Set(seen.entity.attributes.map(\.name))
        let stored = sight.store.entity(seen.entity.id)
        var instances = try sight.store.evolutions.instances(of: seen.entity.id).filter { instance in
            instance.name == "scope" || visible.contains(instance.name)
                || stored?.entity.instance(instance.name, nil) == nil
                    && sight.mayHaveSeen(instance.name, of: seen.entity.types)
        }
        for series in stored?.series ?? [] {
            guard let definition = visit.city.views.series.definition(of: series),
                visible.contains(definition.attribute),
                let shown = seen.entity.attributes.first(where: { $0.name == definition.attribute })
            else { continue }
            instances += try observed(series, like: shown, in: query, visit.city)
        }
        return EntityEvolution(seen.entity, instances)
    }

    private func observed(
        _ series: SeriesID, like shown: NGSILD.Attribute, in query: TemporalQuery, _ city: City
    ) throws -> [NGSILD.Attribute] {
        guard query.timeProperty == .observedAt else { return [] }
        let (span, limit) = (query.relation.span, query.lastN ?? TemporalEndpoints.instancesBound + 1)
        var instances = try city.views.history.readings(of: series, in: span, newest: limit).map { reading in
            NGSILD.Attribute(
                shown.name, kind: shown.kind, value: JSONValue(reading.value) ?? .null, unitCode: shown.unitCode,
                observedAt: reading.time)
        }
        for word in try city.views.history.words(of: series, in: span, newest: limit) {
            let (kind, value) = word.value.ngsiLD
            instances.append(
                NGSILD.Attribute(shown.name, kind: kind, value: value, observedAt: word.observedAt.microseconds))
        }
        return instances
    }

    // MARK: Writing

    private func upsert(_ visit: ContextVisit) async throws -> Response {
        let (value, context) = try await visit.body()
        let fragment = try EntityFragment(parsing: value, purpose: .temporal, context: context.context)
        guard let id = fragment.id else {
            throw NGSILDError(at: JSONPath.root["id"], expected: "the entity's URI", found: nil)
        }
        guard !fragment.types.isEmpty else {
            throw NGSILDError(at: JSONPath.root["type"], expected: "an entity type", found: nil)
        }
        let rights = try visit.rights(to: id)
        let isNew = try await visit.change { draft in
            try draft.addInstances(fragment, visit.key(id), mayCreate: true, rights)
        }
        guard isNew else { return Response(status: .noContent) }
        return Response(
            status: .created,
            headers: [.location: "/ngsi-ld/v1/temporal/entities/\(PercentCoding.encode(id))"])
    }

    private func add(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let (value, context) = try await visit.body()
        let rights = try visit.rights(to: id)
        let fragment = try EntityFragment(parsing: value, purpose: .temporal, context: context.context)
        try fragment.check(id: id)
        _ = try visit.store()
        try await visit.change { draft in
            _ = try draft.addInstances(fragment, visit.key(id), mayCreate: false, rights)
        }
        return Response(status: .noContent)
    }

    private func delete(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let rights = try visit.rights(to: id)
        _ = try visit.store()
        try await visit.change { draft in try draft.delete(visit.key(id), rights) }
        return Response(status: .noContent)
    }

    private func deleteAttribute(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let context = try await visit.linkedContext()
        _ = try visit.rights(to: id)
        let name = try visit.attributeName(context)
        let all = try visit.parameters.flag("deleteAll")
        let datasetId = try visit.datasetId()
        try check(visit, id, name) { all || $0.datasetId == datasetId }
        try await visit.change { draft in
            try draft.changeEvolution(
                visit.key(id), .remove(name: name, datasetId: all ? .all : .one(datasetId), instanceId: nil))
        }
        return Response(status: .noContent)
    }

    private func modify(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let instanceId = try visit.uri("instance")
        let (value, context) = try await visit.body()
        _ = try visit.rights(to: id)
        let name = try visit.attributeName(context)
        // The instance stands alone, or under its attribute's name.
        var content = value.withoutContext
        if case .object(let object) = content, object["type"] == nil, object["value"] == nil,
            let inner = object.members.first(where: { context.context.name(of: $0.name) == name })?.value
        {
            content = inner
        }
        let instances = try NGSILD.Attribute.instances(
            parsing: content, name: name, purpose: .temporal, context: context.context)
        guard instances.count == 1, var instance = instances.first else {
            throw Problem(.badRequestData, "expected one instance of the attribute, found \(instances.count)")
        }
        let known = try check(visit, id, name) { $0.instanceId == instanceId }
        instance.instanceId = instanceId
        instance.createdAt = known.createdAt
        instance.modifiedAt = visit.now
        let changed = instance
        try await visit.change { draft in try draft.changeEvolution(visit.key(id), .modify(changed)) }
        return Response(status: .noContent)
    }

    private func deleteInstance(_ visit: ContextVisit) async throws -> Response {
        let id = try visit.uri()
        let instanceId = try visit.uri("instance")
        let context = try await visit.linkedContext()
        _ = try visit.rights(to: id)
        let name = try visit.attributeName(context)
        try check(visit, id, name) { $0.instanceId == instanceId }
        try await visit.change { draft in
            try draft.changeEvolution(visit.key(id), .remove(name: name, datasetId: .all, instanceId: instanceId))
        }
        return Response(status: .noContent)
    }

    /// The instance that is meant.
    ///
    /// - Throws: ``ProblemCode/resourceNotFound``.
    @discardableResult
    private func check(
        _ visit: ContextVisit, _ id: String, _ name: String, _ isMeant: (NGSILD.Attribute) -> Bool
    ) throws -> NGSILD.Attribute {
        let store = try visit.store()
        guard store.entity(id) != nil else {
            throw Problem(.resourceNotFound, "there is no entity `\(id.prefix(200))`")
        }
        let instances = try store.evolutions.instances(of: id)
        guard let found = instances.first(where: { $0.name == name && isMeant($0) }) else {
            throw Problem(.resourceNotFound, "the entity has had no such instance of `\(name.prefix(200))`")
        }
        return found
    }
}

extension ContextVisit {
    /// The attribute of the path.
    func attributeName(_ context: ResolvedContext) throws -> String {
        let text = try visit.parameter("attribute")
        guard Names.isName(text) else {
            throw Problem(.badRequestData, "`\(text.prefix(200))` is no attribute name")
        }
        return context.context.name(of: text)
    }

    /// The parameter `datasetId` of one instance; nil for the default one.
    func datasetId() throws -> String? {
        try parameters["datasetId"].map { text in
            guard Names.isURI(text) else {
                throw Problem(.badRequestData, "`datasetId` must be a URI, it is `\(text.prefix(64))`")
            }
            return text
        }
    }
}

extension TemporalQuery.Relation {
    /// The instants that stand in the relation, both ends included.
    var span: ClosedRange<Int64> {
        switch self {
        case .always: Int64.min...Int64.max
        case .before(let end): Int64.min...(end == .min ? .min : end - 1)
        case .after(let start): start...Int64.max
        case .between(let start, let end): start...max(start, end - 1)
        }
    }
}
