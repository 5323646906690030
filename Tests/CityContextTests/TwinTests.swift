import CityContext
import CityModel
import Testing

@Suite("The twin")
struct TwinTests {
    let twin = Twin()
    static let start = Timestamp(seconds: 1_800_000_000)

    private func define(_ index: UInt32, _ attribute: String, of entity: String, type: String = "Road") {
        twin.define(
            AttributeDefinition(
                series: SeriesID(index: index), entity: EntityID(entity), entityType: type, attribute: attribute,
                unitCode: nil, device: nil, agency: AgencyID("city"), zone: ZoneID("street"),
                label: DataLabel(dataClass: .public, retentionDays: nil, isCatalogued: true)))
    }

    @discardableResult
    private func apply(_ values: [(UInt32, Int64, Double)]) -> Set<Int> {
        var touched: Set<Int> = []
        twin.apply(
            values.map {
                Observation(
                    series: SeriesID(index: $0.0), observedAt: TwinTests.start + .seconds($0.1), value: .number($0.2))
            }, scores: values.map { Float($0.2) / 100 }, touched: &touched)
        return touched
    }

    @Test("an entity shows the newest value of each attribute that has one, in the order they were first seen")
    func newest() throws {
        define(0, "speed", of: "urn:a")
        define(1, "name", of: "urn:b", type: "Bridge")
        define(2, "count", of: "urn:a")
        define(3, "empty", of: "urn:a")
        #expect(apply([(2, 0, 7), (0, 0, 50), (0, 5, 60)]) == [0])
        let entity = try #require(twin.entity(EntityID("urn:a")))
        #expect(entity.attributes.map(\.definition.attribute) == ["speed", "count"])
        #expect(entity["speed"]?.current.value == .number(60))
        #expect(entity["speed"]?.current.score == 0.6)
        #expect(entity["empty"] == nil)
        #expect(twin.entity(EntityID("urn:c")) == nil)
        #expect(twin.count == 2)
    }

    @Test("an older value than the current one changes nothing; one of the same time replaces it")
    func older() {
        define(0, "speed", of: "urn:a")
        apply([(0, 5, 60)])
        #expect(apply([(0, 4, 1)]).isEmpty)
        #expect(twin.value(of: SeriesID(index: 0))?.value == .number(60))
        #expect(apply([(0, 5, 61)]) == [0])
        #expect(twin.value(of: SeriesID(index: 0))?.value == .number(61))
        #expect(twin.value(of: SeriesID(index: 99)) == nil)
    }

    @Test("tells each entity that changed, once")
    func touched() {
        for index in 0..<10 { define(UInt32(index), "a\(index % 2)", of: "urn:\(index / 2)") }
        #expect(apply([(0, 1, 1), (1, 1, 1), (8, 1, 1), (0, 2, 1)]) == [0, 4])
        #expect(twin.entity(at: 4).id.text == "urn:4")
        #expect(twin.place(of: EntityID("urn:4")) == 4)
        #expect(twin.place(of: EntityID("urn:5")) == nil)
    }

    @Test("a new definition replaces the old one: type and meaning, not the value")
    func redefined() {
        define(0, "speed", of: "urn:a")
        apply([(0, 0, 50)])
        define(0, "speed", of: "urn:a", type: "Motorway")
        #expect(twin.entity(EntityID("urn:a"))?.type == "Motorway")
        #expect(twin.entity(EntityID("urn:a"))?["speed"]?.current.value == .number(50))
        #expect(twin.types().map(\.type) == ["Motorway"])
        #expect(twin.types().map(\.attributes) == [["speed"]])
    }

    @Test("types tell how many entities they have and what is known of them")
    func types() {
        define(0, "speed", of: "urn:a")
        define(1, "count", of: "urn:b")
        define(2, "height", of: "urn:c", type: "Bridge")
        #expect(twin.types().map(\.type) == ["Bridge", "Road"])
        #expect(twin.types().map(\.count) == [1, 2])
        #expect(twin.types().map(\.attributes) == [["height"], ["count", "speed"]])
        #expect(twin.index().map(\.id.text) == ["urn:a", "urn:b", "urn:c"])
    }
}
