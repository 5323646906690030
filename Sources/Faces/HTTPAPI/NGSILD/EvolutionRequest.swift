import CityContext
import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// How a request wants temporal evolutions (CIM 009 §6.3.12, §6.18.3.2, §6.19.3.1).
struct EvolutionRequest: Sendable {
    static let parameters = [
        "options", "format", "attrs", "pick", "omit", "timerel", "timeAt", "endTimeAt", "timeproperty", "lastN",
        "aggrMethods", "aggrPeriodDuration", "datasetId", "lang", "local", "type", "entityMap", "entityMapLifetime",
    ]

    let form: EntityForms
    let context: ResolvedContext
    let query: TemporalQuery
    /// Whether a relation or a temporal property was named.
    let isExplicit: Bool
    let attributes: [String]
    private var options: EvolutionOptions
    private let datasets: [String?]?

    /// Reads the parameters.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters, of request: Request, _ context: ResolvedContext) throws {
        form = try EntityForms(of: request)
        self.context = context
        query = try TemporalQuery(
            parsingTimerel: parameters["timerel"], timeAt: parameters["timeAt"], endTimeAt: parameters["endTimeAt"],
            timeproperty: parameters["timeproperty"], lastN: parameters["lastN"])
        isExplicit = parameters["timerel"] != nil || parameters["timeproperty"] != nil
        var entity = try EntityOptions(parsingOptions: nil, format: nil)
        entity.context = context.context
        entity.languages = try parameters["lang"].map { try LanguageFilter(parsing: $0) }
        entity.projection = try Projection(pick: parameters["pick"], omit: parameters["omit"], context: context.context)
        guard entity.projection.depth == 0 else {
            throw Problem(.badRequestData, "`pick` and `omit` follow no relationships here")
        }
        guard parameters["attrs"] == nil || (parameters["pick"] == nil && parameters["omit"] == nil) else {
            throw Problem(.badRequestData, "`attrs` goes without `pick` and `omit`")
        }
        attributes =
            try parameters["attrs"].map { try Names.attributeList(parsing: $0, context: context.context) } ?? []
        datasets = try parameters["datasetId"].map { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                if part == "@none" { return nil }
                guard Names.isURI(String(part)) else {
                    throw Problem(.badRequestData, "`datasetId` must be URIs or `@none`, it has `\(part.prefix(64))`")
                }
                return String(part)
            }
        }
        options = try EvolutionOptions(
            parsingOptions: parameters["options"], format: parameters["format"], aggrMethods: parameters["aggrMethods"],
            aggrPeriodDuration: parameters["aggrPeriodDuration"], entity: entity)
    }

    /// Refuses what was asked of attributes by name and has no meaning for them (§5.7.4.4).
    func check(_ evolutions: [EntityEvolution]) throws(NGSILDError) {
        guard case .aggregatedValues(let aggregation) = options.representation else { return }
        try aggregation.check(attributes + options.entity.projection.pickedNames, of: evolutions)
    }

    /// What is given at once; aggregated values are few, and given whole.
    func page(_ evolutions: [EntityEvolution], bound: Int) -> (given: [EntityEvolution], range: TemporalPage.Range?) {
        if case .aggregatedValues = options.representation { return (evolutions, nil) }
        return TemporalPage.cut(evolutions, query, bound: bound)
    }

    /// The evolution with what is asked for alone; nil when nothing of it is.
    func reduced(_ evolution: EntityEvolution) -> EntityEvolution? {
        var reduced = evolution
        reduced.instances.removeAll { instance in
            !attributes.isEmpty && !attributes.contains(instance.name)
                || !options.entity.projection.keeps(instance.name)
                || datasets.map { !$0.contains(instance.datasetId) } ?? false
        }
        return reduced.selecting(query, isExplicit: isExplicit)
    }

    /// Whether any member of an entity is given.
    func leavesSomething(of evolution: EntityEvolution) -> Bool {
        var entity = evolution.entity
        entity.attributes = evolution.instances
        return options.entity.projection.leavesSomething(of: entity)
    }

    func write(_ evolution: EntityEvolution, to writer: inout JSONWriter) {
        form.write(to: &writer, context) { evolution.writeMembers(to: &$0, options, query) }
    }

    /// What was written, with its range when something is left out (§6.3.10).
    func answer(_ writer: JSONWriter, _ range: TemporalPage.Range?, links: [String] = []) -> PlainAnswer {
        var answer = form.answer(writer, context, links: links)
        if let range {
            answer.status = .partialContent
            answer.headers[.contentRange] = range.contentRange
        }
        return answer
    }
}
