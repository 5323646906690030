import CityModel
import Synchronization

/// What the city counts. Names follow Prometheus' conventions; read them with ``samples()``.
public final class CityMetrics: Sendable {
    /// One number with its name and labels.
    public struct Sample: Sendable, Equatable {
        /// The metric's name, with `_total` where it only grows.
        public let name: String
        /// What it counts.
        public let help: String
        /// Whether it only grows.
        public let isCounter: Bool
        /// Label and value, where it has one.
        public let label: (name: String, value: String)?
        /// The number.
        public let value: Double

        /// A sample.
        public init(
            name: String, help: String, isCounter: Bool, label: (name: String, value: String)? = nil, value: Double
        ) {
            self.name = name
            self.help = help
            self.isCounter = isCounter
            self.label = label
            self.value = value
        }

        /// Whether two samples are alike in everything.
        public static func == (lhs: Sample, rhs: Sample) -> Bool {
            lhs.name == rhs.name && lhs.value == rhs.value && lhs.label?.value == rhs.label?.value
        }
    }

    private let observations = Atomic<Int>(0)
    private let duplicates = Atomic<Int>(0)
    private let batches = Atomic<Int>(0)
    private let alerts = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    private let relayed = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let commitNanoseconds = Atomic<Int>(0)
    private let refusals = Mutex<[Refusal.Code: Int]>([:])
    private let sources = Mutex<[@Sendable () -> [Sample]]>([])

    /// All counts at zero.
    public init() {}

    func committed(observations count: Int, duplicates repeated: Int, took nanoseconds: Int) {
        observations.add(count, ordering: .relaxed)
        duplicates.add(repeated, ordering: .relaxed)
        batches.add(1, ordering: .relaxed)
        commitNanoseconds.add(nanoseconds, ordering: .relaxed)
    }

    /// Observations that the city already had, with nothing new among them.
    func repeated(_ count: Int) { duplicates.add(count, ordering: .relaxed) }

    func raisedAlert() { alerts.add(1, ordering: .relaxed) }

    func refused(_ code: Refusal.Code) { refusals.withLock { $0[code, default: 0] += 1 } }

    /// A device or reader has connected (+1) or gone (-1).
    public func connectionsChanged(by difference: Int) { connections.add(difference, ordering: .relaxed) }

    /// Messages given to subscribers, and messages that a slow subscriber lost.
    public func relayed(_ count: Int, dropped lost: Int) {
        relayed.add(count, ordering: .relaxed)
        dropped.add(lost, ordering: .relaxed)
    }

    /// How many peers are connected over MQTT.
    public var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// How many observations were committed since the start.
    public var observationCount: Int { observations.load(ordering: .relaxed) }

    /// How many submissions were refused since the start.
    public var refusalCount: Int { refusals.withLock { $0.values.reduce(0, +) } }

    /// Has what a face counts by itself shown along with the rest.
    ///
    /// - Parameter source: Asked for each time; samples of one name need not follow each other.
    public func include(_ source: @escaping @Sendable () -> [Sample]) { sources.withLock { $0.append(source) } }

    /// Everything counted, in a fixed order; samples of one name follow each other.
    public func samples() -> [Sample] {
        func counter(_ name: String, _ help: String, _ value: borrowing Atomic<Int>, scale: Double = 1) -> Sample {
            Sample(name: name, help: help, isCounter: true, value: Double(value.load(ordering: .relaxed)) * scale)
        }
        var samples = [
            counter("bastide_observations_committed_total", "Observations made durable.", observations),
            counter("bastide_observations_duplicate_total", "Observations the city already had.", duplicates),
            counter("bastide_batches_committed_total", "Batches made durable.", batches),
            counter(
                "bastide_commit_seconds_total", "Time spent making batches durable.", commitNanoseconds, scale: 1e-9),
            counter("bastide_alerts_raised_total", "Alerts raised by detectors.", alerts),
            counter("bastide_messages_relayed_total", "Messages given to MQTT subscribers.", relayed),
            counter("bastide_messages_dropped_total", "Messages that slow MQTT subscribers lost.", dropped),
            Sample(
                name: "bastide_mqtt_connections", help: "Peers connected over MQTT.", isCounter: false,
                value: Double(connectionCount)),
        ]
        let refused = refusals.withLock { $0 }
        for code in Refusal.Code.allCases {
            samples.append(
                Sample(
                    name: "bastide_refusals_total", help: "Submissions refused, by reason.", isCounter: true,
                    label: ("code", code.rawValue), value: Double(refused[code] ?? 0)))
        }
        let included = sources.withLock { $0 }.flatMap { $0() }
        // Grouped by name, as the exposition format wants it; within a name in the order of the sources.
        for name in included.map(\.name).uniqued() { samples += included.filter { $0.name == name } }
        return samples
    }
}

extension [String] {
    /// Each once, in the order of their first occurrence.
    fileprivate func uniqued() -> [String] {
        var known: Set<String> = []
        return filter { known.insert($0).inserted }
    }
}
