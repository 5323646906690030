import CityModel
import CityPath
import CityStorage
import JSONBytes
import Testing

/// A city with the catalogue and the mappings that ship, and what a test lays over them.
struct PayloadCity {
    let test: TestCity
    let payloads: PayloadMappings

    init(_ yaml: String = "version: 1") throws {
        test = try TestCity()
        payloads = try PayloadCity.mappings(yaml)
    }

    static func mappings(_ yaml: String, named name: String = "payloads.yaml") throws -> PayloadMappings {
        let catalogue = try Catalogue.shipped()
        return try PayloadMappings(
            yaml: yaml, named: name, over: try PayloadMappings.shipped(catalogue: catalogue, topics: .standard),
            catalogue: catalogue)
    }

    func withCity(_ body: (City) async throws -> Void) async throws {
        var parts = try test.parts()
        parts.catalogue = try Catalogue.shipped()
        parts.payloads = payloads
        let city = try City.open(test.directory, parts)
        defer { city.close() }
        try await body(city)
    }

    /// Enrols devices by id and type.
    func enrol(_ devices: KeyValuePairs<String, String>, in city: City) async throws {
        for (id, type) in devices { try await city.enrol(id, type: type, with: test) }
    }
}

extension City {
    /// Walks the path up to the commit with any topic and any bytes.
    func understood(
        _ payload: [UInt8], on topic: String, by principal: Principal
    ) -> Result<[Observation], Refusal> {
        path.open(principal, topic: topic).flatMap { route in
            var scratch = SmallObject()
            var observations: [Observation] = []
            let refusal = payload.withUnsafeBytes {
                path.understand($0, on: route, at: clock.now, scratch: &scratch, into: &observations)
            }
            guard let refusal else { return .success(observations) }
            #expect(observations.isEmpty, "a refused payload leaves nothing behind")
            return .failure(refusal)
        }
    }

    /// The same for text, said by a device: from attribute to value.
    func said(_ text: String, on topic: String, by device: String) throws -> [String: AttributeValue] {
        named(try understood(Array(text.utf8), on: topic, by: principal(device)).get())
    }

    func named(_ observations: [Observation]) -> [String: AttributeValue] {
        Dictionary(
            observations.map { (views.series.definition(of: $0.series)?.attribute ?? "?", $0.value) },
            uniquingKeysWith: { _, last in last })
    }

    /// Why it is refused.
    func refusal(_ text: String, on topic: String, by device: String) throws -> Refusal? {
        let understood = understood(Array(text.utf8), on: topic, by: try principal(device))
        if case .failure(let refusal) = understood { return refusal }
        return nil
    }
}
