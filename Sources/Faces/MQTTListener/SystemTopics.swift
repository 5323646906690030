import CityModel
import CityPath
import MQTTPackets
import MQTTSessions
import NIOCore
import Synchronization

/// `$SYS/broker/...`: what monitoring tools read of an MQTT broker, under the names that they know from Mosquitto.
final class SystemTopics: Sendable {
    /// How often they are published.
    static let interval = TimeAmount.seconds(10)

    let shared: ListenerShared
    let startedAt: Timestamp
    private let lastTick = Mutex<ContinuousClock.Instant?>(nil)

    init(shared: ListenerShared, startedAt: Timestamp) {
        self.shared = shared
        self.startedAt = startedAt
    }

    /// Measures how busy each client was since the last time, and publishes all topics.
    func tick() {
        let now = ContinuousClock.now
        let last = lastTick.withLock { last in
            defer { last = now }
            return last
        }
        let seconds = last.map { $0.duration(to: now) / .seconds(1) } ?? 0
        if seconds > 0 { for client in shared.sessions.all { client.measureRates(over: seconds) } }
        publish()
    }

    /// Publishes all of them: retained, and not kept beyond the program's end.
    private func publish() {
        let now = SessionInstant(shared.path.clock.now)
        let messages = facts().map { name, text in
            RelayedMessage(
                ApplicationMessage(
                    topicName: Array("$SYS/broker/\(name)".utf8), payload: ByteBuffer(string: text), qos: .atMostOnce,
                    retain: true, receivedAt: now), .internal)
        }
        for message in messages { shared.relay.retained.apply(message) }
        shared.relay.deliver(shared.relay.route(messages), messages, isCommitted: true, at: now)
    }

    private func facts() -> [(String, String)] {
        let uptime = shared.path.clock.now.since(startedAt).components.seconds
        let connected = shared.city.metrics.connectionCount
        let sessions = shared.sessions.count
        var facts = [
            ("version", "bastide"), ("uptime", "\(max(uptime, 0)) seconds"),
            ("clients/connected", "\(connected)"), ("clients/total", "\(sessions)"),
            ("clients/disconnected", "\(max(sessions - connected, 0))"),
            ("subscriptions/count", "\(shared.relay.subscriptionCount)"),
            ("retained messages/count", "\(shared.relay.retained.count)"),
        ]
        facts += shared.counters.values.map { ($0.name, "\($0.value)") }
        return facts
    }
}
