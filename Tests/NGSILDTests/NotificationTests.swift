import JSONBytes
import NGSILD
import Testing

@Suite("Notifications (CIM 009 §5.3, §6.3.8, §7.2)")
struct NotificationTests {
    static let url = "https://city.example/context.jsonld"
    static let notification = Notification(
        id: "urn:x:n", subscriptionId: "urn:x:s", notifiedAt: documentsNow)

    /// Two elements that say which `@context` they were handed.
    static func data(_ writer: inout JSONWriter, _ context: JSONValue?) {
        for id in ["urn:x:1", "urn:x:2"] {
            writer.beginObject()
            writer.key("id")
            writer.string(id)
            if let context {
                writer.key("@context")
                writer.value(context)
            }
            writer.endObject()
        }
    }

    func body(_ endpoint: Endpoint, _ notification: Notification = notification) throws -> JSONValue {
        var writer = JSONWriter()
        notification.write(to: &writer, for: endpoint, contextDocument: .string(Self.url), data: Self.data)
        return try json(writer.text)
    }

    static func endpoint(
        _ accept: Endpoint.MediaType? = nil, _ info: [KeyValuePair] = [], uri: String = "http://ops.example/in"
    ) -> Endpoint {
        Endpoint(uri: uri, accept: accept, receiverInfo: info)
    }

    @Test("JSON by default: the @context is beside it")
    func plain() throws {
        #expect(
            try body(Self.endpoint()) == [
                "id": "urn:x:n", "type": "Notification", "subscriptionId": "urn:x:s",
                "notifiedAt": "2026-01-01T00:00:00Z", "data": [["id": "urn:x:1"], ["id": "urn:x:2"]],
            ])
    }

    @Test("JSON-LD: the @context is in each entity, and no Link is sent")
    func linkedData() throws {
        let endpoint = Self.endpoint(.jsonLD)
        #expect(try body(endpoint)[["data", 0, "@context"]] == .string(Self.url))
        #expect(try body(endpoint)[["@context"]] == nil)
        #expect(headers(endpoint) == ["Content-Type: application/ld+json"])
    }

    @Test("GeoJSON: a FeatureCollection with the @context, unless it is preferred beside it (§5.3.1)")
    func features() throws {
        let data = try #require(try body(Self.endpoint(.geoJSON))[["data"]])
        #expect(data[["type"]] == "FeatureCollection")
        #expect(data[["features", 1, "id"]] == "urn:x:2")
        #expect(data[["@context"]] == .string(Self.url))
        #expect(headers(Self.endpoint(.geoJSON)) == ["Content-Type: application/geo+json"])
        let plain = Self.endpoint(.geoJSON, [KeyValuePair("Prefer", "body=json")])
        #expect(try body(plain)[["data", "@context"]] == nil)
        #expect(headers(plain).count == 3)
    }

    @Test("of registrations, with the reason; never as GeoJSON (§5.3.2, §6.3.9)")
    func registrations() throws {
        var notification = Self.notification
        notification.triggerReason = .newlyMatching
        let value = try body(Self.endpoint(.geoJSON), notification)
        #expect(value[["type"]] == "ContextSourceNotification")
        #expect(value[["triggerReason"]] == "newlyMatching")
        #expect(value[["data", 1, "id"]] == "urn:x:2")
        let headers = notification.headers(for: Self.endpoint(.geoJSON), contextURL: Self.url)
        #expect(headers.map(\.name) == ["Content-Type", "Link"])
        #expect(headers[0].value == "application/json")
    }

    @Test("why registrations are told of (§5.3.3)")
    func reasons() {
        #expect(Notification.TriggerReason(matchedBefore: false, matchesNow: true) == .newlyMatching)
        #expect(Notification.TriggerReason(matchedBefore: true, matchesNow: true) == .updated)
        #expect(Notification.TriggerReason(matchedBefore: true, matchesNow: false) == .noLongerMatching)
        #expect(Notification.TriggerReason(matchedBefore: false, matchesNow: false) == nil)
    }

    func headers(_ endpoint: Endpoint, tenant: String? = nil) -> [String] {
        Self.notification.headers(for: endpoint, contextURL: Self.url, tenant: tenant).map { "\($0.name): \($0.value)" }
    }

    @Test("headers: media type, Link, tenant, then what the receiver asked for (§6.3.8, §6.3.14)")
    func headers() {
        let endpoint = Self.endpoint(nil, [KeyValuePair("X-Own", "1"), KeyValuePair("Authorization", "Bearer x")])
        #expect(
            headers(endpoint, tenant: "north") == [
                "Content-Type: application/json",
                "Link: <https://city.example/context.jsonld>; rel=\"http://www.w3.org/ns/json-ld#context\"; "
                    + "type=\"application/ld+json\"",
                "NGSILD-Tenant: north", "X-Own: 1", "Authorization: Bearer x",
            ])
    }

    @Test("what the connection decides cannot be asked for; a Link of one's own can")
    func reserved() {
        let endpoint = Self.endpoint(
            nil,
            [
                KeyValuePair("Host", "evil"), KeyValuePair("content-length", "0"), KeyValuePair("NGSILD-Tenant", "x"),
                KeyValuePair("link", "<https://own.example>"),
            ])
        #expect(headers(endpoint) == ["Content-Type: application/json", "link: <https://own.example>"])
    }

    @Test("an MQTT message has the headers as metadata and the notification as body (§7.2)")
    func message() throws {
        let endpoint = Self.endpoint(
            nil, [KeyValuePair("test-key", "info"), KeyValuePair("test-key", "twice")], uri: "mqtt://b.example/t")
        var writer = JSONWriter()
        Self.notification.writeMessage(
            to: &writer, for: endpoint, contextURL: Self.url, contextDocument: .string(Self.url), data: Self.data)
        let value = try json(writer.text)
        #expect(value[["metadata", "Content-Type"]] == "application/json")
        #expect(value[["metadata", "test-key"]] == "info")
        #expect(value[["metadata", "Link"]] != nil)
        #expect(value[["body"]] == (try body(endpoint)))
    }
}

@Suite("MQTT endpoints (CIM 009 §7.2)")
struct MQTTEndpointTests {
    @Test("parts of the URI, decoded")
    func parts() throws {
        let endpoint = try #require(MQTTEndpoint(uri: "mqtts://us%40er:pa%3Ass:w@[::1]:9883/city/flood%20now"))
        #expect(endpoint.isSecure)
        #expect(endpoint.username == "us@er")
        #expect(endpoint.password == "pa:ss:w")
        #expect(endpoint.host == "::1")
        #expect(endpoint.port == 9883)
        #expect(endpoint.topicName == "city/flood now")
        #expect(endpoint.version == .v5)
        #expect(endpoint.qualityOfService == 0)
        let plain = try #require(MQTTEndpoint(uri: "MQTT://broker/t"))
        #expect(plain.port == 1883)
        #expect(plain.username == nil)
        #expect(MQTTEndpoint(uri: "mqtts://user@broker/t")?.port == 8883)
    }

    @Test("version and quality of service are in notifierInfo")
    func protocolParameters() {
        let info = [KeyValuePair("MQTT-Version", "mqtt3.1.1"), KeyValuePair("MQTT-QoS", "2")]
        let mqtt = Endpoint(uri: "mqtt://b.example/t", notifierInfo: info).mqtt
        #expect(mqtt?.version == .v3_1_1)
        #expect(mqtt?.qualityOfService == 2)
        #expect(Endpoint(uri: "http://b.example/t").mqtt == nil)
    }

    @Test("no pairs may be written as an empty object")
    func emptyInfo() throws {
        let text = SubscriptionTests.endpoint(#""uri":"mqtt://b.example/t","notifierInfo":{}"#)
        #expect(try subscription(text).notification.endpoint.notifierInfo.isEmpty)
    }

    @Test(
        "what cannot be published to",
        arguments: [
            "http://h/t", "mqtt://h", "mqtt://h/", "mqtt:///t", "mqtt://h:0/t", "mqtt://h:99999/t", "mqtt://h:x/t",
            "mqtt://h/a/#", "mqtt://h/+/b", "mqtt://h/%00", "mqtt://h/%zz", "mqtt://h/%ff", "mqtt://[::1/t", "mqtt",
            "mqtt://u%:p@h/t", "mqtt://[::1]x/t", "mqtt://h/a%",
        ])
    func refuses(uri: String) {
        #expect(MQTTEndpoint(uri: uri) == nil)
    }
}
