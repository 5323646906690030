import CityModel
import CityPath
import Hummingbird
import JSONBytes

/// What the city knows of data: data models and types of devices.
struct CatalogueEndpoint: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/catalogue") { visit in
            _ = try visit.permit(.readEntities)
            return answer()
        }
    }

    private func answer() -> Response {
        let catalogue = shared.city.catalogue
        return JSONWriter.answer { writer in
            writer.list("dataModels", catalogue.dataModels.sorted { $0.key < $1.key }) { model, writer in
                writer.object {
                    $0.member("type", model.key)
                    $0.list("attributes", model.value.sorted { $0.key < $1.key }, write)
                }
            }
            writer.list("deviceTypes", catalogue.deviceTypes.sorted { $0.key < $1.key }) { type, writer in
                writer.object {
                    $0.member("name", type.key)
                    $0.member("entityType", type.value.entityType)
                    $0.list("values", type.value.values.sorted { $0.key < $1.key }, write)
                }
            }
        }
    }

    private func write(_ entry: (key: String, value: Catalogue.AttributeSpecification), to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", entry.key)
            $0.member("dataClass", entry.value.label.dataClass.rawValue)
            if let days = entry.value.label.retentionDays { $0.member("retentionDays", days) }
            $0.member("unitCode", ifPresent: entry.value.unitCode)
            if let minimum = entry.value.minimum { $0.member("minimum", minimum) }
            if let maximum = entry.value.maximum { $0.member("maximum", maximum) }
        }
    }

    private func write(_ entry: (key: String, value: Catalogue.Value), to writer: inout JSONWriter) {
        writer.object {
            $0.member("key", entry.key)
            $0.member("attribute", entry.value.attribute)
            $0.member("unitCode", ifPresent: entry.value.unitCode)
            if let minimum = entry.value.minimum { $0.member("minimum", minimum) }
            if let maximum = entry.value.maximum { $0.member("maximum", maximum) }
        }
    }
}
