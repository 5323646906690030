import JSONBytes
import NGSILD
import Testing

/// SplitMix64: a failing test prints its seed, and the seed gives the same failure again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}

func fragment(
    _ text: String, purpose: EntityPurpose = .create, form: EntityForm = .normalizedOrConcise
) throws -> EntityFragment {
    try EntityFragment(parsing: text.utf8, purpose: purpose, form: form)
}

/// An entity of one attribute `a`, which is given as JSON.
func attribute(
    _ json: String, purpose: EntityPurpose = .update, form: EntityForm = .normalizedOrConcise
) throws -> Attribute {
    let attributes = try fragment("{\"a\":\(json)}", purpose: purpose, form: form).attributes
    return try #require(attributes.first)
}

func rendered(_ fragment: EntityFragment, _ representation: EntityRepresentation) -> String {
    var options = EntityOptions()
    options.representation = representation
    let entity = Entity(
        id: fragment.id ?? "urn:x", types: fragment.types, attributes: fragment.attributes,
        scopes: fragment.scopes ?? [])
    var writer = JSONWriter()
    entity.write(to: &writer, options: options)
    return writer.text
}

func entityOptions(_ representation: EntityRepresentation) -> EntityOptions {
    var options = EntityOptions()
    options.representation = representation
    return options
}

/// Microseconds since 1970 of an RFC 3339 text.
func instant(_ text: String) throws -> Int64 { try RFC3339.microseconds(parsing: text) }

/// Entities in the shapes of CIM 009 annex C and of the Smart Data Models, written for these tests.
enum Samples {
    static let vehicle = """
        {"id":"urn:ngsi-ld:Vehicle:A4567","type":"Vehicle",
         "brandName":{"type":"Property","value":"Mercedes"},
         "speed":[{"type":"Property","value":55,"unitCode":"KMH","observedAt":"2018-08-01T12:03:00Z",
                   "source":{"type":"Property","value":"Speedometer"},"datasetId":"urn:ngsi-ld:Property:speedometer-1"},
                  {"type":"Property","value":54.5,"source":{"type":"Property","value":"GPS"},
                   "datasetId":"urn:ngsi-ld:Property:gps-1"}],
         "isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:Downtown1",
                     "observedAt":"2017-07-29T12:00:04.5Z",
                     "providedBy":{"type":"Relationship","object":"urn:ngsi-ld:Person:Bob"}},
         "@context":["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",{"Vehicle":"http://example.org/V"}]}
        """

    static let trafficFlow = """
        {"id":"urn:ngsi-ld:TrafficFlowObserved:Valladolid-osm-60821110","type":"TrafficFlowObserved",
         "dateObserved":{"type":"Property","value":"2016-12-07T11:10:00Z/2016-12-07T11:15:00Z"},
         "averageVehicleSpeed":{"type":"Property","value":52.6,"unitCode":"KMH","observedAt":"2016-12-07T11:15:00Z"},
         "intensity":{"type":"Property","value":197,"observedAt":"2016-12-07T11:15:00Z"},
         "occupancy":{"type":"Property","value":0.76},"reversedLane":{"type":"Property","value":false},
         "laneDirection":{"type":"Property","value":"forward"},
         "refRoadSegment":{"type":"Relationship","object":"urn:ngsi-ld:RoadSegment:12"},
         "address":{"type":"Property","value":{"streetAddress":"Avenida de Salamanca","addressCountry":"ES"}},
         "location":{"type":"GeoProperty","value":{"type":"LineString",
          "coordinates":[[-4.73735395519672,41.6538181849672],[-4.73414858659993,41.6600594193478]]}}}
        """

    static let airQuality = """
        {"id":"urn:ngsi-ld:AirQualityObserved:Madrid-28079004","type":["AirQualityObserved","Observation"],
         "scope":["/Madrid/Centro","/Air"],
         "NO2":{"type":"Property","value":45,"unitCode":"GQ","observedAt":"2016-03-15T11:00:00Z",
                "reliability":{"type":"Property","value":0.7,"unitCode":"C62"}},
         "airQualityLevel":{"type":"VocabProperty","vocab":"moderate"},
         "description":{"type":"LanguageProperty","languageMap":{"en":"Air at the square","es":["Aire","Plaza"]}},
         "calibration":{"type":"JsonProperty","json":{"id":7,"value":null,"type":"factory"}},
         "levels":{"type":"ListProperty","valueList":[1,2.5,3],"unitCode":"GQ"},
         "route":{"type":"ListRelationship","objectList":[{"object":"urn:ngsi-ld:Stop:1"},{"object":"urn:ngsi-ld:Stop:2"}]},
         "neighbours":{"type":"Relationship","object":["urn:ngsi-ld:AQ:1","urn:ngsi-ld:AQ:2"],"objectType":"AQ"},
         "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-3.712247,40.423852,667]}}}
        """

    static let all = [vehicle, trafficFlow, airQuality]
}
