import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOSSL

/// A listener's connections: enters each in the table of peers, gives it a deadline for its first request, and runs it
/// on its event loop. The protocol itself is `Base`'s.
struct PeerChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let peers: PeerTable
    let limits: HTTPLimits
    /// Finds out through which door a new connection came; on its event loop.
    let door: @Sendable (any Channel) -> EventLoopFuture<Door>

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        door(channel).flatMap { door in
            let isWelcome = peers.enter(Peer(door: door, channel: channel))
            do {
                // Before TLS: who is told to stop may be amid a handshake.
                try channel.pipeline.syncOperations.addHandler(Farewell(limits), position: .first)
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
            return base.setup(channel: channel, logger: logger).flatMapThrowing { value in
                let pipeline = channel.pipeline.syncOperations
                guard isWelcome else {
                    try pipeline.addHandler(Dismissal(), position: .first)
                    return value
                }
                let farewell = try pipeline.handler(type: Farewell.self)
                let deadline = FirstRequestDeadline(limits, farewell)
                if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
                    try pipeline.addHandler(deadline, position: .after(tls))
                } else {
                    try pipeline.addHandler(deadline, position: .after(farewell))
                }
                return value
            }
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        guard let peer = peers.peer(of: value.channel) else { return await base.handle(value: value, logger: logger) }
        await withTaskExecutorPreference(peer.executor) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// Closes a connection as soon as it is one, before anything is computed for it.
final class Dismissal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) { context.close(promise: nil) }
}

/// Closes a connection whose peer says nothing: half-open handshakes must not take all places.
final class FirstRequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: HTTPLimits
    private let farewell: Farewell
    private var timer: Scheduled<Void>?

    init(_ limits: HTTPLimits, _ farewell: Farewell) {
        self.limits = limits
        self.farewell = farewell
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: TimeAmount(limits.firstRequest)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        timer?.cancel()
        timer = nil
        farewell.peerHasAsked = true
        let pipeline = context.pipeline.syncOperations
        // With the first bytes the handshake is over, and so is the choice of a protocol.
        if let http2 = try? pipeline.handler(type: NIOHTTP2Handler.self) {
            do {
                try pipeline.addHandler(GoAwayDeadline(limits), position: .after(http2))
            } catch {
                return context.close(promise: nil)
            }
        }
        context.fireChannelRead(data)
        pipeline.removeHandler(self, promise: nil)
    }
}

/// Ends a connection when the city stops: at once where nothing was ever asked, else when what was asked is answered, but
/// not later than ``HTTPLimits/farewell``. Nobody who sends nothing, or reads nothing, holds the city up.
///
/// It stands at the very beginning and closes the connection from there: a peer that takes no bytes takes no farewell
/// of TLS either.
final class Farewell: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Whether bytes of a request have come.
    var peerHasAsked = false

    private let limit: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ limits: HTTPLimits) {
        limit = TimeAmount(limits.farewell)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        guard peerHasAsked else { return context.close(promise: nil) }
        if timer == nil {
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Cuts off a peer of HTTP/2 that was told to go away (RFC 9113 §6.8) and does not.
///
/// The library closes the connection once the peer has acknowledged a PING, and only then: one that never does would
/// keep its place for ever.
final class GoAwayDeadline: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let limit: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ limits: HTTPLimits) {
        limit = TimeAmount(limits.goAway)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .goAway = Self.unwrapOutboundIn(data).payload, timer == nil {
            let channel = context.channel
            timer = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        }
        context.write(data, promise: promise)
    }
}
