import CityModel
import CityPath
import MQTTPackets
import MQTTSessions
import NIOCore

extension ListenerShared {
    /// Publishes what the path has to say to a device: at QoS 0, not retained, not kept. Later and on `loop`: who brought
    /// the message that it answers is in the middle of a read.
    func publish(_ reply: PayloadReplies.Reply, on loop: any EventLoop) {
        loop.execute { [relay, path] in
            let now = SessionInstant(path.clock.now)
            let message = RelayedMessage(
                ApplicationMessage(
                    topicName: Array(reply.topic.utf8), payload: ByteBuffer(bytes: reply.payload), qos: .atMostOnce,
                    retain: false, receivedAt: now), .internal)
            relay.deliver(relay.route([message]), [message], isCommitted: true, at: now)
        }
    }
}
