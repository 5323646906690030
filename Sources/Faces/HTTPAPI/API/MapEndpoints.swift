import CityContext
import CityModel
import CityPath
import Foundation
import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore
import WebConsole

/// What the map shows: where entities are and how they are doing, on the city's plan.
struct MapEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/map") { visit in
            try await shared.pool.run { try map(visit) }
        }
        endpoints.api(.get, "/api/v1/city/geometry") { visit in
            _ = try visit.permit(.readEntities)
            return try await shared.pool.run { geometry(visit.request) }
        }
    }

    private func map(_ visit: Visit) throws -> Response {
        let permit = try visit.permit(.readEntities)
        let conditions = shared.conditions
        var (writer, highest) = (JSONWriter(capacity: 65_536), DataClass.public)
        writer.beginArray()
        for (_, _, place) in shared.city.views.twin.index() {
            let entity = VisibleEntity(shared.city.views.twin.entity(at: place), upTo: permit.highestClass)
            guard let point = shared.place(of: entity) else { continue }
            highest = max(highest, entity.highestClass)
            let owner = entity.attributes.first?.definition
            writer.object {
                $0.member("id", entity.id.text)
                $0.member("type", entity.type)
                $0.member("name", entity.name)
                $0.member("lat", point.latitude)
                $0.member("lon", point.longitude)
                $0.member("state", conditions.state(of: entity).rawValue)
                $0.member("summary", shared.vocabulary.summary(of: entity))
                $0.member("agency", owner?.agency.text ?? "")
                $0.member("zone", owner?.zone.text ?? "")
            }
        }
        writer.endArray()
        visit.note(.readEntities, of: "map", dataClass: highest)
        return writer.answer()
    }

    /// The city's own plan; an empty one where there is none.
    private func geometry(_ request: Request) -> Response {
        let type = "application/geo+json"
        let path = shared.settings.geometryFile
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path),
            let bytes = FileManager.default.contents(atPath: path)
        else { return .text("{\"type\":\"FeatureCollection\",\"features\":[]}", type: type) }
        let changed = (facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let tag = "\"\(bytes.count)-\(Int64(changed * 1_000))\""
        return StaticFiles.conditional(
            request, etag: tag, headers: [.contentType: type, .cacheControl: "private, no-cache"], bytes: Array(bytes))
    }
}
