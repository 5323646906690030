import CityContext
import CityModel
import CityPath
import CityStorage
import Testing

@Suite("Understand: NGSI-LD fragments")
struct UnderstandNGSILDTests {
    let test: TestCity
    static let entity = "urn:ngsi-ld:WeatherObserved:gauge"

    init() throws {
        test = try TestCity()
    }

    private func withGauge(_ body: (City) async throws -> Void) async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await city.enrol("other", with: test)
            try await city.enrol("usa", type: "fahrenheit", with: test)
            try await body(city)
        }
    }

    private func refusal(_ city: City, _ json: String, from id: String = "gauge") throws -> Refusal? {
        try city.refusal(json, from: id, channel: "ngsi-ld")
    }

    @Test("a whole entity, a fragment and concise values all say what is so (CIM 009 §4.5)")
    func forms() async throws {
        try await withGauge { city in
            for json in [
                """
                {"id":"\(UnderstandNGSILDTests.entity)","type":"WeatherObserved","temperature":{"type":"Property",\
                "value":21.5,"unitCode":"CEL","observedAt":"2027-01-15T07:59:00Z"}}
                """,
                #"{"temperature":{"value":21.5,"observedAt":"2027-01-15T07:59:00Z"}}"#,
            ] {
                let observations = try city.understood(json, from: "gauge", channel: "ngsi-ld").get()
                #expect(observations.map(\.value) == [.number(21.5)])
                #expect(observations[0].observedAt == test.clock.now - .seconds(60))
                let definition = try #require(city.views.series.definition(of: observations[0].series))
                #expect(definition.entity.text == UnderstandNGSILDTests.entity)
                #expect(definition.attribute == "temperature")
                #expect(definition.unitCode == "CEL")
            }
        }
    }

    @Test("each kind of attribute is kept as what it is")
    func kinds() async throws {
        try await withGauge { city in
            let json = """
                {"raining":false,"remark":"Ü","list":{"type":"Property","value":[1,2]},\
                "road":{"type":"Relationship","object":"urn:ngsi-ld:Road:1"},\
                "place":{"type":"GeoProperty","value":{"type":"Point","coordinates":[8.4,49]}}}
                """
            let values = try city.understood(json, from: "gauge", channel: "ngsi-ld").get().map(\.value)
            #expect(values.count == 5)
            #expect(values[0] == .boolean(false))
            #expect(values[1] == .text("Ü"))
            #expect(values[2] == .structured(json: "[1,2]"))
            #expect(values[3] == .relationship("urn:ngsi-ld:Road:1"))
            if case .geometry = values[4] {} else { Issue.record("\(values[4]) is no geometry") }
        }
    }

    static let refused: [(json: String, code: Refusal.Code, says: [String])] = [
        ("", .malformedPayload, []), ("[]", .malformedPayload, []), ("{}", .malformedPayload, ["attribute"]),
        (#"{"id":"urn:a:1","type":"T"}"#, .malformedPayload, ["attribute"]),
        (
            #"{"temperature":{"value":1,"unitCode":"KEL"}}"#, .unitMismatch,
            ["`$.temperature.unitCode`", "`CEL`", "`KEL`"]
        ),
        (#"{"temperature":{"value":99}}"#, .outOfRange, ["temperature", "at most 70"]),
        (#"{"temperature":"warm"}"#, .malformedPayload, ["`$.temperature.value`", "number"]),
        (#"{"temperature":{"type":"Relationship","object":"urn:a:1"}}"#, .malformedPayload, ["`$.temperature"]),
        (
            #"{"temperature":{"value":1,"observedAt":"2027-01-15T09:00:00Z"}}"#, .timeOutOfRange,
            ["`$.temperature.observedAt`"]
        ),
        (#"{"temperature":{"value":1,"observedAt":"soon"}}"#, .malformedPayload, ["observedAt"]),
        (#"{"temperature":{"value":1,"datasetId":"urn:d:1"}}"#, .unsupported, ["datasetId"]),
        (#"{"temperature":{"value":1,"accuracy":{"value":2}}}"#, .unsupported, ["accuracy"]),
        (#"{"type":["WeatherObserved","Other"],"temperature":1}"#, .unsupported, ["`$.type`", "one type"]),
        (#"{"scope":"/Madrid","temperature":1}"#, .unsupported, ["`$.scope`"]),
        (
            #"{"temperature":{"value":1,"expiresAt":"2027-02-01T00:00:00Z"}}"#, .unsupported,
            ["`$.temperature.expiresAt`"]
        ),
        (#"{"remark":{"value":"x","valueType":"Text"}}"#, .unsupported, ["`$.remark.valueType`"]),
        (
            #"{"road":{"type":"Relationship","object":"urn:a:1","objectType":"Road"}}"#, .unsupported,
            ["`$.road.objectType`"]
        ),
        (#"{"type":"Foo","temperature":1}"#, .malformedPayload, ["`$.type`", "`WeatherObserved`", "`Foo`"]),
        (#"{"temperature":{"value":1,"observedAt":"1999-01-01T00:00:00Z"}}"#, .timeOutOfRange, ["the year 2000"]),
        (#"{"remark":{"type":"LanguageProperty","languageMap":{"en":"x"}}}"#, .unsupported, ["LanguageProperty"]),
        (
            #"{"id":"urn:ngsi-ld:WeatherObserved:other","temperature":1}"#, .entityNotOwn,
            ["urn:ngsi-ld:WeatherObserved:other", "gauge"]
        ),
        (#"{"id":"urn:ngsi-ld:Nobody:1","temperature":1}"#, .entityNotOwn, ["urn:ngsi-ld:Nobody:1"]),
    ]

    @Test("what cannot be understood or is not the device's to say is refused", arguments: refused)
    func refusals(payload: (json: String, code: Refusal.Code, says: [String])) async throws {
        try await withGauge { city in
            let refusal = try #require(try refusal(city, payload.json), "\(payload.json)")
            #expect(refusal.code == payload.code, "\(refusal.message)")
            for word in payload.says { #expect(refusal.message.contains(word), "\(refusal.message)") }
        }
    }

    @Test("what is refused leaves no trace: no series, no entity, no change of meaning")
    func noTrace() async throws {
        try await withGauge { city in
            _ = try await city.publish(#"{"temp":20}"#, from: "other")
            let (series, entities) = (city.views.series.count, city.views.twin.count)
            let number = try #require(
                city.views.series.number(
                    of: "temperature", of: EntityID("urn:ngsi-ld:WeatherObserved:other")))
            let before = city.views.series.definition(of: number)
            let payloads = [
                #"{"id":"urn:ngsi-ld:WeatherObserved:other","type":"Stolen","temperature":1,"loot":1}"#,
                #"{"id":"urn:ngsi-ld:Invented:1","type":"Invented","a":1,"b":2}"#,
                #"{"first":1,"temperature":{"value":99}}"#,
            ]
            for payload in payloads { #expect(try refusal(city, payload) != nil) }
            _ = await city.path.committed()
            #expect(city.views.series.count == series)
            #expect(city.views.twin.count == entities)
            #expect(city.views.series.definition(of: number) == before)
            #expect(before?.device?.text == "other")
        }
    }

    /// `{"a0":1,"a1":1,…}`
    private func fragment(_ names: Range<Int>, about entity: String? = nil) -> String {
        let id = entity.map { "\"id\":\"\($0)\",\"type\":\"T\"," } ?? ""
        return "{\(id)\(names.map { "\"a\($0)\":1" }.joined(separator: ","))}"
    }

    @Test("attributes are limited: in a fragment, of an entity, of a device; beyond it nothing is defined")
    func limits() async throws {
        try await test.withCity { city in
            let entities = (0..<6).map { "urn:many:\($0)" }
            try await city.enrol("many", entities: entities, with: test)
            #expect(try refusal(city, fragment(0..<65), from: "many")?.code == .attributeUnknown)
            // The name that enrolling gave it is one of 256.
            for start in stride(from: 0, to: 192, by: 64) {
                #expect(try refusal(city, fragment(start..<start + 64), from: "many") == nil)
            }
            let series = city.views.series.count
            let beyond = try refusal(city, fragment(192..<256), from: "many")
            #expect(beyond?.code == .attributeUnknown)
            #expect(beyond?.message.contains("193 attributes, of 256") == true, "\(beyond?.message ?? "taken")")
            #expect(city.views.series.count == series)
            #expect(try refusal(city, fragment(192..<255), from: "many") == nil)
            #expect(try refusal(city, fragment(255..<256), from: "many")?.code == .attributeUnknown)
            #expect(try refusal(city, fragment(0..<64), from: "many") == nil, "what is known may be said on")
            for entity in entities[1...3] {
                for start in stride(from: 0, to: 256, by: 64) {
                    #expect(try refusal(city, fragment(start..<start + 64, about: entity), from: "many") == nil)
                }
            }
            let all = try refusal(city, fragment(0..<1, about: entities[4]), from: "many")
            #expect(all?.code == .attributeUnknown)
            #expect(all?.message.contains("1024 attributes, of 1024") == true, "\(all?.message ?? "taken")")
        }
    }

    @Test("of many at once, no more than may be get the last places")
    func limitsAtOnce() async throws {
        try await withGauge { city in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for start in stride(from: 0, to: 640, by: 32) {
                    let json = fragment(start..<start + 32)
                    group.addTask { _ = try city.understood(json, from: "gauge", channel: "ngsi-ld") }
                }
                try await group.waitForAll()
            }
            let entity = EntityID(UnderstandNGSILDTests.entity)
            let count = (0..<640).count { city.views.series.number(of: "a\($0)", of: entity) != nil }
            #expect(count == 224, "with the name that enrolling gave it, 32 more would be 257")
        }
    }

    @Test("an entity stays what it was first recorded as, and a class is never lowered by what a device says")
    func settledType() async throws {
        let sensitive = "urn:ngsi-ld:Person:1"
        try await test.withCity { city in
            try await city.enrol("gauge", entities: [UnderstandNGSILDTests.entity, sensitive], with: test)
            func label(of attribute: String) throws -> DataLabel {
                let number = try #require(city.views.series.number(of: attribute, of: EntityID(sensitive)))
                return try #require(city.views.series.definition(of: number)).label
            }
            let first = #"{"id":"\#(sensitive)","type":"Person","pulse":60}"#
            #expect(try refusal(city, first) == nil)
            #expect(try label(of: "pulse").dataClass == .sensitive)
            let foo = try refusal(city, #"{"id":"\#(sensitive)","type":"Foo","pulse":61}"#)
            #expect(foo?.code == .malformedPayload)
            #expect(try label(of: "pulse") == DataLabel(dataClass: .sensitive, retentionDays: 2, isCatalogued: true))
            #expect(try refusal(city, #"{"id":"\#(sensitive)","pulse":62}"#) == nil, "its type is known")
        }
    }

    @Test("a thing that is sensitive by its name under one type is so under a type that no catalogue knows")
    func otherType() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", entities: [UnderstandNGSILDTests.entity, "urn:new:1"], with: test)
            let json = #"{"id":"urn:new:1","type":"Foo","pulse":60,"remark":"x"}"#
            let observations = try city.understood(json, from: "gauge", channel: "ngsi-ld").get()
            let labels = observations.compactMap { city.views.series.definition(of: $0.series)?.label }
            #expect(labels.map(\.dataClass) == [.sensitive, .restricted])
            #expect(labels.allSatisfy { !$0.isCatalogued })
        }
    }

    @Test("a fragment in the device's own unit is taken, one in the data model's unit is refused")
    func ownUnit() async throws {
        try await withGauge { city in
            let plain = try city.understood(#"{"temperature":98.6}"#, from: "usa", channel: "ngsi-ld").get()
            #expect(city.views.series.definition(of: plain[0].series)?.unitCode == "FAH")
            _ = try city.understood(#"{"v":98.6}"#, from: "usa").get()
            #expect(city.views.series.definition(of: plain[0].series)?.unitCode == "FAH")
            #expect(
                try refusal(city, #"{"temperature":{"value":20,"unitCode":"CEL"}}"#, from: "usa")?.code == .unitMismatch
            )
        }
    }

    /// The unit of what a fragment says.
    private func unit(_ city: City, after json: String) throws -> String? {
        let observation = try city.understood(json, from: "gauge", channel: "ngsi-ld").get()[0]
        return city.views.series.definition(of: observation.series)?.unitCode
    }

    @Test("the first unit of an uncatalogued attribute stays: messages without one keep it, others are refused")
    func firstUnit() async throws {
        try await withGauge { city in
            let (bare, metres) = (#"{"depth":1}"#, #"{"depth":{"value":1,"unitCode":"MTR"}}"#)
            var units: [String?] = []
            for json in [bare, metres, bare] { units.append(try unit(city, after: json)) }
            #expect(units == [nil, "MTR", "MTR"])
            #expect(try refusal(city, #"{"depth":{"value":1,"unitCode":"FOT"}}"#)?.code == .unitMismatch)
        }
    }

    @Test("an entity named in a URL must be the one in the body, and the speaker's own")
    func namedEntity() async throws {
        try await withGauge { city in
            func refusal(_ json: String, about entity: String, as principal: Principal) -> Refusal? {
                var observations: [Observation] = []
                return Array(json.utf8).withUnsafeBytes {
                    city.path.understandEntity(
                        $0, about: EntityID(entity), from: principal, at: test.clock.now, into: &observations)
                }
            }
            let gauge = try city.principal("gauge")
            let own = UnderstandNGSILDTests.entity
            #expect(refusal(#"{"temperature":1}"#, about: own, as: gauge) == nil)
            #expect(refusal(#"{"id":"\#(own)","temperature":1}"#, about: own, as: gauge) == nil)
            #expect(refusal(#"{"id":"urn:a:1","temperature":1}"#, about: own, as: gauge)?.code == .malformedPayload)
            #expect(
                refusal(#"{"temperature":1}"#, about: "urn:ngsi-ld:WeatherObserved:other", as: gauge)?.code
                    == .entityNotOwn)
            #expect(refusal(#"{"temperature":1}"#, about: own, as: .unknown("x"))?.code == .notIdentified)
            #expect(refusal(#"{"x":1}"#, about: "urn:new:1", as: .laboratory)?.code == .malformedPayload, "no type")
            #expect(refusal(#"{"type":"T","x":1}"#, about: "urn:new:1", as: .laboratory) == nil)
        }
    }
}
