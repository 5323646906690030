import JSONBytes
import NGSILD
import Testing

@Suite("Scopes, projections, geometry, order, languages")
struct SelectionLanguageTests {
    @Test(
        "scopes match level by level, `+` any one and `#` all below (§4.19)",
        arguments: [
            ("/Madrid", ["/Madrid"], true), ("/Madrid", ["/Madrid/Gardens"], false),
            ("/Madrid/#", ["/Madrid/Gardens/A"], true), ("/Madrid/#", ["/Madrid"], true), ("/#", ["/A"], true),
            ("/#", [], false), ("/+/Gardens", ["/Madrid/Gardens"], true), ("/+/Gardens", ["/Madrid/X"], false),
            ("(/A;/B)", ["/A", "/B"], true), ("(/A;/B)", ["/A"], false), ("/A,/B", ["/B"], true),
            ("/A|/C", ["/B"], false),
        ] as [(String, [String], Bool)])
    func scopes(query: String, scopes: [String], matches: Bool) throws {
        #expect(try ScopeQuery(parsing: query).matches(scopes) == matches)
    }

    @Test("what is no scope query is refused", arguments: ["", "Madrid", "/", "/A;/B", "(/A", "/A,,/B", "/1"])
    func wrongScopes(query: String) {
        #expect(throws: NGSILDError.self) { try ScopeQuery(parsing: query) }
    }

    @Test("members are picked and omitted, also of entities that are linked (§4.21)")
    func projection() throws {
        let entity = Entity(
            id: "urn:x:1", types: ["T"],
            attributes: [Attribute("name", value: "n"), Attribute("owner", kind: .relationship, value: "urn:x:2")])
        let picked = try Projection(pick: "name,owner{id}", omit: nil)
        #expect(picked.apply(to: entity).attributes.map(\.name) == ["name", "owner"] && !picked.keeps("id"))
        #expect(picked.depth == 1 && picked.inside("owner").keeps("id") && !picked.inside("owner").keeps("name"))
        let omitted = try Projection(pick: nil, omit: "owner|type")
        #expect(omitted.apply(to: entity).attributes.map(\.name) == ["name"] && !omitted.keeps("type"))
        #expect(throws: NGSILDError.self) { try Projection(pick: "a", omit: "a") }
        for text in ["", "a,", "a{", "a{b", "a}", "a b", "{a}"] {
            #expect(throws: NGSILDError.self, "\(text)") { try Projection(pick: text, omit: nil) }
        }
    }

    @Test("a geoquery says which parameter is wrong (§4.10)")
    func geometry() throws {
        let point = "[13.3,52.5]"
        let query = try #require(
            try GeoQuery(parsing: "near;maxDistance==2000", geometry: "Point", coordinates: point, property: nil))
        #expect(query.relation == .nearAtMost(metres: 2_000) && query.property == "location")
        #expect(try GeoQuery(parsing: nil, geometry: nil, coordinates: nil, property: nil) == nil)
        let wrong: [(String?, String?, String?)] = [
            ("near", "Point", point), ("near;maxDistance==-1", "Point", point),
            ("near;maxDistance==inf", "Point", point),
            ("near;maxDistance=5", "Point", point), ("beside", "Point", point), ("within", "Circle", point),
            ("within", "Polygon", point), ("within", nil, point), (nil, "Point", point), ("within", "Point", "x"),
        ]
        for (georel, geometry, coordinates) in wrong {
            #expect(throws: NGSILDError.self, "\(georel ?? "-") \(geometry ?? "-") \(coordinates ?? "-")") {
                try GeoQuery(parsing: georel, geometry: geometry, coordinates: coordinates, property: nil)
            }
        }
    }

    @Test("numbers come before texts, what is absent comes last, whichever way (§4.23.2)")
    func order() throws {
        func entity(_ id: String, _ value: JSONValue?) -> Entity {
            Entity(id: id, types: ["T"], attributes: value.map { [Attribute("a", value: $0)] } ?? [])
        }
        let entities = [entity("none", nil), entity("b", "b"), entity("2", 2), entity("a", "a"), entity("10", 10)]
        func ids(_ text: String) throws -> [String] {
            let order = try #require(try EntityOrder(parsing: text, collation: nil, from: nil, geometry: nil))
            return order.sorted(entities, folding: { $0.lowercased() }, distance: { _ in nil }).map(\.id)
        }
        #expect(try ids("a") == ["2", "10", "a", "b", "none"])
        #expect(try ids("a;desc") == ["b", "a", "10", "2", "none"])
        #expect(try ids("id") == ["10", "2", "a", "b", "none"])
        for text in ["a;up", "a;asc;desc", "", "a;dist-asc"] {
            #expect(throws: NGSILDError.self) {
                try EntityOrder(parsing: text, collation: nil, from: nil, geometry: nil)
            }
        }
    }

    @Test(
        "the best language is chosen, a longer tag for a shorter and the other way round (§4.15)",
        arguments: [("fr", "fr"), ("de,en;q=0.5", "en-US"), ("nl-BE", "nl"), ("*", "fr"), ("xx", "fr")])
    func languages(filter: String, chosen: String) throws {
        let map: JSONValue = ["fr": "oui", "en-US": "yes", "nl": "ja"]
        #expect(try LanguageFilter(parsing: filter).choose(from: map)?.language == chosen)
    }

    @Test("queries follow relationships, by type where one is named (§4.9)")
    func linkedQuery() throws {
        let station = Entity(
            id: "urn:s", types: ["Station"], attributes: [Attribute("sensor", kind: .relationship, value: "urn:d")])
        let device = Entity(id: "urn:d", types: ["Device"], attributes: [Attribute("humidity", value: 40)])
        func matches(_ text: String) throws -> Bool {
            var budget = QueryBudget()
            return try QueryExpression(parsing: text).matches(
                station, linked: { $0 == "urn:d" ? device : nil }, within: &budget)
        }
        #expect(try matches("sensor{humidity}==40") && matches("sensor{Device:humidity}>30"))
        #expect(try !matches("sensor{Pump:humidity}==40") && !matches("sensor{humidity}==41"))
        #expect(try matches("!humidity") && !matches("!sensor"))
        #expect(
            try !QueryExpression(parsing: "gender==Male").matches([
                Attribute("gender", kind: .vocabProperty, value: "Male")
            ]))
        #expect(
            try QueryExpression(parsing: "gender==Male", expanding: ["gender"])
                .matches([Attribute("gender", kind: .vocabProperty, value: "Male")]))
        for text in ["sensor{", "sensor{humidity", "sensor{humidity}}==1", "a.b{c}==1"] {
            #expect(throws: NGSILDError.self, "\(text)") { try QueryExpression(parsing: text) }
        }
    }
}
