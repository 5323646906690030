import JSONBytes
import NGSILD
import Testing

@Suite("Reading entities (CIM 009 §4.5)")
struct EntityFragmentTests {
    @Test("normalized: kinds, units, times, datasets and sub-attributes")
    func normalized() throws {
        let vehicle = try fragment(Samples.vehicle)
        #expect(vehicle.id == "urn:ngsi-ld:Vehicle:A4567")
        #expect(vehicle.types == ["Vehicle"])
        #expect(vehicle.attributes.map(\.name) == ["brandName", "speed", "speed", "isParked"])
        #expect(vehicle.context != nil)
        let speed = vehicle.attributes[1]
        #expect(speed.value == 55)
        #expect(speed.unitCode == "KMH")
        #expect(try speed.observedAt == instant("2018-08-01T12:03:00Z"))
        #expect(speed.datasetId == "urn:ngsi-ld:Property:speedometer-1")
        #expect(speed.subAttributes == [Attribute("source", value: "Speedometer")])
        let parked = vehicle.attributes[3]
        #expect(parked.kind == .relationship)
        #expect(parked.subAttributes.map(\.kind) == [.relationship])
    }

    @Test("every kind of attribute")
    func kinds() throws {
        let air = try fragment(Samples.airQuality)
        #expect(air.types == ["AirQualityObserved", "Observation"])
        #expect(air.scopes == ["/Madrid/Centro", "/Air"])
        #expect(
            air.attributes.map(\.kind) == [
                .property, .vocabProperty, .languageProperty, .jsonProperty, .listProperty, .listRelationship,
                .relationship, .geoProperty,
            ])
        #expect(air.attributes[5].value == ["urn:ngsi-ld:Stop:1", "urn:ngsi-ld:Stop:2"])
        #expect(air.attributes[6].objectType == ["AQ"])
    }

    @Test(
        "concise: the kind follows from the member (§4.5.2.3)",
        arguments: [
            ("21.5", .property), ("\"text\"", .property), ("[1,2]", .property), ("{\"city\":\"Berlin\"}", .property),
            ("[{\"x\":1},{\"x\":2}]", .property), (#"{"value":1,"unitCode":"CEL"}"#, .property),
            (#"{"object":"urn:x:1"}"#, .relationship), (#"{"languageMap":{"en":"yes"}}"#, .languageProperty),
            (#"{"vocab":"Male"}"#, .vocabProperty), (#"{"json":[null]}"#, .jsonProperty),
            (#"{"valueList":[1]}"#, .listProperty), (#"{"objectList":["urn:x:1"]}"#, .listRelationship),
            (#"{"type":"Point","coordinates":[1,2]}"#, .geoProperty),
            (#"{"value":{"type":"Point","coordinates":[1,2]},"observedAt":"2026-01-01T00:00:00Z"}"#, .geoProperty),
            (#"{"type":"https://uri.etsi.org/ngsi-ld/Property","https://uri.etsi.org/ngsi-ld/hasValue":1}"#, .property),
            (#"{"@type":"Relationship","https://uri.etsi.org/ngsi-ld/hasObject":"urn:x:1"}"#, .relationship),
        ] as [(String, AttributeKind)])
    func concise(json: String, kind: AttributeKind) throws {
        #expect(try attribute(json).kind == kind)
    }

    @Test("key-values: objects are values, whatever they hold (§4.5.4)")
    func keyValues() throws {
        let text =
            #"{"id":"urn:x:1","type":"T","speed":5,"address":{"type":"PostalAddress","value":1},"#
            + #""says":{"languageMap":{"en":"yes"}},"where":{"type":"Point","coordinates":[1,2]},"#
            + #""name":{"dataset":{"@none":"a","urn:x:d":"b"}}}"#
        let entity = try fragment(text, form: .keyValues)
        #expect(
            entity.attributes.map(\.kind) == [
                .property, .property, .languageProperty, .geoProperty, .property, .property,
            ])
        #expect(entity.attributes[1].value == ["type": "PostalAddress", "value": 1])
        #expect(entity.attributes[5] == Attribute("name", value: "b", datasetId: "urn:x:d"))
    }

    @Test("short names for what the core @context knows")
    func expandedNames() throws {
        let text = """
            {"@id":"urn:x:1","@type":"https://uri.etsi.org/ngsi-ld/default-context/Room",
             "https://uri.etsi.org/ngsi-ld/default-context/temperature":{"@type":"https://uri.etsi.org/ngsi-ld/Property",
              "https://uri.etsi.org/ngsi-ld/hasValue":{"@value":21},
              "https://uri.etsi.org/ngsi-ld/observedAt":{"@type":"DateTime","@value":"2026-01-01T00:00:00Z"}},
             "http://www.w3.org/ns/sosa/hasResult":1}
            """
        let entity = try fragment(text)
        #expect(entity.types == ["Room"])
        let time = try instant("2026-01-01T00:00:00Z")
        #expect(entity.attributes[0] == Attribute("temperature", value: 21, observedAt: time))
        #expect(entity.attributes[1].name == "http://www.w3.org/ns/sosa/hasResult")
    }

    static let refused: [(String, String, String)] = [
        ("[]", "$", "expected an entity, as a JSON object, found an array"),
        (#"{"type":"T"}"#, "$.id", "expected the entity's URI, found nothing"),
        (#"{"id":"urn:x:1"}"#, "$.type", "expected an entity type, found nothing"),
        (#"{"id":"no uri","type":"T"}"#, "$.id", "found `no uri`"), (#"{"id":7,"type":"T"}"#, "$.id", "found `7`"),
        (#"{"id":"urn:x:1","type":[]}"#, "$.type", "expected an entity type name, found an array"),
        (#"{"id":"urn:x:1","type":["T",""]}"#, "$.type[1]", "expected an entity type name, found ``"),
        (#"{"id":"urn:x:1","type":"T","@id":"urn:x:2"}"#, "$.@id", "expected each name once, found `id` again"),
        (#"{"id":"urn:x:1","type":"T","scope":"//"}"#, "$.scope", "expected a scope such as `/Madrid/Gardens`"),
        (#"{"id":"urn:x:1","type":"T","@context":7}"#, "$.@context", "expected the URL of a JSON-LD @context"),
        (#"{"id":"urn:x:1","type":"T","@context":["x"]}"#, "$.@context[0]", "found `x`"),
        (#"{"id":"urn:x:1","type":"T","a-b":1}"#, #"$["a-b"]"#, "expected an attribute name"),
        (#"{"id":"urn:x:1","type":"T","1a":1}"#, "$.1a", "found `1a`"),
        (#"{"id":"urn:x:1","type":"T","@graph":1}"#, "$.@graph", "found `@graph`"),
        (#"{"id":"urn:x:1","type":"T","speed":null}"#, "$.speed", "expected a value, found null"),
        (#"{"id":"urn:x:1","type":"T","speed":"urn:ngsi-ld:null"}"#, "$.speed", "found `urn:ngsi-ld:null`"),
    ]

    @Test("refuses what is no entity, with path and reason", arguments: refused)
    func refusesEntities(text: String, path: String, reason: String) {
        let error = #expect(throws: NGSILDError.self) { try fragment(text) }
        #expect(error?.code == (path == "$" ? .invalidRequest : .badRequestData))
        #expect(error?.path?.description == path, "\(error?.message ?? "")")
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    static let refusedAttributes: [(String, String, String)] = [
        (#"{"type":"Property"}"#, "$.a.value", "expected the `value` of a Property, found nothing"),
        (#"{"type":"Proprety","value":1}"#, "$.a.type", "expected one of `Property`, `Relationship`"),
        (#"{"type":"PostalAddress","city":"B"}"#, "$.a.type", "found `PostalAddress`"),
        (#"{"type":7,"value":1}"#, "$.a.type", "found `7`"),
        (#"{"type":"Property","value":null}"#, "$.a.value", "expected a value, found null"),
        (
            #"{"value":1,"observedAt":"yesterday"}"#, "$.a.observedAt",
            "expected a date-time in UTC such as `2026-05-01T10:00:00Z`, found `yesterday`"
        ),
        (
            #"{"value":1,"observedAt":"2026-02-30T00:00:00Z"}"#, "$.a.observedAt",
            "`2026-02-30T00:00:00Z` (there is no such day)"
        ),
        (#"{"value":1,"observedAt":1767225600}"#, "$.a.observedAt", "found `1767225600`"),
        (#"{"value":1,"observedAt":null}"#, "$.a.observedAt", "found null"),
        (#"{"value":1,"unitCode":7}"#, "$.a.unitCode", "expected a UN/CEFACT unit code such as `CEL`, found `7`"),
        (#"{"value":1,"unitCode":""}"#, "$.a.unitCode", "found ``"),
        (#"{"value":1,"unitCode":"C E L"}"#, "$.a.unitCode", "found `C E L`"),
        (#"{"object":"urn:x:1","unitCode":"CEL"}"#, "$.a.unitCode", "expected no unit in a Relationship"),
        (#"{"value":1,"datasetId":"none"}"#, "$.a.datasetId", "expected a URI"),
        (
            #"{"type":"Relationship","object":"Bob"}"#, "$.a.object",
            "expected a URI such as `urn:ngsi-ld:Vehicle:A1`, found `Bob`"
        ),
        (#"{"object":["urn:x:1",2]}"#, "$.a.object[1]", "found `2`"),
        (#"{"object":[]}"#, "$.a.object", "expected one or more URIs"),
        (
            #"{"type":"Property","value":1,"object":"urn:x:1"}"#, "$.a.object",
            "expected `value` in a Property, found `object`"
        ),
        (#"{"value":1,"previousValue":2}"#, "$.a.previousValue", "for output only"),
        (#"{"languageMap":{"en us":"x"}}"#, #"$.a.languageMap["en us"]"#, "expected a language tag such as `en`"),
        (#"{"languageMap":{"en":1}}"#, "$.a.languageMap.en", "expected a string, found `1`"),
        (#"{"languageMap":{}}"#, "$.a.languageMap", "expected an object of strings by language"),
        (#"{"vocab":1}"#, "$.a.vocab", "expected a term of a vocabulary"),
        (#"{"valueList":1}"#, "$.a.valueList", "expected an array of values"),
        (#"{"objectList":"urn:x:1"}"#, "$.a.objectList", "expected an array of URIs"),
        (#"{"objectList":[{"object":1}]}"#, "$.a.objectList[0].object", "expected a URI"),
        (#"{"value":1,"expiresAt":"soon"}"#, "$.a.expiresAt", "found `soon`"),
        (#"{"value":1,"b":{"value":2,"observedAt":"x"}}"#, "$.a.b.observedAt", "found `x`"),
        (#"{"value":1,"b c":2}"#, #"$.a["b c"]"#, "expected an attribute name"),
        (
            #"[{"value":1},{"value":2}]"#, "$.a[1].datasetId",
            "expected a different datasetId each, found a second default"
        ),
        (
            #"[{"value":1,"datasetId":"urn:d"},{"value":2,"datasetId":"urn:d"}]"#, "$.a[1].datasetId",
            "found `urn:d` again"
        ),
        (#"[{"value":1},{"x":{"y":1},"type":"T"}]"#, "$.a[1].type", "found `T`"),
    ]

    @Test("refuses what is no attribute, with path and reason", arguments: refusedAttributes)
    func refusesAttributes(json: String, path: String, reason: String) {
        let error = #expect(throws: NGSILDError.self) { try attribute(json) }
        #expect(error?.code == (path == "$" ? .invalidRequest : .badRequestData))
        #expect(error?.path?.description == path, "\(error?.message ?? "")")
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    static let geometries: [(String, String?)] = [
        (#"{"type":"Point","coordinates":[-180,90]}"#, nil), (#"{"type":"MultiPoint","coordinates":[]}"#, nil),
        (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#, nil),
        (#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]}"#, nil),
        (#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#, nil),
        (#"{"type":"Point","coordinates":[180.1,0]}"#, "$.a.coordinates[0]"),
        (#"{"type":"Point","coordinates":[0,-90.5]}"#, "$.a.coordinates[1]"),
        (#"{"type":"Point","coordinates":[0]}"#, "$.a.coordinates"),
        (#"{"type":"Point","coordinates":[1,2,3,4]}"#, "$.a.coordinates"),
        (#"{"type":"Point","coordinates":[0,"1"]}"#, "$.a.coordinates[1]"),
        (#"{"type":"Point","coordinates":{}}"#, "$.a.coordinates"),
        (#"{"type":"LineString","coordinates":[[0,0]]}"#, "$.a.coordinates"),
        (#"{"type":"Polygon","coordinates":[]}"#, "$.a.coordinates"),
        (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#, "$.a.coordinates[0]"),
        (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#, "$.a.coordinates[0]"),
        (#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,91]]]]}"#, "$.a.coordinates[0][0][3][1]"),
        (#"{"type":"GeoProperty","value":{"type":"GeometryCollection","geometries":[]}}"#, "$.a.value.type"),
        (#"{"type":"GeoProperty","value":"POINT(1 2)"}"#, "$.a.value"),
        (#"{"type":"GeoProperty","value":{"type":"Point"}}"#, "$.a.value.coordinates"),
    ]

    @Test("geometries: shapes, ranges and closed rings (RFC 7946 §3.1)", arguments: geometries)
    func geometry(json: String, path: String?) {
        let result = Result { try attribute(json) }
        switch result {
        case .success(let attribute):
            #expect(path == nil)
            #expect(attribute.kind == .geoProperty)
        case .failure(let error): #expect((error as? NGSILDError)?.path?.description == path, "\(error)")
        }
    }

    @Test("a merge may delete with urn:ngsi-ld:null, not with null (§4.5.0)")
    func deletion() throws {
        for json in [
            "\"urn:ngsi-ld:null\"", #"{"value":"urn:ngsi-ld:null"}"#,
            #"{"type":"Relationship","object":"urn:ngsi-ld:null"}"#,
            #"{"type":"GeoProperty","value":"urn:ngsi-ld:null"}"#, #"{"languageMap":{"@none":"urn:ngsi-ld:null"}}"#,
        ] {
            #expect(try attribute(json, purpose: .merge).isDeletion, "\(json)")
            guard !json.contains("@none") else { continue }
            #expect(throws: NGSILDError.self, "\(json)") { try attribute(json, purpose: .update) }
        }
        #expect(try !attribute("1", purpose: .merge).isDeletion)
        let error = #expect(throws: NGSILDError.self) { try attribute("null", purpose: .merge) }
        #expect(error?.message == "at `$.a`: expected `urn:ngsi-ld:null` to delete the attribute, found null")
    }

    @Test("a fragment needs neither id nor type")
    func purposes() throws {
        #expect(try fragment(#"{"speed":1}"#, purpose: .update).id == nil)
    }

    @Test("one attribute by itself")
    func oneAttribute() throws {
        #expect(try Attribute.instances(parsing: 5, name: "speed") == [Attribute("speed", value: 5)])
        let two = try Attribute.instances(parsing: [["value": 1], ["value": 2, "datasetId": "urn:d"]], name: "speed")
        #expect(two.map(\.datasetId) == [nil, "urn:d"])
        #expect(throws: NGSILDError.self) { try Attribute.instances(parsing: 5, name: "no name") }
        let error = #expect(throws: NGSILDError.self) { try Attribute.instances(parsing: ["type": "X"], name: "speed") }
        #expect(error?.path?.description == "$.type")
    }

    @Test("nesting has an end, and text that is not JSON is an invalid request")
    func limits() {
        let deep = String(repeating: "{\"value\":1,\"a\":", count: 9) + "1" + String(repeating: "}", count: 9)
        let error = #expect(throws: NGSILDError.self) { try attribute(deep) }
        #expect(error?.message.contains("expected at most 8 levels, found more") == true)
        let syntax = #expect(throws: NGSILDError.self) { try fragment("{\"id\":}") }
        #expect(syntax?.code == .invalidRequest)
        #expect(syntax?.message == "at `$.id`, line 1, column 7: expected a value, found `}`")
    }
}
