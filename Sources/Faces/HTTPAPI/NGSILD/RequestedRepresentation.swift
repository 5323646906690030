import CityContext
import CityModel
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD

/// How a request wants entities: which members, in what form, by what names (CIM 009 §6.3.6, §6.3.7, §6.3.15).
struct RequestedRepresentation: Sendable {
    let form: EntityForms
    let context: ResolvedContext
    private(set) var options: EntityOptions
    private let attributes: [String]
    private let datasets: [String?]?

    /// Reads the parameters.
    ///
    /// - Throws: A problem or an `NGSILDError` that says which parameter is wrong.
    init(_ parameters: RequestParameters, of request: Request, _ context: ResolvedContext) throws {
        form = try EntityForms(of: request, allowsGeoJSON: true)
        self.context = context
        options = try EntityOptions(parsingOptions: parameters["options"], format: parameters["format"])
        options.context = context.context
        options.languages = try parameters["lang"].map { try LanguageFilter(parsing: $0) }
        if form.isGeoJSON {
            options.geometryProperty = context.context.name(of: parameters["geometryProperty"] ?? "location")
        } else if parameters["geometryProperty"] != nil {
            throw Problem(.badRequestData, "`geometryProperty` goes with `Accept: application/geo+json`")
        }
        attributes = try parameters["attrs"].map { try Names.attributeList(parsing: $0, context: context.context) } ?? []
        datasets = try parameters["datasetId"].map { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                if part == "@none" { return nil }
                guard Names.isURI(String(part)) else {
                    throw Problem(.badRequestData, "`datasetId` must be URIs or `@none`, it has `\(part.prefix(64))`")
                }
                return String(part)
            }
        }
    }

    /// The entity with what is asked for alone; nil when none of it is there.
    func reduced(_ entity: NGSILD.Entity) throws -> NGSILD.Entity? {
        var reduced = entity
        if let datasets { reduced.attributes.removeAll { !datasets.contains($0.datasetId) } }
        guard !attributes.isEmpty else { return reduced }
        reduced.attributes.removeAll { !attributes.contains($0.name) }
        return reduced.attributes.isEmpty ? nil : reduced
    }

    /// One entity as an answer.
    func answer(to entity: NGSILD.Entity, _ sight: EntitySight) -> PlainAnswer {
        var writer = JSONWriter(capacity: 1_024)
        form.write(to: &writer, context) { entity.writeMembers(to: &$0, options) }
        return form.answer(writer, context)
    }

    /// Entities as an answer.
    func answer(to entities: [NGSILD.Entity], links: [String]) -> PlainAnswer {
        var writer = JSONWriter(capacity: 1_024 + 600 * entities.count)
        if form.isGeoJSON {
            form.write(to: &writer, context) { writer in
                writer.member("type", "FeatureCollection")
                writer.key("features")
                writer.beginArray()
                for entity in entities { entity.write(to: &writer, options: options) }
                writer.endArray()
            }
        } else {
            writer.beginArray()
            for entity in entities {
                form.write(to: &writer, context) { entity.writeMembers(to: &$0, options) }
            }
            writer.endArray()
        }
        return form.answer(writer, context, links: links)
    }
}
