import CityModel
import CityPath
import Testing

@Suite("The data catalogue")
struct CatalogueTests {
    @Test("the shipped catalogue is right, and every device type's values are catalogued or plain")
    func shipped() throws {
        let catalogue = try Catalogue.shipped()
        #expect(catalogue.deviceTypes.count > 10)
        #expect(catalogue.dataModels.count > 10)
        for (name, type) in catalogue.deviceTypes {
            for value in type.values.values {
                let specification = catalogue.specification(of: value.attribute, in: type.entityType)
                #expect(specification.label.isCatalogued, "\(name): \(value.attribute) of \(type.entityType)")
            }
        }
        #expect(catalogue.specification(of: "vehiclePlate", in: "TrafficFlowObserved").label.dataClass == .personal)
        #expect(catalogue.specification(of: "vehiclePlate", in: "Foo").label.dataClass == .personal)
        #expect(catalogue.highestClass(for: "legal-request: case 7") == .personal)
        #expect(catalogue.highestClass(for: "case 7") == nil)
    }

    @Test("a purpose unlocks a class; a city adds its own and takes others back")
    func purposes() throws {
        let own = try Catalogue(
            yaml: "purposes: {billing: {class: personal, note: water}, emergency: {class: restricted}}", named: "x")
        let city = try Catalogue.shipped().overlaid(with: own)
        #expect(city.highestClass(for: "billing") == .personal)
        #expect(city.highestClass(for: "emergency") == .restricted)
        #expect(city.highestClass(for: "maintenance") == .personal)
        #expect(city.deviceTypes == (try Catalogue.shipped().deviceTypes))
    }

    @Test("an attribute that no data model has for a type is what the strictest one says of its name")
    func elsewhere() throws {
        let catalogue = try Catalogue(
            yaml: """
                dataModels:
                  Car: {plate: {class: personal, retentionDays: 2}, speed: {class: public, unit: KMH}}
                  Ship: {plate: {class: public}}
                """, named: "x")
        #expect(catalogue.specification(of: "plate", in: "Ship").label.dataClass == .public)
        let foreign = catalogue.specification(of: "plate", in: "Foo")
        #expect(foreign.label == DataLabel(dataClass: .personal, retentionDays: nil, isCatalogued: false))
        #expect(catalogue.specification(of: "speed", in: "Foo") == .uncatalogued)
        let classify = Classify(catalogue: catalogue.overlaid(with: Catalogue()))
        #expect(classify.label("plate", of: "Foo").dataClass == .personal, "laid over, too")
    }

    @Test("what no catalogue names is restricted")
    func uncatalogued() throws {
        let label = try Catalogue.shipped().specification(of: "secret", in: "Unheard").label
        #expect(label == DataLabel(dataClass: .restricted, retentionDays: nil, isCatalogued: false))
    }

    @Test("`*` holds for every type that does not say otherwise; a city's own word wins")
    func overlay() throws {
        let base = try Catalogue(
            yaml: """
                dataModels:
                  "*": {name: {class: public}, owner: {class: personal}}
                  Road: {owner: {class: public}, speed: {class: public, unit: KMH, max: 300}}
                deviceTypes:
                  counter: {entityType: Road, values: {v: speed}}
                """, named: "base.yaml")
        let own = try Catalogue(
            yaml: """
                dataModels: {Road: {speed: {class: internal}}}
                deviceTypes: {counter: {entityType: Road, values: {s: speed}}}
                """, named: "own.yaml")
        let city = base.overlaid(with: own)
        #expect(city.specification(of: "owner", in: "Road").label.dataClass == .public)
        #expect(city.specification(of: "owner", in: "Dog").label.dataClass == .personal)
        #expect(city.specification(of: "speed", in: "Road").label.dataClass == .internal)
        #expect(city.specification(of: "speed", in: "Road").maximum == nil)
        #expect(city.deviceTypes["counter"]?.values.keys.sorted() == ["s"])
        #expect(Classify(catalogue: city).label("owner", of: "Dog").dataClass == .personal)
    }

    static let wrong: [(yaml: String, line: Int, says: [String])] = [
        ("dataModels: [1", 2, ["not YAML"]),
        ("a: 1\na: 2", 0, ["twice"]),
        ("- 1", 1, ["expected a mapping", "a list"]),
        ("version: 2", 1, ["from 1 to 1", "`2`"]),
        ("dataModel: {}", 1, ["unknown key `dataModel`", "`dataModels`"]),
        ("dataModels:\n  Road:\n    speed: fast", 3, ["`dataModels.Road.speed`", "mapping", "`fast`"]),
        ("dataModels:\n  Road:\n    speed: {unit: KMH}", 3, ["`class` is missing"]),
        ("dataModels:\n  Road:\n    speed: {class: secret}", 3, ["public, internal, restricted, personal, sensitive"]),
        (
            "dataModels:\n  Road:\n    speed:\n      class: public\n      minimum: 1", 5,
            ["unknown key `minimum`", "`min`"]
        ),
        ("dataModels:\n  Road:\n    speed: {class: public, min: low}", 3, ["expected a number", "`low`"]),
        ("dataModels:\n  Road:\n    speed: {class: public, max: .inf}", 3, ["expected a number"]),
        ("dataModels:\n  Road:\n    speed: {class: public, min: 2, max: 1}", 3, ["`min` is above `max`"]),
        ("dataModels:\n  Road:\n    speed: {class: public, retentionDays: 0}", 3, ["from 1 to 36500", "`0`"]),
        ("deviceTypes:\n  x:\n    values: {v: y}", 3, ["`entityType` is missing"]),
        ("deviceTypes:\n  x:\n    entityType: Road\n    values: {t: y}", 4, ["`t` is the time"]),
        ("deviceTypes:\n  x:\n    entityType: Road\n    values: {v: {unit: KMH}}", 4, ["`attribute` is missing"]),
        ("deviceTypes:\n  x:\n    entityType: [a]", 3, ["expected text", "a list"]),
        ("purposes:\n  billing: {note: x}", 2, ["`purposes.billing`", "`class` is missing"]),
        ("purposes:\n  billing: {class: secret}", 2, ["public, internal, restricted, personal, sensitive"]),
        ("purposes:\n  \"case: 7\": {class: personal}", 2, ["a purpose's name"]),
    ]

    @Test("a mistake is told with file, line and what was expected", arguments: 0..<wrong.count)
    func mistakes(row: Int) throws {
        let (yaml, line, says) = CatalogueTests.wrong[row]
        do throws(ConfigurationError) {
            _ = try Catalogue(yaml: yaml, named: "catalogue.yaml")
            Issue.record("it was taken: \(yaml)")
        } catch {
            #expect(error.file == "catalogue.yaml")
            if line > 0 { #expect(error.line == line, "\(error)") }
            for word in says { #expect(error.message.contains(word), "\(error)") }
            #expect(error.description.hasPrefix("catalogue.yaml"))
        }
    }

    @Test("empty files and sections say nothing", arguments: ["", "# nothing", "dataModels:", "deviceTypes: {}"])
    func empty(yaml: String) throws {
        #expect(try Catalogue(yaml: yaml, named: "x") == Catalogue())
    }

    @Test("never traps on a damaged file", arguments: seeds)
    func fuzz(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            var bytes = Array(TestCity.catalogue.utf8)
            for _ in 0...random.below(6) {
                bytes[random.below(bytes.count)] = random.pick(Array("{}[]:,-*&!|>'\"%@`#\n\t \\0".utf8))
            }
            do {
                _ = try Catalogue(yaml: String(decoding: bytes, as: UTF8.self), named: "x.yaml")
            } catch {
                #expect(error.file == "x.yaml", "seed \(seed)")
            }
        }
    }
}
