import CityModel
import MQTTPackets
import NIOCore
import Synchronization

/// What a device has said, and what it was answered: reading k has the value k and a time of its own.
final class Diary: Sendable {
    private struct State {
        var next = 0
        /// Handed over, and not answered: the city may have them or not.
        var unanswered: Set<Int> = []
        var acknowledged: Set<Int> = []
        /// Answered by a refusal.
        var refused: [Int: ReasonCode] = [:]
    }

    let device: String
    private let start: Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - device: Its name.
    ///   - start: When its first reading is made, in milliseconds since 1970.
    init(of device: String, from start: Int64) {
        self.device = device
        self.start = start
    }

    var acknowledged: Set<Int> { state.withLock { $0.acknowledged } }
    var unanswered: Set<Int> { state.withLock { $0.unanswered } }
    var refused: [Int: ReasonCode] { state.withLock { $0.refused } }
    var topic: ByteBuffer { ByteBuffer(string: "devices/\(device)/v") }

    /// When reading `number` was made.
    func time(of number: Int) -> Timestamp { Timestamp(microseconds: (start + Int64(number)) * 1_000) }

    /// The reading as the device says it.
    func payload(of number: Int) -> ByteBuffer {
        ByteBuffer(string: "{\"t\":\(start + Int64(number)),\"v\":\(number)}")
    }

    /// A reading that was never made before.
    func make() -> Int {
        state.withLock { state in
            defer { state.next += 1 }
            state.unanswered.insert(state.next)
            return state.next
        }
    }

    /// Notes the answer to a reading.
    func note(_ code: ReasonCode, to number: Int) {
        state.withLock { state in
            state.unanswered.remove(number)
            if code.isError { state.refused[number] = code } else { state.acknowledged.insert(number) }
        }
    }

    /// What is wrong with the journal's copy of this diary, in words; empty when all is well.
    ///
    /// Every acknowledged reading is there once and as it was said; any other is there once, or not at all.
    func mistakes(in journal: JournalContents) -> [String] {
        let (acknowledged, count) = state.withLock { ($0.acknowledged, $0.next) }
        return (0..<count).compactMap { number in
            let key = JournalContents.Stored(device: device, attribute: "value", observedAt: time(of: number))
            switch journal.readings[key] {
            case nil: return acknowledged.contains(number) ? "\(device) \(number): acknowledged and lost" : nil
            case [.number(Double(number))]: return nil
            case let values?: return "\(device) \(number): \(values) instead of \(number), once"
            }
        }
    }
}
