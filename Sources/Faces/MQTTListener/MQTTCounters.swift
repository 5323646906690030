import CityPath
import Synchronization

/// What the face counts for `$SYS` topics and for people. Safe from any thread; nothing here is exact to the instant.
final class MQTTCounters: Sendable {
    private let receivedBytes = Atomic<Int>(0)
    private let sentBytes = Atomic<Int>(0)
    private let receivedPublications = Atomic<Int>(0)
    private let sentPublications = Atomic<Int>(0)
    private let droppedPublications = Atomic<Int>(0)

    private let heldBackTimes = Atomic<Int>(0)
    private let heldBackNanoseconds = Atomic<Int>(0)

    /// All at zero.
    init() {}

    func received(bytes: Int, publications: Int) {
        receivedBytes.add(bytes, ordering: .relaxed)
        if publications > 0 { receivedPublications.add(publications, ordering: .relaxed) }
    }

    func sent(bytes: Int) { sentBytes.add(bytes, ordering: .relaxed) }

    func relayed(_ sent: Int, dropped: Int) {
        if sent > 0 { sentPublications.add(sent, ordering: .relaxed) }
        if dropped > 0 { droppedPublications.add(dropped, ordering: .relaxed) }
    }

    /// A peer has published beyond its quota, and is not read from for a while.
    func heldBack() { heldBackTimes.add(1, ordering: .relaxed) }

    /// So long one was.
    func heldBack(for duration: Duration) {
        heldBackNanoseconds.add(Int(duration / .nanoseconds(1)), ordering: .relaxed)
    }

    /// What of it monitoring reads.
    var samples: [CityMetrics.Sample] {
        [
            CityMetrics.Sample(
                name: "bastide_mqtt_held_back_total",
                help: "Times an MQTT peer had published beyond its quota and was not read from for a while.",
                isCounter: true, value: Double(heldBackTimes.load(ordering: .relaxed))),
            CityMetrics.Sample(
                name: "bastide_mqtt_held_back_seconds_total",
                help: "Time for which MQTT peers were not read from because of their quota.", isCounter: true,
                value: Double(heldBackNanoseconds.load(ordering: .relaxed)) * 1e-9),
        ]
    }

    /// The counts, under the names that they have below `$SYS/broker/`.
    var values: [(name: String, value: Int)] {
        [
            ("bytes/received", receivedBytes.load(ordering: .relaxed)),
            ("bytes/sent", sentBytes.load(ordering: .relaxed)),
            ("publish/messages/received", receivedPublications.load(ordering: .relaxed)),
            ("publish/messages/sent", sentPublications.load(ordering: .relaxed)),
            ("publish/messages/dropped", droppedPublications.load(ordering: .relaxed)),
        ]
    }
}
