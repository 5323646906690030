import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Which answers are begun before their requests have ended. A value: parts go in, decisions come out.
///
/// Requests may be read ahead of their answers (RFC 9112 §9.3.2); both keep their order, so that counting tells which
/// answer belongs to which request.
struct Exchanges: Sendable {
    private var requestsEnded = 0
    private var answersEnded = 0
    /// Whether an answer was begun before its request had ended: it is the last, and nothing more is read.
    private(set) var isLast = false

    /// Whether the last answer is written and its request has been sent to its end.
    var isOver: Bool { isLast && answersEnded > 0 && requestsEnded >= answersEnded }

    mutating func requestEnds() { requestsEnded += 1 }

    mutating func answerBegins() {
        if requestsEnded <= answersEnded { isLast = true }
    }

    mutating func answerEnds() { answersEnded += 1 }
}

/// Stands between HTTP's codec and those who answer, on a connection of HTTP/1.1 or a stream of HTTP/2, and holds peers
/// to two rules.
///
/// A request that was answered before it had ended (nobody asked for its body, or nobody may send one) is not read on
/// for as long as its sender likes: the answer says `Connection: close`, and what still comes is thrown away for a
/// moment only, so that the answer arrives (RFC 9112 §9.6). And whoever does not take an answer in time, loses the
/// connection: of requests sent one after the other without reading, any number would wait for ever.
final class ExchangeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let answerLimit: TimeAmount
    private let unreadLimit: TimeAmount
    private var exchanges = Exchanges()
    /// A stream ends without a word in its header (RFC 9113 §8.2.2).
    private var isStream = false
    /// Answers that are written and not yet on their way to the peer.
    private var untaken = 0
    private var answerTimer: Scheduled<Void>?
    private var unreadTimer: Scheduled<Void>?

    init(_ limits: HTTPLimits) {
        answerLimit = TimeAmount(limits.answer)
        unreadLimit = TimeAmount(limits.unreadBody)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // A stream's parent is its connection, a connection's the listening socket, which has none.
        isStream = context.channel.parent?.parent != nil
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        answerTimer?.cancel()
        unreadTimer?.cancel()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = Self.unwrapInboundIn(data) { exchanges.requestEnds() }
        guard exchanges.isLast else { return context.fireChannelRead(data) }
        closeWhenOver(context)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            exchanges.answerBegins()
            guard exchanges.isLast, !isStream else { return context.write(data, promise: promise) }
            var head = head
            head.headerFields[.connection] = "close"
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            exchanges.answerEnds()
            untaken += 1
            let taken = promise ?? context.eventLoop.makePromise(of: Void.self)
            taken.futureResult.assumeIsolated().whenComplete { [self] _ in answerIsTaken(context) }
            context.write(data, promise: taken)
            if exchanges.isLast { closeSoon(context) }
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Nearly every answer is on its way by now: only for the others there is a timer.
        if untaken > 0, answerTimer == nil { limitAnswer(context) }
    }

    private func limitAnswer(_ context: ChannelHandlerContext) {
        answerTimer = context.eventLoop.assumeIsolated().scheduleTask(in: answerLimit) { context.close(promise: nil) }
    }

    private func answerIsTaken(_ context: ChannelHandlerContext) {
        untaken -= 1
        if let timer = answerTimer {
            timer.cancel()
            answerTimer = nil
            if untaken > 0 { limitAnswer(context) }
        }
        closeWhenOver(context)
    }

    // MARK: Closing

    private func closeSoon(_ context: ChannelHandlerContext) {
        guard unreadTimer == nil else { return }
        unreadTimer = context.eventLoop.assumeIsolated().scheduleTask(in: unreadLimit) { context.close(promise: nil) }
    }

    /// A stream whose two sides have ended closes by itself.
    private func closeWhenOver(_ context: ChannelHandlerContext) {
        if exchanges.isOver, untaken == 0, !isStream { context.close(promise: nil) }
    }
}
