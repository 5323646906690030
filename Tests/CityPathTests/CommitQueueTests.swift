import CityModel
import CityPath
import CityStorage
import Testing

@Suite("The queue before the committer")
struct CommitQueueTests {
    let queue = CommitQueue()

    private func changes(_ bytes: Int = 0, topic: String = "a") -> AcceptedChanges {
        var changes = AcceptedChanges { _ in }
        changes.keepings = [Keeping(key: Array(topic.utf8), value: [UInt8](repeating: 0, count: bytes))]
        return changes
    }

    private func text(_ bytes: Int) -> AcceptedChanges {
        var changes = AcceptedChanges { _ in }
        changes.observations = [
            Observation(
                series: SeriesID(index: 0), observedAt: Timestamp(seconds: 0),
                value: .text(String(repeating: "x", count: bytes)))
        ]
        return changes
    }

    private func retained(_ bytes: Int) -> AcceptedChanges {
        var changes = AcceptedChanges { _ in }
        let payload = [UInt8](repeating: 255, count: bytes)
        changes.events = [.retained(RetainedMessage(topic: "a", payload: payload, qos: 0))]
        return changes
    }

    @Test("holds a bounded number of bytes, whatever they are in; what is taken makes room")
    func bytes() {
        let each = CommitQueue.byteBound / 16
        for make in [changes(each), text(each), retained(each / 4)] {
            var held = 0
            while queue.put(make) == nil { held += 1 }
            #expect(held == 15, "sixteen with their frames are too many")
            #expect(queue.put(make)?.code == .unavailable)
            #expect(queue.bytes <= CommitQueue.byteBound)
            #expect(queue.take(entries: .max, bytes: .max).count == 15)
            #expect(queue.bytes == 0 && queue.depth == 0)
        }
    }

    @Test("a batch takes as many as fit, in order, and one at least")
    func batches() {
        for bytes in [10, 900, 10, 10, 2_000, 10] { #expect(queue.put(changes(bytes)) == nil) }
        func taken() -> [Int] { queue.take(entries: 3, bytes: 1_500).map { $0.keepings[0].value?.count ?? 0 } }
        #expect(taken() == [10, 900, 10], "no more than three")
        #expect(taken() == [10], "the next is too large to go along")
        #expect(taken() == [2_000], "and goes alone")
        #expect(taken() == [10])
        #expect(taken().isEmpty)
    }

    @Test("refuses for the reason it was closed for")
    func closed() {
        let failed = Refusal(step: .commit, code: .unavailable, message: "the store has failed")
        queue.close(because: failed)
        queue.close(because: Refusal(step: .commit, code: .unavailable, message: "the city is stopping"))
        #expect(queue.put(changes()) == failed)
    }

    @Test("a pause lasts, whatever arrives, until the queue is closed")
    func pause() {
        let clock = ContinuousClock()
        for _ in 0..<5 {
            #expect(queue.put(changes()) == nil)
            _ = queue.take(entries: .max, bytes: .max)
        }
        queue.wake()
        let took = clock.measure { queue.pause(milliseconds: 50) }
        #expect(took >= .milliseconds(50))
        queue.close(because: Refusal(step: .commit, code: .unavailable, message: "the city is stopping"))
        let afterwards = clock.measure { for _ in 0..<3 { queue.pause(milliseconds: 60_000) } }
        #expect(afterwards < .seconds(30))
    }

    @Test("who has taken all does not wake for it again")
    func wakes() {
        for _ in 0..<5 {
            #expect(queue.put(changes()) == nil)
            _ = queue.take(entries: .max, bytes: .max)
        }
        let clock = ContinuousClock()
        #expect(clock.measure { queue.wait(milliseconds: 60_000) } < .seconds(30), "once, for what arrived")
        #expect(clock.measure { queue.wait(milliseconds: 50) } >= .milliseconds(50), "and not five times")
        #expect(queue.put(changes()) == nil)
        #expect(clock.measure { queue.wait(milliseconds: 60_000) } < .seconds(30))
    }
}
