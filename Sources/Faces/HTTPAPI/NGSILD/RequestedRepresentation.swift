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
    /// Whether and how far relationships are followed.
    let join: LinkedEntityOptions?
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
        options.projection = try Projection(
            pick: parameters["pick"], omit: parameters["omit"], context: context.context)
        join = try LinkedEntityOptions(
            join: parameters["join"], level: parameters["joinLevel"], containedBy: parameters["containedBy"])
        guard options.projection.depth <= join?.level ?? 0 else {
            throw Problem(
                .badRequestData, "`pick` and `omit` follow relationships farther than `join` and `joinLevel` do")
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
    }

    /// The entity with what is asked for alone; nil when nothing of it is.
    func reduced(_ entity: NGSILD.Entity) -> NGSILD.Entity? {
        if !attributes.isEmpty, !entity.attributes.contains(where: { attributes.contains($0.name) }) { return nil }
        guard options.projection.leavesSomething(of: entity) else { return nil }
        var reduced = entity
        if !attributes.isEmpty { reduced.attributes.removeAll { !attributes.contains($0.name) } }
        if let datasets { reduced.attributes.removeAll { !datasets.contains($0.datasetId) } }
        return reduced
    }

    /// One entity as an answer.
    func answer(to entity: NGSILD.Entity, _ sight: EntitySight) -> PlainAnswer {
        if let join, join.join == .flat {
            let all = beside([entity], join, sight)
            if all.count > 1 { return answer(all, links: []) }
        }
        var writer = JSONWriter(capacity: 1_024)
        let options = joining(sight)
        form.write(to: &writer, context) { entity.writeMembers(to: &$0, options) }
        return form.answer(writer, context)
    }

    /// Entities as an answer.
    func answer(to found: [NGSILD.Entity], _ sight: EntitySight, links: [String]) -> PlainAnswer {
        if let join, join.join == .flat { return answer(beside(found, join, sight), links: links) }
        let options = joining(sight)
        return answer(found.map { ($0, options) }, links: links)
    }

    /// Entities, and those that they are linked to behind them, each with how it is written.
    private func beside(
        _ entities: [NGSILD.Entity], _ join: LinkedEntityOptions, _ sight: EntitySight
    ) -> [(NGSILD.Entity, EntityOptions)] {
        var all = entities.map { ($0, options) }
        var met = Set(entities.map(\.id)).union(join.met)
        var front = all
        for _ in 1...join.level {
            var next: [(NGSILD.Entity, EntityOptions)] = []
            for (entity, options) in front {
                for attribute in entity.attributes where options.projection.keeps(attribute.name) {
                    for uri in attribute.targets where met.insert(uri).inserted {
                        guard let linked = sight.entity(uri)?.entity else { continue }
                        var inner = options
                        inner.projection = options.projection.inside(attribute.name)
                        next.append((linked, inner))
                    }
                }
            }
            all += next
            front = next
        }
        return all
    }

    private func joining(_ sight: EntitySight) -> EntityOptions {
        guard let join, join.join == .inline else { return options }
        var options = options
        options.linked = LinkedEntities(isInline: true, depth: join.level, met: Set(join.met)) { uri, _ in
            sight.entity(uri)?.entity
        }
        return options
    }

    private func answer(_ entities: [(NGSILD.Entity, EntityOptions)], links: [String]) -> PlainAnswer {
        var writer = JSONWriter(capacity: 1_024 + 600 * entities.count)
        if form.isGeoJSON {
            form.write(to: &writer, context) { writer in
                writer.member("type", "FeatureCollection")
                writer.key("features")
                writer.beginArray()
                for (entity, options) in entities { entity.write(to: &writer, options: options) }
                writer.endArray()
            }
        } else {
            writer.beginArray()
            for (entity, options) in entities {
                form.write(to: &writer, context) { entity.writeMembers(to: &$0, options) }
            }
            writer.endArray()
        }
        return form.answer(writer, context, links: links)
    }
}
