import JSONBytes
import NGSILD
import Testing

@Suite("Operations on an entity")
struct OperationTests {
    private func entity(_ json: String) throws -> Entity { Entity(creating: try fragment(json), at: 1) }

    private func sample() throws -> Entity {
        try entity(
            """
            {"id":"urn:x:1","type":"T","scope":"/A","temperature":{"type":"Property","value":25,"unitCode":"CEL",
             "observedAt":"2022-03-14T01:59:26Z","accuracy":{"type":"Property","value":1}},
             "address":{"type":"Property","value":{"street":"A","city":{"name":"B","zip":1}}},
             "name":{"type":"LanguageProperty","languageMap":{"en":"yes","fr":"oui"}}}
            """)
    }

    @Test("a partial update overwrites what is said and leaves the rest (§5.5.8, example 1)")
    func partial() throws {
        var entity = try sample()
        let instances = try Attribute.instances(
            parsing: JSONValue(parsing: #"{"type":"Property","value":100,"accuracy":"urn:ngsi-ld:null"}"#),
            name: "temperature", purpose: .partial)
        let update = try entity.updatePartially("temperature", by: instances, at: 2)
        let attribute = try #require(entity.instance("temperature", nil))
        #expect(attribute.value == 100 && attribute.unitCode == "CEL" && attribute.subAttributes.isEmpty)
        #expect((attribute.createdAt, attribute.modifiedAt, entity.modifiedAt) == (1, 2, 2))
        #expect(update.updated == ["temperature"])
        #expect(update.changes.first?.previous?.value == 25)
    }

    @Test("a partial update changes no type, and no attribute that is not there (§5.6.4)")
    func partialRefused() throws {
        var entity = try sample()
        let relationship = try Attribute.instances(
            parsing: JSONValue(parsing: #"{"type":"Relationship","object":"urn:x:2"}"#), name: "temperature",
            purpose: .partial)
        #expect(throws: NGSILDError.self) { try entity.updatePartially("temperature", by: relationship, at: 2) }
        #expect(throws: NGSILDError.self) { try entity.updatePartially("absent", by: relationship, at: 2) }
        #expect(entity == (try sample()))
    }

    @Test("an update replaces whole attributes, adds others, and deletes by null (§5.5.8, examples 2 and 3)")
    func update() throws {
        var entity = try sample()
        let change = try fragment(
            #"{"temperature":{"value":100},"speed":1,"address":{"type":"Property","value":"urn:ngsi-ld:null"}}"#,
            purpose: .updateOrDelete)
        let update = entity.update(change, at: 2)
        #expect(entity.instance("temperature", nil)?.unitCode == nil)
        #expect(entity.instance("address", nil) == nil && entity.instance("speed", nil)?.value == 1)
        #expect(update.changes.map(\.kind) == [.updated, .created, .deleted])
    }

    @Test("appending without overwriting leaves what is there, and says so (§5.6.3)")
    func append() throws {
        var entity = try sample()
        let more = try fragment(#"{"temperature":1,"speed":2,"type":"U","scope":"/B"}"#, purpose: .update)
        let update = entity.append(more, overwrites: false, at: 2)
        #expect(update.notUpdated.map(\.name) == ["temperature"] && update.updated == ["speed"])
        #expect(entity.types == ["T", "U"] && entity.scopes == ["/A", "/B"])
    }

    @Test("a merge goes to any depth, and null deletes there (§5.5.12)")
    func merge() throws {
        var entity = try sample()
        let change = try fragment(
            """
            {"temperature":{"value":30,"observedAt":"2022-03-14T13:00:00Z"},
             "address":{"type":"Property","value":{"street":"Z","city":{"zip":"urn:ngsi-ld:null"}}},
             "name":{"type":"LanguageProperty","languageMap":{"fr":"urn:ngsi-ld:null","de":"ja"}}}
            """, purpose: .merge)
        _ = try entity.merge(change, at: 2)
        #expect(entity.instance("temperature", nil)?.unitCode == "CEL")
        #expect(entity.instance("address", nil)?.value == ["street": "Z", "city": ["name": "B"]])
        #expect(entity.instance("name", nil)?.value == ["en": "yes", "de": "ja"])
    }

    @Test("simplified values keep types and languages (§5.6.17.4)")
    func mergeSimplified() throws {
        var entity = try sample()
        var options = MergeOptions()
        options.isSimplified = true
        options.language = "fr"
        options.observedAt = 7
        let change = try fragment(#"{"name":"si","temperature":3}"#, purpose: .merge, form: .keyValues)
        _ = try entity.merge(change, options, at: 2)
        #expect(entity.instance("name", nil)?.value == ["en": "yes", "fr": "si"])
        #expect(entity.instance("temperature", nil)?.observedAt == 7)
        let wrong = try fragment(#"{"name":5}"#, purpose: .merge, form: .keyValues)
        #expect(throws: NGSILDError.self) { try entity.merge(wrong, options, at: 3) }
    }

    @Test("datasets are instances of their own (§4.5.5)")
    func datasets() throws {
        var entity = try sample()
        let change = try fragment(
            #"{"temperature":[{"value":1,"datasetId":"urn:d:1"},{"value":2,"datasetId":"urn:d:2"}]}"#, purpose: .update)
        _ = entity.append(change, overwrites: true, at: 2)
        #expect(entity.attributes.filter { $0.name == "temperature" }.count == 3)
        _ = try entity.deleteAttribute("temperature", datasetId: "urn:d:1", at: 3)
        #expect(entity.instance("temperature", "urn:d:1") == nil && entity.instance("temperature", nil) != nil)
        _ = try entity.deleteAttribute("temperature", all: true, at: 4)
        #expect(!entity.attributes.contains { $0.name == "temperature" })
        #expect(throws: NGSILDError.self) { try entity.deleteAttribute("temperature", at: 5) }
    }

    @Test("a replacement keeps when the entity was created, and tells what is gone (§5.6.18)")
    func replace() throws {
        var entity = try sample()
        let update = entity.replace(by: try fragment(#"{"temperature":{"value":1},"new":2}"#, purpose: .update), at: 9)
        #expect((entity.createdAt, entity.modifiedAt) == (1, 9) && entity.types == ["T"] && entity.scopes.isEmpty)
        #expect(Set(update.changes.filter { $0.kind == .deleted }.map(\.name)) == ["address", "name"])
    }
}
