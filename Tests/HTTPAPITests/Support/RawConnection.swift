import HTTPAPI
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Speaks bytes with a server, as no client would.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let received: Received

    private init(_ channel: any Channel, _ received: Received) {
        self.channel = channel
        self.received = received
    }

    /// Connects to the laboratory's plain listener; takes nothing that the server sends unless it `isReading`.
    static func laboratory(_ server: TestServer, isReading: Bool = true) async throws -> RawConnection {
        try await connect(to: server.ports.laboratory ?? 0, isReading: isReading) { _ in }
    }

    /// Connects over TLS, without a certificate; the handshake, which offers `protocols` (ALPN), may still be on its way.
    static func guarded(_ server: TestServer, protocols: [String] = []) async throws -> RawConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: configuration)
        return try await connect(to: server.ports.https) { channel in
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
        }
    }

    private static func connect(
        to port: Int, isReading: Bool = true, _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> RawConnection {
        let received = Received()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel)
                    try channel.pipeline.syncOperations.addHandler(Receiver(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, received)
    }

    /// Sends text; whether it arrives is not waited for.
    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends bytes; whether they arrive is not waited for.
    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Everything that came until the connection was closed, by whomever.
    func untilClosed() async throws -> [UInt8] {
        try await channel.closeFuture.get()
        return received.bytes
    }

    /// Waits until some text has come; false when the connection was closed before. To be called once.
    func hears(_ text: String) async -> Bool {
        for await _ in received.news where String(decoding: received.bytes, as: UTF8.self).contains(text) {
            return true
        }
        return false
    }
}

private final class Received: Sendable {
    let news: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation
    private let all = Mutex<[UInt8]>([])

    init() {
        (news, tell) = AsyncStream.makeStream()
    }

    var bytes: [UInt8] { all.withLock { $0 } }

    func add(_ buffer: ByteBuffer) {
        all.withLock { $0 += buffer.readableBytesView }
        tell.yield()
    }

    func end() { tell.finish() }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: Received

    init(_ received: Received) {
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received.add(Self.unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { received.end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
