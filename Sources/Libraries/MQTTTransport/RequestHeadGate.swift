import NIOCore
import NIOHTTP1

/// Lets exactly one request head through to the HTTP codec, and nothing behind it until the WebSocket is ready.
///
/// A client has nothing to send before it is answered (RFC 6455 §4.1), so that bytes which come with the head or before the
/// answer are a second request or a body, meant to be read as something that they are not. First of the handlers that
/// ``WebSocketUpgrade`` adds, and the last to leave. Reports how the connection ends while it is there.
final class RequestHeadGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// From the beginning: the head is gathered.
        case gathering(ByteBuffer, HeadEnd)
        /// The head has been let through, and has not been answered.
        case judging
        /// The answer is on its way, and has not left.
        case answering
        /// The upgrade was answered; handlers are being added. What the client sends meanwhile is for them, and nothing
        /// more is read than was on its way.
        case upgrading([ByteBuffer])
        /// The request was refused, or the time has passed, or the connection has ended: everything is dropped.
        case stopped
    }

    private let deadline: TimeAmount
    private let maximumHeadBytes: Int
    private let onRefusal: (WebSocketRefusal) -> Void
    private var state = State.gathering(ByteBuffer(), HeadEnd())
    private var timer: Scheduled<Void>?
    private var isReadHeld = false

    init(deadline: TimeAmount, maximumHeadBytes: Int, onRefusal: @escaping (WebSocketRefusal) -> Void) {
        self.deadline = deadline
        self.maximumHeadBytes = maximumHeadBytes
        self.onRefusal = onRefusal
    }

    // MARK: What the others say

    /// The upgrade's answer is being written.
    func upgradeIsBeingAnswered() {
        if case .judging = state { state = .answering }
    }

    /// The upgrade's answer has left.
    func upgradeWasAnswered() {
        if case .answering = state { state = .upgrading([]) }
    }

    /// Tells why the connection is about to be closed, once, and lets nothing through any more.
    ///
    /// - Returns: False if that was known already.
    @discardableResult
    func stop(_ refusal: WebSocketRefusal) -> Bool {
        if case .stopped = state { return false }
        state = .stopped
        onRefusal(refusal)
        return true
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: deadline) {
            let (gate, context) = bound.value
            gate.stop(.deadline)
            // Also where the answer that refuses the request does not leave.
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        while case .upgrading(let held) = state, !held.isEmpty {
            state = .upgrading([])
            for buffer in held { context.fireChannelRead(wrapInboundOut(buffer)) }
            context.fireChannelReadComplete()
        }
        state = .stopped
        if isReadHeld { context.read() }
        context.leavePipeline(removalToken: removalToken)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .stopped
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stop(.connection(error))
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .inputClosed? = event as? ChannelEvent else { return }
        state = .stopped
        context.close(promise: nil)
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if case .upgrading = state {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        switch state {
        case .gathering(var head, var end):
            // Nobody else may hold the bytes while some are added to them: they would be copied.
            state = .stopped
            let result = end.find(in: &buffer, into: &head, maximumBytes: maximumHeadBytes)
            state = .gathering(head, end)
            gathered(result, head, rest: buffer, context)
        case .judging: context.fireErrorCaught(Self.tooEarly)
        case .answering:
            stop(.request(status: 400, Self.tooEarly.sentence))
            context.close(promise: nil)
        case .upgrading(let held): state = .upgrading(held + [buffer])
        case .stopped: break
        }
    }

    private func gathered(
        _ result: HeadEnd.Result, _ head: ByteBuffer, rest: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        switch result {
        case .needMore: break
        case .found where rest.readableBytes > 0: context.fireErrorCaught(Self.tooEarly)
        case .found:
            state = .judging
            context.fireChannelRead(wrapInboundOut(head))
        case .bareLineFeed:
            context.fireErrorCaught(UpgradeRefusal(status: .badRequest, sentence: "lines of HTTP/1.1 end with CR LF"))
        case .tooLong:
            context.fireErrorCaught(
                UpgradeRefusal(
                    status: .requestHeaderFieldsTooLarge,
                    sentence: "the head of a request has at most \(maximumHeadBytes) bytes"))
        }
    }

    private static let tooEarly = UpgradeRefusal(
        status: .badRequest, sentence: "nothing may follow the request before it is answered")
}
