import NGSILD
import Testing

@Suite("Names under the core @context (CIM 009 §4.4, annex B)")
struct NameTests {
    private static let core = "https://uri.etsi.org/ngsi-ld/"

    @Test(
        "a name has one IRI, and that IRI is this name again",
        arguments: [
            ("speed", core + "default-context/speed"),
            ("TrafficFlowObserved", core + "default-context/TrafficFlowObserved"),
            ("location", core + "location"), ("observationSpace", core + "observationSpace"),
            ("status", core + "status"),
            ("description", "http://purl.org/dc/terms/description"), ("title", "http://purl.org/dc/terms/title"),
            ("sosa:hasResult", "sosa:hasResult"), ("https://example.org/speed", "https://example.org/speed"),
            ("http", core + "default-context/http"),
        ])
    func names(name: String, iri: String) {
        #expect(Names.iri(of: name) == iri)
        #expect(Names.shortName(of: iri) == name)
        #expect(Names.shortName(of: name) == name)
    }
}
