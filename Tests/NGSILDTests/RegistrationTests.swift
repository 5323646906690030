import JSONBytes
import NGSILD
import Testing

func registration(_ text: String) throws -> ContextSourceRegistration {
    try ContextSourceRegistration(parsing: json(text), at: documentsNow)
}

func written(_ registration: ContextSourceRegistration, typesAsArrays: Bool = false) throws -> JSONValue {
    var writer = JSONWriter()
    registration.write(to: &writer, typesAsArrays: typesAsArrays)
    return try json(writer.text)
}

@Suite("Context source registrations (CIM 009 §5.2.9)")
struct RegistrationTests {
    static let full = """
        {"id":"urn:ngsi-ld:ContextSourceRegistration:port","type":"ContextSourceRegistration","registrationName":"port",
         "description":"The port authority","endpoint":"https://port.example:1026","tenant":"harbour",
         "information":[{"entities":[{"id":"urn:ngsi-ld:Crane:1","type":"Crane"},
                                     {"idPattern":"^urn:ngsi-ld:Berth:","type":["Berth","Quay"]}],
                         "propertyNames":["load","https://example.org/v#wind"],"relationshipNames":["servedBy"]},
                        {"propertyNames":["draught"]}],
         "contextSourceInfo":[{"key":"Authorization","value":"urn:ngsi-ld:request"},
                              {"key":"accept","value":"application/json"},
                              {"key":"ngsildConformance","value":"1.5"},{"key":"X-Own","value":"a"}],
         "contextSourceAlias":"port-1","mode":"redirect","operations":["retrieveOps","createSubscription"],
         "datasetId":["urn:x:d","@none"],"expiresAt":"2027-01-01T00:00:00Z",
         "location":{"type":"Point","coordinates":[8.7,53.1]},
         "observationSpace":{"type":"Point","coordinates":[8.7,53.1]},
         "operationSpace":{"type":"Point","coordinates":[8.7,53.1]},
         "management":{"localOnly":true,"timeout":1500,"cooldown":0.5,"cacheDuration":"PT5M"},
         "refreshRate":"P1DT12H","scope":["/Port","/Bremen/Port"],"owner":"Port Authority",
         "sourceType":{"type":"Property","value":"sensor"}}
        """

    static let least =
        #"{"type":"ContextSourceRegistration","endpoint":"http://a.example","information":"#
        + #"[{"entities":[{"type":"Bridge"}]}]}"#

    @Test("what was read is written again, the registrant's own properties too")
    func writes() throws {
        #expect(try written(registration(Self.full)) == json(Self.full))
        #expect(try written(registration(Self.least)) == json(Self.least))
    }

    @Test("types are arrays where the reader wants to find them so (§5.2.8)")
    func arrays() throws {
        let value = try written(registration(Self.least), typesAsArrays: true)
        #expect(value[["information", 0, "entities", 0, "type"]] == ["Bridge"])
    }

    @Test("defaults: inclusive, and the operations of a federation (§5.2.9, §4.20)")
    func defaults() throws {
        let least = try registration(Self.least)
        #expect(least.effectiveMode == .inclusive)
        #expect(least.operations == ContextSourceOperationGroup.federationOps.operations)
        #expect(!least.isLocalOnly)
        let port = try registration(Self.full)
        #expect(port.operations == [.retrieveEntity, .queryEntity, .createSubscription])
        #expect(port.isLocalOnly)
        #expect(port.management?.cachePeriod == CalendarDuration(microseconds: 300_000_000))
        #expect(port.management?.cooldown == .microseconds(500))
    }

    @Test("an auxiliary source is only read, whatever the defaults are (§4.3.6.2)")
    func auxiliary() throws {
        let text = Self.least.replacing("\"endpoint\"", with: "\"mode\":\"auxiliary\",\"endpoint\"")
        let operations = try registration(text).operations
        #expect(operations.contains(.queryEntity))
        #expect(!operations.contains(.createSubscription))
    }

    @Test("the store gives back all that it was given, counters included")
    func storage() throws {
        var port = try registration(Self.full)
        port.context = "https://example.org/c"
        port.createdAt = documentsNow - 1
        port.deliveries.sent(at: documentsNow)
        port.deliveries.failed(at: documentsNow + 1)
        #expect(try ContextSourceRegistration(storage: json(port.storageJSON.description)) == port)
        var history = try registration(Self.least)
        history.observationInterval = TimeInterval(from: 1, to: 2)
        history.managementInterval = TimeInterval(from: 3)
        #expect(try ContextSourceRegistration(storage: history.storageJSON) == history)
    }

    @Test("counters of the registrant's own are not taken over (table 5.2.9-2)")
    func counters() throws {
        let text = Self.least.replacing("\"endpoint\"", with: "\"timesSent\":7,\"status\":\"ok\",\"endpoint\"")
        #expect(try written(registration(text)) == json(Self.least))
    }

    @Test("properties to query: the registrant's and the standard's (§5.10.2.4)")
    func properties() throws {
        let attributes = try registration(Self.full).contextSourceProperties
        func matches(_ query: String) throws -> Bool { try QueryExpression(parsing: query).matches(attributes) }
        #expect(try matches(#"owner=="Port Authority""#))
        #expect(try matches(#"sourceType=="sensor""#))
        #expect(try matches(#"endpoint=="https://port.example:1026""#))
        #expect(try !matches(#"mode=="inclusive""#))
    }

    @Test("headers for the source: some are taken from the request, some are not headers (§4.3.6.5)")
    func headers() throws {
        let port = try registration(Self.full)
        func headers(_ triggering: [(name: String, value: String)]) -> [String] {
            port.headers(triggeredBy: triggering).map { "\($0.name): \($0.value)" }
        }
        #expect(
            headers([("authorization", "Bearer x")]) == [
                "Authorization: Bearer x", "X-Own: a", "NGSILD-Tenant: harbour",
            ])
        #expect(headers([]) == ["X-Own: a", "NGSILD-Tenant: harbour"])
        #expect(headers([("authorization", "x\r\ny")]) == ["X-Own: a", "NGSILD-Tenant: harbour"])
        #expect(port.directive("ngsildConformance") == "1.5")
        #expect(port.directive("jsonldContext") == nil)
    }

    @Test("what the broker says itself cannot be told by a registration (§4.3.6.5)")
    func reserved() throws {
        var least = try registration(Self.least)
        least.contextSourceInfo = [
            KeyValuePair("NGSILD-Tenant", "x"), KeyValuePair("Via", "1.1 x"), KeyValuePair("A", "b"),
        ]
        #expect(least.headers(triggeredBy: []).map(\.name) == ["A"])
    }

    @Test("after a failure the source is left alone for its cooldown (§5.2.34)")
    func cooldown() throws {
        var port = try registration(Self.full)
        #expect(!port.isCoolingDown(at: 0))
        port.deliveries.failed(at: 1000)
        #expect(port.isCoolingDown(at: 1499))
        #expect(!port.isCoolingDown(at: 1500))
        port.deliveries.succeeded(at: 1100)
        #expect(!port.isCoolingDown(at: 1200))
    }

    static func with(_ members: String, information: String = #"[{"entities":[{"type":"A"}]}]"#) -> String {
        #"{"type":"ContextSourceRegistration","endpoint":"http://a.example","information":\#(information),\#(members)}"#
    }

    static let refused: [(String, String, String)] = [
        ("[]", "$", "a registration, as a JSON object"),
        (#"{"type":"Building"}"#, "$.type", "expected `ContextSourceRegistration`"),
        (#"{"type":"ContextSourceRegistration"}"#, "$.endpoint", "found nothing"),
        (#"{"type":"ContextSourceRegistration","endpoint":"http://a.example"}"#, "$.information", "found nothing"),
        (with(#""id":"x""#), "$.id", "found `x`"),
        (with(#""endpoint2":1"#, information: "null"), "$.information", "found nothing"),
        (with(#""a":1"#, information: "[]"), "$.information", "found an empty array"),
        (with(#""a":1"#, information: "[{}]"), "$.information[0]", "found none of them"),
        (with(#""a":1"#, information: #"[{"entities":[]}]"#), "$.information[0].entities", "found an empty array"),
        (
            with(#""a":1"#, information: #"[{"entities":[{"id":"urn:x:1"}]}]"#), "$.information[0].entities[0].type",
            "nothing"
        ),
        (with(#""a":1"#, information: #"[{"entities":[{"type":[]}]}]"#), "$.information[0].entities[0].type", "empty"),
        (with(#""a":1"#, information: #"[{"propertyNames":[]}]"#), "$.information[0].propertyNames", "empty"),
        (
            with(#""a":1"#, information: #"[{"entities":[{"type":"A","idPattern":"["}]}]"#),
            "$.information[0].entities[0].idPattern", "idPattern"
        ),
        (with(#""mode":"shared""#), "$.mode", "`inclusive`"),
        (with(#""operations":["read"]"#), "$.operations[0]", "`read`"),
        (with(#""operations":[]"#), "$.operations", "empty"),
        (with(#""registrationName":"""#), "$.registrationName", "empty"),
        (with(#""contextSourceAlias":"a b""#), "$.contextSourceAlias", "without blanks"),
        (with(#""tenant":"a\r\nb""#), "$.tenant", "the name of a tenant"),
        (with(#""datasetId":["d"]"#), "$.datasetId[0]", "`@none`"),
        (with(#""expiresAt":"2020-01-01T00:00:00Z""#), "$.expiresAt", "in the future"),
        (with(#""location":{"type":"Point"}"#), "$.location.coordinates", "an array"),
        (with(#""location":"here""#), "$.location", "a GeoJSON geometry"),
        (with(#""observationInterval":{"endAt":"2020-01-01T00:00:00Z"}"#), "$.observationInterval.startAt", "nothing"),
        (
            with(#""managementInterval":{"startAt":"2020-01-02T00:00:00Z","endAt":"2020-01-01T00:00:00Z"}"#),
            "$.managementInterval.endAt", "not before `startAt`"
        ),
        (with(#""management":"yes""#), "$.management", "as a JSON object"),
        (with(#""management":{"cacheDuration":"bogus"}"#), "$.management.cacheDuration", "ISO 8601"),
        (with(#""management":{"cooldown":0}"#), "$.management.cooldown", "greater than 0"),
        (with(#""management":{"timeout":-5}"#), "$.management.timeout", "greater than 0"),
        (with(#""management":{"localOnly":"yes"}"#), "$.management.localOnly", "a Boolean"),
        (with(#""refreshRate":"5 min""#), "$.refreshRate", "ISO 8601"), (with(#""scope":"//""#), "$.scope", "a scope"),
        (with(#""a-b":1"#), #"$["a-b"]"#, "the name of a property"),
        (with(#""contextSourceInfo":[{"key":"K","value":123}]"#), "$.contextSourceInfo[0].value", "a string"),
        (
            with(#""contextSourceInfo":[{"key":"accept","value":"text/html"}]"#), "$.contextSourceInfo[0].value",
            "ld+json"
        ),
        (with(#""contextSourceInfo":[{"key":"jsonldContext","value":"x"}]"#), "$.contextSourceInfo[0].value", "URL"),
        (
            with(#""contextSourceInfo":[{"key":"ngsildConformance","value":"x"}]"#), "$.contextSourceInfo[0].value",
            "`1.5`"
        ),
        (with(#""mode":"auxiliary","operations":["retrieveOps","updateEntity"]"#), "$.operations[1]", "`updateEntity`"),
        (with(#""mode":"exclusive""#), "$.information[0].entities[0].id", "the URI of one entity"),
        (
            with(#""mode":"exclusive""#, information: #"[{"entities":[{"type":"A","id":"urn:x:1"}]}]"#),
            "$.information[0].propertyNames", "mode `exclusive`"
        ),
        (
            with(
                #""mode":"exclusive""#,
                information: #"[{"entities":[{"type":"A","id":"urn:x:1","idPattern":"x"}],"propertyNames":["a"]}]"#),
            "$.information[0].entities[0].idPattern", "no pattern"
        ),
        (
            with(#""mode":"exclusive""#, information: #"[{"propertyNames":["a"]}]"#), "$.information[0].entities",
            "entities with their ids"
        ),
    ]

    @Test("what is wrong is refused, with its place", arguments: refused)
    func refuses(text: String, path: String, reason: String) throws {
        let error = try refusal { try registration(text) }
        #expect(error.code == .badRequestData)
        #expect(error.message.hasPrefix("at `\(path)`:"), "\(error.message)")
        #expect(error.message.contains(reason), "\(error.message)")
    }

    @Test("a source cannot have properties without end")
    func limits() throws {
        let members = (0...DocumentLimits.properties).map { "\"p\($0)\":1" }.joined(separator: ",")
        #expect(try refusal { try registration(Self.with(members)) }.message.contains("at most 256 properties"))
    }

    @Test("a fragment takes the place of members, and either null removes them (§5.9.3)")
    func updates() throws {
        let port = try registration(Self.full)
        let moved = try port.updated(by: ["endpoint": "http://new.example:1026"], at: documentsNow + 1)
        #expect(moved.endpoint == "http://new.example:1026")
        #expect(moved.modifiedAt == documentsNow + 1)
        #expect(moved.information == port.information)
        let fragment =
            #"{"expiresAt":null,"owner":"urn:ngsi-ld:null","sourceType":"camera","mode":null,"scope":"/Sea"}"#
        let changed = try port.updated(by: json(fragment), at: documentsNow)
        #expect(changed.expiresAt == nil)
        #expect(changed.mode == nil)
        #expect(changed.scopes == ["/Sea"])
        #expect(changed.properties == [JSONObject.Member(name: "sourceType", value: "camera")])
    }

    @Test("what must be there cannot be removed, and id and type not be changed")
    func keeps() throws {
        let port = try registration(Self.full)
        let cases = [
            (#"{"information":null}"#, "$.information"), (#"{"endpoint":null}"#, "$.endpoint"),
            (#"{"type":"building"}"#, "$.type"), (#"{"id":"urn:x:1"}"#, "$.id"),
            (#"{"information":[]}"#, "$.information"),
            (#"{"mode":"exclusive"}"#, "$.information[0].entities[1].id"),
            (#"{"mode":"auxiliary"}"#, "$.operations[1]"), (#"{"expiresAt":"2020-01-01T00:00:00Z"}"#, "$.expiresAt"),
        ]
        for (fragment, path) in cases {
            let error = try refusal { try port.updated(by: json(fragment), at: documentsNow) }
            #expect(error.message.hasPrefix("at `\(path)`:"), "\(fragment): \(error.message)")
        }
    }

    @Test("groups of operations (table 4.20-2)")
    func groups() {
        #expect(ContextSourceOperationGroup.federationOps.operations.count == 19)
        #expect(ContextSourceOperationGroup.associationOps.operations.count == 15)
        #expect(ContextSourceOperationGroup.updateOps.operations.count == 4)
        #expect(ContextSourceOperationGroup.redirectionOps.operations.count == 23)
        #expect(ContextSourceOperation.allCases.count == 43)
    }
}
