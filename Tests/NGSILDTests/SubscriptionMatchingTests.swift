import JSONBytes
import NGSILD
import Testing

@Suite("Which changes concern a subscription (CIM 009 §5.8.6)")
struct SubscriptionMatchingTests {
    static let id = "urn:ngsi-ld:Bridge:7"

    static func entity(_ attributes: Attribute..., types: [String] = ["Bridge"], id: String = id) -> Entity {
        Entity(id: id, types: types, attributes: attributes, createdAt: 1, modifiedAt: 2)
    }

    static let bridge = entity(Attribute("load", value: 3), Attribute("name", value: "Old Bridge"))

    func subscription(_ members: String) throws -> Subscription {
        try NGSILDTests.subscription(SubscriptionTests.with(members))
    }

    func match(_ members: String, _ change: EntityChange) throws -> MatchedChange? {
        var budget = QueryBudget()
        return try subscription(members).match(change, within: &budget)
    }

    @Test("a change is told apart into attributes that are created, updated and deleted")
    func changes() {
        let after = Self.entity(
            Attribute("load", value: 4), Attribute("load", value: 4, datasetId: "urn:x:d"),
            Attribute("paint", value: "red"))
        let change = EntityChange(from: Self.bridge, to: after, at: 9)
        #expect(change.createdAttributes == ["load", "paint"])
        #expect(change.updatedAttributes == ["load"])
        #expect(change.deletedAttributes == ["name"])
    }

    @Test("the same value again is no change, a sub-attribute is one, a time of the broker's is none")
    func sameness() {
        var after = Self.bridge
        after.modifiedAt = 99
        after.attributes[0].modifiedAt = 99
        #expect(EntityChange(from: Self.bridge, to: after, at: 9).updatedAttributes.isEmpty)
        after.attributes[0].subAttributes = [Attribute("accuracy", value: 1)]
        #expect(EntityChange(from: Self.bridge, to: after, at: 9).updatedAttributes == ["load"])
        after = Self.bridge
        after.attributes[1].observedAt = 5
        #expect(EntityChange(from: Self.bridge, to: after, at: 9).updatedAttributes == ["name"])
    }

    @Test(
        "triggers, and those that count where none are named",
        arguments: [
            (nil, "create", true), (nil, "update", true), (nil, "deleteAttribute", false), (nil, "delete", false),
            ("entityCreated", "create", true), ("entityCreated", "update", false), ("entityCreated", "delete", false),
            ("entityDeleted", "delete", true), ("entityDeleted", "deleteAttribute", false),
            ("attributeCreated", "create", true), ("attributeCreated", "update", false),
            ("attributeUpdated", "update", true), ("attributeUpdated", "create", false),
            ("attributeDeleted", "deleteAttribute", true), ("attributeDeleted", "delete", true),
            ("entityUpdated", "update", true), ("entityUpdated", "deleteAttribute", true), (nil, "nothing", false),
        ] as [(String?, String, Bool)])
    func triggers(trigger: String?, what: String, isMatch: Bool) throws {
        let triggers = trigger.map { ",\"notificationTrigger\":[\"\($0)\"]" } ?? ""
        let members = "\"entities\":[{\"type\":\"Bridge\"}]\(triggers)"
        #expect(try (match(members, Self.change(what)) != nil) == isMatch)
    }

    static func change(_ what: String) -> EntityChange {
        switch what {
        case "create": EntityChange(from: nil, to: bridge, at: 9)
        case "delete": EntityChange(from: bridge, to: nil, at: 9)
        case "deleteAttribute": EntityChange(from: bridge, to: entity(bridge.attributes[0]), at: 9)
        case "update":
            EntityChange(from: bridge, to: entity(Attribute("load", value: 4), bridge.attributes[1]), at: 9)
        default: EntityChange(from: bridge, to: bridge, at: 9)
        }
    }

    @Test("watched attributes are those that count, also with the entity's own triggers")
    func watched() throws {
        let update = Self.change("update")
        #expect(try match(#""watchedAttributes":["load"]"#, update)?.attributes == ["load"])
        #expect(try match(#""watchedAttributes":["name"]"#, update) == nil)
        let deleted = #""watchedAttributes":["name"],"notificationTrigger":["attributeDeleted"]"#
        #expect(try match(deleted, Self.change("delete"))?.attributes == ["name"])
        let created = #""watchedAttributes":["paint"],"notificationTrigger":["entityCreated"]"#
        #expect(try match(created, Self.change("create")) == nil)
    }

    @Test(
        "selectors: type, identifier, pattern, and which comes first (§5.2.33)",
        arguments: [
            (#"{"type":"Bridge"}"#, true), (#"{"type":"Weir"}"#, false), (#"{"type":"Weir|Bridge"}"#, true),
            (#"{"type":"(Bridge;Weir)"}"#, false), (#"{"type":"(Bridge|Weir)"}"#, true), (#"{"type":"*"}"#, true),
            (#"{"type":"Bridge","id":"urn:ngsi-ld:Bridge:7"}"#, true), (#"{"type":"Bridge","id":["urn:x:1"]}"#, false),
            (#"{"type":"Bridge","idPattern":"Bridge:.$"}"#, true), (#"{"type":"Bridge","idPattern":"^Bridge"}"#, false),
            (#"{"type":"Bridge","id":"urn:ngsi-ld:Bridge:7","idPattern":"^no"}"#, true),
            (#"{"type":"Weir"},{"type":"Bridge"}"#, true),
        ])
    func selectors(selector: String, isMatch: Bool) throws {
        #expect(try (match("\"entities\":[\(selector)]", Self.change("update")) != nil) == isMatch)
    }

    @Test("what a context source tells does not concern local subscriptions (§5.5.13)")
    func local() throws {
        let remote = EntityChange(from: nil, to: Self.bridge, at: 9, isLocal: false)
        #expect(try match(#""entities":[{"type":"Bridge"}]"#, remote) != nil)
        #expect(try match(#""entities":[{"type":"Bridge"}],"localOnly":true"#, remote) == nil)
        #expect(try match(#""entities":[{"type":"*"}]"#, remote) == nil)
        #expect(try match(#""localOnly":true"#, Self.change("create")) != nil)
    }

    @Test("patterns are held against identifiers within a budget")
    func budget() throws {
        let subscription = try subscription(#""entities":[{"type":"Bridge","idPattern":"(a*)*b"}]"#)
        var budget = QueryBudget(steps: 10)
        #expect(throws: NGSILDError.self) { _ = try subscription.match(Self.change("create"), within: &budget) }
    }
}

@Suite("What a notification shows of an entity (CIM 009 §5.8.6)")
struct NotifiedEntityTests {
    static let null: JSONValue = "urn:ngsi-ld:null"

    func content(_ members: String, _ parameters: String, _ change: EntityChange) throws -> Entity {
        let notification = #"{"endpoint":{"uri":"http://ops.example/in"}\#(parameters)}"#
        let subscription = try subscription(SubscriptionTests.with(members, notification: notification))
        var budget = QueryBudget()
        let match = try #require(try subscription.match(change, within: &budget))
        return try #require(subscription.content(of: change, match))
    }

    static let any = #""entities":[{"type":"Bridge"}]"#

    @Test("a deleted attribute is the NGSI-LD null beside what is still there")
    func deletedAttribute() throws {
        let members = Self.any + #","notificationTrigger":["attributeDeleted"]"#
        let change = SubscriptionMatchingTests.change("deleteAttribute")
        let entity = try content(members, "", change)
        #expect(entity.attributes == [Attribute("load", value: 3), Attribute("name", value: Self.null)])
        #expect(entity.deletedAt == nil)
        let full = try content(members, #","showChanges":true,"sysAttrs":true"#, change)
        #expect(full.attributes[1].previous == "Old Bridge")
        #expect(full.attributes[1].deletedAt == 9)
        #expect(full.attributes[0].previous == nil)
    }

    @Test("a deleted instance stands beside the others of its name; strings by language have a null of their own")
    func deletedInstance() throws {
        let map: JSONValue = ["en": "bridge"]
        let before = SubscriptionMatchingTests.entity(
            Attribute("name", value: 1), Attribute("name", value: 2, datasetId: "urn:x:d"), Attribute("load", value: 3),
            Attribute("says", kind: .languageProperty, value: map))
        let after = SubscriptionMatchingTests.entity(before.attributes[0], before.attributes[2])
        let members = Self.any + #","notificationTrigger":["attributeDeleted"]"#
        let entity = try content(members, "", EntityChange(from: before, to: after, at: 9))
        #expect(
            entity.attributes == [
                Attribute("name", value: 1), Attribute("name", value: Self.null, datasetId: "urn:x:d"),
                Attribute("load", value: 3), Attribute("says", kind: .languageProperty, value: ["@none": Self.null]),
            ])
    }

    @Test("previous values of what changed, and of nothing else; none of what was created")
    func previous() throws {
        let update = try content(Self.any, #","showChanges":true"#, SubscriptionMatchingTests.change("update"))
        #expect(update.attributes.map(\.previous) == [3, nil])
        let create = try content(Self.any, #","showChanges":true"#, SubscriptionMatchingTests.change("create"))
        #expect(create.attributes.allSatisfy { $0.previous == nil })
        let plain = try content(Self.any, "", SubscriptionMatchingTests.change("update"))
        #expect(plain.attributes.allSatisfy { $0.previous == nil })
    }

    @Test("of a deleted entity: that it is gone, watched attributes, or all there was")
    func deletedEntity() throws {
        let change = SubscriptionMatchingTests.change("delete")
        let gone = try content(Self.any + #","notificationTrigger":["entityDeleted"]"#, "", change)
        #expect(gone.deletedAt == 9)
        #expect(gone.attributes.isEmpty)
        let watched = try content(
            Self.any + #","watchedAttributes":["name"],"notificationTrigger":["attributeDeleted"]"#, "", change)
        #expect(watched.attributes == [Attribute("name", value: Self.null)])
        let all = try content(
            Self.any + #","notificationTrigger":["entityDeleted"]"#, #","showChanges":true"#, change)
        #expect(all.attributes.map(\.previous) == [3, "Old Bridge"])
    }

    @Test("attributes, pick, omit and datasetId leave attributes out (§5.2.14.1, §4.5.5)")
    func projections() throws {
        let change = SubscriptionMatchingTests.change("update")
        func names(_ parameters: String, _ members: String = "") throws -> [String] {
            try content(Self.any + members, parameters, change).attributes.map(\.name)
        }
        #expect(try names(#","attributes":["name"]"#) == ["name"])
        #expect(try names(#","pick":["id","load"]"#) == ["load"])
        #expect(try names(#","omit":["type","name"]"#) == ["load"])
        #expect(try names(#","pick":["name{x}"]"#) == ["name"])
        #expect(try names(#","omit":["name{x}"]"#) == ["load", "name"])
        #expect(try names("", #","datasetId":["urn:x:d"]"#) == [])
        #expect(try names("", #","datasetId":["urn:x:d","@none"]"#) == ["load", "name"])
    }

    @Test("which members of an entity are shown at all (§4.21)")
    func members() {
        var parameters = NotificationParameters(endpoint: Endpoint(uri: "http://h.example"))
        #expect(parameters.shows("id"))
        parameters.pick = ["id", "name,load"]
        #expect(parameters.shows("load"))
        #expect(!parameters.shows("type"))
        parameters.pick = []
        parameters.omit = ["type"]
        #expect(!parameters.shows("type"))
        #expect(parameters.shows("name"))
    }

    @Test("as it is written: nulls, previous values and times (§5.2.5, §5.2.32, §5.8.6)")
    func written() throws {
        let before = SubscriptionMatchingTests.entity(
            Attribute("name", value: "Old Bridge"), Attribute("load", value: 3),
            Attribute("says", kind: .languageProperty, value: ["fr": "pont"]),
            Attribute("route", kind: .listRelationship, value: ["urn:x:1"]))
        let after = SubscriptionMatchingTests.entity(before.attributes[0], Attribute("load", value: 4))
        let text = SubscriptionTests.with(
            Self.any + #","notificationTrigger":["attributeUpdated","attributeDeleted"]"#,
            notification: #"{"endpoint":{"uri":"http://ops.example/in"},"omit":["type"],"showChanges":true}"#)
        let subscription = try subscription(text)
        let change = EntityChange(from: before, to: after, at: documentsNow)
        var budget = QueryBudget()
        let match = try #require(try subscription.match(change, within: &budget))
        var writer = JSONWriter()
        try #require(subscription.content(of: change, match)).write(
            to: &writer, options: subscription.entityOptions())
        #expect(
            try json(writer.text) == [
                "id": "urn:ngsi-ld:Bridge:7", "name": ["type": "Property", "value": "Old Bridge"],
                "load": ["type": "Property", "value": 4, "previousValue": 3],
                "says": [
                    "type": "LanguageProperty", "languageMap": ["@none": Self.null],
                    "previousLanguageMap": ["fr": "pont"],
                ],
                "route": [
                    "type": "ListRelationship", "objectList": [["object": Self.null]],
                    "previousObjectList": ["urn:x:1"],
                ],
            ])
    }

    @Test("simplified, a deleted attribute is the null alone")
    func simplified() throws {
        let text = SubscriptionTests.with(
            Self.any + #","notificationTrigger":["attributeDeleted"]"#,
            notification: #"{"endpoint":{"uri":"http://ops.example/in"},"format":"keyValues"}"#)
        let subscription = try subscription(text)
        let change = SubscriptionMatchingTests.change("deleteAttribute")
        var budget = QueryBudget()
        let match = try #require(try subscription.match(change, within: &budget))
        var writer = JSONWriter()
        try #require(subscription.content(of: change, match)).write(
            to: &writer, options: subscription.entityOptions())
        #expect(
            try json(writer.text) == [
                "id": "urn:ngsi-ld:Bridge:7", "type": "Bridge", "load": 3, "name": Self.null,
            ])
    }
}
