import JSONBytes
import NGSILD
import Testing

@Suite("How temporal evolutions are written and read")
struct EvolutionFormTests {
    private func evolution(_ instances: [Attribute]) -> EntityEvolution {
        EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), instances)
    }

    private func parsed(_ json: String) throws -> [Attribute] { try fragment(json, purpose: .temporal).attributes }

    private func options(_ text: String?, format: String? = nil, aggrMethods: String? = nil) throws -> EvolutionOptions
    {
        try EvolutionOptions(parsingOptions: text, format: format, aggrMethods: aggrMethods)
    }

    // MARK: Output

    @Test("every kind of attribute as pairs (§4.5.9)")
    func pairs() throws {
        let instances = try parsed(
            """
            {"name":{"value":"Joe","observedAt":"2022-08-09T18:25:02Z"},
             "location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]},"observedAt":"2022-08-09T18:25:02Z"},
             "says":{"languageMap":{"en":"yes"},"observedAt":"2022-08-09T18:25:02Z"},
             "period":{"valueList":["1st"],"observedAt":"2022-08-09T18:25:02Z"},
             "tickets":{"json":[{"id":1}],"observedAt":"2022-08-09T18:25:02Z"},
             "gender":{"vocab":"Male","observedAt":"2022-08-09T18:25:02Z"},
             "spouse":{"object":"urn:p:1","observedAt":"2022-08-09T18:25:02Z"},
             "present":{"objectList":["urn:p:1","urn:p:2"],"observedAt":"2022-08-09T18:25:02Z"}}
            """)
        let time = #""2022-08-09T18:25:02Z""#
        let text = rendered(evolution(instances), try options("temporalValues"), TemporalQuery())
        for part in [
            #""name":{"type":"Property","values":[["Joe",\#(time)]]}"#,
            #""location":{"type":"GeoProperty","values":[[{"type":"Point","coordinates":[1,2]},\#(time)]]}"#,
            #""says":{"type":"LanguageProperty","languageMaps":[[{"languageMap":{"en":"yes"}},\#(time)]]}"#,
            #""period":{"type":"ListProperty","valueLists":[[["1st"],\#(time)]]}"#,
            #""tickets":{"type":"JsonProperty","jsons":[[{"json":[{"id":1}]},\#(time)]]}"#,
            #""gender":{"type":"VocabProperty","vocabs":[[{"vocab":"Male"},\#(time)]]}"#,
            #""spouse":{"type":"Relationship","objects":[["urn:p:1",\#(time)]]}"#,
            #""present":{"type":"ListRelationship","objectLists":[[["urn:p:1","urn:p:2"],\#(time)]]}"#,
        ] { #expect(text.contains(part), "\(part)") }
        // What is written so is read again (§5.2.20).
        let again = try parsed(text)
        #expect(again.map(\.name) == instances.map(\.name))
        #expect(again.map(\.value) == instances.map(\.value))
        #expect(again.map(\.kind) == instances.map(\.kind))
        #expect(again.map(\.observedAt) == instances.map(\.observedAt))
    }

    @Test("a deleted attribute is the null and when it was deleted (§4.5.7, §4.5.8)")
    func deleted() throws {
        var gone = Attribute("name", kind: .languageProperty, value: ["@none": "urn:ngsi-ld:null"])
        gone.deletedAt = 0
        gone.instanceId = "urn:ngsi-ld:Instance:1"
        let query = TemporalQuery(timeProperty: .deletedAt)
        let all = try #require(
            evolution([gone, Attribute("a", value: 1, observedAt: 5)]).selecting(query, isExplicit: true))
        #expect(
            rendered(all, try options(nil), query)
                == #"{"id":"urn:x","type":"T","name":[{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"},"#
                + #""deletedAt":"1970-01-01T00:00:00Z","instanceId":"urn:ngsi-ld:Instance:1"}]}"#)
        #expect(
            rendered(all, try options("temporalValues"), query)
                == #"{"id":"urn:x","type":"T","name":{"type":"LanguageProperty","languageMaps":"#
                + #"[[{"languageMap":{"@none":"urn:ngsi-ld:null"}},"1970-01-01T00:00:00Z"]]}}"#)
    }

    @Test("the time that was asked for is given, and the others with system attributes (§4.5.7, §6.3.11)")
    func times() throws {
        var instance = Attribute("a", value: 1, observedAt: 1_000_000)
        (instance.createdAt, instance.modifiedAt) = (2_000_000, 3_000_000)
        var all = evolution([instance])
        all.entity.deletedAt = 9_000_000
        func member(_ options: EvolutionOptions, _ query: TemporalQuery) throws -> JSONObject {
            try JSONValue(parsing: rendered(all, options, query)).object(at: ["a", 0])
        }
        let plain = try member(try options(nil), TemporalQuery(timeProperty: .createdAt))
        #expect(plain.members.map(\.name) == ["type", "value", "observedAt", "createdAt"])
        let full = try member(try options("sysAttrs"), TemporalQuery(timeProperty: .modifiedAt))
        #expect(full.members.map(\.name) == ["type", "value", "observedAt", "createdAt", "modifiedAt"])
        let whole = try JSONValue(parsing: rendered(all, try options("sysAttrs"), TemporalQuery()))
        #expect(whole[["deletedAt"]] == "1970-01-01T00:00:09Z")
        let pairs = rendered(all, try options("temporalValues"), TemporalQuery(timeProperty: .modifiedAt))
        #expect(pairs.contains(#"[1,"1970-01-01T00:00:03Z"]"#))
    }

    @Test("an instance without the time that was asked for has the next best beside it")
    func nextBestTime() throws {
        var entered = Attribute("a", value: 1)
        entered.createdAt = 1_000_000
        let text = rendered(
            evolution([entered, Attribute("b", value: 2)]), try options("temporalValues"), TemporalQuery())
        #expect(text.contains(#"[[1,"1970-01-01T00:00:01Z"]]"#))
        #expect(text.contains("[[2,null]]"))
    }

    @Test("attributes that were cut are there without instances (§6.3.10)")
    func cut() throws {
        let all = evolution([
            Attribute("a", value: 1, observedAt: 1), Attribute("b", kind: .relationship, value: "urn:y", observedAt: 2),
        ])
        let (given, _) = TemporalPage.cut([all], TemporalQuery(.after(0)), bound: 1)
        #expect(rendered(given[0], try options(nil), TemporalQuery()).hasSuffix(#","b":[]}"#))
        #expect(
            rendered(given[0], try options("temporalValues"), TemporalQuery())
                .hasSuffix(#","b":{"type":"Relationship","objects":[]}}"#))
    }

    @Test("datasets are series of their own (§4.5.5, §4.5.9)")
    func datasets() throws {
        let all = evolution([
            Attribute("a", value: 1, observedAt: 0), Attribute("a", value: 2, observedAt: 0, datasetId: "urn:d"),
            Attribute("a", value: 3, observedAt: 1),
        ])
        #expect(
            rendered(all, try options("temporalValues"), TemporalQuery()).hasSuffix(
                #""a":[{"type":"Property","values":[[1,"1970-01-01T00:00:00Z"],[3,"1970-01-01T00:00:00.000001Z"]]},"#
                    + #"{"type":"Property","datasetId":"urn:d","values":[[2,"1970-01-01T00:00:00Z"]]}]}"#))
    }

    // MARK: Options

    @Test("the format comes before the options, and every word is looked at (§6.3.12)")
    func representations() throws {
        #expect(try options(nil).representation == .normalized)
        #expect(try options("sysAttrs,temporalValues").entity.includesSystemAttributes)
        #expect(
            try options("aggregatedValues", format: "temporalValues", aggrMethods: "sum").representation
                == .temporalValues)
        let sum = EvolutionOptions.Representation.aggregatedValues(try Aggregation(parsingMethods: "sum", period: nil))
        #expect(try options("aggregatedValues", aggrMethods: "sum").representation == sum)
        // A posted query has no other place to say it (§5.2.44).
        #expect(try options(nil, aggrMethods: "sum").representation == sum)
        #expect(try options("temporalValues", aggrMethods: "sum").representation == .temporalValues)
    }

    @Test(
        "options refused (§6.3.12)",
        arguments: [
            ("invalid", nil, nil, .invalidRequest), (nil, "invalid", nil, .invalidRequest),
            ("temporalValues,invalid", nil, nil, .invalidRequest),
            ("aggregatedValues,invalid", "temporalValues", nil, .invalidRequest),
            ("temporalValues,aggregatedValues", nil, "sum", .invalidRequest), (nil, "concise", nil, .invalidRequest),
            ("aggregatedValues", nil, nil, .badRequestData), (nil, "aggregatedValues", "median", .badRequestData),
            (nil, nil, "avg,", .badRequestData),
        ] as [(String?, String?, String?, ProblemCode)])
    func optionsRefused(text: String?, format: String?, methods: String?, code: ProblemCode) {
        let error = #expect(throws: NGSILDError.self) { try options(text, format: format, aggrMethods: methods) }
        #expect(error?.code == code)
    }

    @Test("times of a query are in UTC, with a point or a comma (§4.6.3, §4.11)")
    func queryTimes() throws {
        let comma = try TemporalQuery(parsingTimerel: "after", timeAt: "2020-08-01T12:05:00,5Z")
        #expect(try comma.relation == .after(instant("2020-08-01T12:05:00.5Z")))
        for wrong in ["2020-08-01T12:05:00+02:00", "2020-08-01", "2020-08-01T12:05:00", "2020-08-01T12:05:00.1234567Z"]
        {
            #expect(throws: NGSILDError.self) { try TemporalQuery(parsingTimerel: "after", timeAt: wrong) }
        }
    }

    // MARK: Input

    @Test("instances of one name may be alike in all but their times; times are the standard's (§5.6.11, §4.6.3)")
    func instances() throws {
        let speed = try parsed(
            #"{"speed":[{"value":1,"observedAt":"2026-01-01T00:00:00Z"},{"value":2,"observedAt":"2026-01-01T00:00:00Z"},{"value":3}]}"#
        )
        #expect(speed.map(\.value) == [1, 2, 3])
        #expect(speed.map { $0.observedAt == nil } == [false, false, true])
        #expect(throws: NGSILDError.self) {
            try parsed(#"{"a":[{"value":1,"observedAt":"2026-03-01T02:00:00+03:00"}]}"#)
        }
    }

    @Test("series with datasets are read, too, and what is deleted says when (§4.5.9, §5.2.20)")
    func series() throws {
        let all = try parsed(
            """
            {"speed":[{"type":"Property","values":[[1,"2026-01-01T00:00:00Z"],["urn:ngsi-ld:null","2026-01-02T00:00:00Z"]]},
                      {"type":"Property","datasetId":"urn:d","values":[[[1,2],"2026-01-01T00:00:00Z"]]}],
             "none":{"type":"Relationship","objects":[]}}
            """)
        #expect(all.map(\.name) == ["speed", "speed", "speed"])
        #expect(all.map(\.value) == [1, "urn:ngsi-ld:null", [1, 2]])
        #expect(all.map(\.datasetId) == [nil, nil, "urn:d"])
        #expect(try all[1].deletedAt == (instant("2026-01-02T00:00:00Z")))
        #expect(all[0].deletedAt == nil)
        // To a current entity such members are attributes of an attribute without a value.
        #expect(throws: NGSILDError.self) { try fragment(#"{"a":{"type":"Property","values":[]}}"#, purpose: .update) }
    }

    @Test(
        "series refused, with the place of what is wrong",
        arguments: [
            (#"{"type":"Property","values":[1]}"#, "$.a.values[0]"),
            (#"{"type":"Property","values":[[1]]}"#, "$.a.values[0]"),
            (#"{"type":"Property","values":[[1,"now"]]}"#, "$.a.values[0][1]"),
            (#"{"type":"Relationship","objects":[[7,"2026-01-01T00:00:00Z"]]}"#, "$.a.objects[0][0]"),
            (
                #"{"type":"LanguageProperty","languageMaps":[[{"en":"x"},"2026-01-01T00:00:00Z"]]}"#,
                "$.a.languageMaps[0][0]"
            ),
            (#"{"type":"Property","values":[],"unitCode":"CEL"}"#, "$.a.unitCode"),
        ])
    func seriesRefused(json: String, path: String) {
        let error = #expect(throws: NGSILDError.self) { try parsed("{\"a\":\(json)}") }
        #expect(error?.code == .badRequestData)
        #expect(error?.path?.description == path)
    }

    @Test("the null is a value that was deleted, and removes no member (§5.5.4)")
    func nulls() throws {
        let kinds = try parsed(
            """
            {"p":{"type":"Property","value":"urn:ngsi-ld:null","observedAt":"2026-01-01T00:00:00Z"},
             "r":{"type":"Relationship","object":"urn:ngsi-ld:null"},
             "l":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}},
             "lp":{"type":"ListProperty","valueList":["urn:ngsi-ld:null"]},
             "lr":{"type":"ListRelationship","objectList":["urn:ngsi-ld:null"]},
             "scope":[{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"2026-01-01T00:00:00Z"}],
             "alive":{"type":"Property","value":1,"deletedAt":"2026-01-01T00:00:00Z"}}
            """)
        let deletions = kinds.dropLast().filter(\.isDeletion)
        #expect(deletions.count == kinds.count - 1)
        #expect(try kinds[0].deletedAt == (instant("2026-01-01T00:00:00Z")))
        #expect(kinds.first { $0.name == "scope" }?.deletedAt != nil)
        #expect(kinds.last?.deletedAt == nil)
        for wrong in [
            #"{"expiresAt":"urn:ngsi-ld:null"}"#, #"{"scope":"urn:ngsi-ld:null"}"#,
            #"{"a":{"value":1,"observedAt":"urn:ngsi-ld:null"}}"#, #"{"a":{"value":1,"expiresAt":"urn:ngsi-ld:null"}}"#,
            #"{"a":{"languageMap":{"en":"urn:ngsi-ld:null"}}}"#, #"{"a":{"value":null}}"#,
            #"{"a":{"value":{"x":"urn:ngsi-ld:null"}}}"#,
        ] {
            let error = #expect(throws: NGSILDError.self, "\(wrong)") { try parsed(wrong) }
            #expect(error?.code == .badRequestData)
        }
    }

    // MARK: What adding comes to

    @Test("an instance for a point in time that is there corrects it; all others are added (§5.6.12, §4.5.5.3)")
    func merge() throws {
        var known = [
            Attribute("speed", value: 120, observedAt: 1), Attribute("speed", value: 80, observedAt: 2),
            Attribute("fuel", value: 40, observedAt: 3, datasetId: "urn:d"), Attribute("speed", value: 7),
        ]
        for index in known.indices {
            known[index].instanceId = "urn:i:\(index)"
            (known[index].createdAt, known[index].modifiedAt) = (100, 100)
        }
        let merge = EvolutionMerge(
            adding: [
                Attribute("speed", value: 121, observedAt: 1), Attribute("speed", value: 100, observedAt: 5),
                Attribute("speed", value: 101, observedAt: 5), Attribute("fuel", value: 40, observedAt: 3),
                Attribute("speed", value: 8), Attribute("fuel", value: "urn:ngsi-ld:null"),
            ], to: known, at: 900)
        #expect(merge.modified.map(\.value) == [121])
        #expect(merge.modified.map(\.instanceId) == ["urn:i:0"])
        #expect(merge.modified.map(\.createdAt) == [100])
        #expect(merge.modified.map(\.modifiedAt) == [900])
        #expect(merge.added.map(\.value) == [101, 40, 8, "urn:ngsi-ld:null"])
        #expect(merge.added.allSatisfy { $0.instanceId == nil && $0.createdAt == 900 && $0.modifiedAt == 900 })
        #expect(merge.added.last?.deletedAt == 900)
        #expect(EvolutionMerge(adding: [], to: known, at: 1) == EvolutionMerge(adding: [], to: [], at: 2))
    }

    @Test("anything at all is read or refused, and what is read is written", arguments: 1...40 as ClosedRange<UInt64>)
    func anything(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = [
            "type", "value", "values", "objects", "objectList", "languageMaps", "observedAt", "datasetId", "deletedAt",
            "json", "x",
        ]
        let texts = [
            "Property", "Relationship", "LanguageProperty", "ListRelationship", "urn:a", "urn:ngsi-ld:null",
            "2026-01-01T00:00:00Z", "@none", "",
        ]
        func value(_ depth: Int) -> JSONValue {
            switch random.below(depth > 4 ? 3 : 6) {
            case 0: return .string(texts[random.below(texts.count)])
            case 1: return .number(JSONNumber(Int64(random.below(100))))
            case 2: return [true, .null][random.below(2)]
            case 3: return .array((0..<random.below(4)).map { _ in value(depth + 1) })
            default:
                return .object(
                    JSONObject(
                        (0..<random.below(5)).map { _ in
                            .init(name: names[random.below(names.count)], value: value(depth + 1))
                        }))
            }
        }
        for _ in 0..<300 {
            let json = JSONValue.object(
                JSONObject([.init(name: "a", value: value(0)), .init(name: "scope", value: value(0))]))
            guard let fragment = try? EntityFragment(parsing: json, purpose: .temporal) else { continue }
            let all = evolution(fragment.attributes)
            for text in [nil, "temporalValues", "aggregatedValues"] {
                let query = TemporalQuery(.after(0), lastN: 2)
                let chosen = all.selecting(query, isExplicit: random.below(2) == 0) ?? all
                let written = rendered(chosen, try options(text, aggrMethods: "avg,min,stddev,distinctCount"), query)
                _ = try JSONValue(parsing: written)
            }
        }
    }
}
