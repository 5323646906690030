public import NIOCore
public import NIOWebSocket

/// Makes a plain stream of bytes of a WebSocket, for MQTT to be spoken on (MQTT 5.0 §6).
///
/// Stands between SwiftNIO's `WebSocketFrameDecoder` and a handler that reads and writes `ByteBuffer`s; writes frames
/// itself, each in one piece.
///
/// - The payloads of binary frames and of their continuations are read as they arrive; where frames begin and end means
///   nothing [MQTT-6.0.0-2]. Every buffer written becomes one binary frame.
/// - Text never gets through: it closes the connection with 1003 [MQTT-6.0.0-1]. Whatever RFC 6455 forbids closes it with
///   1002, a frame that is too large with 1009. What comes after that is dropped.
/// - Pings are answered here, at most ``TransportLimits/pongsInFlight`` at a time.
/// - Closing the channel from behind, in whichever mode, sends Close with 1000, waits for the peer's answer until the
///   deadline, and closes all: a WebSocket has no half-closed state. A peer's Close is answered with its code. A peer that
///   ends its half of the connection without a Close frame gets the same Close with 1000.
///
/// Belongs to one channel, and lives on its event loop. ``WebSocketUpgrade`` adds it.
public final class WebSocketBytes: ChannelDuplexHandler {
    /// The client's frames, masked as they came.
    public typealias InboundIn = WebSocketFrame
    /// MQTT's bytes from the client.
    public typealias InboundOut = ByteBuffer
    /// MQTT's bytes to the client.
    public typealias OutboundIn = ByteBuffer
    /// The server's frames, encoded.
    public typealias OutboundOut = ByteBuffer

    private enum State {
        /// From the beginning.
        case open
        /// Closed from here: the peer's Close frame is awaited. Left for `leaving` or `closed` when it comes.
        case awaitingClose(isSent: Bool)
        /// Both have closed, or the peer broke the rules: all is over when the Close frame has left.
        case leaving
        /// The channel has been closed, by this handler or otherwise.
        case closed
    }

    private let closeDeadline: TimeAmount
    private let onRefusal: (WebSocketRefusal) -> Void
    private var state = State.open
    private var rules = WebSocketRules()
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var pongsInFlight = 0
    /// The newest ping's payload, if it has to wait for its pong.
    private var unansweredPing: ByteBuffer?
    private var hasUnflushedPongs = false

    /// A handler for one connection.
    ///
    /// - Parameters:
    ///   - closeDeadline: How long a Close frame may take to leave, and its answer to come.
    ///   - onRefusal: Told once if the peer breaks the rules, on the channel's event loop, before the channel is closed.
    public init(
        closeDeadline: TimeAmount = TransportLimits.closeDeadline,
        onRefusal: @escaping (WebSocketRefusal) -> Void = { _ in }
    ) {
        self.closeDeadline = closeDeadline
        self.onRefusal = onRefusal
    }

    // MARK: The channel's life

    /// Takes up its place.
    public func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Gives up its place, and its timer.
    public func handlerRemoved(context: ChannelHandlerContext) {
        stopTimer()
        self.context = nil
    }

    /// Passes the connection's end on.
    public func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        stopTimer()
        context.fireChannelInactive()
    }

    /// Passes an event on; the end of the peer's half ends this one too.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .inputClosed? = event as? ChannelEvent else { return }
        if case .open = state { sendClose(.normalClosure, then: .leaving) } else { peerHasClosed() }
    }

    /// Closes for what the frame codec finds wrong, and passes other errors on.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: fail(.messageTooLarge, "the frame is larger than is accepted")
        case NIOWebSocketError.fragmentedControlFrame: fail(.protocolError, "a control frame must not be fragmented")
        case NIOWebSocketError.multiByteControlFrameLength:
            fail(.protocolError, "a control frame has at most 125 bytes")
        case is ByteToMessageDecoderError:
            // Bytes behind a wrong frame, or a frame that the connection's end has cut off: both have been dealt with.
            break
        default: context.fireErrorCaught(error)
        }
    }

    // MARK: Reading

    /// Reads one frame.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch state {
        case .open: break
        case .awaitingClose:
            // Whoever is behind has stopped listening.
            if frame.opcode == .connectionClose { peerHasClosed() }
            return
        case .leaving, .closed: return
        }
        switch rules.received(frame) {
        case .deliver:
            if frame.length > 0 { context.fireChannelRead(wrapInboundOut(frame.unmaskedBytes())) }
        case .pong: answerPing(frame.unmaskedBytes())
        case .ignore: break
        case .answerClose(let code): sendClose(code, then: .leaving)
        case .fail(let code, let sentence): fail(code, sentence)
        }
    }

    /// Passes on that a batch has been read, and flushes the pongs of it.
    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if hasUnflushedPongs { flush(context: context) }
    }

    private func answerPing(_ payload: ByteBuffer) {
        guard let context, pongsInFlight < TransportLimits.pongsInFlight else {
            unansweredPing = payload
            return
        }
        pongsInFlight += 1
        hasUnflushedPongs = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.pongHasLeft() }
        write(.pong, payload, context, promise)
    }

    private func pongHasLeft() {
        pongsInFlight -= 1
        guard case .open = state, let context, let payload = unansweredPing else { return }
        unansweredPing = nil
        answerPing(payload)
        flush(context: context)
    }

    // MARK: Writing

    /// Writes a buffer as one binary frame. Fails once the WebSocket is being closed.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .open = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        write(.binary, unwrapOutboundIn(data), context, promise)
    }

    private func write(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        let frame = ServerFrame(opcode, payload, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(frame.first), promise: frame.second == nil ? promise : nil)
        if let second = frame.second { context.write(wrapOutboundOut(second), promise: promise) }
    }

    /// Passes the flush on.
    public func flush(context: ChannelHandlerContext) {
        hasUnflushedPongs = false
        context.flush()
    }
}

// MARK: - Closing (RFC 6455 §7)

extension WebSocketBytes {
    /// Sends Close with 1000, and closes all when the peer has answered or the deadline has passed.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch state {
        case .closed: context.close(mode: mode, promise: promise)
        case .open where !context.channel.isActive: context.close(mode: mode, promise: promise)
        case .open, .awaitingClose, .leaving:
            context.channel.closeFuture.cascade(to: promise)
            sendClose(.normalClosure, then: .awaitingClose(isSent: false))
        }
    }

    /// Ends the WebSocket because of what this side cannot do.
    func giveUp() { sendClose(.unexpectedServerError, then: .leaving) }

    /// Ends the WebSocket because of what the peer did.
    private func fail(_ code: WebSocketErrorCode, _ sentence: String) {
        guard case .open = state else {
            peerHasClosed()
            return
        }
        onRefusal(.frame(code: UInt16(webSocketErrorCode: code), sentence))
        sendClose(code, sentence, then: .leaving)
    }

    private func sendClose(_ code: WebSocketErrorCode?, _ reason: String = "", then next: State) {
        guard case .open = state, let context else { return }
        state = next
        unansweredPing = nil
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: closeDeadline) { self.closeChannel() }
        var payload = context.channel.allocator.buffer(capacity: 2 + reason.utf8.count)
        if let code { payload.write(webSocketErrorCode: code) }
        payload.writeString(reason)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.closeHasLeft($0) }
        write(.connectionClose, payload, context, promise)
        flush(context: context)
    }

    private func closeHasLeft(_ result: Result<Void, any Error>) {
        switch (result, state) {
        case (.success, .awaitingClose): state = .awaitingClose(isSent: true)
        default: closeChannel()
        }
    }

    /// Nothing more will come that matters.
    private func peerHasClosed() {
        switch state {
        case .awaitingClose(isSent: false): state = .leaving
        case .awaitingClose(isSent: true): closeChannel()
        case .open, .leaving, .closed: break
        }
    }

    private func closeChannel() {
        if case .closed = state { return }
        state = .closed
        stopTimer()
        context?.close(promise: nil)
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}

/// Confined to the channel's event loop.
@available(*, unavailable)
extension WebSocketBytes: Sendable {}
