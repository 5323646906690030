import Synchronization

/// Received messages that wait to be read. Bounded: when it is full, the oldest is dropped and counted.
final class Inbox: Sendable {
    let messages: AsyncStream<MQTTMessage>
    private let continuation: AsyncStream<MQTTMessage>.Continuation
    private let dropped = Atomic<Int>(0)

    /// How many were dropped.
    var droppedCount: Int { dropped.load(ordering: .relaxed) }

    init(backlog: Int) {
        (messages, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(max(1, backlog)))
    }

    func put(_ message: MQTTMessage) {
        if case .dropped = continuation.yield(message) { dropped.add(1, ordering: .relaxed) }
    }

    func finish() { continuation.finish() }
}
