import CityContext
import CityModel
import CityPath
import Hummingbird
import JSONBytes
import NGSILD

/// Which types and attributes there are (CIM 009 §5.7.5 to §5.7.10). What the reader may not see is not counted.
struct TypeEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let (list, one) = (["details", "local"], ["local"])
        endpoints.context(.get, "/ngsi-ld/v1/types", parameters: list) { try await answer($0, types) }
        endpoints.context(.get, "/ngsi-ld/v1/types/{type}", parameters: one) { try await answer($0, type) }
        endpoints.context(.get, "/ngsi-ld/v1/attributes", parameters: list) { try await answer($0, attributes) }
        endpoints.context(.get, "/ngsi-ld/v1/attributes/{attribute}", parameters: one) {
            try await answer($0, attribute)
        }
    }

    /// What there is, for one request.
    private struct Discovery {
        let visit: ContextVisit
        let context: ResolvedContext
        let form: EntityForms
        let entities: [NGSILD.Entity]

        func term(_ name: String) -> String { context.context.term(for: name) }
        func terms(_ names: some Sequence<String>) -> [String] { names.map(term).sorted() }
    }

    private func answer(
        _ visit: ContextVisit, _ write: @escaping @Sendable (Discovery, inout JSONWriter) throws -> Void
    ) async throws -> Response {
        let permit = try visit.visit.permit(.readEntities)
        let context = try await visit.linkedContext()
        let form = try EntityForms(of: visit.request)
        let sight = try visit.sight(permit)
        return try await shared.pool.run {
            let entities = sight.store.candidates(Narrowing()).entities.compactMap { sight.seen($0)?.entity }
            let discovery = Discovery(visit: visit, context: context, form: form, entities: entities)
            var writer = JSONWriter()
            try write(discovery, &writer)
            return form.answer(writer, context).response
        }
    }

    @Sendable private func types(_ found: Discovery, _ writer: inout JSONWriter) throws {
        var attributes: [String: Set<String>] = [:]
        for entity in found.entities {
            for type in entity.types { attributes[type, default: []].formUnion(entity.attributes.map(\.name)) }
        }
        guard try found.visit.parameters.flag("details") else {
            found.form.write(to: &writer, found.context) { writer in
                writer.member(
                    "id", "urn:ngsi-ld:EntityTypeList:\(found.visit.tenant.isEmpty ? "city" : found.visit.tenant)")
                writer.member("type", "EntityTypeList")
                writer.member("typeList", found.terms(attributes.keys))
            }
            return
        }
        writer.beginArray()
        for (type, names) in attributes.sorted(by: { $0.key < $1.key }) {
            found.form.write(to: &writer, found.context) { writer in
                writer.member("id", Names.iri(of: type))
                writer.member("type", "EntityType")
                writer.member("typeName", found.term(type))
                writer.member("attributeNames", found.terms(names))
            }
        }
        writer.endArray()
    }

    @Sendable private func type(_ found: Discovery, _ writer: inout JSONWriter) throws {
        let text = try found.visit.visit.parameter("type")
        let name = found.context.context.name(of: text)
        let entities = found.entities.filter { $0.types.contains(name) }
        guard !entities.isEmpty else {
            throw Problem(.resourceNotFound, "there is no entity of type `\(text.prefix(200))`")
        }
        var kinds: [String: Set<String>] = [:]
        for attribute in entities.flatMap(\.attributes) {
            kinds[attribute.name, default: []].insert(attribute.kind.rawValue)
        }
        found.form.write(to: &writer, found.context) { writer in
            writer.member("id", Names.iri(of: name))
            writer.member("type", "EntityTypeInfo")
            writer.member("typeName", found.term(name))
            writer.member("entityCount", entities.count)
            writer.list("attributeDetails", kinds.sorted { $0.key < $1.key }) { entry, writer in
                writer.object {
                    $0.member("id", Names.iri(of: entry.key))
                    $0.member("type", "Attribute")
                    $0.member("attributeName", found.term(entry.key))
                    $0.member("attributeTypes", entry.value.sorted())
                }
            }
        }
    }

    @Sendable private func attributes(_ found: Discovery, _ writer: inout JSONWriter) throws {
        var types: [String: Set<String>] = [:]
        for entity in found.entities {
            for attribute in entity.attributes { types[attribute.name, default: []].formUnion(entity.types) }
        }
        guard try found.visit.parameters.flag("details") else {
            found.form.write(to: &writer, found.context) { writer in
                writer.member(
                    "id", "urn:ngsi-ld:AttributeList:\(found.visit.tenant.isEmpty ? "city" : found.visit.tenant)")
                writer.member("type", "AttributeList")
                writer.member("attributeList", found.terms(types.keys))
            }
            return
        }
        writer.beginArray()
        for (name, types) in types.sorted(by: { $0.key < $1.key }) {
            found.form.write(to: &writer, found.context) { writer in
                writer.member("id", Names.iri(of: name))
                writer.member("type", "Attribute")
                writer.member("attributeName", found.term(name))
                writer.member("typeNames", found.terms(types))
            }
        }
        writer.endArray()
    }

    @Sendable private func attribute(_ found: Discovery, _ writer: inout JSONWriter) throws {
        let text = try found.visit.visit.parameter("attribute")
        let name = found.context.context.name(of: text)
        let entities = found.entities.filter { $0.attributes.contains { $0.name == name } }
        guard !entities.isEmpty else {
            throw Problem(.resourceNotFound, "no entity has an attribute `\(text.prefix(200))`")
        }
        let instances = entities.flatMap { $0.attributes.filter { $0.name == name } }
        found.form.write(to: &writer, found.context) { writer in
            writer.member("id", Names.iri(of: name))
            writer.member("type", "Attribute")
            writer.member("attributeName", found.term(name))
            writer.member("attributeCount", instances.count)
            writer.member("attributeTypes", Set(instances.map(\.kind.rawValue)).sorted())
            writer.member("typeNames", found.terms(Set(entities.flatMap(\.types))))
        }
    }
}
