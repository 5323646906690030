import SparkplugB
import Testing

@Suite("The state of an edge node")
struct NodeTests {
    private func metric(_ name: String?, _ alias: UInt64? = nil, _ number: Double = 1) -> SparkplugMetric {
        SparkplugMetric(name: name, alias: alias, dataType: .double, wire: .double(number))
    }

    private func payload(_ sequence: UInt64?, _ metrics: SparkplugMetric...) -> SparkplugPayload {
        SparkplugPayload(timestamp: 1_000, metrics: metrics, sequence: sequence)
    }

    private func bdSeq(_ number: UInt64) -> SparkplugMetric {
        SparkplugMetric(name: "bdSeq", dataType: .uint64, wire: .long(number))
    }

    private func born(bdSeq number: UInt64 = 0, sequence: UInt64 = 0) -> SparkplugNode {
        var node = SparkplugNode()
        let outcome = node.receive(.nodeBirth, device: nil, payload(sequence, bdSeq(number), metric("m", 1)))
        #expect(outcome == .metrics([SparkplugNode.Reading(name: "m", value: .double(1), timestamp: 1_000)]))
        return node
    }

    private func isRebirth(_ outcome: SparkplugNode.Outcome) -> Bool {
        if case .rebirthNeeded = outcome { true } else { false }
    }

    @Test("before its birth everything of an edge node needs one")
    func unborn() {
        for type in [SparkplugTopicName.MessageType.nodeData, .deviceBirth, .deviceData, .deviceDeath] {
            var node = SparkplugNode()
            #expect(isRebirth(node.receive(type, device: "d", payload(0))), "\(type)")
        }
        var node = SparkplugNode()
        #expect(node.receive(.nodeDeath, device: nil, payload(nil, bdSeq(0))) == .stale)
    }

    @Test("`seq` counts to 255 and begins again at 0")
    func sequence() {
        var node = born(sequence: 254)
        for number in [255, 0, 1] as [UInt64] {
            #expect(node.receive(.nodeData, device: nil, payload(number, metric(nil, 1, 2))) != .stale)
            #expect(node.isOnline, "\(number)")
        }
    }

    @Test("a gap, a repetition or a missing `seq` needs a birth, and so does all that follows until it comes")
    func gaps() {
        for wrong in [2, 0, 300, nil] as [UInt64?] {
            var node = born()
            #expect(isRebirth(node.receive(.nodeData, device: nil, payload(wrong))), "\(String(describing: wrong))")
            #expect(isRebirth(node.receive(.nodeData, device: nil, payload(1))))
            #expect(!node.isOnline)
            _ = node.receive(.nodeBirth, device: nil, payload(0, bdSeq(0), metric("m", 1)))
            #expect(node.receive(.nodeData, device: nil, payload(1)) == .metrics([]))
        }
    }

    @Test("a metric that no birth names needs one")
    func unknownMetrics() {
        for unknown in [metric("other"), metric(nil, 99), metric(nil, nil)] {
            var node = born()
            #expect(isRebirth(node.receive(.nodeData, device: nil, payload(1, unknown))))
        }
    }

    @Test("an alias says more than a name beside it; one of another device says nothing")
    func aliasAndName() {
        var node = born()
        let both = node.receive(.nodeData, device: nil, payload(1, metric("short", 1, 3)))
        #expect(both == .metrics([SparkplugNode.Reading(name: "m", value: .double(3), timestamp: 1_000)]))
        _ = node.receive(.deviceBirth, device: "a", payload(2, metric("x", 10)))
        #expect(isRebirth(node.receive(.nodeData, device: nil, payload(3, metric(nil, 10)))))
    }

    @Test("a device is born, speaks and dies by itself; with its edge node it dies too")
    func devices() {
        var node = born()
        #expect(isRebirth(node.receive(.deviceData, device: "a", payload(1))))
        node = born()
        _ = node.receive(.deviceBirth, device: "a", payload(1, metric("x", 10)))
        _ = node.receive(.deviceBirth, device: "b", payload(2, metric("x", 11)))
        let said = node.receive(.deviceData, device: "b", payload(3, metric(nil, 11, 5)))
        #expect(said == .metrics([SparkplugNode.Reading(name: "x", value: .double(5), timestamp: 1_000)]))
        #expect(node.receive(.deviceDeath, device: "a", payload(4)) == .deviceDied)
        #expect(node.receive(.deviceDeath, device: "a", payload(5)) == .stale)
        #expect(node.receive(.nodeDeath, device: nil, payload(nil, bdSeq(0))) == .nodeDied(devices: ["b"]))
        #expect(isRebirth(node.receive(.deviceData, device: "b", payload(6))))
    }

    @Test("an alias belongs to one metric of the edge node and all its devices")
    func aliases() {
        var node = born()
        let taken = node.receive(.deviceBirth, device: "a", payload(1, metric("x", 1)))
        #expect(taken == .malformed("alias 1 is `m`'s and `x`'s at once"))
        let twice = SparkplugPayload(metrics: [metric("p", 7), metric("q", 7)], sequence: 0)
        #expect(node.receive(.nodeBirth, device: nil, twice) == .malformed("alias 7 is `p`'s and `q`'s at once"))
    }

    @Test("a device may be born again with the aliases it had")
    func deviceRebirth() {
        var node = born()
        for sequence in [1, 2] as [UInt64] {
            let outcome = node.receive(.deviceBirth, device: "a", payload(sequence, metric("x", 10)))
            #expect(outcome == .metrics([SparkplugNode.Reading(name: "x", value: .double(1), timestamp: 1_000)]))
        }
    }

    @Test("the death of an earlier session says nothing of this one")
    func staleDeath() {
        var node = born(bdSeq: 4)
        #expect(node.receive(.nodeDeath, device: nil, payload(nil, bdSeq(3))) == .stale)
        #expect(node.isOnline)
        #expect(node.receive(.nodeDeath, device: nil, payload(nil, bdSeq(4))) == .nodeDied(devices: []))
    }

    @Test("a birth has names and types, and a `seq` from 0 to 255")
    func births() {
        var node = SparkplugNode()
        let nameless = SparkplugMetric(alias: 1, dataType: .double, wire: .double(1))
        let typeless = SparkplugMetric(name: "m", wire: .double(1))
        for wrong in [payload(nil), payload(256), payload(0, nameless), payload(0, typeless)] {
            guard case .malformed = node.receive(.nodeBirth, device: nil, wrong) else {
                Issue.record("\(wrong) was taken for a birth")
                continue
            }
            #expect(!node.isOnline)
        }
    }

    @Test("commands are not an edge node's to send")
    func commands() {
        var node = born()
        for type in [SparkplugTopicName.MessageType.nodeCommand, .deviceCommand] {
            guard case .malformed = node.receive(type, device: "d", payload(1)) else {
                Issue.record("\(type) was taken")
                continue
            }
        }
        #expect(node.isOnline)
    }

    @Test(
        "a topic is read whole or not at all",
        arguments: [
            "spBv1.0", "spBv1.0/g/NDATA", "spBv1.0/g/NDATA/n/d", "spBv1.0/g/DDATA/n", "spBv1.0/g/XDATA/n",
            "spBv1.0//NDATA/n", "spBv1.0/g/NDATA/", "spBv2.0/g/NDATA/n", "spBv1.0/STATE/host", "spBv1.0/g/DDATA/n/d/e",
        ])
    func topics(topic: String) {
        #expect(SparkplugTopicName(topic) == nil)
    }
}
