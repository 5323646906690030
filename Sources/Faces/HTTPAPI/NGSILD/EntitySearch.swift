import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// A query for entities (CIM 009 §5.7.2, §6.4.3.2).
struct EntitySearch: Sendable {
    static let usualLimit = 20
    static let highestLimit = 1_000

    let visit: ContextVisit

    func answer() async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        let context = try await visit.linkedContext()
        let representation = try RequestedRepresentation(visit.parameters, of: visit.request, context)
        let query = try EntityQuery(visit.parameters, context.context)
        let sight = try visit.sight(permit)
        return try await visit.shared.pool.run {
            try answer(query, representation, sight).response
        }
    }

    private func answer(
        _ query: EntityQuery, _ representation: RequestedRepresentation, _ sight: EntitySight
    ) throws -> PlainAnswer {
        var found = try query.run(sight, representation)
        visit.visit.note(.readEntities, of: "entities", dataClass: found.highestClass)
        found.page.links = query.links(
            path: visit.request.uri.path, hasMore: found.page.hasMore, type: representation.form.type)
        var answer = representation.answer(to: found.entities, links: found.page.links)
        if query.counts { answer.headers[.ngsiLDResultsCount] = "\(found.total)" }
        return answer
    }
}

/// What a query has found.
struct FoundEntities {
    struct Page {
        var hasMore = false
        var links: [String] = []
    }

    var entities: [NGSILD.Entity] = []
    var total = 0
    var highestClass = DataClass.public
    var page = Page()
}

/// Which entities are asked for (CIM 009 §5.7.2, §6.4.3.2).
struct EntityQuery: Sendable {
    let limit: Int
    let offset: Int
    let counts: Bool
    private let ids: [String]
    private let idPattern: TextPattern?
    private let types: TypeSelection?
    private let names: [String]
    private let condition: QueryExpression?
    private let rest: [String]

    /// Reads the parameters of a request.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters, _ context: JSONLDContext) throws {
        limit = try parameters.integer("limit", in: 0...Int.max, default: EntitySearch.usualLimit)
        guard limit <= EntitySearch.highestLimit else {
            throw Problem(.tooManyResults, "`limit` may be up to \(EntitySearch.highestLimit): ask for pages")
        }
        offset = try parameters.integer("offset", in: 0...Int.max, default: 0)
        counts = try parameters.flag("count")
        guard limit > 0 || counts else { throw Problem(.badRequestData, "`limit=0` needs `count=true`") }
        ids = try parameters["id"].map { try Names.uriList(parsing: $0) } ?? []
        idPattern = try parameters["idPattern"].map { try TextPattern(parsing: $0) }
        types = try parameters["type"].map { try TypeSelection(parsing: $0, context: context) }
        names = try parameters["attrs"].map { try Names.attributeList(parsing: $0, context: context) } ?? []
        condition = try parameters["q"].map { try QueryExpression(parsing: $0) }
        rest = parameters.encoded(without: ["offset", "limit"])
        let isLocal = try parameters.flag("local")
        guard types != nil || !names.isEmpty || condition != nil || isLocal else {
            throw Problem(
                .badRequestData, "say which entities: at least one of `type`, `attrs`, `q`, `georel`, or `local=true` for all")
        }
    }

    /// Finds one page.
    ///
    /// - Throws: ``ProblemCode/tooComplexQuery`` when it takes too much.
    func run(_ sight: EntitySight, _ representation: RequestedRepresentation) throws -> FoundEntities {
        var found = FoundEntities()
        var budget = QueryBudget()
        var narrowing = Narrowing()
        narrowing.ids = ids
        narrowing.types = types?.alternatives.compactMap(\.first)
        narrowing.attributes = names.isEmpty ? nil : names
        for stored in sight.store.candidates(narrowing).entities {
            if let types, !types.matches(stored.entity.types) { continue }
            if let idPattern, try !idPattern.matches(stored.entity.id, within: &budget) { continue }
            guard let seen = sight.seen(stored) else { continue }
            if !names.isEmpty, !seen.entity.attributes.contains(where: { names.contains($0.name) }) { continue }
            if let condition, try !condition.matches(seen.entity.attributes, within: &budget) { continue }
            found.total += 1
            guard found.total > offset else { continue }
            guard found.entities.count < limit else {
                found.page.hasMore = true
                if counts { continue }
                break
            }
            guard let entity = try representation.reduced(seen.entity) else { continue }
            found.entities.append(entity)
            found.highestClass = max(found.highestClass, seen.highestClass)
        }
        return found
    }

    /// Links to the pages before and after (CIM 009 §6.3.10).
    func links(path: String, hasMore: Bool, type: String) -> [String] {
        guard limit > 0 else { return [] }
        func link(_ offset: Int, _ relation: String) -> String {
            let parameters = rest + ["limit=\(limit)", "offset=\(offset)"]
            return "<\(path)?\(parameters.joined(separator: "&"))>; rel=\"\(relation)\"; type=\"\(type)\""
        }
        var links: [String] = []
        if offset > 0 { links.append(link(max(0, offset - limit), "prev")) }
        let (next, overflow) = offset.addingReportingOverflow(limit)
        if hasMore, !overflow { links.append(link(next, "next")) }
        return links
    }
}

extension RequestParameters {
    /// `true` or `false`; false when absent.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case let other?: throw Problem(.badRequest, "`\(name)` must be `true` or `false`, it is `\(other.prefix(64))`")
        }
    }
}
