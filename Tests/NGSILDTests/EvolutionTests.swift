import JSONBytes
import NGSILD
import Testing

@Suite("Temporal evolutions")
struct EvolutionTests {
    private func instance(_ name: String, _ value: JSONValue, _ time: Int64, dataset: String? = nil) -> Attribute {
        Attribute(name, value: value, observedAt: time, datasetId: dataset)
    }

    private func evolution(_ instances: [Attribute]) -> EntityEvolution {
        EntityEvolution(Entity(id: "urn:x", types: ["T"], attributes: []), instances)
    }

    @Test("instances are chosen by time, the last of each attribute and dataset (§4.11)")
    func selecting() throws {
        let all = evolution([
            instance("a", 3, 30), instance("a", 1, 10), instance("b", 9, 20), instance("a", 2, 20),
            instance("a", 5, 40, dataset: "urn:d"),
        ])
        let query = TemporalQuery(.between(10, 40), lastN: 2)
        let selected = try #require(all.selecting(query, isExplicit: true))
        #expect(selected.instances.map(\.value) == [2, 3, 9])
        #expect(all.selecting(TemporalQuery(.before(5)), isExplicit: true) == nil)
    }

    @Test("a page is cut at an instant, and says how far it goes (§6.3.10)")
    func paging() throws {
        let all = evolution((1...20).map { instance("a", 1, $0) } + (11...30).map { instance("b", 2, $0) })
        let (given, range) = TemporalPage.cut([all], TemporalQuery(.after(0)), bound: 15)
        #expect(given[0].instances.allSatisfy { ($0.observedAt ?? 0) <= 13 })
        #expect((range?.start, range?.end, range?.size) == (0, 13, nil))
        let (latest, back) = TemporalPage.cut([all], TemporalQuery(.before(100), lastN: 20), bound: 15)
        #expect(latest[0].instances.allSatisfy { ($0.observedAt ?? 0) >= 16 })
        #expect((back?.start, back?.size) == (100, 20))
        #expect(TemporalPage.cut([all], TemporalQuery(.after(0)), bound: 40).range == nil)
        let (first, _) = TemporalPage.cut([all], TemporalQuery(.after(0)), bound: 10)
        #expect(first[0].cut.map(\.name) == ["b"])
    }

    @Test(
        "durations are those of ISO 8601, months by the calendar (§4.5.19.1)",
        arguments: [
            ("PT1H", "2024-01-31T00:00:00Z", "2024-01-31T01:00:00Z"),
            ("P1M", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("P1Y", "2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z"),
            ("P2W", "2024-01-01T00:00:00Z", "2024-01-15T00:00:00Z"),
            ("P1DT1M", "1969-12-31T23:59:00Z", "1970-01-02T00:00:00Z"),
            ("P1M", "1969-12-15T00:00:00Z", "1970-01-15T00:00:00Z"),
        ])
    func durations(text: String, start: String, end: String) throws {
        let duration = try #require(CalendarDuration(parsing: text))
        #expect(duration.added(to: try instant(start)) == (try instant(end)))
    }

    @Test(
        "what is no duration is none",
        arguments: ["", "P", "PT", "1H", "PT1", "P1H", "PT1D", "P1D1Y", "P-1D", "PT1.5H", "P99999999Y"])
    func noDurations(text: String) {
        #expect(CalendarDuration(parsing: text) == nil)
    }

    @Test("values become one for each period that has any (§4.5.19)")
    func aggregation() throws {
        let hour: Int64 = 3_600_000_000
        let all = evolution([instance("a", 10, 0), instance("a", 20, hour / 2), instance("a", 40, 3 * hour)])
        var options = EvolutionOptions()
        options.representation = .aggregatedValues(
            try Aggregation(parsingMethods: "avg,max,totalCount,stddev", period: "PT1H"))
        var writer = JSONWriter()
        writer.beginObject()
        all.writeMembers(to: &writer, options, TemporalQuery())
        writer.endObject()
        let times = [0, hour, 3 * hour, 4 * hour].map { RFC3339.string($0) }
        let value = try JSONValue(parsing: writer.text)
        #expect(
            value[[.member("a"), .member("avg")]] == [
                [15, .string(times[0]), .string(times[1])], [40, .string(times[2]), .string(times[3])],
            ])
        #expect(value[[.member("a"), .member("totalCount"), .element(0), .element(0)]] == 2)
        #expect(value[[.member("a"), .member("stddev"), .element(0), .element(0)]] == 5)
        #expect(throws: NGSILDError.self) { try Aggregation(parsingMethods: "median", period: nil) }
        #expect(throws: NGSILDError.self) { try Aggregation(parsingMethods: nil, period: "PT1H") }
        #expect(throws: NGSILDError.self) { try Aggregation(parsingMethods: "avg", period: "1h") }
    }
}
