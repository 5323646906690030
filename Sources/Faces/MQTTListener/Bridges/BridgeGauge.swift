public import CityModel
import CityPath
import MQTTSessions
import Synchronization

/// How a bridge is, for people.
public struct BridgeSummary: Sendable, Equatable {
    /// What a bridge is doing.
    public enum State: String, Sendable {
        /// On its way to the remote broker.
        case connecting
        /// Messages flow.
        case connected
        /// The link is down; another attempt follows.
        case waiting
    }

    /// The bridge's name.
    public let name: String
    /// The remote broker: host and port.
    public let address: String
    /// What it is doing.
    public let state: State
    /// Since when.
    public let since: Timestamp
    /// Why the link was lost last, or what the remote broker refuses; nil when all is well.
    public let problem: String?
    /// Messages that came in, since the program started; repetitions count.
    public let receivedMessages: Int
    /// Messages that were given out, since the program started; repetitions count.
    public let sentMessages: Int
    /// Messages that one side has refused for good, since the program started.
    public let refusedMessages: Int
    /// Messages that were left out, since the program started: loops, and what no line of the plan is for.
    public let omittedMessages: Int
    /// Messages that its full queue had no room for, or that expired in it, since the program started; known when there is
    /// a link.
    public let droppedMessages: Int
    /// How often a link was made, since the program started.
    public let connects: Int
    /// Messages that wait to be given out, or whose delivery is not complete.
    public let queuedMessages: Int
}

/// What is known of a bridge while it works. Safe from any thread.
final class BridgeGauge: Sendable {
    private struct State {
        var phase = BridgeSummary.State.connecting
        var since: Timestamp
        var problem: String?
        var session: ClientSession?
    }

    enum Count: Int, CaseIterable { case tookIn, gaveOut, refused, leftOut, connects }

    let name: String
    let address: String
    private let state: Mutex<State>
    private let counts = Mutex([Int](repeating: 0, count: Count.allCases.count))

    init(_ settings: BridgeSettings, at now: Timestamp) {
        name = settings.name
        address = "\(settings.address)"
        state = Mutex(State(since: now))
    }

    func enter(_ phase: BridgeSummary.State, at now: Timestamp) {
        state.withLock { state in
            if state.phase != phase { state.since = now }
            state.phase = phase
            if phase == .connected { state.problem = nil }
        }
    }

    /// Takes a problem down.
    ///
    /// - Returns: Whether it is another than the one before: then it is worth telling.
    func meets(_ problem: String) -> Bool {
        state.withLock { state in
            defer { state.problem = problem }
            return state.problem != problem
        }
    }

    func belongs(to session: ClientSession) { state.withLock { $0.session = session } }

    func count(_ what: Count, _ number: Int = 1) { counts.withLock { $0[what.rawValue] += number } }

    var summary: BridgeSummary {
        let (phase, since, problem, session) = state.withLock { ($0.phase, $0.since, $0.problem, $0.session) }
        let counts = counts.withLock { $0 }
        return BridgeSummary(
            name: name, address: address, state: phase, since: since, problem: problem,
            receivedMessages: counts[Count.tookIn.rawValue], sentMessages: counts[Count.gaveOut.rawValue],
            refusedMessages: counts[Count.refused.rawValue], omittedMessages: counts[Count.leftOut.rawValue],
            droppedMessages: session?.summary.droppedMessages ?? 0,
            connects: counts[Count.connects.rawValue],
            queuedMessages: session?.look { $0.waitingMessages + $0.inFlightMessages } ?? 0)
    }

    /// What monitoring reads of the bridge.
    var samples: [CityMetrics.Sample] {
        let summary = summary
        func sample(_ name: String, _ help: String, _ value: Int, isCounter: Bool = true) -> CityMetrics.Sample {
            CityMetrics.Sample(
                name: name, help: help, isCounter: isCounter, label: ("bridge", summary.name), value: Double(value))
        }
        return [
            sample(
                "bastide_bridge_connected", "Whether the link to the other broker stands.",
                summary.state == .connected ? 1 : 0, isCounter: false),
            sample(
                "bastide_bridge_queued_messages", "Messages that wait to be given out.", summary.queuedMessages,
                isCounter: false),
            sample(
                "bastide_bridge_received_messages_total", "Messages taken in from the other broker.",
                summary.receivedMessages),
            sample(
                "bastide_bridge_sent_messages_total", "Messages given out to the other broker.", summary.sentMessages),
            sample(
                "bastide_bridge_refused_messages_total", "Messages that one side has refused.", summary.refusedMessages),
            sample(
                "bastide_bridge_omitted_messages_total", "Messages left out: loops, and what no line is for.",
                summary.omittedMessages),
            sample(
                "bastide_bridge_dropped_messages_total", "Messages that the bridge's queue had no room for.",
                summary.droppedMessages),
            sample("bastide_bridge_connects_total", "How often a link was made.", summary.connects),
        ]
    }
}

extension ConnectionDirectory {
    /// How the city's bridges are, in the order of its configuration.
    public func bridges() -> [BridgeSummary] { (book?.gauges ?? []).map(\.summary) }
}
