import JSONBytes
import NGSILD
import Testing

@Suite("What is given of temporal evolutions")
struct EvolutionSelectionTests {
    private let hour: Int64 = 3_600_000_000

    private func evolution(_ json: String, scopes: [String] = []) throws -> EntityEvolution {
        let fragment = try fragment(json, purpose: .temporal)
        return EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: [], scopes: scopes), fragment.attributes)
    }

    private func scope(_ value: String, _ time: String) -> String {
        #"{"type":"Property","value":\#(value),"observedAt":"\#(time)"}"#
    }

    private func between(_ start: String, _ end: String) throws -> TemporalQuery {
        try TemporalQuery(parsingTimerel: "between", timeAt: start, endTimeAt: end)
    }

    @Test("instances of one name come together, and each dataset is in the order of time (§4.5.7)")
    func order() throws {
        var instances = (0..<3).map { Attribute("a", value: .number(JSONNumber($0)), observedAt: 10 - $0) }
        instances.insert(Attribute("b", value: 1, observedAt: 1), at: 1)
        instances.append(Attribute("a", value: 9, observedAt: 9, datasetId: "urn:d"))
        let all = EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), instances)
        #expect(all.instances.map(\.name) == ["a", "a", "a", "a", "b"])
        let selected = try #require(all.selecting(TemporalQuery(), isExplicit: false))
        #expect(selected.instances.map(\.value) == [2, 1, 0, 9, 1])
    }

    @Test("instances without the time that is asked for are no match (§4.11)")
    func missingTime() throws {
        let all = EntityEvolution(
            Entity(id: "urn:x", types: ["T"], attributes: []),
            [Attribute("a", value: 1), Attribute("a", value: 2, observedAt: 5)])
        #expect(all.selecting(TemporalQuery(), isExplicit: true)?.instances.map(\.value) == [2])
        #expect(all.selecting(TemporalQuery(), isExplicit: false)?.instances.map(\.value) == [1, 2])
        #expect(all.selecting(TemporalQuery(timeProperty: .deletedAt), isExplicit: true) == nil)
    }

    @Test("a scope holds until another is set, and is given when it does (§4.18, C.5.16)")
    func standingScope() throws {
        let instances = [scope("\"/R\"", "2026-03-01T10:00:00Z"), scope("[\"/S\",\"/C\"]", "2026-03-01T12:30:00Z")]
        let all = try evolution(
            """
            {"scope":[\(instances.joined(separator: ","))],
             "speed":[\(scope("1", "2026-03-01T12:15:00Z")),\(scope("2", "2026-03-01T12:45:00Z"))]}
            """)
        let query = try between("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
        let selected = try #require(all.selecting(query, isExplicit: true))
        #expect(selected.instances.filter { $0.name == "scope" }.map(\.value) == ["/R", ["/S", "/C"]])
        let later = try between("2026-03-01T12:40:00Z", "2026-03-01T13:00:00Z")
        #expect(all.selecting(later, isExplicit: true)?.instances.map(\.value) == [["/S", "/C"], 2])
        // That a scope holds is no news from that time.
        #expect(all.selecting(try between("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"), isExplicit: true) == nil)
    }

    @Test(
        "of a scope query's matches that is given which was so while they held (§5.7.4.4, C.5.16)",
        arguments: [("/R", [1]), ("/S", [2]), ("/#", [1, 2]), ("(/S;/C)", [2]), ("/Z", nil), ("/R/#", [1])]
            as [(String, [JSONValue]?)])
    func scopeQuery(text: String, values: [JSONValue]?) throws {
        let instances = [
            scope("\"/R\"", "2026-03-01T10:00:00Z"), scope("[\"/S\",\"/C\"]", "2026-03-01T12:30:00Z"),
            scope("\"/Z\"", "2026-03-01T14:00:00Z"),
        ]
        let all = try evolution(
            """
            {"scope":[\(instances.joined(separator: ","))],
             "speed":[\(scope("1", "2026-03-01T12:15:00Z")),\(scope("2", "2026-03-01T12:45:00Z"))]}
            """)
        let query = try between("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
        let part = all.within(try ScopeQuery(parsing: text), query)?.selecting(query, isExplicit: true)
        #expect(part?.instances.filter { $0.name == "speed" }.map(\.value) == values)
    }

    @Test("a scope that was removed holds no more; where none was recorded, the entity has what it has (§4.18)")
    func removedScope() throws {
        var all = try evolution(
            #"{"scope":[\#(scope("\"/R\"", "2026-03-01T10:00:00Z"))],"a":[\#(scope("1", "2026-03-01T12:00:00Z"))]}"#)
        var gone = Attribute("scope", value: [])
        gone.deletedAt = try instant("2026-03-01T11:00:00Z")
        all.instances.append(gone)
        let query = try TemporalQuery(parsingTimerel: "after", timeAt: "2026-03-01T11:30:00Z")
        #expect(all.within(try ScopeQuery(parsing: "/R"), query) == nil)
        #expect(all.selecting(query, isExplicit: true)?.instances.map(\.name) == ["a"])
        let plain = try evolution(#"{"a":[\#(scope("1", "2026-03-01T12:00:00Z"))]}"#, scopes: ["/P"])
        #expect(plain.within(try ScopeQuery(parsing: "/P"), query) != nil)
        #expect(plain.within(try ScopeQuery(parsing: "/Q"), query) == nil)
    }

    @Test("a query holds for the instances of its time, and for what does not evolve (§5.7.4.4, C.5.5)")
    func values() throws {
        let all = try evolution(
            """
            {"speed":[{"value":80,"observedAt":"2026-01-05T00:00:00Z"},{"value":10,"observedAt":"2026-03-01T12:00:00Z"},
                      {"value":"urn:ngsi-ld:null","observedAt":"2026-03-01T13:00:00Z"}],
             "heading":[{"value":45,"observedAt":"2026-01-05T00:00:00Z"}],
             "brandName":{"value":"Volvo"}}
            """)
        let query = try between("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
        var budget = QueryBudget()
        func holds(_ text: String) throws -> Bool {
            try all.matches(try QueryExpression(parsing: text), in: query, within: &budget)
        }
        #expect(try holds("speed==10;brandName!=\"Mercedes\""))
        #expect(try holds("!heading"))
        #expect(try !holds("speed>25"))
        #expect(try !holds("speed!=10"))
        var spent = QueryBudget(steps: 1)
        let error = #expect(throws: NGSILDError.self) {
            try all.matches(try QueryExpression(parsing: "speed==10;speed==11"), in: query, within: &spent)
        }
        #expect(error?.code == .tooComplexQuery)
    }

    @Test("a page is complete up to its bound, and cut for all entities at one instant (§6.3.10)")
    func pages() throws {
        func entity(_ id: String, _ times: ClosedRange<Int64>) -> EntityEvolution {
            EntityEvolution(
                Entity(id: id, types: ["T"], attributes: []),
                ["speed", "fuelLevel"].flatMap { name in times.map { Attribute(name, value: 1, observedAt: $0) } })
        }
        let (first, second) = (entity("urn:1", 1...20), entity("urn:2", 101...103))
        #expect(TemporalPage.cut([second], TemporalQuery(.after(0)), bound: 6).range == nil)
        let (given, range) = TemporalPage.cut([first, second], TemporalQuery(.between(0, 500)), bound: 30)
        #expect((range?.start, range?.end, range?.size) == (0, 15, nil))
        #expect(given.map(\.instances.count) == [30, 0])
        #expect(given[1].cut.map(\.name) == ["speed", "fuelLevel"])
        let backward = TemporalPage.cut([first, second], TemporalQuery(.between(0, 500), lastN: 20), bound: 30)
        #expect((backward.range?.start, backward.range?.end, backward.range?.size) == (500, 9, 20))
        #expect(backward.given.map(\.instances.count) == [24, 6])
        let after = TemporalPage.cut([first], TemporalQuery(.after(0), lastN: 20), bound: 30)
        #expect((after.range?.start, after.range?.end) == (20, 6))
        #expect(TemporalPage.cut([first], TemporalQuery(.before(90)), bound: 30).range?.start == 1)
        #expect(
            TemporalPage.cut([first], TemporalQuery(), bound: 30).range?.contentRange
                == "date-time 1970-01-01T00:00:00.000001Z-1970-01-01T00:00:00.000015Z/*")
    }

    @Test(
        "pages follow each other and leave nothing out, whatever there is (§6.3.10)",
        arguments: 1...20 as ClosedRange<UInt64>)
    func pagesAreComplete(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let instances = (0..<random.below(60)).map { number in
            Attribute(
                ["a", "b", "c"][random.below(3)], value: .number(JSONNumber(Int64(number))),
                observedAt: Int64(random.below(30)))
        }
        let all = EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), instances)
        let bound = random.below(12)
        var (start, seen, pages) = (Int64.min, Set<Attribute>(), 0)
        while let part = all.selecting(TemporalQuery(.after(start)), isExplicit: true), pages < 100 {
            let (given, range) = TemporalPage.cut([part], TemporalQuery(.after(start)), bound: bound)
            #expect(!given[0].instances.isEmpty)
            seen.formUnion(given[0].instances)
            pages += 1
            guard let range else { break }
            start = range.end + 1
        }
        #expect(seen == Set(instances), "seed \(seed)")
    }

    @Test("instances without a time do not make a page, and a bound of none is one (§6.3.10)")
    func oddPages() {
        let timeless = EntityEvolution(
            Entity(id: "urn:x", types: ["T"], attributes: []),
            (0..<5).map { Attribute("a", value: .number(JSONNumber($0))) })
        #expect(TemporalPage.cut([timeless], TemporalQuery(), bound: 1).range == nil)
        let same = EntityEvolution(
            Entity(id: "urn:x", types: ["T"], attributes: []),
            (0..<5).map { Attribute("a", value: .number(JSONNumber($0)), observedAt: 7) })
        #expect(TemporalPage.cut([same], TemporalQuery(), bound: 0).range == nil)
        #expect(TemporalPage.cut([], TemporalQuery(), bound: -1).given.isEmpty)
    }

    @Test("many names, datasets and scopes take no more than sorting")
    func manyOfAll() throws {
        let count: Int64 = 20_000
        let instances = (0..<count).flatMap { number in
            [
                Attribute("n\(number)", value: 1, observedAt: number),
                Attribute("d", value: 1, observedAt: number, datasetId: "urn:d:\(number)"),
                Attribute("scope", value: .string("/s\(number % 2)"), observedAt: number),
            ]
        }
        let clock = ContinuousClock()
        let began = clock.now
        let all = EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), instances)
        let query = TemporalQuery(.after(0))
        let part = try #require(all.within(try ScopeQuery(parsing: "/s1"), query)?.selecting(query, isExplicit: true))
        let (given, range) = TemporalPage.cut([part], query, bound: 1_000)
        var options = EvolutionOptions()
        options.representation = .temporalValues
        var writer = JSONWriter()
        writer.beginObject()
        given[0].writeMembers(to: &writer, options, query)
        writer.endObject()
        #expect(range != nil)
        #expect(clock.now - began < .seconds(20))
    }
}
