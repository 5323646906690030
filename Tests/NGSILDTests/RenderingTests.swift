import JSONBytes
import NGSILD
import Testing

@Suite("Writing entities (CIM 009 §4.5)")
struct RenderingTests {
    private func sample() throws -> Entity {
        let time = try instant("2026-01-01T00:00:00Z")
        return Entity(
            id: "urn:ngsi-ld:Room:1", types: ["Room"],
            attributes: [
                Attribute("temperature", value: 21.5, unitCode: "CEL", observedAt: time),
                Attribute("name", value: "Hall"), Attribute("owner", kind: .relationship, value: "urn:x:Bob"),
                Attribute("says", kind: .languageProperty, value: ["en": "yes"]),
                Attribute("place", kind: .geoProperty, value: ["type": "Point", "coordinates": [1, 2]]),
                Attribute("speed", value: 1), Attribute("speed", value: 2, datasetId: "urn:d"),
            ], scopes: ["/A"], createdAt: time, modifiedAt: time + 1)
    }

    private func text(_ entity: Entity, _ options: EntityOptions) -> String {
        var writer = JSONWriter()
        entity.write(to: &writer, options: options)
        return writer.text
    }

    @Test("normalized")
    func normalized() throws {
        #expect(
            text(try sample(), entityOptions(.normalized)) == #"{"id":"urn:ngsi-ld:Room:1","type":"Room","scope":"/A","#
                + #""temperature":{"type":"Property","value":21.5,"unitCode":"CEL","observedAt":"2026-01-01T00:00:00Z"},"#
                + #""name":{"type":"Property","value":"Hall"},"owner":{"type":"Relationship","object":"urn:x:Bob"},"#
                + #""says":{"type":"LanguageProperty","languageMap":{"en":"yes"}},"#
                + #""place":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"#
                + #""speed":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d"}]}"#)
    }

    @Test("concise")
    func concise() throws {
        #expect(
            text(try sample(), entityOptions(.concise)) == #"{"id":"urn:ngsi-ld:Room:1","type":"Room","scope":"/A","#
                + #""temperature":{"value":21.5,"unitCode":"CEL","observedAt":"2026-01-01T00:00:00Z"},"name":"Hall","#
                + #""owner":{"object":"urn:x:Bob"},"says":{"languageMap":{"en":"yes"}},"#
                + #""place":{"type":"Point","coordinates":[1,2]},"speed":[1,{"value":2,"datasetId":"urn:d"}]}"#)
    }

    @Test("key-values, and several datasets in it (§4.5.4)")
    func keyValues() throws {
        #expect(
            text(try sample(), entityOptions(.keyValues)) == #"{"id":"urn:ngsi-ld:Room:1","type":"Room","scope":"/A","#
                + #""temperature":21.5,"name":"Hall","owner":"urn:x:Bob","says":{"languageMap":{"en":"yes"}},"#
                + #""place":{"type":"Point","coordinates":[1,2]},"speed":{"dataset":{"@none":1,"urn:d":2}}}"#)
    }

    @Test("system attributes on request")
    func systemAttributes() throws {
        var options = EntityOptions()
        options.includesSystemAttributes = true
        var speed = Attribute("speed", value: 1)
        speed.createdAt = 0
        speed.modifiedAt = 1_000_000
        let entity = Entity(id: "urn:x:1", types: ["A", "B"], attributes: [speed], createdAt: 0)
        #expect(
            text(entity, options) == #"{"id":"urn:x:1","type":["A","B"],"createdAt":"1970-01-01T00:00:00Z","#
                + #""speed":{"type":"Property","value":1,"createdAt":"1970-01-01T00:00:00Z","modifiedAt":"1970-01-01T00:00:01Z"}}"#
        )
        options.representation = .concise
        #expect(text(entity, options).contains(#""speed":{"value":1,"createdAt""#))
        options.representation = .keyValues
        #expect(text(entity, options).contains(#""speed":1"#))
    }

    @Test(
        "concise never lets a value be taken for an attribute",
        arguments: [
            #"{"type":"Property","value":{"type":"Custom","x":1}}"#, #"{"type":"Property","value":{"value":1}}"#,
            #"{"type":"Property","value":{"object":"urn:x"}}"#, #"{"type":"Property","value":{"city":"Berlin"}}"#,
            #"{"type":"Property","value":[{"value":1},{"value":2}]}"#,
            #"{"type":"Property","value":[{"type":"Property"}]}"#,
            #"{"type":"Property","value":{"type":"Point","coordinates":[1,2]}}"#,
            #"{"type":"Property","value":{"dataset":{"@none":1}}}"#,
            #"{"type":"Property","value":{"https://uri.etsi.org/ngsi-ld/hasValue":1}}"#,
            #"{"type":"ListProperty","valueList":[]}"#,
            #"{"type":"Property","value":{"languageMap":{"en":"x"}}}"#, #"{"type":"Property","value":{}}"#,
            #"{"type":"Property","value":[]}"#,
        ])
    func unambiguous(json: String) throws {
        let original = try attribute(json)
        for representation in [EntityRepresentation.normalized, .concise] {
            var writer = JSONWriter()
            original.write(to: &writer, options: entityOptions(representation))
            #expect(try attribute(writer.text) == original, "\(writer.text)")
        }
    }

    @Test("normalized and concise lose nothing", arguments: Samples.all)
    func lossless(sample: String) throws {
        var original = try fragment(sample)
        original.context = nil
        for representation in [EntityRepresentation.normalized, .concise] {
            let text = rendered(original, representation)
            #expect(try fragment(text) == original, "\(text)")
        }
    }

    @Test("key-values keep all values", arguments: Samples.all)
    func keyValuesRoundTrip(sample: String) throws {
        let original = try fragment(sample)
        let text = rendered(original, .keyValues)
        let read = try fragment(text, form: .keyValues)
        #expect(read.attributes.map(\.value) == original.attributes.map(\.value))
        #expect(rendered(read, .keyValues) == text)
    }

    @Test("random entities survive both lossless representations", arguments: [1, 2, 3, 4] as [UInt64])
    func randomEntities(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var entity = EntityFragment(id: "urn:x:\(random.below(99))", types: ["T"])
            for name in ["a", "b", "c"].prefix(random.below(4)) {
                for index in 0...random.below(2) {
                    var attribute = randomAttribute(name, &random, depth: 0)
                    attribute.datasetId = index == 0 ? nil : "urn:d:\(index)"
                    entity.attributes.append(attribute)
                }
            }
            for representation in [EntityRepresentation.normalized, .concise] {
                let text = rendered(entity, representation)
                #expect(try fragment(text) == entity, "seed \(seed): \(text)")
            }
            let simple = rendered(entity, .keyValues)
            #expect(throws: Never.self, "seed \(seed): \(simple)") { try fragment(simple, form: .keyValues) }
        }
    }

    private func randomAttribute(_ name: String, _ random: inout SeededGenerator, depth: Int) -> Attribute {
        let kind = AttributeKind.allCases[random.below(AttributeKind.allCases.count)]
        let values: [JSONValue] = [
            1, -2.5, "x", true, [1, 2], ["type": "Q"], ["value": 1], ["k": [["z": 0]]], [["type": "R"]],
        ]
        let value: JSONValue =
            switch kind {
            case .property: values[random.below(values.count)]
            case .jsonProperty: .array([values[random.below(values.count)]])
            case .relationship: random.below(2) == 0 ? "urn:x:1" : ["urn:x:1", "urn:x:2"]
            case .geoProperty: ["type": "LineString", "coordinates": [[0, 0], [1.5, -2]]]
            case .languageProperty: ["en": "yes", "fr": ["oui", "si"]]
            case .vocabProperty: random.below(2) == 0 ? "Male" : ["A", "B"]
            case .listProperty: [1, ["x": 2]]
            case .listRelationship: ["urn:x:1"]
            }
        var attribute = Attribute(name, kind: kind, value: value)
        if random.below(2) == 0 { attribute.observedAt = Int64(random.below(1 << 50)) }
        if kind == .property, random.below(2) == 0 { attribute.unitCode = "CEL" }
        if depth < 3, random.below(3) == 0 {
            attribute.subAttributes = [randomAttribute("s", &random, depth: depth + 1)]
        }
        return attribute
    }

    @Test("damaged entities are refused or read, never worse", arguments: [7, 8] as [UInt64])
    func damage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = Samples.all.flatMap { $0.split(separator: "\"").map(String.init) }
        for _ in 0..<800 {
            var parts = Samples.all[random.below(Samples.all.count)].split(separator: "\"").map(String.init)
            for _ in 0...random.below(3) { parts[random.below(parts.count)] = pieces[random.below(pieces.count)] }
            let text = parts.joined(separator: "\"")
            for form in [EntityForm.normalizedOrConcise, .keyValues] {
                do {
                    var read = try EntityFragment(parsing: text.utf8, purpose: .merge, form: form)
                    read.context = nil
                    _ = rendered(read, .concise)
                } catch {
                    #expect(error.message.hasPrefix("at `$"), "seed \(seed): \(error.message)")
                }
            }
        }
    }
}
