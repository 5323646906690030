import CityContext
import CityModel
import CityPath
import CityStorage
import Foundation
import Testing

@Suite("A catalogue that changes")
struct RelabelTests {
    let test: TestCity
    static let entity = EntityID("urn:ngsi-ld:WeatherObserved:gauge")

    init() throws {
        test = try TestCity()
    }

    private func catalogue(_ line: String) -> String {
        TestCity.catalogue.replacingOccurrences(
            of: "temperature: {class: public, unit: CEL, min: -60, max: 70}", with: line)
    }

    private func label(_ city: City) throws -> (series: DataLabel, twin: DataLabel) {
        let number = try #require(city.views.series.number(of: "temperature", of: RelabelTests.entity))
        let state = try #require(city.views.twin.entity(RelabelTests.entity)?["temperature"])
        return (try #require(city.views.series.definition(of: number)).label, state.definition.label)
    }

    private func observe() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            _ = try await city.publish(#"{"temp":20}"#, from: "gauge").get()
            #expect(try label(city).series.dataClass == .public)
        }
    }

    private func definitions() throws -> [DataClass] {
        try test.journalledEvents().compactMap { event in
            guard case .attributeDefined(let definition) = event, definition.attribute == "temperature" else {
                return nil
            }
            return definition.label.dataClass
        }
    }

    @Test("what is reclassified is so from the opening on, for what is stored, and on record")
    func reclassified() async throws {
        try await observe()
        let stricter = catalogue("temperature: {class: personal, unit: CEL, retentionDays: 3}")
        let expected = DataLabel(dataClass: .personal, retentionDays: 3, isCatalogued: true)
        try await test.withCity(catalogue: stricter) { city in
            let labels = try label(city)
            #expect(labels.series == expected)
            #expect(labels.twin == expected, "before anything is said of it again")
        }
        #expect(try definitions() == [.public, .personal])
        let again = try await test.withCity(catalogue: stricter) { try label($0) }
        #expect(again.series == expected)
        #expect(try definitions() == [.public, .personal], "once")
        let lowered = try await test.withCity { try label($0) }
        #expect(lowered.twin.dataClass == .public, "the catalogue's word counts")
    }

    @Test("a line that goes missing takes no care away")
    func missingLine() async throws {
        try await test.withCity(catalogue: catalogue("temperature: {class: sensitive}")) { city in
            try await city.enrol("gauge", with: test)
            _ = try await city.publish(#"{"temp":20}"#, from: "gauge").get()
        }
        let kept = try await test.withCity(catalogue: catalogue("humidity: {class: public}")) { try label($0) }
        #expect(kept.series.dataClass == .sensitive)
    }

    @Test("with the same catalogue nothing is said anew")
    func unchanged() async throws {
        try await observe()
        let size = try await test.withCity { $0.ledger.size }
        try await test.withCity { #expect($0.ledger.size == size) }
    }
}
