import JSONBytes
import NGSILD
import Testing

/// An instant of the tests: 2026-01-01T00:00:00Z, in microseconds.
let documentsNow: Int64 = 1_767_225_600_000_000

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

func subscription(_ text: String) throws -> Subscription {
    try Subscription(parsing: json(text), at: documentsNow)
}

func written(
    _ subscription: Subscription, as subject: Subscription.Subject = .entities, sysAttrs: Bool = false,
    at now: Int64 = documentsNow
) throws -> JSONValue {
    var writer = JSONWriter()
    subscription.write(to: &writer, as: subject, sysAttrs: sysAttrs, at: now)
    return try json(writer.text)
}

/// The message of what a closure throws.
func refusal(_ body: () throws -> some Any) throws -> NGSILDError {
    try #require(#expect(throws: NGSILDError.self) { _ = try body() })
}

@Suite("Subscriptions (CIM 009 §5.2.12)")
struct SubscriptionTests {
    static let least =
        #"{"type":"Subscription","entities":[{"type":"Bridge"}],"#
        + #""notification":{"endpoint":{"uri":"http://ops.example/in"}}}"#

    /// Each member once.
    static let full = """
        {"id":"urn:ngsi-ld:Subscription:flood","type":"Subscription","subscriptionName":"flood","description":"Water!",
         "entities":[{"type":"(RiverGauge;Sensor)|Weir","id":["urn:ngsi-ld:RiverGauge:1","urn:ngsi-ld:RiverGauge:2"]},
                     {"type":"Bridge","idPattern":"^urn:ngsi-ld:Bridge:.*"}],
         "watchedAttributes":["waterLevel","https://example.org/v#flow"],
         "notificationTrigger":["entityCreated","attributeUpdated","attributeDeleted"],
         "q":"waterLevel>3.5","geoQ":{"georel":"near;maxDistance==2000","geometry":"Point","coordinates":[13.4,52.5],
         "geoproperty":"observationSpace"},"scopeQ":"/Berlin/#","csf":"endpoint==\\"http://a.example\\"",
         "temporalQ":{"timerel":"after","timeAt":"2025-01-01T00:00:00Z","timeproperty":"modifiedAt"},
         "isActive":false,"expiresAt":"2027-01-01T00:00:00Z","throttling":0.5,"lang":"de",
         "datasetId":["@none","urn:x:d"],
         "jsonKeys":"raw,calibration","expandValues":"level","splitEntities":false,"localOnly":true,
         "ngsildConformance":"1.6","jsonldContext":"https://example.org/context.jsonld",
         "notification":{"pick":["id","waterLevel","locatedIn{name}"],"omit":["flow"],
         "format":"concise","sysAttrs":true,
         "showChanges":true,"join":"inline","joinLevel":2,
         "endpoint":{"uri":"https://ops.example:8443/in","accept":"application/ld+json","timeout":1500,"cooldown":0.5,
         "receiverInfo":[{"key":"Authorization","value":"Bearer x"}],"notifierInfo":[{"key":"retry","value":""}]}}}
        """

    @Test("every member is read")
    func members() throws {
        let flood = try subscription(Self.full)
        #expect(flood.id == "urn:ngsi-ld:Subscription:flood")
        #expect(flood.entities.count == 2)
        #expect(flood.entities[0].types?.alternatives == [["RiverGauge", "Sensor"], ["Weir"]])
        #expect(flood.entities[0].ids.count == 2)
        #expect(flood.entities[1].idPattern?.source == "^urn:ngsi-ld:Bridge:.*")
        #expect(flood.watchedAttributes == ["waterLevel", "https://example.org/v#flow"])
        #expect(flood.triggers == [.entityCreated, .attributeUpdated, .attributeDeleted])
        #expect(flood.q == Subscription.Query("waterLevel>3.5"))
        #expect(flood.geoQ?.geoproperty == "observationSpace")
        #expect(flood.geoQ?.reference == ["type": "Point", "coordinates": [13.4, 52.5]])
        #expect(flood.temporalQ?.timeProperty == .modifiedAt)
        #expect(flood.throttling == .milliseconds(500))
        #expect(flood.datasetId == ["@none", "urn:x:d"])
        #expect(flood.jsonKeys == ["raw", "calibration"])
        #expect(flood.notification.representation == .concise)
        #expect(flood.notification.endpoint.timeout == .milliseconds(1500))
        #expect(flood.notification.endpoint.cooldown == .microseconds(500))
        #expect(flood.status(at: documentsNow) == .paused)
        #expect(flood.isLocal)
    }

    @Test("what was read is written again, with the status (§5.8.3)")
    func writes() throws {
        guard case .object(var expected) = try json(Self.full) else { return }
        expected["status"] = "paused"
        #expect(try written(subscription(Self.full)) == .object(expected))
    }

    @Test("default triggers are written for entities, and mean nothing for registrations (§5.2.12)")
    func defaults() throws {
        let least = try subscription(Self.least)
        #expect(try written(least)[["notificationTrigger"]] == ["attributeCreated", "attributeUpdated"])
        guard case .object(var expected) = try json(Self.least) else { return }
        expected["status"] = "active"
        #expect(try written(least, as: .registrations) == .object(expected))
    }

    @Test("members that the broker writes, or nobody knows, are left out (table 5.2.12-2, §5.2.14.2)")
    func ignores() throws {
        let text = """
            {"type":"Subscription","entities":[{"type":"Bridge"}],"status":"expired","__own":1,"createdAt":"x",
             "extra":{},"expiresAt":null,
             "notification":{"endpoint":{"uri":"http://ops.example/in"},"timesSent":42,"status":"failed",
             "lastSuccess":7}}
            """
        let value = try written(subscription(text))
        #expect(value[["status"]] == "active")
        #expect(value[["__own"]] == nil)
        #expect(value[["extra"]] == nil)
        #expect(value[["notification"]] == ["endpoint": ["uri": "http://ops.example/in"]])
    }

    @Test("the store gives back all that it was given, counters included")
    func storage() throws {
        var flood = try subscription(Self.full)
        flood.context = ["https://example.org/context.jsonld", ["a": "https://example.org/a"]]
        flood.q?.context = "https://example.org/other.jsonld"
        flood.createdAt = documentsNow - 5_000_001
        flood.modifiedAt = documentsNow
        flood.deliveries.sent(at: documentsNow)
        flood.deliveries.failed(at: documentsNow + 1)
        flood.deliveries.sent(at: documentsNow + 2)
        flood.deliveries.succeeded(at: documentsNow + 3)
        let stored = try json(flood.storageJSON.description)
        #expect(try Subscription(storage: stored) == flood)
        let least = try subscription(Self.least)
        #expect(try Subscription(storage: least.storageJSON) == least)
        let all = try subscription(
            #"{"type":"Subscription","entities":[{"type":"*"}],"timeInterval":5,"#
                + #""notification":{"endpoint":{"uri":"mqtt://b.example/t"}}}"#)
        #expect(try Subscription(storage: all.storageJSON) == all)
    }

    @Test("counters and system attributes are written once there are any (§5.2.14.2)")
    func counters() throws {
        var least = try subscription(Self.least)
        least.createdAt = documentsNow
        least.deliveries.sent(at: documentsNow)
        least.deliveries.succeeded(at: documentsNow + 250_000)
        let value = try written(least, sysAttrs: true)
        #expect(value[["createdAt"]] == "2026-01-01T00:00:00Z")
        #expect(
            value[["notification"]] == [
                "endpoint": ["uri": "http://ops.example/in"], "status": "ok", "timesSent": 1,
                "lastNotification": "2026-01-01T00:00:00Z", "lastSuccess": "2026-01-01T00:00:00.25Z",
            ])
        #expect(try written(least)[["createdAt"]] == nil)
    }

    @Test("active, paused, expired (§5.8.1.4)")
    func status() throws {
        var least = try subscription(Self.least)
        least.expiresAt = documentsNow + 10
        #expect(least.status(at: documentsNow) == .active)
        #expect(least.status(at: documentsNow + 10) == .expired)
        least.isActive = false
        #expect(least.status(at: documentsNow) == .paused)
        #expect(least.status(at: documentsNow + 10) == .expired)
    }

    @Test("the @context inside comes before the one beside the document, and stays with queries")
    func contexts() throws {
        let text =
            #"{"type":"Subscription","localOnly":true,"q":"a==1","@context":"https://x.example/c","#
            + #""notification":{"endpoint":{"uri":"http://ops.example/in"}}}"#
        let inside = try Subscription(parsing: json(text), contextDocument: "https://y.example/c", at: documentsNow)
        #expect(inside.context == "https://x.example/c")
        #expect(inside.q?.context == "https://x.example/c")
        let updated = try inside.updated(
            by: json(#"{"q":"b==1"}"#), contextDocument: "https://z.example/c", at: documentsNow)
        #expect(updated.q == Subscription.Query("b==1", context: "https://z.example/c"))
        #expect(updated.context == "https://x.example/c")
    }

    /// A subscription with other members beside `type` and `notification`.
    static func with(_ members: String, notification: String = #"{"endpoint":{"uri":"http://ops.example/in"}}"#)
        -> String
    {
        "{\"type\":\"Subscription\",\"notification\":\(notification)\(members.isEmpty ? "" : ",")\(members)}"
    }

    static func notification(_ members: String) -> String {
        with(
            #""entities":[{"type":"Bridge"}]"#,
            notification: #"{"endpoint":{"uri":"http://ops.example/in"},\#(members)}"#)
    }

    static func endpoint(_ members: String) -> String {
        with(#""entities":[{"type":"Bridge"}]"#, notification: #"{"endpoint":{\#(members)}}"#)
    }

    static let refused: [(String, String, String)] = [
        ("[]", "$", "expected a subscription, as a JSON object, found an array"),
        ("{}", "$.type", "expected `Subscription`, found nothing"),
        (#"{"type":"Sub"}"#, "$.type", "found `Sub`"),
        (#"{"type":"Subscription"}"#, "$.notification", "found nothing"),
        (#"{"type":"Subscription","notification":{}}"#, "$.notification.endpoint", "found nothing"),
        (with(""), "$.entities", "unless there are `watchedAttributes`"),
        (with(#""id":"no uri","localOnly":true"#), "$.id", "expected the subscription's URI, found `no uri`"),
        (with(#""id":"urn:x:1","@id":"urn:x:1""#), "$.@id", "found `id` again"),
        (with(#""description":"urn:ngsi-ld:null""#), "$.description", "found `urn:ngsi-ld:null`"),
        (with(#""entities":[]"#), "$.entities", "found an empty array"),
        (with(#""entities":{"type":"A"}"#), "$.entities", "found an object"),
        (with(#""entities":[{"id":"urn:x:1"}]"#), "$.entities[0].type", "found nothing"),
        (with(#""entities":[{"type":"A;B"}]"#), "$.entities[0].type", "need parentheses"),
        (with(#""entities":[{"type":"A","id":["x"]}]"#), "$.entities[0].id[0]", "found `x`"),
        (with(#""entities":[{"type":"A","idPattern":"("}]"#), "$.entities[0].idPattern", "in `idPattern`"),
        (with(#""entities":[{"type":"*"}],"localOnly":false"#), "$.localOnly", "the type `*` stands for local"),
        (with(#""watchedAttributes":[]"#), "$.watchedAttributes", "found an empty array"),
        (with(#""watchedAttributes":["a b"]"#), "$.watchedAttributes[0]", "found `a b`"),
        (with(#""watchedAttributes":["a"],"timeInterval":5"#), "$.watchedAttributes", "beside `timeInterval`"),
        (with(#""entities":[{"type":"A"}],"throttling":1,"timeInterval":5"#), "$.throttling", "beside `timeInterval`"),
        (with(#""timeInterval":5"#), "$.entities", "entity selectors beside `timeInterval`"),
        (with(#""timeInterval":0"#), "$.timeInterval", "a number of seconds greater than 0"),
        (with(#""throttling":-1"#), "$.throttling", "a number of seconds greater than 0"),
        (with(#""throttling":1e300"#), "$.throttling", "at most 1000000000"),
        (with(#""notificationTrigger":["entityChanged"]"#), "$.notificationTrigger[0]", "`entityCreated`"),
        (with(#""notificationTrigger":[]"#), "$.notificationTrigger", "found an empty array"),
        (with(#""q":"speed>""#), "$.q", "in `q` at column"), (with(#""q":7"#), "$.q", "found `7`"),
        (with(#""csf":"((""#), "$.csf", "in `q` at column"),
        (with(#""scopeQ":"//""#), "$.scopeQ", "in `scopeQ` at column 2"),
        (with(#""scopeQ":7"#), "$.scopeQ", "a scope query"), (with(#""lang":"e n!""#), "$.lang", "language tags"),
        (with(#""geoQ":{"georel":"at","geometry":"Point","coordinates":[1,2]}"#), "$.geoQ.georel", "`within`"),
        (with(#""geoQ":{"georel":"within","geometry":"Point","coordinates":"x"}"#), "$.geoQ.coordinates", "an array"),
        (
            with(#""geoQ":{"georel":"within","geometry":"Point","coordinates":[200,2]}"#), "$.geoQ.coordinates[0]",
            "longitude"
        ),
        (
            with(#""geoQ":{"georel":"near;maxDistance==0","geometry":"Point","coordinates":[1,2]}"#), "$.geoQ.georel",
            "near"
        ),
        (with(#""temporalQ":{"timerel":"after"}"#), "$.temporalQ.timeAt", "found nothing"),
        (with(#""temporalQ":{"timerel":"after","timeAt":"now"}"#), "$.temporalQ", "RFC 3339"),
        (with(#""localOnly":true,"expiresAt":"2020-01-01T00:00:00Z""#), "$.expiresAt", "an instant in the future"),
        (with(#""isActive":"yes""#), "$.isActive", "a Boolean"), (with(#""lang":"""#), "$.lang", "not empty"),
        (with(#""datasetId":["none"]"#), "$.datasetId[0]", "`@none`"),
        (with(#""jsonKeys":"a,,b""#), "$.jsonKeys", "between commas"),
        (with(#""ngsildConformance":"1""#), "$.ngsildConformance", "such as `1.9`"),
        (with(#""jsonldContext":"unknown""#), "$.jsonldContext", "the URL"),
        (notification(#""format":"xml""#), "$.notification.format", "`normalized`"),
        (notification(#""format":"keyValues","showChanges":true"#), "$.notification.showChanges", "than `keyValues`"),
        (notification(#""format":"simplified","showChanges":true"#), "$.notification.showChanges", "than `simplified`"),
        (notification(#""attributes":[]"#), "$.notification.attributes", "found an empty array"),
        (notification(#""attributes":["type"]"#), "$.notification.attributes", "attribute names only"),
        (notification(#""pick":[]"#), "$.notification.pick", "found an empty array"),
        (notification(#""omit":["a{b"]"#), "$.notification.omit[0]", "found `a{b`"),
        (notification(#""pick":["id"],"omit":["id"]"#), "$.notification.omit", "found `id`"),
        (notification(#""pick":["a"],"attributes":["b"]"#), "$.notification.attributes", "found both"),
        (notification(#""omit":["a"],"attributes":["b"]"#), "$.notification.attributes", "found both"),
        (notification(#""join":"deep""#), "$.notification.join", "`flat`"),
        (notification(#""joinLevel":0"#), "$.notification.joinLevel", "a positive integer"),
        (endpoint(#""accept":"application/json""#), "$.notification.endpoint.uri", "found nothing"),
        (endpoint(#""uri":"ftp://x.example/""#), "$.notification.endpoint.uri", "`http://host…`"),
        (endpoint(#""uri":"http:///x""#), "$.notification.endpoint.uri", "`http://host…`"),
        (endpoint(#""uri":"mqtt://h.example/a/+""#), "$.notification.endpoint.uri", "`mqtt://host/topic`"),
        (endpoint(#""uri":"http://h.example","accept":"text/html""#), "$.notification.endpoint.accept", "ld+json"),
        (endpoint(#""uri":"http://h.example","timeout":0"#), "$.notification.endpoint.timeout", "milliseconds"),
        (
            endpoint(#""uri":"http://h.example","receiverInfo":[{"key":"K"}]"#),
            "$.notification.endpoint.receiverInfo[0].value", "found nothing"
        ),
        (
            endpoint(#""uri":"http://h.example","receiverInfo":[{"key":"K","value":42}]"#),
            "$.notification.endpoint.receiverInfo[0].value", "found `42`"
        ),
        (
            endpoint(#""uri":"http://h.example","receiverInfo":[{"key":"K","value":"a\r\nHost: b"}]"#),
            "$.notification.endpoint.receiverInfo[0]", "name and value of an HTTP header"
        ),
        (
            endpoint(#""uri":"mqtt://h.example/a","notifierInfo":[{"key":"MQTT-QoS","value":"3"}]"#),
            "$.notification.endpoint.notifierInfo[0].value", "`0`, `1` or `2`"
        ),
        (
            endpoint(#""uri":"mqtt://h.example/a","notifierInfo":[{"key":"MQTT-Version","value":"5"}]"#),
            "$.notification.endpoint.notifierInfo[0].value", "`mqtt5.0`"
        ),
    ]

    @Test("what is wrong is refused, with its place", arguments: refused)
    func refuses(text: String, path: String, reason: String) throws {
        let error = try refusal { try subscription(text) }
        #expect(error.code == .badRequestData)
        #expect(path.isEmpty || error.message.hasPrefix("at `\(path)`:"), "\(error.message)")
        #expect(error.message.contains(reason), "\(error.message)")
    }

    @Test("one document cannot hold more patterns than can be looked at")
    func limits() throws {
        let selectors = Array(repeating: #"{"type":"A","idPattern":"a"}"#, count: DocumentLimits.selectors + 1)
        let error = try refusal { try subscription(Self.with("\"entities\":[\(selectors.joined(separator: ","))]")) }
        #expect(error.message == "at `$.entities`: expected at most 64 elements, found 65")
    }
}

@Suite("Updating subscriptions (CIM 009 §5.8.2, §5.5.8)")
struct SubscriptionUpdateTests {
    func updated(_ text: String, _ fragment: String) throws -> Subscription {
        var old = try subscription(text)
        old.id = "urn:ngsi-ld:Subscription:1"
        old.deliveries.sent(at: documentsNow)
        return try old.updated(by: json(fragment), at: documentsNow + 1)
    }

    @Test("a member takes the place of the one that is there, as a whole; counters stay")
    func replaces() throws {
        let fragment =
            #"{"type":"Subscription","notification":{"endpoint":{"uri":"http://b.example/"},"format":"concise"}}"#
        let new = try updated(SubscriptionTests.full, fragment)
        #expect(new.notification.endpoint == Endpoint(uri: "http://b.example/"))
        #expect(new.notification.format == .concise)
        #expect(new.notification.pick.isEmpty)
        #expect(new.deliveries.timesSent == 1)
        #expect(new.modifiedAt == documentsNow + 1)
        #expect(new.watchedAttributes.count == 2)
    }

    @Test("either null removes a member", arguments: ["null", "\"urn:ngsi-ld:null\""])
    func removes(null: String) throws {
        let names = ["q", "geoQ", "scopeQ", "expiresAt", "throttling", "isActive", "localOnly", "description", "lang"]
        let members = names.map { "\"\($0)\":\(null)" }.joined(separator: ",")
        let new = try updated(SubscriptionTests.full, "{\(members)}")
        let value = try written(new)
        for name in names { #expect(value[[.member(name)]] == nil, "\(name)") }
        #expect(new.status(at: documentsNow) == .active)
    }

    @Test("what must be there cannot be removed, and id and type not be changed")
    func keeps() throws {
        let cases = [
            (#"{"notification":null}"#, "$.notification"), (#"{"type":null}"#, "$.type"),
            (#"{"notification":{"endpoint":null}}"#, "$.notification.endpoint"),
            (#"{"notification":{"format":"keyValues"}}"#, "$.notification.endpoint"),
            (#"{"id":"urn:ngsi-ld:Subscription:2"}"#, "$.id"), (#"{"id":null}"#, "$.id"), (#"{"type":"T"}"#, "$.type"),
            (#"{"timeInterval":5}"#, "$.watchedAttributes"),
            (#"{"entities":null,"watchedAttributes":null,"localOnly":null}"#, "$.entities"),
            (#"{"expiresAt":"2020-08-01T22:07:00Z"}"#, "$.expiresAt"), ("7", "$"),
        ]
        for (fragment, path) in cases {
            let error = try refusal { try updated(SubscriptionTests.full, fragment) }
            #expect(error.code == .badRequestData)
            #expect(error.message.hasPrefix("at `\(path)`:"), "\(fragment): \(error.message)")
        }
    }

    @Test("status after an update (§5.8.2.4)")
    func status() throws {
        var expired = try subscription(SubscriptionTests.least)
        expired.expiresAt = documentsNow - 1
        // Active alone does not bring back what is over; a later end does.
        #expect(try expired.updated(by: ["isActive": true], at: documentsNow).status(at: documentsNow) == .expired)
        let prolonged = try expired.updated(by: ["expiresAt": "2030-01-01T00:00:00Z"], at: documentsNow)
        #expect(prolonged.status(at: documentsNow) == .active)
        let paused = try prolonged.updated(by: ["isActive": false], at: documentsNow)
        #expect(paused.status(at: documentsNow) == .paused)
        #expect(try paused.updated(by: ["isActive": true], at: documentsNow).status(at: documentsNow) == .active)
    }
}
