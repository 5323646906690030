import MQTTPackets
import Testing

@Suite("Subscription tree")
struct SubscriptionTreeTests {
    private func matches(_ tree: SubscriptionTree<Int>, _ topic: String, turn: Int = 0) -> [Int] {
        var found: [Int] = []
        tree.forEachMatch(topic, turn: turn) { subscriber, _ in found.append(subscriber) }
        return found.sorted()
    }

    /// The plainest thing that could be right: every subscription is asked, level by level, as text.
    private func modelMatches(_ filter: String, _ topic: String) -> Bool {
        let filter = filter.split(separator: "/", omittingEmptySubsequences: false)
        let topic = topic.split(separator: "/", omittingEmptySubsequences: false)
        if topic[0].hasPrefix("$"), filter[0] == "#" || filter[0] == "+" { return false }
        for (index, level) in filter.enumerated() {
            if level == "#" { return topic.count >= index }
            guard index < topic.count, level == "+" || level == topic[index] else { return false }
        }
        return filter.count == topic.count
    }

    @Test("agrees with a plain list of filters, through random insertions and removals")
    func againstModel() throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("Subscription tree: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var tree = SubscriptionTree<Int>()
        var model: [String: Set<Int>] = [:]
        func levels(_ choices: [String]) -> [String] {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in choices.randomElement(using: &random) ?? "a" }
        }
        for _ in 0..<1_500 {
            var path = levels(["a", "b", "c", "+", "", "$x", "longer-level"])
            if random.chance(3) { path.append("#") }
            let text = path.joined(separator: "/")
            guard let filter = try? TopicFilter(text) else { continue }
            let subscriber = Int.random(in: 0..<5, using: &random)
            if random.chance(2) {
                let isNew = tree.insert(subscriber, for: filter) == nil
                #expect(model[text, default: []].insert(subscriber).inserted == isNew, "seed \(seed)")
            } else {
                let wasThere = tree.remove(subscriber, for: filter) != nil
                #expect((model[text]?.remove(subscriber) != nil) == wasThere, "seed \(seed)")
            }
            #expect(tree.count == model.values.reduce(0) { $0 + $1.count }, "seed \(seed)")
            let topic = levels(["a", "b", "c", "", "$x", "longer-level"]).joined(separator: "/")
            guard !topic.isEmpty else { continue }
            let expected = model.filter { modelMatches($0.key, topic) }.flatMap(\.value).sorted()
            #expect(matches(tree, topic) == expected, "seed \(seed), topic \(topic)")
            for (text, _) in model.prefix(3) {
                #expect(try TopicFilter(text).matches(topic) == modelMatches(text, topic), "seed \(seed)")
            }
        }
        for (text, subscribers) in model {
            for subscriber in subscribers { tree.remove(subscriber, for: try TopicFilter(text)) }
        }
        #expect(tree.isEmpty && tree.count == 0, "seed \(seed)")
    }

    @Test("a repeated subscription replaces the grant [MQTT-3.8.4-3]")
    func replaced() throws {
        var tree = SubscriptionTree<Int>()
        let filter = try TopicFilter("a/+")
        let first = SubscriptionTree<Int>.Grant(options: .init(maximumQoS: .atLeastOnce))
        let second = SubscriptionTree<Int>.Grant(options: .init(), subscriptionIdentifier: 7)
        #expect(tree.insert(1, for: filter, grant: first) == nil)
        #expect(tree.insert(1, for: filter, grant: second) == first)
        var grants: [SubscriptionTree<Int>.Grant] = []
        tree.forEachMatch("a/b") { _, grant in grants.append(grant) }
        #expect(grants == [second])
        #expect(tree.remove(1, for: filter) == second)
        #expect(tree.isEmpty)
    }

    @Test("of those who share a name one is met, each in turn (5.0 §4.8.2)")
    func shared() throws {
        var tree = SubscriptionTree<Int>()
        let filter = try TopicFilter("$share/g/a/#")
        for subscriber in 1...3 { tree.insert(subscriber, for: filter) }
        tree.insert(9, for: try TopicFilter("$share/h/a/#"))
        tree.insert(2, for: try TopicFilter("a/#"))
        #expect(matches(tree, "a/b", turn: 0) == [1, 2, 9])
        #expect(matches(tree, "a/b", turn: 1) == [2, 2, 9])
        #expect(matches(tree, "a/b", turn: 2) == [2, 3, 9])
        #expect(matches(tree, "a/b", turn: 3) == [1, 2, 9])
        #expect(matches(tree, "a/b", turn: -1).count == 3)
        #expect(tree.count == 5)
        tree.remove(1, for: filter)
        #expect(matches(tree, "a/b", turn: 0) == [2, 2, 9])
        #expect(tree.remove(1, for: filter) == nil)
    }

    @Test("what was never subscribed to is not removed, and finds nobody")
    func unknown() throws {
        var tree = SubscriptionTree<Int>()
        #expect(matches(tree, "a") == [])
        #expect(tree.remove(1, for: try TopicFilter("a")) == nil)
        tree.insert(1, for: try TopicFilter("a/b/c"))
        #expect(tree.remove(1, for: try TopicFilter("a/b")) == nil)
        #expect(tree.remove(2, for: try TopicFilter("a/b/c")) == nil)
        #expect(tree.remove(1, for: try TopicFilter("$share/g/a/b/c")) == nil)
        #expect(matches(tree, "a/b") == [])
        #expect(matches(tree, "a/b/c") == [1])
    }

    @Test("depth costs no stack: 30,000 levels, both ways at each")
    func deep() throws {
        var tree = SubscriptionTree<Int>()
        let topic = [String](repeating: "a", count: 30_000).joined(separator: "/")
        tree.insert(1, for: try TopicFilter(topic))
        tree.insert(2, for: try TopicFilter(topic.replacing("a", with: "+")))
        tree.insert(3, for: try TopicFilter("a/+/#"))
        #expect(matches(tree, topic) == [1, 2, 3])
    }
}

@Suite("Shared subscriptions with some members away")
struct SharedPreferenceTests {
    @Test("the next in turn that is preferred is met; anyone, when none is (5.0 §4.8.2)")
    func preference() throws {
        var tree = SubscriptionTree<String>()
        let filter = try TopicFilter("$share/g/a")
        for member in ["x", "y", "z"] { tree.insert(member, for: filter) }
        func met(_ turn: Int, _ isPreferred: (String) -> Bool) -> [String] {
            var met: [String] = []
            "a".utf8.withContiguousStorageIfAvailable { bytes in
                tree.forEachMatch(UnsafeRawBufferPointer(bytes), turn: turn, prefer: isPreferred) { name, _ in
                    met.append(name)
                }
            }
            return met
        }
        #expect((0..<3).map { met($0) { _ in true } } == [["x"], ["y"], ["z"]])
        #expect((0..<3).map { met($0) { $0 != "y" } } == [["x"], ["z"], ["z"]])
        #expect((0..<3).map { met($0) { _ in false } } == [["x"], ["y"], ["z"]])
    }
}
