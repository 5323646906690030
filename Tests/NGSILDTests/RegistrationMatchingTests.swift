import JSONBytes
import NGSILD
import Testing

@Suite("Which registrations concern a request (CIM 009 §5.12)")
struct RegistrationMatchingTests {
    typealias Selector = EntitySpecification.Selector

    static let text = RegistrationTests.with(
        #""id":"urn:x:r""#,
        information: #"[{"entities":[{"id":"urn:x:Crane:1","type":"Crane"}],"propertyNames":["load","wind"],"#
            + #""relationshipNames":["servedBy"]},"#
            + #"{"entities":[{"idPattern":".*north$","type":"Berth"},{"type":["Berth","Quay"]}]}]"#)

    func match(
        _ specification: EntitySpecification, _ text: String = text, for operation: ContextSourceOperation? = nil
    ) throws -> RegistrationMatch? {
        var budget = QueryBudget()
        return try registration(text).match(specification, for: operation, at: documentsNow, within: &budget)
    }

    func indices(_ selector: Selector, _ attributes: [String] = []) throws -> [Int] {
        try match(EntitySpecification(selectors: [selector], attributes: attributes))?.parts.map(\.index) ?? []
    }

    static func types(_ text: String) throws -> EntitySpecification.Types {
        .selection(try TypeSelection(parsing: text))
    }

    @Test("types, identifiers and patterns on either side")
    func entities() throws {
        let crane = try Self.types("Crane")
        let berth = try Self.types("Berth")
        #expect(try indices(Selector(types: crane)) == [0])
        #expect(try indices(Selector(types: berth)) == [1])
        #expect(try indices(Selector(types: Self.types("Crane|Berth"))) == [0, 1])
        #expect(try indices(Selector(types: Self.types("(Berth;Quay)"))) == [1])
        #expect(try indices(Selector(types: Self.types("Ship"))) == [])
        #expect(try indices(Selector(types: crane, ids: ["urn:x:Crane:1", "urn:x:Crane:2"])) == [0])
        #expect(try indices(Selector(types: crane, ids: ["urn:x:Crane:2"])) == [])
        #expect(try indices(Selector(types: crane, idPattern: TextPattern(parsing: "Crane"))) == [0])
        #expect(try indices(Selector(types: crane, idPattern: TextPattern(parsing: "^Crane"))) == [])
        // Whether two patterns have something in common is not asked.
        #expect(try indices(Selector(types: berth, idPattern: TextPattern(parsing: "south$"))) == [1])
        #expect(try indices(Selector(ids: ["urn:x:Crane:1"])) == [0, 1])
    }

    @Test("an entity at hand has all types of an entity info, and may have more")
    func known() throws {
        let ids = ["urn:x:9:south"]
        #expect(try indices(Selector(types: .known(["Berth", "Quay", "Thing"]), ids: ids)) == [1])
        #expect(try indices(Selector(types: .known(["Berth"]), ids: ids)) == [])
        #expect(try indices(Selector(types: .known(["Berth"]), ids: ["urn:x:9:north"])) == [1])
    }

    @Test("attributes are reduced to what is asked for and registered")
    func attributes() throws {
        let crane = try Selector(types: Self.types("Crane"))
        func attributes(_ names: [String]) throws -> [String]? {
            try match(EntitySpecification(selectors: [crane], attributes: names))?.attributes
        }
        #expect(try attributes([]) == ["load", "wind", "servedBy"])
        #expect(try attributes(["servedBy", "colour", "load"]) == ["load", "servedBy"])
        #expect(try attributes(["colour"]) == nil)
        let berth = try Selector(types: Self.types("Berth"))
        #expect(try match(EntitySpecification(selectors: [berth], attributes: ["colour"]))?.attributes == ["colour"])
        #expect(try match(EntitySpecification(selectors: [berth]))?.attributes == [])
        #expect(try match(EntitySpecification(attributes: ["wind"]))?.parts.map(\.index) == [0, 1])
    }

    @Test("identifiers are reduced to those that are registered")
    func identifiers() throws {
        let specification = EntitySpecification(selectors: [
            Selector(types: try Self.types("Berth"), ids: ["urn:x:1:north", "urn:x:2:north"])
        ])
        let found = try #require(try match(specification))
        #expect(found.ids == ["urn:x:1:north", "urn:x:2:north"])
        let crane = EntitySpecification(selectors: [Selector(ids: ["urn:x:Crane:1", "urn:x:Crane:2"])])
        #expect(try match(crane)?.parts[0].ids == ["urn:x:Crane:1"])
    }

    @Test("registrations of attributes alone match all entities; of entities alone all attributes")
    func partial() throws {
        let text = RegistrationTests.with(#""id":"urn:x:r""#, information: #"[{"propertyNames":["name"]}]"#)
        let selector = try Selector(types: Self.types("Any"), ids: ["urn:x:1"])
        let found = try match(EntitySpecification(selectors: [selector]), text)
        #expect(found?.attributes == ["name"])
        #expect(found?.ids == ["urn:x:1"])
    }

    @Test("operations, loops, datasets and what is over")
    func others() throws {
        var specification = EntitySpecification()
        #expect(try match(specification, for: .queryEntity) != nil)
        #expect(try match(specification, for: .createEntity) == nil)
        let text = RegistrationTests.with(#""contextSourceAlias":"port-1","datasetId":["urn:x:d","@none"]"#)
        specification.encounteredAliases = ["city-1"]
        #expect(try match(specification, text) != nil)
        specification.datasetIds = ["urn:x:e"]
        #expect(try match(specification, text) == nil)
        #expect(try match(specification) != nil)
        specification.datasetIds = ["@none"]
        #expect(try match(specification, text) != nil)
        specification.encounteredAliases = ["port-1"]
        #expect(try match(specification, text) == nil)
        var over = try registration(Self.text)
        over.expiresAt = documentsNow
        var budget = QueryBudget()
        #expect(try over.match(EntitySpecification(), at: documentsNow, within: &budget) == nil)
    }

    @Test("history is asked of those who have it, at that time (§5.9.1, §5.10.2.4)")
    func time() throws {
        let history = RegistrationTests.with(
            #""observationInterval":{"startAt":"2020-08-01T22:07:00Z","endAt":"2021-08-01T21:07:00Z"}"#)
        func isMatch(_ time: EntitySpecification.Time, _ text: String = history) throws -> Bool {
            var specification = EntitySpecification()
            specification.time = time
            return try match(specification, text) != nil
        }
        func query(_ timerel: String, _ timeAt: String, _ end: String? = nil, _ property: String? = nil) throws
            -> EntitySpecification.Time
        {
            .query(try TemporalQuery(parsingTimerel: timerel, timeAt: timeAt, endTimeAt: end, timeproperty: property))
        }
        #expect(try !isMatch(.latest))
        #expect(try isMatch(.latest, RegistrationTests.least))
        #expect(try isMatch(.history))
        #expect(try !isMatch(.history, RegistrationTests.least))
        #expect(try isMatch(query("before", "2021-08-01T22:00:00Z")))
        #expect(try !isMatch(query("before", "2020-08-01T22:00:00Z")))
        #expect(try isMatch(query("after", "2020-06-01T22:07:00Z")))
        #expect(try !isMatch(query("after", "2022-01-01T00:00:00Z")))
        #expect(try isMatch(query("between", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z")))
        #expect(try !isMatch(query("between", "2022-01-01T00:00:00Z", "2023-01-01T00:00:00Z")))
        #expect(try !isMatch(query("after", "2020-06-01T22:07:00Z", nil, "modifiedAt")))
        let management = RegistrationTests.with(#""managementInterval":{"startAt":"2020-08-01T22:07:00Z"}"#)
        #expect(try isMatch(query("after", "2030-01-01T00:00:00Z", nil, "createdAt"), management))
        #expect(try !isMatch(query("after", "2030-01-01T00:00:00Z"), management))
    }

    @Test("a registration with nothing but the parts that match (§5.11.7)")
    func filtered() throws {
        let port = try registration(Self.text)
        let found = try #require(try match(EntitySpecification(selectors: [Selector(types: Self.types("Berth"))])))
        #expect(port.filtered(by: found).information == [port.information[1]])
        #expect(port.filtered(by: found).id == port.id)
    }

    @Test("what a subscription asks of registrations (§5.11.2.4)")
    func ofSubscriptions() throws {
        func attributes(_ members: String, _ parameters: String) throws -> [String] {
            let notification = #"{"endpoint":{"uri":"http://ops.example/in"}\#(parameters)}"#
            return EntitySpecification(
                try subscription(SubscriptionTests.with(members, notification: notification))
            ).attributes
        }
        let watched = #""watchedAttributes":["load"]"#
        #expect(try attributes(watched, "") == [])
        #expect(try attributes(watched, #","attributes":["wind"]"#) == ["load", "wind"])
        #expect(try attributes(watched, #","pick":["id","servedBy{name}"]"#) == ["load", "servedBy"])
        #expect(try attributes(#""localOnly":true"#, #","attributes":["wind"]"#) == [])
        let berths = EntitySpecification(
            try subscription(SubscriptionTests.with(#""entities":[{"type":"Berth","idPattern":"^urn:x"}]"#)))
        #expect(try match(berths)?.parts.map(\.index) == [1])
    }

    @Test("a subscription passed on is reduced to what is registered, and comes back here (§5.8.1.4)")
    func passedOn() throws {
        let port = try registration(Self.text)
        let original = try subscription(
            SubscriptionTests.with(
                #""entities":[{"type":"Crane"},{"type":"Ship"}],"q":"load>5","watchedAttributes":["load","colour"]"#,
                notification: #"{"endpoint":{"uri":"http://ops.example/in"},"attributes":["load"]}"#))
        var budget = QueryBudget()
        let found = try #require(
            try port.match(EntitySpecification(original), at: documentsNow, within: &budget))
        let copy = original.copy(
            id: "urn:x:copy", for: port, found, notifying: Endpoint(uri: "http://here.example/n"), splitsEntities: false
        )
        #expect(
            copy.entities == [EntitySelector(types: TypeSelection(alternatives: [["Crane"]]), ids: ["urn:x:Crane:1"])])
        #expect(copy.watchedAttributes == ["load"])
        #expect(copy.q == original.q)
        #expect(copy.notification.endpoint.uri == "http://here.example/n")
        let split = original.copy(
            id: "urn:x:copy", for: port, found, notifying: Endpoint(uri: "http://here.example/n"), splitsEntities: true)
        #expect(split.q == nil)
        #expect(split.notification.attributes.isEmpty)
    }
}

@Suite("Registrations that must not stand beside each other (CIM 009 §4.3.6.3, §5.9.2.4)")
struct RegistrationConflictTests {
    static func text(_ id: String, _ mode: String, _ information: String) -> String {
        RegistrationTests.with(#""id":"urn:x:\#(id)","mode":"\#(mode)""#, information: "[\(information)]")
    }

    static let one = #"{"entities":[{"type":"Vehicle","id":"urn:x:V1"}],"propertyNames":["speed"]}"#
    static let other = #"{"entities":[{"type":"Vehicle","id":"urn:x:V1"}],"propertyNames":["colour"]}"#
    static let whole = #"{"entities":[{"type":"Vehicle","id":"urn:x:V1"}]}"#
    static let group = #"{"entities":[{"type":"Vehicle"}],"propertyNames":["speed"]}"#
    static let pattern = #"{"entities":[{"type":"Vehicle","idPattern":"V1$"}]}"#
    static let attribute = #"{"relationshipNames":["speed"]}"#

    @Test(
        "modes and overlaps",
        arguments: [
            ("exclusive", one, "exclusive", one, true), ("exclusive", one, "redirect", one, true),
            ("redirect", one, "exclusive", one, true), ("redirect", one, "redirect", one, false),
            ("inclusive", one, "exclusive", one, false), ("exclusive", one, "inclusive", one, false),
            ("auxiliary", one, "exclusive", one, false), ("exclusive", one, "exclusive", other, false),
            ("exclusive", one, "redirect", whole, true), ("redirect", whole, "exclusive", one, true),
            ("exclusive", one, "redirect", group, true), ("redirect", group, "exclusive", one, false),
            ("exclusive", one, "redirect", pattern, true), ("exclusive", one, "redirect", attribute, true),
        ])
    func modes(mode: String, own: String, otherMode: String, others: String, isConflict: Bool) throws {
        let new = try registration(Self.text("new", mode, own))
        let old = try registration(Self.text("old", otherMode, others))
        var budget = QueryBudget()
        do throws(NGSILDError) {
            try new.checkConflict(with: old, at: documentsNow, within: &budget)
            #expect(!isConflict)
        } catch {
            #expect(isConflict)
            #expect(error.code == .conflict)
            #expect(error.code.status == 409)
            #expect(error.message.contains("urn:x:old"))
        }
    }

    @Test("a registration does not conflict with itself, nor with what is over")
    func noConflict() throws {
        let new = try registration(Self.text("new", "exclusive", Self.one))
        var budget = QueryBudget()
        try new.checkConflict(with: new, at: documentsNow, within: &budget)
        var over = try registration(Self.text("old", "exclusive", Self.one))
        over.expiresAt = documentsNow
        try new.checkConflict(with: over, at: documentsNow, within: &budget)
    }

    @Test(
        "entities that are held here",
        arguments: [
            ("exclusive", one, true), ("exclusive", other, false), ("redirect", whole, true), ("redirect", group, true),
            ("redirect", pattern, true), ("redirect", attribute, true), ("inclusive", whole, false),
            ("redirect", #"{"entities":[{"type":"Ship"}]}"#, false), ("redirect", other, false),
        ])
    func held(mode: String, information: String, isConflict: Bool) throws {
        let entity = Entity(id: "urn:x:V1", types: ["Vehicle"], attributes: [Attribute("speed", value: 5)])
        let registration = try registration(Self.text("new", mode, information))
        var budget = QueryBudget()
        do throws(NGSILDError) {
            try registration.checkConflict(with: entity, within: &budget)
            #expect(!isConflict)
        } catch {
            #expect(isConflict)
            #expect(error.code == .conflict)
        }
    }
}
