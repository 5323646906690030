import NIOCore
import NIOHTTP1

/// Passes a request on that may be upgraded, and answers every other one. Leaves the pipeline when the upgrade has been
/// answered.
final class UpgradeRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let request: UpgradeRequest
    private let gate: RequestHeadGate
    private var method = HTTPMethod.GET
    private var isRefused = false

    init(request: UpgradeRequest, gate: RequestHeadGate) {
        self.request = request
        self.gate = gate
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else {
            // The end, that is: the gate and the head's check leave no room for a body.
            if !isRefused { context.fireChannelRead(data) }
            return
        }
        method = head.method
        do throws(UpgradeRefusal) {
            try request.check(head)
        } catch {
            refuse(error, context)
            return
        }
        context.fireChannelRead(data)
    }

    /// The answer to the upgrade, which comes a turn of the event loop after the request: no sooner has the decoder left.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isRefused else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        gate.upgradeIsBeingAnswered()
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isNotHTTP = UpgradeRefusal(status: .badRequest, sentence: "this is not a request of HTTP/1.1")
        refuse(error as? UpgradeRefusal ?? isNotHTTP, context)
    }

    private func refuse(_ refusal: UpgradeRefusal, _ context: ChannelHandlerContext) {
        isRefused = true
        guard gate.stop(.request(status: Int(refusal.status.code), refusal.sentence)) else { return }
        let body = context.channel.allocator.buffer(string: refusal.sentence + "\n")
        var head = HTTPResponseHead(version: .http1_1, status: refusal.status, headers: refusal.headers)
        head.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        head.headers.add(name: "X-Content-Type-Options", value: "nosniff")
        // RFC 9110 §7.8: who sends Upgrade sends it as a connection option too.
        let isUpgradeNamed = head.headers.contains(name: "Upgrade")
        head.headers.add(name: "Connection", value: isUpgradeNamed ? "close, upgrade" : "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }
}
