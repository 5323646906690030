import CityContext
import CityModel
import CityPath
import Hummingbird
import JSONBytes
import NGSILD

/// Which types and attributes there are (CIM 009 §5.7.5 to §5.7.10).
struct TypeEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        let (list, one) = (["details", "local"], ["local"])
        endpoints.api(.get, "/ngsi-ld/v1/types", face: .ngsiLD, parameters: list) { visit in
            try await shared.pool.run { try types(visit) }
        }
        endpoints.api(.get, "/ngsi-ld/v1/types/{type}", face: .ngsiLD, parameters: one) { visit in
            try await shared.pool.run { try type(visit) }
        }
        endpoints.api(.get, "/ngsi-ld/v1/attributes", face: .ngsiLD, parameters: list) { visit in
            try await shared.pool.run { try attributes(visit) }
        }
        endpoints.api(.get, "/ngsi-ld/v1/attributes/{attribute}", face: .ngsiLD, parameters: one) { visit in
            try await shared.pool.run { try attribute(visit) }
        }
    }

    private func begin(_ visit: Visit) throws -> EntityForms {
        _ = try visit.permit(.readEntities)
        return try EntityForms(of: visit.request)
    }

    private func types(_ visit: Visit) throws -> Response {
        let form = try begin(visit)
        let all = shared.city.views.twin.types()
        var writer = JSONWriter()
        guard try visit.parameters.flag("details") else {
            form.write(to: &writer) { writer in
                writer.object {
                    $0.member("id", "urn:ngsi-ld:EntityTypeList:city")
                    $0.member("type", "EntityTypeList")
                    $0.member("typeList", all.map(\.type))
                }
            }
            return form.answer(writer).response
        }
        writer.beginArray()
        for entry in all {
            form.write(to: &writer) { writer in
                writer.object {
                    $0.member("id", Names.iri(of: entry.type))
                    $0.member("type", "EntityType")
                    $0.member("typeName", entry.type)
                    $0.member("attributeNames", entry.attributes)
                }
            }
        }
        writer.endArray()
        return form.answer(writer).response
    }

    private func type(_ visit: Visit) throws -> Response {
        let form = try begin(visit)
        let name = Names.shortName(of: try visit.parameter("type"))
        guard let entry = shared.city.views.twin.types().first(where: { $0.type == name }) else {
            throw Problem(.resourceNotFound, "there is no entity of type `\(name.prefix(200))`")
        }
        let kinds = kinds(ofType: name)
        var writer = JSONWriter()
        form.write(to: &writer) { writer in
            writer.object {
                $0.member("id", Names.iri(of: name))
                $0.member("type", "EntityTypeInfo")
                $0.member("typeName", name)
                $0.member("entityCount", entry.count)
                $0.list("attributeDetails", entry.attributes) { attribute, writer in
                    writer.object {
                        $0.member("id", Names.iri(of: attribute))
                        $0.member("type", "Attribute")
                        $0.member("attributeName", attribute)
                        $0.member("attributeTypes", kinds[attribute, default: []].sorted())
                    }
                }
            }
        }
        return form.answer(writer).response
    }

    private func attributes(_ visit: Visit) throws -> Response {
        let form = try begin(visit)
        let types = shared.city.views.twin.types()
        let names = Set(types.flatMap(\.attributes)).sorted()
        var writer = JSONWriter()
        guard try visit.parameters.flag("details") else {
            form.write(to: &writer) { writer in
                writer.object {
                    $0.member("id", "urn:ngsi-ld:AttributeList:city")
                    $0.member("type", "AttributeList")
                    $0.member("attributeList", names)
                }
            }
            return form.answer(writer).response
        }
        writer.beginArray()
        for name in names {
            form.write(to: &writer) { writer in
                writer.object {
                    $0.member("id", Names.iri(of: name))
                    $0.member("type", "Attribute")
                    $0.member("attributeName", name)
                    $0.member("typeNames", types.filter { $0.attributes.contains(name) }.map(\.type))
                }
            }
        }
        writer.endArray()
        return form.answer(writer).response
    }

    private func attribute(_ visit: Visit) throws -> Response {
        let form = try begin(visit)
        let name = Names.shortName(of: try visit.parameter("attribute"))
        let types = shared.city.views.twin.types().filter { $0.attributes.contains(name) }.map(\.type)
        guard !types.isEmpty else {
            throw Problem(.resourceNotFound, "no entity has an attribute `\(name.prefix(200))`")
        }
        var (kinds, count) = (Set<String>(), 0)
        for (_, type, place) in shared.city.views.twin.index() where types.contains(type) {
            guard let attribute = shared.city.views.twin.entity(at: place)[name] else { continue }
            kinds.insert(attribute.current.value.ngsiLD.kind.rawValue)
            count += 1
        }
        var writer = JSONWriter()
        form.write(to: &writer) { writer in
            writer.object {
                $0.member("id", Names.iri(of: name))
                $0.member("type", "Attribute")
                $0.member("attributeName", name)
                $0.member("attributeCount", count)
                $0.member("attributeTypes", kinds.sorted())
                $0.member("typeNames", types)
            }
        }
        return form.answer(writer).response
    }

    private func kinds(ofType name: String) -> [String: Set<String>] {
        var kinds: [String: Set<String>] = [:]
        for (_, type, place) in shared.city.views.twin.index() where type == name {
            for attribute in shared.city.views.twin.entity(at: place).attributes {
                kinds[attribute.definition.attribute, default: []].insert(attribute.current.value.ngsiLD.kind.rawValue)
            }
        }
        return kinds
    }
}
