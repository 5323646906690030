import CityContext
import CityModel
import CityPath
import Foundation
import Geometry
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// A query for entities (CIM 009 §5.7.2, §6.4.3.2, §6.23).
struct EntitySearch: Sendable {
    let visit: ContextVisit

    /// A query in a URL.
    func answer() async throws -> Response {
        let context = try await visit.linkedContext()
        return try await answer(visit.parameters, [], context)
    }

    /// A query in a body (§5.2.23).
    func answerPosted() async throws -> Response {
        let (value, context) = try await visit.body()
        guard case .object(let object) = value,
            object["type"] == .string("Query") || object["@type"] == .string("Query")
        else { throw Problem(.badRequestData, "at `$.type`: expected `Query`") }
        let posted = try PostedQuery(object, context.context)
        return try await answer(posted.parameters(over: visit.parameters), posted.selectors, context)
    }

    private func answer(
        _ parameters: RequestParameters, _ selectors: [EntitySelector], _ context: ResolvedContext
    ) async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        let representation = try RequestedRepresentation(parameters, of: visit.request, context)
        let query = try EntityQuery(parameters, selectors, context.context, join: representation.join)
        let sight = try visit.sight(permit)
        let remote = try await remote(query, parameters, context, permit)
        return try await visit.shared.pool.run {
            var answer = try answer(query, representation, sight, remote, permit)
            answer.headers.add(remote.warnings)
            return answer.response
        }
    }

    /// What others know of what is asked for.
    private func remote(
        _ query: EntityQuery, _ parameters: RequestParameters, _ context: ResolvedContext, _ permit: Permit
    ) async throws -> RemoteEntities {
        // All entities are those of this broker (§5.5.13).
        guard try !parameters.flag("local"), parameters["type"] != "*",
            !visit.city.views.registrations.isEmpty(tenant: visit.tenant)
        else { return RemoteEntities() }
        let (federation, request) = (visit.shared.federation, visit.triggering(context))
        let asked = try query.remote(parameters, context.context, mayRead: visit.mayRead(permit))
        let sources = try federation.sources(for: asked, request)
        guard sources.isEmpty || !query.isOrdered else {
            throw Problem(
                .badRequestData,
                "entities of several brokers come in no order: leave out `orderBy`, or ask with `local=true`")
        }
        return await federation.query(asked, of: sources, request)
    }

    private func answer(
        _ query: EntityQuery, _ representation: RequestedRepresentation, _ sight: EntitySight,
        _ remote: RemoteEntities, _ permit: Permit
    ) throws -> PlainAnswer {
        let found = try query.run(sight, representation) { id, local in
            remote.merged(id, local, at: visit.now, isVisible: visit.mayRead(permit))
        } elsewhere: {
            remote.ids
        }
        visit.visit.note(.readEntities, of: "entities", dataClass: found.highestClass)
        let links = query.paging.links(
            path: visit.request.uri.path, hasMore: found.hasMore, type: representation.form.type)
        var answer = representation.answer(to: found.entities, sight, links: links)
        if query.paging.counts { answer.headers[.ngsiLDResultsCount] = "\(found.total)" }
        return answer
    }
}

/// What a query has found.
struct FoundEntities {
    var entities: [NGSILD.Entity] = []
    var total = 0
    var highestClass = DataClass.public
    var hasMore = false
}

/// Which entities are asked for, in which order, and how many.
struct EntityQuery: Sendable {
    let paging: ResultPage
    private let selection: EntitySelection
    private let order: EntityOrder?

    /// Whether an order is asked for.
    var isOrdered: Bool { order != nil }

    /// Reads the parameters of a request.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(
        _ parameters: RequestParameters, _ selectors: [EntitySelector] = [], _ context: JSONLDContext,
        join: LinkedEntityOptions?
    ) throws {
        paging = try ResultPage(parameters)
        var selection = try EntitySelection(parameters, context)
        if !selectors.isEmpty { selection.selectors = selectors }
        order = try EntityOrder(
            parsing: parameters["orderBy"], collation: parameters["collation"], from: parameters["orderFrom"],
            geometry: parameters["orderGeometry"], context: context)
        try selection.checkWidth(parameters)
        guard selection.condition?.linkDepth ?? 0 <= join?.level ?? 0 else {
            throw Problem(.badRequestData, "`q` follows relationships farther than `join` and `joinLevel` do")
        }
        self.selection = selection
    }

    /// What sources are asked for; what entities must hold is looked at when all is together.
    func remote(
        _ parameters: RequestParameters, _ context: JSONLDContext, mayRead: (String, [String]) -> Bool
    ) throws -> RemoteQuery {
        var specification = EntitySpecification(
            selectors: selection.selectors.map { selector in
                EntitySpecification.Selector(
                    types: selector.types.map { .selection($0) } ?? .any, ids: selector.ids,
                    idPattern: selector.idPattern)
            })
        let picked = try Projection(pick: parameters["pick"], omit: nil, context: context).pickedNames
        let shown = selection.attributes + picked.filter { !["id", "type", "scope"].contains($0) }
        if !shown.isEmpty {
            // What is compared is needed as well as what is shown.
            var needed = shown
            for name in (selection.condition?.attributeNames.sorted() ?? [])
                + (selection.geo.map { [$0.property] } ?? [])
            where !needed.contains(name) { needed.append(name) }
            specification.attributes = needed
        }
        let types = selection.selectors.compactMap(\.types)
        var query = RemoteQuery(specification, type: types.count == 1 ? types[0] : nil)
        query.filter = try parameters["csf"].map { try QueryExpression(parsing: $0, context: context) }
        // What somebody else compares must not tell of what the reader may not see (§5.7.2.4).
        let all = types.flatMap(\.alternatives).flatMap { $0 }
        let compared = (selection.condition?.attributeNames ?? []).union(selection.geo.map { [$0.property] } ?? [])
        if try !parameters.flag("splitEntities"), compared.allSatisfy({ mayRead($0, all) }) {
            query.narrowing = ["q", "scopeQ", "georel", "geometry", "coordinates", "geoproperty"].compactMap { name in
                parameters[name].map { (name, $0) }
            }
        }
        return query
    }

    /// Finds one page.
    ///
    /// - Throws: ``ProblemCode/tooComplexQuery`` when it takes too much.
    func run(
        _ sight: EntitySight, _ representation: RequestedRepresentation,
        merging merged: (_ id: String, _ local: NGSILD.Entity?) -> NGSILD.Entity?, elsewhere: () -> [String]
    ) throws -> FoundEntities {
        var found = FoundEntities()
        var budget = QueryBudget()
        for seen in candidates(sight, merging: merged, elsewhere: elsewhere()) {
            guard try selection.matches(seen.entity, linked: { sight.entity($0)?.entity }, within: &budget)
            else { continue }
            found.total += 1
            if order == nil {
                guard found.total > paging.offset else { continue }
                guard found.entities.count < paging.limit else {
                    found.hasMore = true
                    if paging.counts { continue }
                    break
                }
            }
            found.entities.append(seen.entity)
            found.highestClass = max(found.highestClass, seen.highestClass)
        }
        if let order {
            let reference = try order.reference.map { geometry in
                do throws(GeometryError) {
                    return try Shape(geoJSON: geometry)
                } catch {
                    throw Problem(
                        .badRequestData, "`orderFrom` is not where distances can be measured from: \(error.message)")
                }
            }
            let locale = Locale(identifier: order.collation ?? "und")
            let sorted = order.sorted(found.entities) { text in
                text.folding(options: [.diacriticInsensitive, .caseInsensitive, .widthInsensitive], locale: locale)
            } distance: { value in
                guard let reference, let shape = try? Shape(geoJSON: value) else { return nil }
                return shape.metres(to: reference)
            }
            found.hasMore = sorted.count > paging.offset + paging.limit
            found.entities = Array(sorted.dropFirst(paging.offset).prefix(paging.limit))
        }
        found.entities = found.entities.compactMap(representation.reduced)
        return found
    }
}

extension EntityQuery {
    /// The entities among which those are that are asked for, one after the other.
    private func candidates(
        _ sight: EntitySight, merging merged: (_ id: String, _ local: NGSILD.Entity?) -> NGSILD.Entity?,
        elsewhere: [String]
    ) -> AnySequence<SeenEntity> {
        let local = sight.store.candidates(selection.narrowing).entities.lazy.compactMap(sight.seen)
        guard !elsewhere.isEmpty else { return AnySequence(local) }
        // What others know of an entity may make it one that is asked for.
        var all = Array(local)
        let here = Set(all.map(\.entity.id))
        all += elsewhere.filter { !here.contains($0) }.compactMap(sight.entity)
        let (known, remote) = (Set(all.map(\.entity.id)), Set(elsewhere))
        for index in all.indices where remote.contains(all[index].entity.id) {
            let local = all[index].entity
            all[index].entity = merged(local.id, local) ?? local
        }
        all += elsewhere.filter { !known.contains($0) }.compactMap { id in
            merged(id, nil).map { SeenEntity(entity: $0, highestClass: .public) }
        }
        return AnySequence(all)
    }
}

extension EntitySelection {
    /// A query must be narrow, or local (§5.7.2.4).
    func checkWidth(_ parameters: RequestParameters) throws {
        let local = try parameters["local"].map { _ in try parameters.flag("local") }
        guard parameters["type"] != "*" || local != false else {
            throw Problem(.badRequestData, "`type=*` is asked of this broker alone: leave out `local=false`")
        }
        guard isNarrow || local == true || parameters["type"] == "*" else {
            throw Problem(
                .badRequestData,
                "say which entities: at least one of `type`, `attrs`, `q` and `georel`, with an attribute that is not the "
                    + "broker's own, or `local=true` for all")
        }
    }

    /// Reads the parameters of a request.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters, _ context: JSONLDContext) throws {
        self.init()
        let ids = try parameters["id"].map { try Names.uriList(parsing: $0) } ?? []
        let pattern = try parameters["idPattern"].map { try TextPattern(parsing: $0) }
        let types = try parameters["type"].flatMap {
            $0 == "*" ? nil : try TypeSelection(parsing: $0, context: context)
        }
        if !ids.isEmpty || pattern != nil || types != nil {
            selectors = [EntitySelector(types: types, ids: ids, idPattern: pattern)]
        }
        attributes = try parameters["attrs"].map { try Names.attributeList(parsing: $0, context: context) } ?? []
        let expanded = try parameters["expandValues"].map {
            try Names.attributeList(parsing: $0, parameter: "expandValues", context: context)
        }
        _ = try parameters["jsonKeys"].map {
            try Names.attributeList(parsing: $0, parameter: "jsonKeys", context: context)
        }
        condition = try parameters["q"].map {
            try QueryExpression(parsing: $0, context: context, expanding: Set(expanded ?? []))
        }
        let query = try GeoQuery(
            parsing: parameters["georel"], geometry: parameters["geometry"], coordinates: parameters["coordinates"],
            property: parameters["geoproperty"], context: context)
        geo = try query.map { try GeoCondition($0) }
        scopes = try parameters["scopeQ"].map { try ScopeQuery(parsing: $0) }
        if let csf = parameters["csf"] { _ = try QueryExpression(parsing: csf, context: context) }
    }
}

/// Which part of a list is given (CIM 009 §5.5.9, §6.3.10, §6.3.13).
struct ResultPage: Sendable {
    static let usualLimit = 20
    static let highestLimit = 1_000

    let limit: Int
    let offset: Int
    let counts: Bool
    private let rest: [String]

    /// Reads the parameters of a request.
    init(_ parameters: RequestParameters) throws {
        limit = try parameters.count("limit", upTo: Int.max, default: ResultPage.usualLimit)
        guard limit <= ResultPage.highestLimit else {
            throw Problem(.tooManyResults, "`limit` may be up to \(ResultPage.highestLimit): ask for pages")
        }
        offset = try parameters.count("offset", upTo: Int(Int32.max), default: 0)
        counts = try parameters.flag("count")
        guard limit > 0 || counts else { throw Problem(.badRequestData, "`limit=0` needs `count=true`") }
        rest = parameters.plainlyEncoded(without: ["offset", "limit"])
    }

    /// One page of a list.
    func page<Element>(of all: [Element]) -> (elements: [Element], hasMore: Bool) {
        (Array(all.dropFirst(offset).prefix(limit)), all.count > offset + limit)
    }

    /// Links to the pages before and after.
    func links(path: String, hasMore: Bool, type: String, isSorted: Bool = true) -> [String] {
        guard limit > 0 else { return [] }
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        func link(_ offset: Int, _ relation: String) -> String {
            var parameters = rest + ["limit=\(limit)", "offset=\(offset)"]
            if isSorted { parameters.sort() }
            return "<\(path)?\(parameters.joined(separator: "&"))>; rel=\"\(relation)\";type=\"\(type)\""
        }
        var links: [String] = []
        if offset > 0 { links.append(link(max(0, offset - limit), "prev")) }
        if hasMore { links.append(link(offset + limit, "next")) }
        return links
    }
}

extension RequestParameters {
    /// A whole number, zero or more (§5.5.9).
    fileprivate func count(_ name: String, upTo highest: Int, default usual: Int) throws(Problem) -> Int {
        guard let text = self[name] else { return usual }
        guard let number = Int(text), 0...highest ~= number else {
            throw Problem(.badRequestData, "`\(name)` must be a whole number, zero or more, it is `\(text.prefix(64))`")
        }
        return number
    }

    /// `true` or `false`; false when absent.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case let other?:
            throw Problem(.badRequestData, "`\(name)` must be `true` or `false`, it is `\(other.prefix(64))`")
        }
    }
}
