import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Testing

@Suite("Payloads: the mapping's file")
struct PayloadMappingTests {
    private func mappings(_ layout: String) throws -> PayloadMappings {
        try PayloadCity.mappings("layouts:\n  mine:\n" + layout)
    }

    private func indented(_ lines: String...) -> String { lines.map { "    " + $0 }.joined(separator: "\n") }

    /// What a JSON payload becomes by one rule for `v`.
    private func tried(
        _ payload: String, rule: String, more: [String] = [], type: String = "smart-plug",
        at seconds: Int64 = 1_800_000_000
    ) throws -> Result<PayloadTrial, Refusal> {
        let lines = ["payload: json", "deviceTypes: \(type)", "topics: own/{device}/x", "values: {v: \(rule)}"] + more
        let mappings = try mappings(lines.map { "    " + $0 }.joined(separator: "\n"))
        return mappings.trial(
            .init(message: .init(topic: "own/d/x", payload: Array(payload.utf8))), at: Timestamp(seconds: seconds))
    }

    private func value(_ payload: String, rule: String, type: String = "smart-plug") throws -> AttributeValue? {
        try tried(payload, rule: rule, type: type).get().changes.first?.value
    }

    @Test("the shipped file is read, and each of its layouts reads what its device types send")
    func shipped() throws {
        let mappings = try PayloadCity.mappings("version: 1")
        #expect(mappings.layoutCount >= 14)
        #expect(mappings.layoutSummaries.allSatisfy { $0.note != nil })
        #expect(Set(mappings.layoutSummaries.map(\.payload)) == ["json", "text", "sparkplug-b", "message"])
    }

    @Test("what a city has chosen for its own topics and units comes before what ships")
    func chosen() throws {
        let scheme = try #require(TopicScheme(["tele/{device}"]))
        let own = try PayloadMappings.shipped(catalogue: Catalogue.shipped(), topics: scheme)
        let names = own.layoutSummaries.map(\.name)
        #expect(names.contains("tasmota-power") && names.contains("zigbee2mqtt-plug"))
        #expect(!names.contains { ["tasmota-energy", "tasmota-messages"].contains($0) })
        let yaml = "dataModels:\n  ACMeasurement:\n    voltage: {class: public, unit: CEL}"
        let catalogue = try Catalogue.shipped().overlaid(with: Catalogue(yaml: yaml, named: "catalogue.yaml"))
        let mappings = try PayloadMappings.shipped(catalogue: catalogue, topics: .standard)
        let refused = mappings.trial(
            .init(message: .init(topic: "tele/p/SENSOR", payload: Array("{}".utf8))),
            at: Timestamp(seconds: 1_800_000_000))
        if case .failure(let refusal) = refused {
            #expect(refusal.code == .unitMismatch)
        } else {
            Issue.record("taken")
        }
    }

    @Test(
        "what is wrong in the file is told with file, line and what was expected",
        arguments: [
            ("layout: {}", 1, "unknown key `layout`; expected one of `version`, `layouts`, `gateways`, `disabled`"),
            ("layouts:\n  a b:\n    payload: json", 3, "a layout's name has letters"),
            ("layouts:\n  a:\n    topics: x/{device}", 3, "`payload` is missing"),
            (
                "layouts:\n  a:\n    payload: xml", 3,
                "expected one of `json`, `text`, `sparkplug-b`, `message`, found `xml`"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    deviceTypes: smart-plug\n    values: {v: a}", 3,
                "`topics` is missing"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    topics: x/{device}\n    values: {v: a}", 3,
                "`deviceTypes` is missing"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    deviceTypes: smart-plug\n    topics: x/{device}", 3,
                "`values` is missing"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    deviceTypes: bogus", 4,
                "no catalogue describes the device type `bogus`"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    topics:\n      - x/{device}\n      - x/y", 6,
                "expected `{device}` or `{name}`"
            ),
            ("layouts:\n  a:\n    payload: json\n    topics: x/{device}/#", 4, "expected a topic such as"),
            ("layouts:\n  a:\n    payload: json\n    topics: \"{device}/x\"", 4, "expected a topic such as"),
            ("layouts:\n  a:\n    payload: json\n    topics: x/{device}/{name}", 4, "expected a topic such as"),
            (
                "layouts:\n  a:\n    payload: json\n    topics: devices/{device}/x", 4,
                "begins like the city's own topics"
            ),
            ("layouts:\n  a:\n    payload: json\n    topics: spBv1.0/{device}", 4, "Sparkplug's topics are its own"),
            ("layouts:\n  a:\n    payload: sparkplug-b\n    topics: x/{device}", 4, "Sparkplug's topics are its own"),
            ("layouts:\n  a:\n    payload: json\n    values:\n      a..b: c", 5, "`a..b` is no path"),
            (
                "layouts:\n  a:\n    payload: text\n    values:\n      a: c", 5,
                "a payload of text is one value: expected `$`"
            ),
            ("layouts:\n  a:\n    payload: json\n    values:\n      a: {unit: CEL}", 5, "`attribute` is missing"),
            (
                "layouts:\n  a:\n    payload: json\n    values:\n      a: {attribute: b, scale: 0}", 5,
                "`scale` must not be 0"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    values:\n      a: {attribute: b, scale: x}", 5,
                "expected a number, found `x`"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    values:\n      a: {attribute: b, words: {x: y}, unit: CEL}", 5,
                "`words` says"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    observedAt: {path: T, format: local}", 4,
                "a local time needs its `zone`"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    observedAt: {path: T, zone: UTC}", 4,
                "`zone` is for `format: local` only"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    observedAt: {path: T, format: local, zone: Moon}", 4,
                "expected `UTC`"
            ),
            (
                "layouts:\n  a:\n    payload: json\n    observedAt: {path: T, format: iso}", 4,
                "expected one of `rfc3339`"
            ),
            ("layouts:\n  a:\n    payload: text\n    observedAt: T", 4, "only a payload of JSON"),
            ("layouts:\n  a:\n    payload: json\n    connected: c", 4, "only Sparkplug B has births and deaths"),
            ("layouts:\n  a:\n    payload: json\n    unknown: maybe", 4, "expected one of `refuse`, `ignore`"),
            ("layouts:\n  a:\n    payload: json\n    ignore: [\"a[\"]", 4, "`a[` is no path"),
            ("disabled: [nothing]", 1, "there is no shipped layout `nothing`"),
            ("gateways:\n  hub:\n    devices: {x: a/b}", 3, "expected the id of a registered device, found `a/b`"),
            ("gateways:\n  hub:\n    edgeNode: alone", 3, "expected the edge node's group and name"),
            ("gateways:\n  hub:\n    publish: zigbee2mqtt/{name}", 3, "expected a topic without"),
            ("gateways:\n  a: {edgeNode: g/n}\n  b: {edgeNode: g/n}", 0, "`g/n` is `a`'s already"),
        ])
    func wrong(yaml: String, line: Int, message: String) throws {
        do {
            _ = try PayloadCity.mappings(yaml)
            Issue.record("it was taken: \(yaml)")
        } catch let error as ConfigurationError {
            #expect(error.file == "payloads.yaml")
            #expect(error.line == line, "\(error)")
            #expect(error.message.contains(message), "\(error)")
        }
    }

    @Test("a unit that cannot become the catalogue's is a mistake in the file")
    func units() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try mappings(
                indented(
                    "payload: json", "deviceTypes: smart-plug", "topics: own/{device}", "values:",
                    "  v: {attribute: totalActivePower, unit: CEL}"))
        }
        #expect(error?.line == 7)
        #expect(
            error?.message
                == "`totalActivePower` of `ACMeasurement` is kept in `WTT`: expected a unit that converts to it, found `CEL`"
        )
    }

    @Test(
        "numbers are converted to the catalogue's unit, without crumbs",
        arguments: [
            ("smart-plug", "totalActivePower", "KWT", "0.057", 57.0),
            ("smart-plug", "totalActiveEnergyImport", "WHR", "1500", 1.5),
            ("smart-plug", "voltage", "2Z", "230500", 230.5), ("smart-plug", "current", "4K", "260", 0.26),
            ("smart-plug", "totalActiveEnergyImport", "3B", "36", 10),
            ("weather-station", "temperature", "FAH", "104", 40),
            ("weather-station", "temperature", "KEL", "300.15", 27),
            ("weather-station", "relativeHumidity", "P1", "57", 0.57),
            ("weather-station", "atmosphericPressure", "PAL", "101325", 1013.25),
            ("weather-station", "windSpeed", "KMH", "36", 10), ("weather-station", "windSpeed", "HM", "100", 44.704),
            ("weather-station", "precipitation", "INH", "1", 25.4), ("water-meter", "flow", "L2", "100", 6),
            ("water-meter", "waterConsumption", "LTR", "1234", 1.234),
            ("weather-station", "temperature", "CEL", "-0.1", -0.1),
        ])
    func conversions(type: String, attribute: String, unit: String, from: String, to: Double) throws {
        let value = try value("{\"v\":\(from)}", rule: "{attribute: \(attribute), unit: \(unit)}", type: type)
        let number = try #require(value?.number)
        #expect(abs(number - to) <= abs(to) * 1e-12, "\(number)")
    }

    @Test("per cent become a ratio exactly")
    func ratios() throws {
        for percent in 0...100 {
            let value = try value(
                "{\"v\":\(percent)}", rule: "{attribute: relativeHumidity, unit: P1}", type: "weather-station")
            #expect(value == .number(Double("\(Double(percent) / 100)") ?? .nan), "\(percent)")
        }
    }

    @Test("scale and offset come before the unit; text holds numbers where it is said so, or must")
    func numbers() throws {
        #expect(try value(#"{"v":15}"#, rule: "{attribute: voltage, scale: 2, offset: 200}") == .number(230))
        #expect(try value(#"{"v":"230.5"}"#, rule: "voltage") == .number(230.5))
        #expect(try value(#"{"v":"7"}"#, rule: "{attribute: free, as: number}") == .number(7))
        #expect(try value(#"{"v":7}"#, rule: "{attribute: free, as: text}") == .text("7"))
        #expect(try value(#"{"v":"7"}"#, rule: "free") == .text("7"))
        #expect(try value(#"{"v":"true"}"#, rule: "{attribute: free, as: boolean}") == .boolean(true))
        #expect(try value(#"{"v":true}"#, rule: "free") == .boolean(true))
        for wrong in [#""nan""#, #""0x10""#, #""1e999""#, #""""#, "true", "[1]", "{}"] {
            guard case .failure = try tried("{\"v\":\(wrong)}", rule: "voltage") else {
                Issue.record("\(wrong) was taken for a number")
                continue
            }
        }
    }

    @Test("words become Booleans, numbers or text; in quotes they are text")
    func words() throws {
        let rule =
            "{attribute: free, words: {open: true, closed: false, \"1\": 1, half: 0.5, \"true\": \"true\", x: y}}"
        let expected: [(String, AttributeValue)] = [
            (#""open""#, .boolean(true)), (#""closed""#, .boolean(false)), ("1", .number(1)),
            (#""half""#, .number(0.5)),
            ("true", .text("true")), (#""x""#, .text("y")),
        ]
        for (word, meaning) in expected { #expect(try value("{\"v\":\(word)}", rule: rule) == meaning, "\(word)") }
    }

    @Test("paths lead into objects and arrays, and names may have dots in quotes")
    func paths() throws {
        let mappings = try mappings(
            indented(
                "payload: json", "deviceTypes: smart-plug", "topics: own/{device}", "values:", "  a[1].b: voltage",
                "  '[\"x.y\"][0]': current", "ignore: [\"a[0]\"]"))
        let payload = #"{"a":[{"c":1},{"b":230}],"x.y":[0.5]}"#
        let trial = mappings.trial(
            .init(message: .init(topic: "own/d", payload: Array(payload.utf8))), at: Timestamp(seconds: 1_800_000_000))
        #expect(try trial.get().changes.map(\.value) == [.number(230), .number(0.5)])
        let further = mappings.trial(
            .init(message: .init(topic: "own/d", payload: Array(#"{"a":[1,{"b":1},3]}"#.utf8))),
            at: Timestamp(seconds: 1_800_000_000))
        #expect(throws: Refusal.self) { try further.get() }
        if case .failure(let refusal) = further {
            #expect(refusal.message.hasPrefix("at `$.a[2]`: expected one of `[0]`, `[1]`"), "\(refusal.message)")
        }
    }

    @Test(
        "times are read in each form; a local one by its zone, in the hour that comes twice the one nearer to now",
        arguments: [
            ("t", #""2027-01-15T08:00:00+01:00""#, 1_799_996_400, 1_800_000_000),
            ("{path: t, format: seconds}", "1799996400", 1_799_996_400, 1_800_000_000),
            ("{path: t, format: milliseconds}", "1799996400000", 1_799_996_400, 1_800_000_000),
            ("{path: t, format: local, zone: UTC}", #""2027-01-15T07:00:00""#, 1_799_996_400, 1_800_000_000),
            ("{path: t, format: local, zone: \"+01:00\"}", #""2027-01-15T08:00:00""#, 1_799_996_400, 1_800_000_000),
            ("{path: t, format: local, zone: Europe/Vienna}", #""2027-01-15T08:00:00""#, 1_799_996_400, 1_800_000_000),
            ("{path: t, format: local, zone: Europe/Vienna}", #""2026-07-15T08:00:00""#, 1_784_095_200, 1_800_000_000),
            // Clocks are put back on 25 October 2026 at 01:00 UTC, from 03:00 to 02:00.
            ("{path: t, format: local, zone: Europe/Vienna}", #""2026-10-25T02:30:00""#, 1_792_888_200, 1_792_888_260),
            ("{path: t, format: local, zone: Europe/Vienna}", #""2026-10-25T02:30:00""#, 1_792_891_800, 1_792_891_860),
            // They are put forward on 29 March 2026 at 01:00 UTC, from 02:00 to 03:00: 02:30 is not.
            ("{path: t, format: local, zone: Europe/Vienna}", #""2026-03-29T02:30:00""#, 1_774_747_800, 1_800_000_000),
            ("{path: t, format: local, zone: Europe/Vienna}", #""2027-01-15T07:00:00Z""#, 1_799_996_400, 1_800_000_000),
        ])
    func times(rule: String, written: String, expected: Int64, now: Int64) throws {
        let trial = try tried(
            "{\"v\":1,\"t\":\(written)}", rule: "voltage", more: ["observedAt: \(rule)"], at: now
        ).get()
        #expect(trial.changes.first?.observedAt == Timestamp(seconds: expected))
    }

    @Test("without a mapping for it a topic is an application's")
    func unmapped() throws {
        let trial = PayloadMappings.none.trial(
            .init(message: .init(topic: "tele/x/SENSOR", payload: [])), at: Timestamp(seconds: 1_800_000_000))
        #expect(throws: Refusal.self) { try trial.get() }
    }

    @Test("a payload that is not what a layout is for is refused, whatever its bytes", arguments: seeds)
    func anyBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let mappings = try PayloadCity.mappings("version: 1")
        let (now, sample) = (Timestamp(seconds: 1_800_000_000), Array(TasmotaTests.energy.utf8))
        for _ in 0..<500 {
            var bytes = sample
            for _ in 0..<(1 + random.below(3)) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: random.bytes(2), at: place)
                }
            }
            for topic in ["tele/p/SENSOR", "tele/p/STATE", "stat/p/POWER", "spBv1.0/g/NBIRTH/n"] {
                if case .failure(let refusal) = mappings.trial(
                    .init(message: .init(topic: topic, payload: bytes)), at: now)
                {
                    #expect(!refusal.message.isEmpty)
                }
            }
        }
    }
}
