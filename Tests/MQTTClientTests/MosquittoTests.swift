import MQTTClient
import MQTTPackets
import NIOCore
import NIOSSL
import Synchronization
import Testing

@Suite(
    "Against Eclipse Mosquitto",
    .enabled(if: MosquittoServer.isInstalled, "needs \(MosquittoServer.path)"), .timeLimit(.minutes(5)))
struct MosquittoTests {
    private func connect(
        _ server: MosquittoServer, _ options: MQTTConnectionOptions
    ) async throws -> MQTTConnection {
        try await MQTTConnection.connect(host: "127.0.0.1", port: server.port, options: options)
    }

    private func first(_ count: Int, of connection: MQTTConnection) async -> [MQTTMessage] {
        var messages: [MQTTMessage] = []
        for await message in connection.messages {
            messages.append(message)
            if messages.count == count { break }
        }
        return messages
    }

    @Test(
        "what is published arrives, at each QoS and in each edition", arguments: ProtocolVersion.allCases, QoS.allCases)
    func roundTrip(_ version: ProtocolVersion, _ qos: QoS) async throws {
        let server = try MosquittoServer()
        let publisher = try await connect(server, .init(clientIdentifier: "publisher", version: version))
        let subscriber = try await connect(server, .init(clientIdentifier: "subscriber", version: version))
        let granted = try await subscriber.subscribe(to: TopicFilter("city/+/level"), qos: qos)
        #expect(granted == ReasonCode(granting: qos))
        let code = try await publisher.publish(
            topicName: "city/rhône/level", payload: ByteBuffer(string: "3.2"), qos: qos)
        #expect(code == .success)
        let message = try #require(await first(1, of: subscriber).first)
        #expect(message.topicName == "city/rhône/level")
        #expect(message.payload == ByteBuffer(string: "3.2"))
        #expect(message.qos == qos && !message.retain && !message.isDuplicate)
        await publisher.disconnect()
        await subscriber.disconnect()
        guard case .disconnected = await publisher.closed else {
            Issue.record("\(await publisher.closed)")
            return
        }
    }

    @Test("an empty client identifier is replaced by the server's [MQTT-3.2.2-16]")
    func assignedIdentifier() async throws {
        let server = try MosquittoServer()
        let connection = try await connect(server, .init())
        #expect(!connection.clientIdentifier.isEmpty)
        #expect(connection.isOpen)
    }

    @Test(
        "a retained message greets a later subscriber; after unsubscribing nothing comes",
        arguments: ProtocolVersion.allCases)
    func retained(_ version: ProtocolVersion) async throws {
        let server = try MosquittoServer()
        let connection = try await connect(server, .init(clientIdentifier: "c", version: version))
        _ = try await connection.publish(topicName: "a/b", payload: ByteBuffer(string: "kept"), retain: true)
        let filter = try TopicFilter("a/#")
        _ = try await connection.subscribe(to: filter)
        let message = try #require(await first(1, of: connection).first)
        #expect(message.retain && message.payload == ByteBuffer(string: "kept"))
        let codes = try await connection.unsubscribe([filter])
        #expect(codes == (version == .v5 ? [.success] : []))
        _ = try await connection.publish(topicName: "a/b", payload: ByteBuffer(string: "unheard"))
        _ = try await connection.subscribe(to: try TopicFilter("end"))
        _ = try await connection.publish(topicName: "end", payload: ByteBuffer())
        #expect(await first(1, of: connection).first?.topicName == "end")
    }

    @Test("10,000 pipelined messages are all acknowledged, and arrive in order", arguments: ProtocolVersion.allCases)
    func pipelined(_ version: ProtocolVersion) async throws {
        let server = try MosquittoServer()
        let publisher = try await connect(server, .init(clientIdentifier: "p", version: version, publishWindow: 200))
        let subscriber = try await connect(
            server, .init(clientIdentifier: "s", version: version, messageBacklog: 20_000))
        _ = try await subscriber.subscribe(to: try TopicFilter("pipe"), qos: .atMostOnce)
        let count = 10_000
        let (results, resultsIn) = AsyncStream<Bool>.makeStream()
        for index in 0..<count {
            try await publisher.publishPipelined(
                topicName: ByteBuffer(string: "pipe"), payload: ByteBuffer(integer: UInt32(index))
            ) { result in
                if case .success(.success) = result { resultsIn.yield(true) } else { resultsIn.yield(false) }
            }
        }
        let successes = await results.prefix(count).reduce(0) { $0 + ($1 ? 1 : 0) }
        #expect(successes == count)
        let received = await first(count, of: subscriber).map {
            $0.payload.getInteger(at: $0.payload.readerIndex, as: UInt32.self)
        }
        #expect(received == (0..<UInt32(count)).map { $0 })
        #expect(subscriber.droppedMessages == 0)
    }

    @Test("the oldest messages are dropped and counted when nobody reads")
    func dropped() async throws {
        let server = try MosquittoServer()
        let connection = try await connect(server, .init(clientIdentifier: "c", messageBacklog: 10))
        _ = try await connection.subscribe(to: try TopicFilter("a"))
        for index in 0..<30 { _ = try await connection.publish(topicName: "a", payload: ByteBuffer(integer: index)) }
        _ = try await connection.unsubscribe([try TopicFilter("a")])
        let last = await first(10, of: connection).last
        #expect(last?.payload == ByteBuffer(integer: 29))
        #expect(connection.droppedMessages == 20)
    }

    @Test("when the server goes, waiting and later publishers fail, and the messages end")
    func serverGone() async throws {
        let server = try MosquittoServer()
        let connection = try await connect(server, .init(clientIdentifier: "c", version: .v3_1_1))
        server.stop()
        guard case .lost = await connection.closed else {
            Issue.record("\(await connection.closed)")
            return
        }
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await connection.publish(topicName: "a", payload: ByteBuffer())
        }
        #expect(error.code == .closed)
        #expect(await first(1, of: connection).isEmpty)
        #expect(!connection.isOpen)
        await connection.disconnect()
    }

    @Test("a refusal is thrown with the server's reason code", arguments: ProtocolVersion.allCases)
    func refused(_ version: ProtocolVersion) async throws {
        let server = try MosquittoServer()
        let options = MQTTConnectionOptions(clientIdentifier: "c", version: version)
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await MQTTConnection.connect(host: "127.0.0.1", port: server.guardedPort, options: options)
        }
        #expect(error.code == .refused)
        #expect(error.reasonCode == .notAuthorized)
    }

    @Test("who takes a client identifier over, ends the older connection [MQTT-3.1.4-3]")
    func takenOver() async throws {
        let server = try MosquittoServer()
        let older = try await connect(server, .init(clientIdentifier: "same"))
        let newer = try await connect(server, .init(clientIdentifier: "same"))
        switch await older.closed {
        // Mosquitto 2.0.11 closes without the DISCONNECT that later editions send.
        case .serverDisconnected(.sessionTakenOver, _, _), .lost: #expect(newer.isOpen)
        case let other: Issue.record("\(other)")
        }
    }

    @Test("the will is published when asked for at DISCONNECT")
    func will() async throws {
        let server = try MosquittoServer()
        let heir = try await connect(server, .init(clientIdentifier: "heir"))
        _ = try await heir.subscribe(to: try TopicFilter("will"))
        let will = WillMessage(topicName: "will", payload: ByteBuffer(string: "gone"), qos: .atLeastOnce)
        let connection = try await connect(server, .init(clientIdentifier: "c", will: will))
        await connection.disconnect(.disconnectWithWillMessage)
        #expect(await first(1, of: heir).first?.payload == ByteBuffer(string: "gone"))
    }

    @Test("over TLS the server is known by its certificate, and a stranger is refused")
    func tls() async throws {
        let server = try MosquittoServer(withTLS: true)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(server.certificatePath)
        let context = try NIOSSLContext(configuration: configuration)
        let connection = try await MQTTConnection.connect(
            host: "127.0.0.1", port: server.tlsPort, tls: context, serverName: "localhost",
            options: .init(clientIdentifier: "c"))
        #expect(try await connection.publish(topicName: "a", payload: ByteBuffer()) == .noMatchingSubscribers)
        await connection.disconnect()

        let stranger = try NIOSSLContext(configuration: .makeClientConfiguration())
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await MQTTConnection.connect(
                host: "127.0.0.1", port: server.tlsPort, tls: stranger, serverName: "localhost")
        }
        #expect(error.code == .unreachable)
    }
}
