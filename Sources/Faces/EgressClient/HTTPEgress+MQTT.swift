public import CityContext
import MQTTClient
import MQTTPackets
import NGSILD
import NIOCore
import NIOSSL

extension HTTPEgress {
    /// Publishes a message at another broker: connects, publishes, waits for the acknowledgement, and leaves.
    public func publish(_ delivery: MQTTDelivery) async throws(EgressError) {
        let endpoint = delivery.endpoint
        try await check(host: endpoint.host)
        do {
            var tls: NIOSSLContext?
            if endpoint.isSecure { tls = try NIOSSLContext(configuration: .makeClientConfiguration()) }
            var options = MQTTConnectionOptions(
                version: endpoint.version == .v5 ? .v5 : .v3_1_1, userName: endpoint.username,
                password: endpoint.password.map { ByteBuffer(string: $0) }, connectTimeout: delivery.timeout)
            options.clientIdentifier = "bastide-\(SubscriptionIDs.random())"
            let connection = try await MQTTConnection.connect(
                host: endpoint.host, port: endpoint.port, tls: tls, options: options)
            let qos: QoS =
                switch endpoint.qualityOfService {
                case 0: .atMostOnce
                case 1: .atLeastOnce
                default: .exactlyOnce
                }
            let reason: ReasonCode
            do throws(MQTTConnectionError) {
                reason = try await within(delivery.timeout, connection) { () async throws(MQTTConnectionError) in
                    try await connection.publish(
                        topicName: endpoint.topicName, payload: ByteBuffer(bytes: delivery.payload), qos: qos)
                }
            } catch {
                await connection.disconnect()
                throw error
            }
            await connection.disconnect()
            guard !reason.isError else {
                throw EgressError(.unreachable, "the broker refused the message: \(reason)")
            }
        } catch let error as EgressError {
            throw error
        } catch let error as MQTTConnectionError where error.code == .timedOut {
            throw EgressError(.timeout, "there was no answer within \(delivery.timeout)")
        } catch {
            throw EgressError(.unreachable, "\(error)")
        }
    }

    /// Runs `body`; when it takes too long, the connection is closed, and `body` fails.
    private func within<Value: Sendable>(
        _ timeout: Duration, _ connection: MQTTConnection,
        _ body: () async throws(MQTTConnectionError) -> Value
    ) async throws(MQTTConnectionError) -> Value {
        let alarm = Task {
            guard (try? await Task.sleep(for: timeout)) != nil else { return }
            await connection.disconnect()
        }
        defer { alarm.cancel() }
        return try await body()
    }
}
