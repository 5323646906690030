import JSONBytes
import NGSILD
import Testing

@Suite("Names in documents (CIM 009 §5.5.7)")
struct DocumentContextTests {
    private func context(_ text: String) async throws -> JSONLDContext {
        try await JSONLDContext.resolving(json(text)) { url in throw NGSILDError(.ldContextNotAvailable, url) }
    }

    private static let own = #"{"Bridge":"https://v.example/Bridge","load":"https://v.example/load"}"#

    @Test("terms are read with one @context and written with another")
    func subscriptions() async throws {
        let own = try await context(Self.own)
        let text = SubscriptionTests.with(
            #""entities":[{"type":"Bridge|Weir"}],"watchedAttributes":["load","wind"],"jsonKeys":"load","#
                + #""geoQ":{"georel":"within","geometry":"Point","coordinates":[1,2],"geoproperty":"load"}"#,
            notification: #"{"endpoint":{"uri":"http://ops.example/in"},"pick":["id","load{wind,load}"]}"#)
        let subscription = try Subscription(parsing: json(text), context: own, at: documentsNow)
        #expect(subscription.entities[0].types?.alternatives == [["https://v.example/Bridge"], ["Weir"]])
        #expect(subscription.watchedAttributes == ["https://v.example/load", "wind"])
        #expect(subscription.jsonKeys == ["https://v.example/load"])
        #expect(subscription.geoQ?.query?.property == "https://v.example/load")
        #expect(subscription.notification.pick == ["id", "https://v.example/load{wind,https://v.example/load}"])
        #expect(try Subscription(storage: subscription.storageJSON) == subscription)
        func value(_ context: JSONLDContext) throws -> JSONValue {
            var writer = JSONWriter()
            subscription.write(to: &writer, context: context, at: documentsNow)
            return try json(writer.text)
        }
        #expect(try value(own)[["entities", 0, "type"]] == "Bridge|Weir")
        #expect(try value(own)[["notification", "pick"]] == ["id", "load{wind,load}"])
        #expect(try value(.core)[["entities", 0, "type"]] == "https://v.example/Bridge|Weir")
        #expect(try value(.core)[["watchedAttributes"]] == ["https://v.example/load", "wind"])
    }

    @Test("registrations too, and the properties of their sources")
    func registrations() async throws {
        let own = try await context(Self.own)
        let text = RegistrationTests.with(
            #""load":5"#, information: #"[{"entities":[{"type":"Bridge"}],"propertyNames":["load"]}]"#)
        let registration = try ContextSourceRegistration(parsing: json(text), context: own, at: documentsNow)
        #expect(registration.information[0].entities[0].types == ["https://v.example/Bridge"])
        #expect(registration.properties.map(\.name) == ["https://v.example/load"])
        var writer = JSONWriter()
        registration.write(to: &writer, context: own)
        #expect(try json(writer.text) == json(text))
    }

    @Test("a vocabulary of one's own does not take the standard's members away")
    func vocabulary() async throws {
        let vocabulary = try await context(#"{"@vocab":"https://v.example/"}"#)
        let full = try Subscription(parsing: json(SubscriptionTests.full), context: vocabulary, at: documentsNow)
        #expect(full.subscriptionName == "flood")
        #expect(full.splitEntities == false)
        #expect(full.notification.endpoint.receiverInfo.count == 1)
        #expect(full.watchedAttributes == ["https://v.example/waterLevel", "https://example.org/v#flow"])
        #expect(full.notification.pick == ["id", "https://v.example/waterLevel", Self.pickedInside])
        let port = try ContextSourceRegistration(
            parsing: json(RegistrationTests.full), context: vocabulary, at: documentsNow)
        #expect(port.properties.map(\.name) == ["https://v.example/owner", "https://v.example/sourceType"])
        #expect(port.management?.localOnly == true)
    }

    private static let pickedInside = "https://v.example/locatedIn{https://v.example/name}"

    @Test("members may be given by their IRIs")
    func expanded() throws {
        let text = """
            {"@type":"https://uri.etsi.org/ngsi-ld/Subscription",
             "https://uri.etsi.org/ngsi-ld/entities":[{"type":"Bridge"}],
             "https://uri.etsi.org/ngsi-ld/notification":{"endpoint":{"uri":"http://ops.example/in"}},
             "https://uri.etsi.org/ngsi-ld/expiresAt":{"@type":"DateTime","@value":"2030-01-01T00:00:00Z"}}
            """
        let subscription = try subscription(text)
        #expect(subscription.entities.count == 1)
        #expect(subscription.expiresAt == (try instant("2030-01-01T00:00:00Z")))
    }
}
