import MQTTPackets
import Testing

@Suite("Topic filters (5.0 §4.7, §4.8)")
struct TopicFilterTests {
    @Test(
        "matches",
        arguments: [
            ("sport/tennis/player1/#", "sport/tennis/player1"),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking"),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"), ("sport/#", "sport"), ("#", "a/b/c"),
            ("sport/tennis/+", "sport/tennis/player1"), ("sport/+", "sport/"), ("+/+", "/finance"),
            ("/+", "/finance"), ("+", "finance"), ("+/tennis/#", "sport/tennis"), ("$SYS/#", "$SYS/a"),
            ("$SYS/monitor/+", "$SYS/monitor/Clients"), ("a//b", "a//b"), ("a/+/b", "a//b"), ("+/+", "/"),
            ("é/+", "é/日本"), ("#", "/"), ("a/b", "a/b"),
        ])
    func matches(_ filter: String, _ topic: String) throws {
        #expect(try TopicFilter(filter).matches(topic))
    }

    @Test(
        "does not match",
        arguments: [
            ("sport/tennis/+", "sport/tennis/player1/ranking"), ("sport/+", "sport"), ("+", "/finance"),
            ("#", "$SYS/a"), ("+/monitor/Clients", "$SYS/monitor/Clients"), ("a/b", "a/bc"), ("a/bc", "a/b"),
            ("a", "a/b"), ("a/b", "a"), ("a/", "a"), ("a", "a/"), ("A", "a"), ("a/b/#", "a"), ("a/+/c", "a/b/d"),
            ("sport/#", "sports"), ("\u{E9}", "e\u{301}"),
        ])
    func doesNotMatch(_ filter: String, _ topic: String) throws {
        #expect(try !TopicFilter(filter).matches(topic))
    }

    @Test(
        "refused",
        arguments: [
            ("", DecodingRule.emptyTopicFilter), ("sport/tennis#", .misplacedWildcard),
            ("sport/tennis/#/ranking", .misplacedWildcard), ("sport+", .misplacedWildcard), ("+a", .misplacedWildcard),
            ("##", .misplacedWildcard), ("a/++", .misplacedWildcard), ("a\0", .nullCharacter),
            ("$share", .invalidSharedSubscription), ("$share/", .invalidSharedSubscription),
            ("$share/g", .invalidSharedSubscription), ("$share/g/", .invalidSharedSubscription),
            ("$share//a", .invalidSharedSubscription), ("$share/g#/a", .invalidSharedSubscription),
            ("$share/g/a#", .misplacedWildcard),
        ])
    func refused(_ filter: String, _ rule: DecodingRule) throws {
        let error = try #require(throws: TopicFilterError.self) { try TopicFilter(filter) }
        #expect(error.rule == rule)
    }

    @Test("a shared subscription is matched without its prefix, and 3.1.1 has none [MQTT-4.8.2-1]")
    func shared() throws {
        let filter = try TopicFilter("$share/consumer1/sport/+")
        #expect(filter.shareName == "consumer1")
        #expect(filter.matches("sport/tennis"))
        #expect(filter.hasWildcard)
        #expect(filter.levelCount == 2)
        let plain = try TopicFilter("$share/consumer1/sport/+", version: .v3_1_1)
        #expect(plain.shareName == nil)
        #expect(!plain.matches("sport/tennis"))
        #expect(plain != filter)
        #expect(try TopicFilter("$shared/a").shareName == nil)
    }

    @Test("nothing is normalised [MQTT-4.7.3-4]")
    func bytes() throws {
        #expect(try TopicFilter("\u{E9}") != TopicFilter("e\u{301}"))
    }
}
