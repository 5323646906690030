import MQTTBridge
import MQTTPackets
import Testing

@Suite("Waiting before the next attempt")
struct ReconnectBackoffTests {
    @Test("waits grow from a second to a minute, each between half of the full time and all of it")
    func growth() {
        var random = SplitMix(state: 1)
        var backoff = ReconnectBackoff()
        for full in [1.0, 2, 4, 8, 16, 32, 60, 60, 60] {
            let wait = backoff.wait(afterLinkOf: .zero, using: &random) / .seconds(1)
            #expect(wait >= max(1, full / 2) && wait <= full, "\(wait) of \(full)")
        }
    }

    @Test("a link that stood for a minute begins anew; one that was lost at once does not")
    func reset() {
        var random = SplitMix(state: 2)
        var backoff = ReconnectBackoff()
        for _ in 0..<6 { _ = backoff.wait(afterLinkOf: .milliseconds(3), using: &random) }
        #expect(backoff.wait(afterLinkOf: .seconds(59), using: &random) >= .seconds(30))
        #expect(backoff.wait(afterLinkOf: .seconds(60), using: &random) == .seconds(1))
    }

    @Test("two bridges that lost the same broker do not wait equally long")
    func jitter() {
        var random = SplitMix(state: 3)
        var waits: Set<Duration> = []
        for _ in 0..<20 {
            var backoff = ReconnectBackoff(shortest: .seconds(1), longest: .seconds(60))
            _ = backoff.wait(afterLinkOf: .zero, using: &random)
            _ = backoff.wait(afterLinkOf: .zero, using: &random)
            waits.insert(backoff.wait(afterLinkOf: .zero, using: &random))
        }
        #expect(waits.count > 15)
    }
}

@Suite("Marks against loops")
struct HopMarkTests {
    private let mark = HopMark(broker: "rivertown.example")

    @Test("a message without marks, or with those of others, may come in")
    func strangers() {
        #expect(!mark.bars([]))
        #expect(!mark.bars([.userProperty(name: HopMark.name, value: "laketown.example")]))
        #expect(!mark.bars([.userProperty(name: "other", value: "rivertown.example")]))
    }

    @Test("a message that has been here may not")
    func own() {
        #expect(mark.bars([.userProperty(name: HopMark.name, value: "laketown.example"), mark.property]))
    }

    @Test("nor one that was bridged too often, wherever it was")
    func tooMany() {
        let others = (1..<HopMark.mostHops).map { Property.userProperty(name: HopMark.name, value: "town-\($0)") }
        #expect(!mark.bars(Properties(others)))
        #expect(mark.bars(Properties(others + [.userProperty(name: HopMark.name, value: "one-more")])))
    }
}
