import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A listener's connections: enters each in the table of peers, gives it a deadline for its first request, and runs it
/// on its event loop. The protocol itself is `Base`'s.
struct PeerChannel<Base: ServerChildChannel>: ServerChildChannel {
    /// A connection that has not sent a byte of a request by then is closed.
    static var firstRequestDeadline: TimeAmount { .seconds(20) }

    let base: Base
    let peers: PeerTable
    /// Finds out through which door a new connection came; on its event loop.
    let door: @Sendable (any Channel) -> EventLoopFuture<Door>

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        door(channel).flatMap { door in
            peers.enter(Peer(door: door, channel: channel))
            return base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let deadline = FirstRequestDeadline(Self.firstRequestDeadline)
            if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
                try pipeline.addHandler(deadline, position: .after(tls))
            } else {
                try pipeline.addHandler(deadline, position: .first)
            }
            return value
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        guard let peer = peers.peer(of: value.channel) else { return await base.handle(value: value, logger: logger) }
        await withTaskExecutorPreference(peer.executor) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Closes a connection whose peer says nothing: half-open handshakes must not take all places.
final class FirstRequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ limit: TimeAmount) {
        self.limit = limit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        timer?.cancel()
        timer = nil
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
