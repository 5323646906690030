import MQTTPackets
import NIOCore
import NIOPosix
import Synchronization

/// A server that answers as the test says, and keeps what it was sent.
final class ScriptedServer: Sendable {
    /// What to do about one packet.
    enum Reply: Sendable {
        case send([Packet])
        case sendBytes([UInt8])
        case sendAndClose([Packet])

        static let nothing = Reply.send([])
    }

    /// Sees all packets of the connection so far, the newest last.
    typealias Script = @Sendable ([Packet]) -> Reply

    let port: Int
    /// Packets as they arrive, from all connections.
    let packets: AsyncStream<Packet>
    /// Where clients connect from.
    let clientAddresses: AsyncStream<String>
    private let channel: any Channel

    private init(_ channel: any Channel, _ packets: AsyncStream<Packet>, _ addresses: AsyncStream<String>) {
        self.channel = channel
        self.packets = packets
        clientAddresses = addresses
        port = channel.localAddress?.port ?? 0
    }

    deinit { channel.close(promise: nil) }

    static func start(_ version: ProtocolVersion = .v5, _ script: @escaping Script) async throws -> ScriptedServer {
        let (packets, packetsIn) = AsyncStream<Packet>.makeStream()
        let (addresses, addressesIn) = AsyncStream<String>.makeStream()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    addressesIn.yield(child.remoteAddress?.ipAddress ?? "")
                    try child.pipeline.syncOperations.addHandler(
                        ScriptHandler(version: version, script: script, packets: packetsIn))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedServer(channel, packets, addresses)
    }
}

/// Accepts the connection and every message at once.
func obliging(_ packets: [Packet]) -> ScriptedServer.Reply {
    switch packets.last {
    case .connect: .send([.connack(Connack())])
    case .publish(let publish):
        .send(publish.packetIdentifier.map { [.puback(Acknowledgement(packetIdentifier: $0))] } ?? [])
    case .pingreq: .send([.pingresp])
    default: .nothing
    }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let version: ProtocolVersion
    private let script: ScriptedServer.Script
    private let stream: AsyncStream<Packet>.Continuation
    private var decoder = PacketDecoder(role: .server)
    private var received = ByteBuffer()
    private var packets: [Packet] = []

    init(
        version: ProtocolVersion, script: @escaping ScriptedServer.Script, packets: AsyncStream<Packet>.Continuation
    ) {
        self.version = version
        self.script = script
        stream = packets
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        do {
            while let packet = try decoder.next(from: &received) {
                packets.append(packet)
                stream.yield(packet)
                try reply(script(packets), context)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    private func reply(_ reply: ScriptedServer.Reply, _ context: ChannelHandlerContext) throws {
        var bytes = ByteBuffer()
        switch reply {
        case .send(let packets), .sendAndClose(let packets):
            for packet in packets { try packet.encode(into: &bytes, version: version) }
        case .sendBytes(let raw): bytes.writeBytes(raw)
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        if case .sendAndClose = reply { context.close(promise: nil) }
    }
}
