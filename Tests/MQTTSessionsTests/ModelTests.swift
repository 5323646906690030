import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

@Suite("A client, a server, a network that fails, and crashes")
struct ModelTests {
    @Test("in random histories every promise is kept", arguments: 1...200 as ClosedRange<UInt64>)
    func histories(seed: UInt64) {
        let world = World(seed: seed)
        do {
            for _ in 0..<500 { try world.step() }
            try world.settle()
            try world.checkToClient()
            try world.checkToServer()
        } catch {
            Issue.record(
                """
                seed \(seed), \(world.version), durable \(world.isDurable): \(error), after
                \(world.trail.suffix(60).joined(separator: "\n"))
                """)
        }
    }
}

extension World {
    /// QoS 1 at least once, QoS 2 exactly once, none that was refused, in order.
    func checkToClient() throws {
        let counts = Dictionary(client.received.map { ($0, 1) }, uniquingKeysWith: +)
        for (number, fate) in fates {
            let count = counts[number] ?? 0
            if !fate.mayBeDelivered { try #require(count == 0, "message \(number) was refused, but delivered") }
            if fate.qos != .atLeastOnce { try #require(count <= 1, "message \(number) came \(count) times") }
            if fate.mayBeDelivered, !fate.mayBeLost { try #require(count >= 1, "message \(number) is lost") }
        }
        try #require(isAscendingAtFirstSight(client.received), "to the client: \(client.received)")
    }

    /// The same for what the client has published.
    func checkToServer() throws {
        let counts = Dictionary(city.map { ($0, 1) }, uniquingKeysWith: +)
        for (number, qos) in client.published {
            let count = counts[number] ?? 0
            if qos != .atLeastOnce { try #require(count <= 1, "publication \(number) was taken in \(count) times") }
            if client.acknowledged.contains(number) { try #require(count >= 1, "publication \(number) is lost") }
            if client.completed.contains(number) { try #require(count == 1, "publication \(number) is lost") }
            if client.refused.contains(number), qos == .exactlyOnce, !client.completed.contains(number) {
                try #require(count == 0, "publication \(number) was refused, but taken in")
            }
        }
        try #require(isAscendingAtFirstSight(city), "to the server: \(city)")
    }

    /// Repetitions aside, everything comes in the order in which it was published.
    private func isAscendingAtFirstSight(_ numbers: [Int]) -> Bool {
        var seen: Set<Int> = []
        let first = numbers.filter { seen.insert($0).inserted }
        return first == first.sorted()
    }
}
