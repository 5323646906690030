import MQTTPackets
import NIOCore
import NIOPosix
import NIOSSL

/// What a server has answered on a connection, and whether it has closed it.
struct RawAnswer: Sendable {
    var packets: [Packet] = []
    var isClosed = false

    /// The reason codes of the packets that have one, in order.
    var reasonCodes: [ReasonCode] {
        packets.compactMap { packet in
            switch packet {
            case .connack(let connack): connack.reasonCode
            case .disconnect(let disconnect): disconnect.reasonCode
            case .puback(let acknowledgement): acknowledgement.reasonCode
            default: nil
            }
        }
    }
}

extension ServedCity {
    /// Speaks over TLS as no client would: bytes, whatever they are.
    ///
    /// - Parameters:
    ///   - bytes: What to say, all at once.
    ///   - credentials: Whose key and certificate.
    ///   - version: How the server's packets are read.
    ///   - address: Where to connect from.
    ///   - hangsUp: Whether to close this side of the connection afterwards.
    ///   - isEnough: Whether a packet is the last that the test wants to hear. Otherwise it listens until the server
    ///     closes the connection.
    /// - Returns: What the server answered.
    /// - Throws: When the conversation breaks off.
    func say(
        _ bytes: [UInt8], as credentials: Credentials, version: ProtocolVersion = .v5,
        from address: String = "127.0.0.1",
        andHangUp hangsUp: Bool = false, until isEnough: @Sendable (Packet) -> Bool = { _ in false }
    ) async throws -> RawAnswer {
        let tls = try credentials.tlsContext()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .connect(host: "127.0.0.1", port: ports.mqtt) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: tls, serverHostname: nil))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var answer = RawAnswer()
            var decoder = PacketDecoder(role: .client(version))
            var unread = ByteBuffer()
            do {
                // Through the channel, for this write ends when the bytes are on their way: after the handshake.
                try await channel.channel.writeAndFlush(ByteBuffer(bytes: bytes))
                if hangsUp { outbound.finish() }
                for try await var new in inbound {
                    unread.writeBuffer(&new)
                    while let packet = try decoder.next(from: &unread) {
                        answer.packets.append(packet)
                        if isEnough(packet) { return answer }
                    }
                }
            } catch let error as PacketDecodingError {
                throw error
            } catch {
                // However the server ends the connection, it has ended.
            }
            answer.isClosed = true
            return answer
        }
    }
}

extension Packet {
    /// The packet as bytes. For packets that keep the rules.
    func bytes(_ version: ProtocolVersion = .v5) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try encode(into: &buffer, version: version)
        return Array(buffer.readableBytesView)
    }

    /// CONNECT with nothing special in it.
    static func connect(
        _ identifier: String, version: ProtocolVersion = .v5, keepAliveSeconds: UInt16 = 60, will: WillMessage? = nil
    ) -> Packet {
        .connect(
            Connect(version: version, clientIdentifier: identifier, keepAliveSeconds: keepAliveSeconds, will: will))
    }
}
