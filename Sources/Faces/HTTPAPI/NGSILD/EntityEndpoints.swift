import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// Entities as they are now (CIM 009 §6.4, §6.5): one by its id, or those that a query asks for.
struct EntityEndpoints: Sendable {
    static let parametersOfOne = ["attrs", "options", "format", "local", "type"]
    static let parametersOfMany = [
        "id", "idPattern", "type", "attrs", "q", "limit", "offset", "count", "options", "format", "local",
    ]
    static let usualLimit = 20
    static let highestLimit = 1_000

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.promptAPI(
            "/ngsi-ld/v1/entities/", element: "id", face: .ngsiLD, parameters: EntityEndpoints.parametersOfOne, retrieve
        )
        endpoints.api(
            .get, "/ngsi-ld/v1/entities", face: .ngsiLD, parameters: EntityEndpoints.parametersOfMany
        ) { visit in
            try await shared.pool.run { try query(visit) }
        }
    }

    // MARK: One

    /// The road that carries most requests: no look at the disk, one pass from the twin to bytes.
    @Sendable func retrieve(_ visit: Visit) throws -> PlainAnswer {
        let permit = try visit.permit(.readEntities)
        let form = try EntityForms(of: visit.request)
        let parameters = visit.parameters
        let options = try EntityOptions(parsingOptions: parameters["options"], format: parameters["format"])
        try UnsupportedParameters.check(systemTimes: options.includesSystemAttributes, in: "options")
        let names = try parameters["attrs"].map { try Names.attributeList(parsing: $0) } ?? []
        let id = try visit.parameter("id")
        guard Names.isURI(id) else { throw Problem(.badRequestData, "the entity's id must be a URI") }
        guard let state = shared.city.views.twin.entity(EntityID(id)) else {
            throw Problem(.resourceNotFound, "there is no entity `\(id.prefix(200))`")
        }
        let entity = VisibleEntity(state, upTo: permit.highestClass).only(names)
        guard names.isEmpty || !entity.attributes.isEmpty else {
            throw Problem(.resourceNotFound, "the entity has none of the attributes asked for")
        }
        visit.note(.readEntities, of: id, dataClass: entity.highestClass)
        var writer = JSONWriter(capacity: 1_024)
        form.write(to: &writer) { entity.rendering.write(to: &$0, options: options) }
        return form.answer(writer)
    }

    // MARK: Many

    private func query(_ visit: Visit) throws -> Response {
        let permit = try visit.permit(.readEntities)
        let form = try EntityForms(of: visit.request)
        let query = try EntityQuery(visit.parameters)
        var budget = QueryBudget()
        var writer = JSONWriter(capacity: 16_384)
        writer.beginArray()
        var (total, given, highest) = (0, 0, DataClass.public)
        for (id, type, place) in shared.city.views.twin.index() {
            guard try query.mayMatch(id, type, within: &budget),
                let entity = try query.match(
                    shared.city.views.twin.entity(at: place), upTo: permit.highestClass, within: &budget)
            else { continue }
            total += 1
            guard total > query.offset, given < query.limit else {
                if !query.counts, given >= query.limit { break }
                continue
            }
            given += 1
            highest = max(highest, entity.highestClass)
            form.write(to: &writer) { entity.rendering.write(to: &$0, options: query.options) }
        }
        writer.endArray()
        visit.note(.readEntities, of: "entities", dataClass: highest)
        var answer = form.answer(
            writer, links: query.links(path: visit.request.uri.path, hasMore: total > query.offset + given))
        if query.counts { answer.headers[.ngsiLDResultsCount] = "\(total)" }
        return answer.response
    }
}

/// Which entities are asked for, and how they are to be written (CIM 009 §5.7.2, §6.4.3.2).
struct EntityQuery {
    let options: EntityOptions
    let limit: Int
    let offset: Int
    let counts: Bool
    private let ids: Set<String>
    private let idPattern: TextPattern?
    private let types: TypeSelection?
    private let names: [String]
    private let condition: QueryExpression?
    private let rest: [String]

    /// Reads the parameters of a request.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters) throws {
        options = try EntityOptions(parsingOptions: parameters["options"], format: parameters["format"])
        try UnsupportedParameters.check(systemTimes: options.includesSystemAttributes, in: "options")
        limit = try parameters.integer("limit", in: 0...Int.max, default: EntityEndpoints.usualLimit)
        guard limit <= EntityEndpoints.highestLimit else {
            throw Problem(.tooManyResults, "`limit` may be up to \(EntityEndpoints.highestLimit): ask for pages")
        }
        offset = try parameters.integer("offset", in: 0...Int.max, default: 0)
        counts = try parameters.flag("count")
        guard limit > 0 || counts else { throw Problem(.badRequestData, "`limit=0` needs `count=true`") }
        ids = Set(try parameters["id"].map { try Names.uriList(parsing: $0) } ?? [])
        idPattern = try parameters["idPattern"].map { try TextPattern(parsing: $0) }
        types = try parameters["type"].map { try TypeSelection(parsing: $0) }
        names = try parameters["attrs"].map { try Names.attributeList(parsing: $0) } ?? []
        condition = try parameters["q"].map { try QueryExpression(parsing: $0) }
        try UnsupportedParameters.check(systemTimes: condition?.looksAtSystemTimes == true, in: "q")
        rest = parameters.encoded(without: ["offset", "limit"])
        let isLocal = try parameters.flag("local")
        guard types != nil || !names.isEmpty || condition != nil || !ids.isEmpty || idPattern != nil || isLocal else {
            throw Problem(
                .badRequestData,
                "say which entities: at least one of `type`, `attrs`, `q`, `id`, `idPattern`, or `local=true` for all")
        }
    }

    /// What can be said before the attributes are looked at.
    ///
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    func mayMatch(_ id: EntityID, _ type: String, within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        if !ids.isEmpty, !ids.contains(id.text) { return false }
        if let types, !types.matches([type]) { return false }
        return try idPattern?.matches(id.text, within: &budget) ?? true
    }

    /// The entity as it is given, or nil. What the reader may not see takes no part in the question either: an answer
    /// would tell it.
    ///
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    func match(
        _ state: CityContext.EntityState, upTo highest: DataClass, within budget: inout QueryBudget
    ) throws(NGSILDError) -> VisibleEntity? {
        let entity = VisibleEntity(state, upTo: highest)
        if let condition {
            let looked = condition.attributeNames
            let attributes = entity.attributes.filter { looked.contains($0.definition.attribute) }
            guard try condition.matches(attributes.map(\.ngsiLD), within: &budget) else { return nil }
        }
        let chosen = entity.only(names)
        return names.isEmpty || !chosen.attributes.isEmpty ? chosen : nil
    }

    /// Links to the pages before and after (CIM 009 §6.3.10).
    func links(path: String, hasMore: Bool) -> [String] {
        guard limit > 0 else { return [] }
        func link(_ offset: Int, _ relation: String) -> String {
            let parameters = rest + ["limit=\(limit)", "offset=\(offset)"]
            return "<\(path)?\(parameters.joined(separator: "&"))>; rel=\"\(relation)\""
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
