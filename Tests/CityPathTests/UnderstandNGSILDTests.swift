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
