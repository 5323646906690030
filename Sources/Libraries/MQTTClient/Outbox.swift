import MQTTPackets
import NIOCore
import Synchronization

/// A message on its way out, and whom to tell.
struct OutgoingMessage: Sendable {
    typealias Completion = @Sendable (Result<ReasonCode, MQTTConnectionError>) -> Void

    let topicName: ByteBuffer
    let payload: ByteBuffer
    let qos: QoS
    let retain: Bool
    let properties: Properties
    let completion: Completion
}

/// Where publishers on any thread hand their messages to the event loop.
///
/// Bounded: each message holds a place from when it is put in until it is settled. When all places are taken, publishers
/// wait in line. The event loop is woken once for many messages.
final class Outbox: Sendable {
    private struct State {
        var freePlaces: Int
        var messages: [OutgoingMessage] = []
        var isDrainDue = false
        var waiting = CircularBuffer<CheckedContinuation<Void, any Error>>()
        var closed: MQTTConnectionError?
    }

    private let state: Mutex<State>

    /// - Parameter places: How many messages may be unsettled at a time; at least one.
    init(places: Int) {
        state = Mutex(State(freePlaces: max(1, places)))
    }

    /// Takes a place, waiting for one if need be. Ends at the latest with the connection.
    func takePlace() async throws(MQTTConnectionError) {
        do {
            if try state.withLock({ try Outbox.takeFreePlace(&$0) }) { return }
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Bool, any Error> in
                    Result {
                        if try Outbox.takeFreePlace(&state) { return true }
                        state.waiting.append(continuation)
                        return false
                    }
                }
                switch outcome {
                case .success(true): continuation.resume()
                case .success(false): break
                case .failure(let error): continuation.resume(throwing: error)
                }
            }
        } catch {
            throw error as? MQTTConnectionError ?? MQTTConnectionError(.closed, "connection has ended", cause: error)
        }
    }

    private static func takeFreePlace(_ state: inout State) throws -> Bool {
        if let closed = state.closed { throw closed }
        guard state.freePlaces > 0, state.waiting.isEmpty else { return false }
        state.freePlaces -= 1
        return true
    }

    /// Puts a message in, for which a place was taken. After the end of the connection it fails at once.
    ///
    /// - Returns: Whether the event loop must be told to call ``drain()``.
    func put(_ message: OutgoingMessage) -> Bool {
        let outcome = state.withLock { state -> Result<Bool, MQTTConnectionError> in
            if let closed = state.closed { return .failure(closed) }
            state.messages.append(message)
            defer { state.isDrainDue = true }
            return .success(!state.isDrainDue)
        }
        switch outcome {
        case .success(let isFirst): return isFirst
        case .failure(let error):
            message.completion(.failure(error))
            return false
        }
    }

    /// Takes all messages out, in order. Their places stay taken.
    func drain() -> [OutgoingMessage] {
        state.withLock { state in
            state.isDrainDue = false
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Gives places back, to those who wait first.
    func giveBack(places: Int) {
        guard places > 0 else { return }
        let next = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            let count = min(places, state.waiting.count)
            let next = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.freePlaces += places - count
            return next
        }
        for continuation in next { continuation.resume() }
    }

    /// Turns everybody away, now and later.
    func close(_ error: MQTTConnectionError) {
        let (messages, waiting) = state.withLock { state in
            state.closed = state.closed ?? error
            defer {
                state.messages = []
                state.waiting.removeAll()
            }
            return (state.messages, Array(state.waiting))
        }
        for continuation in waiting { continuation.resume(throwing: error) }
        for message in messages { message.completion(.failure(error)) }
    }
}
