public import NIOCore

/// Takes the PROXY header off the beginning of a connection, tells whose address it states, and leaves the pipeline.
///
/// Stands first in the pipeline, before TLS. A peer that sends no header, a wrong one or one that does not end in time is
/// disconnected; nothing that it sent reaches the handlers behind. Only for listeners that nobody but the load balancer
/// can reach: whoever can connect can state any address.
///
/// The callbacks are called on the channel's event loop, and at most one of them, once.
public final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    /// The connection's bytes, the header first.
    public typealias InboundIn = ByteBuffer
    /// The connection's bytes behind the header.
    public typealias InboundOut = ByteBuffer

    private enum State {
        /// From the beginning. Left by a header, a failure, or the end of the connection.
        case reading(ByteBuffer?)
        /// The header has been read; what was read with it goes on, what is read meanwhile follows.
        case forwarding(CircularBuffer<ByteBuffer>)
        /// Refused or ended: whatever still comes is dropped.
        case ended
    }

    private let deadline: TimeAmount
    private let maximumHeaderBytes: Int
    private let onAddress: (SocketAddress?) -> Void
    private let onRefusal: (String) -> Void
    private var state = State.reading(nil)
    private var timer: Scheduled<Void>?

    /// A handler for one connection.
    ///
    /// - Parameters:
    ///   - deadline: How long after the handler is added the header may take to come whole.
    ///   - maximumHeaderBytes: The longest header that is accepted.
    ///   - onAddress: Given the source's address, or nil where the header states none and the socket's own is the true
    ///     one (``ProxyHeader/source``). Called before the bytes behind the header go on, so it may add handlers to the
    ///     end of the pipeline that will get them, and it may close the channel.
    ///   - onRefusal: Given a sentence for the operator. The connection is closed thereupon. Not called for peers that
    ///     leave without having sent a byte, as the simpler health checks do.
    public init(
        deadline: TimeAmount = TransportLimits.proxyHeaderDeadline,
        maximumHeaderBytes: Int = TransportLimits.proxyHeaderBytes,
        onAddress: @escaping (SocketAddress?) -> Void, onRefusal: @escaping (String) -> Void
    ) {
        self.deadline = deadline
        self.maximumHeaderBytes = maximumHeaderBytes
        self.onAddress = onAddress
        self.onRefusal = onRefusal
    }

    /// Starts the deadline.
    public func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: deadline) {
            let (handler, context) = bound.value
            handler.end("the PROXY protocol header did not come in time", context)
        }
    }

    /// Stops the deadline.
    public func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    /// Reads the header, or holds back what comes while the bytes behind it go on.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        switch state {
        case .reading(let earlier):
            if var earlier {
                // Nobody else may hold the bytes while some are added to them: they would be copied.
                state = .reading(nil)
                earlier.writeBuffer(&buffer)
                buffer = earlier
            }
            read(buffer, context)
        case .forwarding(var waiting):
            waiting.append(buffer)
            state = .forwarding(waiting)
        case .ended: break
        }
    }

    private func read(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        switch ProxyHeader.parse(buffer, maximumBytes: maximumHeaderBytes) {
        case .needMore: state = .reading(buffer)
        case .failure(let failure): end(failure.message, context)
        case .header(let header, let bytes):
            stopTimer()
            var rest = buffer
            rest.moveReaderIndex(forwardBy: bytes)
            state = .forwarding(rest.readableBytes > 0 ? [rest] : [])
            onAddress(header.source)
            guard context.channel.isActive else {
                state = .ended
                return
            }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    /// Sends on what was held back, in order, and then leaves the pipeline.
    public func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        if case .reading(let earlier) = state {
            // Somebody has decided that no header comes.
            state = .forwarding(earlier.map { [$0] } ?? [])
        }
        while case .forwarding(var waiting) = state, let next = waiting.popFirst() {
            state = .forwarding(waiting)
            // May bring more to read, which is appended.
            context.fireChannelRead(wrapInboundOut(next))
        }
        state = .ended
        context.leavePipeline(removalToken: removalToken)
    }

    /// Passes an event on; the end of the peer's half is the end of a header that is not complete.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { endOfInput(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Passes the connection's end on.
    public func channelInactive(context: ChannelHandlerContext) {
        endOfInput(context)
        context.fireChannelInactive()
    }

    private func endOfInput(_ context: ChannelHandlerContext) {
        guard case .reading(let earlier) = state else { return }
        end(earlier == nil ? nil : "the connection ended within the PROXY protocol header", context)
    }

    private func end(_ refusal: String?, _ context: ChannelHandlerContext) {
        guard case .reading = state else { return }
        state = .ended
        stopTimer()
        if let refusal { onRefusal(refusal) }
        context.close(promise: nil)
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}

/// Confined to the channel's event loop.
@available(*, unavailable)
extension ProxyProtocolHandler: Sendable {}
