import MQTTClient
import MQTTPackets
import NIOCore
import Synchronization
import Testing

@Suite("Against a scripted server", .timeLimit(.minutes(5)))
struct ScriptedServerTests {
    private func connect(
        _ server: ScriptedServer, _ options: MQTTConnectionOptions = .init(clientIdentifier: "c")
    ) async throws -> MQTTConnection {
        try await MQTTConnection.connect(host: "127.0.0.1", port: server.port, options: options)
    }

    private func connectError(
        _ server: ScriptedServer, _ options: MQTTConnectionOptions = .init(clientIdentifier: "c")
    ) async throws -> MQTTConnectionError {
        try await #require(throws: MQTTConnectionError.self) { try await connect(server, options) }
    }

    @Test("CONNECT says what the options say")
    func connectPacket() async throws {
        let server = try await ScriptedServer.start(.v5, obliging)
        let options = MQTTConnectionOptions(
            clientIdentifier: "c", cleanStart: false, keepAlive: .seconds(30), userName: "u",
            password: ByteBuffer(string: "p"), localAddress: "127.0.0.66", maximumPacketBytes: 1_000)
        let connection = try await connect(server, options)
        let expected = Connect(
            version: .v5, clientIdentifier: "c", cleanStart: false, keepAliveSeconds: 30, userName: "u",
            password: ByteBuffer(string: "p"), properties: [.maximumPacketSize(bytes: 1_000)])
        #expect(await server.packets.first { _ in true } == .connect(expected))
        #expect(await server.clientAddresses.first { _ in true } == "127.0.0.66")
        #expect(connection.connack == Connack())
    }

    @Test("a refusal carries reason code and reason string")
    func refusal() async throws {
        let server = try await ScriptedServer.start { _ in
            .sendAndClose([.connack(Connack(reasonCode: .banned, properties: [.reasonString("out of order")]))])
        }
        let error = try await connectError(server)
        #expect(error.code == .refused && error.reasonCode == .banned)
        #expect(error.message.contains("out of order"))
    }

    @Test("a server that never answers CONNECT")
    func connectTimeout() async throws {
        let server = try await ScriptedServer.start { _ in .nothing }
        let error = try await connectError(
            server, .init(clientIdentifier: "c", connectTimeout: .milliseconds(50)))
        #expect(error.code == .timedOut)
    }

    @Test("a port where nobody listens")
    func unreachable() async throws {
        let port = try FreePorts(count: 1).numbers[0]
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await MQTTConnection.connect(host: "127.0.0.1", port: port)
        }
        #expect(error.code == .unreachable)
    }

    @Test("options that no CONNECT can carry")
    func unsendableOptions() async throws {
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await MQTTConnection.connect(
                host: "127.0.0.1", port: 1,
                options: .init(clientIdentifier: "c", version: .v3_1_1, properties: [.receiveMaximum(1)]))
        }
        #expect(error.code == .notSent)
    }

    @Test("the server's DISCONNECT gives the reason for the end")
    func serverDisconnect() async throws {
        let server = try await ScriptedServer.start { packets in
            guard case .publish = packets.last else { return obliging(packets) }
            let disconnect = Disconnect(
                reasonCode: .quotaExceeded, properties: [.reasonString("too much"), .serverReference("other")])
            return .sendAndClose([.disconnect(disconnect)])
        }
        let connection = try await connect(server)
        let error = try await #require(throws: MQTTConnectionError.self) {
            try await connection.publish(topicName: "a", payload: ByteBuffer())
        }
        #expect(error.code == .closed && error.reasonCode == .quotaExceeded)
        guard case .serverDisconnected(.quotaExceeded, "too much", "other") = await connection.closed else {
            Issue.record("\(await connection.closed)")
            return
        }
    }

    @Test("what is not MQTT ends the connection, and in 5.0 the server is told why")
    func garbage() async throws {
        let server = try await ScriptedServer.start { packets in
            if case .publish = packets.last { .sendBytes([0x00, 0x00]) } else { obliging(packets) }
        }
        let connection = try await connect(server)
        await #expect(throws: MQTTConnectionError.self) {
            try await connection.publish(topicName: "a", payload: ByteBuffer())
        }
        guard case .protocolError = await connection.closed else {
            Issue.record("\(await connection.closed)")
            return
        }
        let goodbye = await server.packets.first { $0.type == .disconnect }
        #expect(goodbye == .disconnect(Disconnect(reasonCode: .malformedPacket)))
    }

    @Test("a packet before CONNACK is a protocol error [MQTT-3.2.0-1]")
    func early() async throws {
        let server = try await ScriptedServer.start { _ in .send([.pingresp]) }
        #expect(try await connectError(server).code == .protocolError)
    }

    @Test("no more messages are on their way than Receive Maximum allows [MQTT-3.3.4-7]")
    func receiveMaximum() async throws {
        let server = try await ScriptedServer.start { packets in
            let published = packets.compactMap { if case .publish(let publish) = $0 { publish } else { nil } }
            switch packets.last {
            case .connect: return .send([.connack(Connack(properties: [.receiveMaximum(2)]))])
            case .subscribe(let subscribe):
                // Everything that may come without an acknowledgement has come by now.
                let count = ReasonCode(rawValue: UInt8(published.count)) ?? .unspecifiedError
                let answer = SubscribeAcknowledgement(
                    packetIdentifier: subscribe.packetIdentifier, reasonCodes: [count])
                let acknowledged = published.compactMap(\.packetIdentifier)
                return .send(
                    [.suback(answer)] + acknowledged.map { .puback(Acknowledgement(packetIdentifier: $0)) })
            case .publish where packets.contains { $0.type == .subscribe }: return obliging(packets)
            default: return .nothing
            }
        }
        let connection = try await connect(server)
        let (results, resultsIn) = AsyncStream<Int>.makeStream()
        for index in 0..<5 {
            try await connection.publishPipelined(topicName: ByteBuffer(string: "a"), payload: ByteBuffer()) { _ in
                resultsIn.yield(index)
            }
        }
        #expect(try await connection.subscribe(to: try TopicFilter("a")) == .grantedQoS2, "two had come")
        #expect(await results.prefix(5).reduce(into: []) { $0.append($1) } == [0, 1, 2, 3, 4])
    }

    @Test("a publisher waits while the window is full, and goes on when a message is settled")
    func window() async throws {
        let server = try await ScriptedServer.start(.v5, obliging)
        let connection = try await connect(server, .init(clientIdentifier: "c", publishWindow: 1))
        let settled = Mutex(0)
        for index in 0..<50 {
            try await connection.publishPipelined(topicName: ByteBuffer(string: "a"), payload: ByteBuffer()) { _ in
                settled.withLock { $0 += 1 }
            }
            #expect(settled.withLock { $0 } >= index)
        }
    }

    @Test("those who wait for the window are turned away when the connection ends")
    func windowAtTheEnd() async throws {
        let server = try await ScriptedServer.start { packets in
            switch packets.last {
            case .connect: .send([.connack(Connack())])
            case .publish: .sendAndClose([])
            default: .nothing
            }
        }
        let connection = try await connect(server, .init(clientIdentifier: "c", publishWindow: 1))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do throws(MQTTConnectionError) {
                        _ = try await connection.publish(topicName: "a", payload: ByteBuffer())
                        return false
                    } catch {
                        return error.code == .closed
                    }
                }
            }
            for await wasTurnedAway in group { #expect(wasTurnedAway) }
        }
    }

    @Test("what may not be sent fails alone; the connection stays")
    func notSent() async throws {
        let server = try await ScriptedServer.start { packets in
            guard case .connect = packets.last else { return obliging(packets) }
            return .send([
                .connack(
                    Connack(properties: [
                        .maximumQoS(.atLeastOnce), .retainAvailable(false), .maximumPacketSize(bytes: 100),
                    ]))
            ])
        }
        let connection = try await connect(server)
        func code(_ topicName: String, _ bytes: Int = 0, _ qos: QoS = .atLeastOnce, _ retain: Bool = false) async throws
            -> MQTTConnectionError.Code
        {
            let payload = ByteBuffer(repeating: 0, count: bytes)
            return try await #require(throws: MQTTConnectionError.self) {
                try await connection.publish(topicName: topicName, payload: payload, qos: qos, retain: retain)
            }.code
        }
        #expect(try await code("a/#") == .notSent)
        #expect(try await code("") == .notSent)
        #expect(try await code("a", 100) == .notSent)
        #expect(try await code("a", 0, .exactlyOnce) == .notSent)
        #expect(try await code("a", 0, .atLeastOnce, true) == .notSent)
        await #expect(throws: MQTTConnectionError.self) { try await connection.subscribe([]) }
        #expect(try await connection.publish(topicName: "a", payload: ByteBuffer()) == .success)
    }

    @Test("the client pings in time, and gives a server up that does not answer")
    func ping() async throws {
        let server = try await ScriptedServer.start { packets in
            if case .connect = packets.last {
                .send([.connack(Connack(properties: [.serverKeepAlive(seconds: 1)]))])
            } else {
                .nothing
            }
        }
        let connection = try await connect(server, .init(clientIdentifier: "c", keepAlive: .seconds(600)))
        #expect(await server.packets.first { $0.type == .pingreq } == .pingreq)
        guard case .keepAliveTimeout = await connection.closed else {
            Issue.record("\(await connection.closed)")
            return
        }
    }
}
