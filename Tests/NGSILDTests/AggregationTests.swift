import JSONBytes
import NGSILD
import Testing

@Suite("Aggregated temporal evolutions (§4.5.19)")
struct AggregationTests {
    private func aggregated(
        _ instances: String, _ methods: String, period: String = "PT0S", _ query: TemporalQuery = TemporalQuery()
    ) throws -> JSONValue {
        let fragment = try fragment("{\"a\":\(instances)}", purpose: .temporal)
        let all = EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), fragment.attributes)
        var options = EvolutionOptions()
        options.representation = .aggregatedValues(try Aggregation(parsingMethods: methods, period: period))
        return try JSONValue(parsing: rendered(all, options, query)).value(at: ["a"])
    }

    /// The first value that each method gives; null where it gives none.
    private func values(_ contents: [String], _ members: String = "") throws -> [AggregationMethod: JSONValue] {
        let instances = contents.enumerated().map { index, content in
            "{\(content)\(members),\"observedAt\":\"2026-01-01T00:00:0\(index)Z\"}"
        }
        let methods = AggregationMethod.allCases
        let all = try aggregated(
            "[\(instances.joined(separator: ","))]", methods.map(\.rawValue).joined(separator: ","))
        return Dictionary(
            uniqueKeysWithValues: methods.map { ($0, all[[.member($0.rawValue), 0, 0]] ?? .null) })
    }

    private func expected(
        _ total: JSONValue, _ distinct: JSONValue, sum: JSONValue = .null, avg: JSONValue = .null,
        min: JSONValue = .null,
        max: JSONValue = .null, stddev: JSONValue = .null, sumsq: JSONValue = .null
    ) -> [AggregationMethod: JSONValue] {
        [
            .totalCount: total, .distinctCount: distinct, .sum: sum, .avg: avg, .min: min, .max: max, .stddev: stddev,
            .sumsq: sumsq,
        ]
    }

    @Test("JSON native types (table 4.5.19.1-1)")
    func native() throws {
        #expect(
            try values(["\"value\":2", "\"value\":4", "\"value\":4", "\"value\":6"])
                == expected(
                    4, 3, sum: 16, avg: 4, min: 2, max: 6, stddev: JSONValue(2.0.squareRoot()) ?? .null, sumsq: 72))
        #expect(
            try values(["\"value\":true", "\"value\":false"])
                == expected(2, 2, sum: 1, avg: 0.5, min: 0, max: 1, stddev: 0.5, sumsq: 1))
        #expect(
            try values(["\"value\":\"b\"", "\"value\":\"a\"", "\"value\":\"ä\""])
                == expected(3, 3, min: "a", max: "ä"))
        #expect(
            try values(["\"value\":[1,2,3]", "\"value\":[]"]) == expected(2, 2, sum: 3, avg: 1.5, min: 0, max: 3))
        #expect(try values(["\"value\":{\"x\":1}", "\"value\":{\"x\":1}"]) == expected(2, 1))
        #expect(try values(["\"value\":1", "\"value\":\"1\""]) == expected(2, 2))
    }

    @Test("other types say which they are (table 4.5.19.1-2)")
    func others() throws {
        func typed(_ type: String, _ text: String) -> String {
            "\"value\":{\"@type\":\"\(type)\",\"@value\":\"\(text)\"}"
        }
        #expect(
            try values([typed("Time", "23:00:00Z"), typed("Time", "21:00:00.5Z")])
                == expected(2, 2, avg: "22:00:00.25Z", min: "21:00:00.5Z", max: "23:00:00Z"))
        #expect(
            try values([typed("DateTime", "2026-01-02T00:00:00Z"), typed("DateTime", "2026-01-01T00:00:00,5Z")])
                == expected(2, 2, min: "2026-01-01T00:00:00,5Z", max: "2026-01-02T00:00:00Z"))
        #expect(
            try values(["\"value\":\"2026-01-02\"", "\"value\":\"2025-12-31\""], ",\"valueType\":\"Date\"")
                == expected(2, 2, min: "2025-12-31", max: "2026-01-02"))
        #expect(try values([typed("URI", "urn:a"), typed("URI", "urn:b")]) == expected(2, 2))
        #expect(try values(["\"vocab\":\"a\"", "\"vocab\":\"a\""]) == expected(2, 1))
        #expect(try values(["\"languageMap\":{\"en\":\"a\"}"]) == expected(1, 1))
        #expect(try values(["\"json\":[1]"]) == expected(1, 1))
        #expect(
            try values(["\"valueList\":[1,2]", "\"valueList\":[1]"])
                == expected(2, 2, sum: 3, avg: 1.5, min: 1, max: 2))
    }

    @Test("relationships are counted, and their targets (table 4.5.19.1-3)")
    func relationships() throws {
        #expect(try values(["\"object\":[\"urn:1\",\"urn:2\"]", "\"object\":\"urn:2\""]) == expected(2, 2))
        #expect(try values(["\"objectList\":[\"urn:1\",\"urn:1\"]"]) == expected(1, 1))
    }

    @Test("periods begin with the time that is asked for, else with the first instance (C.5.14)")
    func periods() throws {
        let instances = """
            [{"value":120,"observedAt":"2018-08-01T12:03:00Z"},{"value":80,"observedAt":"2018-08-01T12:05:00Z"},
             {"value":100,"observedAt":"2018-08-01T12:07:00Z"}]
            """
        let query = try TemporalQuery(
            parsingTimerel: "between", timeAt: "2018-08-01T12:00:00Z", endTimeAt: "2018-08-01T13:00:00Z")
        let all = try aggregated(instances, "max,avg", period: "PT4M", query)
        #expect(
            all.description
                == #"{"type":"Property","max":[[120,"2018-08-01T12:00:00Z","2018-08-01T12:04:00Z"],"#
                + #"[100,"2018-08-01T12:04:00Z","2018-08-01T12:08:00Z"]],"#
                + #""avg":[[120,"2018-08-01T12:00:00Z","2018-08-01T12:04:00Z"],"#
                + #"[90,"2018-08-01T12:04:00Z","2018-08-01T12:08:00Z"]]}"#)
        let day = try aggregated(instances, "min", period: "P1D")
        #expect(day[["min"]]?.description == #"[[80,"2018-08-01T12:03:00Z","2018-08-02T12:03:00Z"]]"#)
    }

    @Test(
        "no duration is all of the time, as far as it is known",
        arguments: [
            ("before", "13:00", "12:03", "13:00"), ("after", "12:00", "12:00", "12:07"),
            ("between", "12:00", "12:00", "14:00"),
            (nil, nil, "12:03", "12:07"),
        ] as [(String?, String?, String, String)])
    func whole(timerel: String?, timeAt: String?, start: String, end: String) throws {
        func time(_ clock: String) -> String { "2018-08-01T\(clock):00Z" }
        let query = try TemporalQuery(
            parsingTimerel: timerel, timeAt: timeAt.map(time), endTimeAt: timerel == "between" ? time("14:00") : nil)
        let all = try aggregated(
            #"[{"value":1,"observedAt":"\#(time("12:03"))"},{"value":3,"observedAt":"\#(time("12:07"))"}]"#, "sum",
            query)
        #expect(all[["sum"]] == [[4, .string(time(start)), .string(time(end))]])
    }

    @Test("months are the calendar's, and periods without instances are left out")
    func months() throws {
        let all = try aggregated(
            """
            [{"value":1,"observedAt":"2024-01-31T12:00:00Z"},{"value":2,"observedAt":"2024-02-29T11:59:59Z"},
             {"value":3,"observedAt":"2024-02-29T12:00:00Z"},{"value":4,"observedAt":"2031-07-31T12:00:00Z"}]
            """, "sum", period: "P1M")
        #expect(
            all[["sum"]] == [
                [3, "2024-01-31T12:00:00Z", "2024-02-29T12:00:00Z"],
                [3, "2024-02-29T12:00:00Z", "2024-03-31T12:00:00Z"],
                [4, "2031-07-31T12:00:00Z", "2031-08-31T12:00:00Z"],
            ])
    }

    @Test("each dataset is aggregated by itself, and what was deleted is no value (§4.5.5, §4.5.7)")
    func datasets() throws {
        let all = try aggregated(
            """
            [{"value":1,"observedAt":"2026-01-01T00:00:00Z"},{"value":"urn:ngsi-ld:null","observedAt":"2026-01-01T01:00:00Z"},
             {"value":5,"observedAt":"2026-01-01T00:00:00Z","datasetId":"urn:d"}]
            """, "sum,totalCount")
        #expect(all[[0, "sum", 0, 0]] == 1)
        #expect(all[[0, "totalCount", 0, 0]] == 1)
        #expect(all[[1, "datasetId"]] == "urn:d")
        #expect(all[[1, "sum", 0, 0]] == 5)
    }

    @Test("what has no meaning is refused for attributes that are asked for by name (§5.7.4.4)")
    func eligibility() throws {
        let fragment = try fragment(
            #"{"name":[{"value":"x","observedAt":"2026-01-01T00:00:00Z"}],"n":1}"#, purpose: .temporal)
        let all = EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), fragment.attributes)
        let aggregation = try Aggregation(parsingMethods: "max,avg", period: nil)
        try aggregation.check(["n"], of: [all])
        try aggregation.check([], of: [all])
        let error = #expect(throws: NGSILDError.self) { try aggregation.check(["n", "name"], of: [all]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message == "`avg` has no meaning for `name`, which holds strings")
        try Aggregation(parsingMethods: "max,totalCount", period: nil).check(["name"], of: [all])
    }

    @Test("sums of what does not fit are left out, and the longest and shortest periods do not trap")
    func extremes() throws {
        let instances = """
            [{"value":1e308,"observedAt":"0001-01-01T00:00:00Z"},{"value":1e308,"observedAt":"9999-12-31T23:59:59.999999Z"}]
            """
        #expect(try aggregated(instances, "sum,sumsq")[["sum"]] == [])
        for period in ["PT0.000001S", "P10000Y", "P1M", "P9999Y11M30DT23H59M59.999999S"] {
            let all = try aggregated(instances, "max", period: period)
            #expect(all[["max", 0, 0]] == 1e308)
        }
    }

    @Test("durations keep to the standard's two forms (§4.5.19.1)")
    func durations() {
        #expect(CalendarDuration(parsing: "P2W") != nil)
        for wrong in ["P1W1D", "P1Y2W", "P1DT", "PT1S1S", "p1d", "P1,5D", "P 1D", "PT1e3S", "P٣D"] {
            #expect(CalendarDuration(parsing: wrong) == nil, "\(wrong)")
        }
        #expect(CalendarDuration(parsing: "P0D")?.isZero == true)
        #expect(CalendarDuration(parsing: "PT0.000003S")?.microseconds == 3)
        #expect(CalendarDuration(parsing: "P3Y6M4DT12H30M5S")?.months == 42)
    }
}

func rendered(_ evolution: EntityEvolution, _ options: EvolutionOptions, _ query: TemporalQuery) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    evolution.writeMembers(to: &writer, options, query)
    writer.endObject()
    return writer.text
}
