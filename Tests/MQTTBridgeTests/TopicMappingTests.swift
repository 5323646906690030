import MQTTBridge
import MQTTPackets
import NIOCore
import Testing

@Suite("Topics on their way over a bridge")
struct TopicMappingTests {
    private static func device(_ device: String, _ channel: String) -> String { "devices/\(device)/\(channel)" }

    private func remote(_ mapping: OutwardMapping, _ topic: String) -> String? {
        mapping.remoteTopic(of: ByteBuffer(string: topic)).map { String(buffer: $0) }
    }

    private func local(_ mapping: InwardMapping, _ topic: String) -> String? {
        mapping.localTopic(of: ByteBuffer(string: topic), deviceTopic: TopicMappingTests.device).map {
            String(buffer: $0)
        }
    }

    @Test("out: the local prefix is exchanged for the remote one, where the filter matches")
    func outward() throws {
        let mapping = try OutwardMapping(
            topic: "+/state", qos: .atLeastOnce, localPrefix: "lamps/", remotePrefix: "old/l/")
        #expect(mapping.localFilter.text == "lamps/+/state")
        #expect(mapping.remoteFilter.text == "old/l/+/state")
        #expect(remote(mapping, "lamps/7/state") == "old/l/7/state")
        #expect(remote(mapping, "lamps/7/other") == nil)
        #expect(remote(mapping, "7/state") == nil)
    }

    @Test("without prefixes, topics stay as they are")
    func same() throws {
        let mapping = try OutwardMapping(topic: "a/#", qos: .atMostOnce)
        #expect(remote(mapping, "a/b/c") == "a/b/c")
        #expect(remote(mapping, "a") == "a")
    }

    @Test("an empty topic makes whole topics of the prefixes")
    func whole() throws {
        let mapping = try InwardMapping(topic: "", qos: .atLeastOnce, localPrefix: "here/it", remotePrefix: "there/it")
        #expect(local(mapping, "there/it") == "here/it")
        #expect(local(mapping, "there/it/not") == nil)
    }

    @Test("`plant/#` matches `plant`, which does not begin with `plant/`: it has no place on the other side")
    func parentTopic() throws {
        let mapping = try InwardMapping(topic: "#", qos: .atLeastOnce, localPrefix: "x/", remotePrefix: "plant/")
        #expect(local(mapping, "plant") == nil)
        #expect(local(mapping, "plant/1") == "x/1")
    }

    @Test("a topic name that would be longer than MQTT allows has no place, either")
    func tooLong() throws {
        let long = String(repeating: "x", count: 65_500)
        let mapping = try OutwardMapping(
            topic: "#", qos: .atLeastOnce, remotePrefix: "a-prefix-that-is-much-too-long-for-it/")
        #expect(remote(mapping, long) == nil)
        #expect(remote(mapping, String(long.prefix(65_000))) != nil)
    }

    @Test("in: a device's name is made of levels that `+` matched")
    func devices() throws {
        let template = try #require(NameTemplate("gauge-{2}"))
        let mapping = try InwardMapping(
            topic: "+/gauges/+/state", qos: .atLeastOnce, remotePrefix: "plant/", device: template, channel: "v")
        #expect(local(mapping, "plant/north/gauges/7/state") == "devices/gauge-7/v")
        #expect(local(mapping, "plant/north/lamps/7/state") == nil)
        #expect(template.canBe("gauge-7"))
        #expect(!template.canBe("lamp-7"))
    }

    @Test(
        "templates that are none are refused", arguments: ["", "{", "}", "{0}", "{10}", "{a}", "gauge-{1", "gauge}1{"])
    func wrongTemplates(_ text: String) {
        #expect(NameTemplate(text) == nil)
    }

    @Test("a fixed name is that name and no other")
    func fixedName() throws {
        let template = try #require(NameTemplate("gauge-7"))
        #expect(template.highestVariable == 0)
        #expect(template.canBe("gauge-7"))
        #expect(!template.canBe("gauge-77"))
        #expect(!template.canBe("a-gauge-7"))
    }

    @Test(
        "what a template makes, it can be",
        arguments: ["{1}", "a{1}", "{1}z", "a{1}-{2}z", "{2}{1}", "a-{1}-b-{2}-c"], ["x", "a", "-b-", "z"])
    func templatesAgree(_ text: String, _ level: String) throws {
        let template = try #require(NameTemplate(text))
        let filter = try TopicFilter("+/+")
        #expect(template.canBe(template.name(for: "\(level)/\(level)2", of: filter)))
    }

    @Test("a mapping whose name needs more levels than its filter has is refused, in words")
    func tooFewLevels() throws {
        let template = try #require(NameTemplate("{2}"))
        let error = #expect(throws: TopicMappingError.self) {
            try InwardMapping(topic: "a/+", qos: .atMostOnce, device: template, channel: "v")
        }
        #expect(error?.description.contains("needs 2 levels") == true)
    }

    @Test(
        "prefixes with wildcards, filters that are none, and shared subscriptions are refused",
        arguments: [("a/#/b", ""), ("x", "pre+fix/"), ("", ""), ("$share/g/x", "")])
    func refused(_ topic: String, _ prefix: String) {
        #expect(throws: TopicMappingError.self) {
            try OutwardMapping(topic: topic, qos: .atMostOnce, localPrefix: prefix)
        }
    }
}

@Suite("Filters that overlap")
struct OverlapTests {
    @Test(
        "two filters overlap if some topic matches both",
        arguments: [
            ("a/b", "a/b", true), ("a/b", "a/c", false), ("a/+", "a/b", true), ("+/b", "a/+", true),
            ("#", "a/b/c", true),
            ("a/#", "a", true), ("a/#", "b/#", false), ("a/+/c", "a/b", false), ("a/+/#", "a/b", true),
            ("+", "a/b", false),
            ("#", "$SYS/x", false), ("$SYS/#", "$SYS/+", true), ("a/", "a", false), ("a/+", "a/", true),
            ("+/+", "/#", true),
        ])
    func overlap(_ one: String, _ two: String, _ expected: Bool) throws {
        let (first, second) = (try TopicFilter(one), try TopicFilter(two))
        #expect(first.overlaps(second) == expected)
        #expect(second.overlaps(first) == expected)
    }

    @Test("whenever a topic matches both of two filters, they overlap; seeded")
    func againstMatching() throws {
        var random = SplitMix(state: 7)
        let levels = ["a", "b", "", "+"]
        func filter() -> String {
            var parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                levels.randomElement(using: &random) ?? "a"
            }
            if Bool.random(using: &random) { parts.append("#") }
            return parts.joined(separator: "/")
        }
        let topics = ["a", "b", "", "a/a", "a/b", "b/a", "a/", "/a", "a/b/a", "b/b/b", "a/a/a/a", "/", "//"].filter {
            !$0.isEmpty
        }
        var overlapping = 0
        for _ in 0..<2_000 {
            let (one, two) = (filter(), filter())
            guard let first = try? TopicFilter(one), let second = try? TopicFilter(two) else { continue }
            if topics.contains(where: { first.matches($0) && second.matches($0) }) {
                overlapping += 1
                #expect(first.overlaps(second), "\(one) \(two)")
            }
        }
        #expect(overlapping > 100)
    }

    @Test("what goes out on topics that come in is named, pair by pair")
    func echoes() throws {
        let plan = BridgePlan(
            inward: [
                try InwardMapping(topic: "#", qos: .atLeastOnce, localPrefix: "x/", remotePrefix: "y/"),
                try InwardMapping(topic: "a/#", qos: .atLeastOnce),
            ],
            outward: [
                try OutwardMapping(topic: "z/#", qos: .atLeastOnce),
                try OutwardMapping(topic: "+/b", qos: .atLeastOnce),
            ])
        #expect(plan.echoes.map { "\($0.outward) \($0.inward)" } == ["1 0", "1 1"])
    }
}

/// A generator whose numbers are the same each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
