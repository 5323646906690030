import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Answers what ``PromptEndpoints`` answer, and hands everything else on.
///
/// Answers keep the order of their requests (RFC 9112 §9.3.2): while one that was handed on is unanswered, the next is
/// handed on too. So is what comes while the peer does not take its answers: the other road waits for it.
final class PromptHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// Between requests, or amid one that was handed on.
        case handingOn
        /// A head was read that has a prompt answer, if nothing follows but the end.
        case holding(HTTPRequest, PromptEndpoints.Endpoint, Substring)
    }

    private let prompt: PromptEndpoints
    private let finish: AnswerFinish
    private let peer: Peer
    private var state = State.handingOn
    /// Requests that were handed on and whose answers have not ended.
    private var unanswered = 0
    private var mustFlush = false

    init(_ prompt: PromptEndpoints, _ finish: AnswerFinish, peer: Peer) {
        self.prompt = prompt
        self.finish = finish
        self.peer = peer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, Self.unwrapInboundIn(data)) {
        case (.handingOn, .head(let head)):
            if unanswered == 0, context.channel.isWritable, let (endpoint, element) = prompt.endpoint(for: head) {
                state = .holding(head, endpoint, element)
            } else {
                unanswered += 1
                context.fireChannelRead(data)
            }
        case (.handingOn, _):
            context.fireChannelRead(data)
        case (.holding(let head, let endpoint, let element), .end):
            state = .handingOn
            if let answer = prompt.answer(head, endpoint, element, on: peer) {
                write(answer, context)
            } else {
                handOn(head, then: data, context)
            }
        case (.holding(let head, _, _), _):
            state = .handingOn
            handOn(head, then: data, context)
        }
    }

    private func handOn(_ head: HTTPRequest, then data: NIOAny, _ context: ChannelHandlerContext) {
        unanswered += 1
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        context.fireChannelRead(data)
    }

    private func write(_ answer: PlainAnswer, _ context: ChannelHandlerContext) {
        var headers = answer.headers
        headers.append(HTTPField(name: .contentLength, value: String(answer.body.readableBytes)))
        finish.apply(to: &headers, door: peer.door)
        let head = HTTPResponse(status: answer.status, headerFields: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(answer.body)), promise: nil)
        context.write(Self.wrapOutboundOut(.end(nil)), promise: nil)
        mustFlush = true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if mustFlush {
            mustFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = Self.unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }
}

/// Puts a ``PromptHandler`` where it belongs, with a connection's or stream's first request: behind the library's own
/// handler, which closes connections on which nothing is asked, and must see what is.
final class PromptEntrance: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let prompt: PromptEndpoints
    private let finish: AnswerFinish
    private let peers: PeerTable

    init(_ prompt: PromptEndpoints, _ finish: AnswerFinish, peers: PeerTable) {
        self.prompt = prompt
        self.finish = finish
        self.peers = peers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let pipeline = context.pipeline.syncOperations
        do {
            let last = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            guard let peer = peers.peer(of: context.channel) else { throw ChannelError.ioOnClosedChannel }
            try pipeline.addHandler(PromptHandler(prompt, finish, peer: peer), position: .after(last))
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
        pipeline.removeHandler(self, promise: nil)
    }
}
