public import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The way from a new connection to a WebSocket that carries MQTT (RFC 6455 §4.2; MQTT 5.0 §6).
///
/// One request is read and answered. A GET of the right path that asks for a WebSocket of version 13, offers the
/// subprotocol `mqtt`, and comes from a page that may connect, is answered with 101 and exactly `mqtt` [MQTT-6.0.0-4]. No
/// extension is ever agreed on. Every other request is answered with a sentence in plain text and closed:
///
/// | Status | for |
/// |---|---|
/// | 400 | what is not HTTP/1.1, a body, bytes before the answer, no one Host, a wrong key, no `mqtt` offered |
/// | 403 | an `Origin` that is not allowed |
/// | 404 | another path |
/// | 405 | another method than GET |
/// | 426 | no upgrade to `websocket`, or another version of it |
/// | 431 | a head that is too long |
public enum WebSocketUpgrade {
    /// What a listener asks of its WebSockets.
    public struct Settings: Sendable {
        /// Where the WebSocket is: what a request names, up to its query.
        public var path: String
        /// The largest frame that is accepted, in bytes of payload, at most 2³² - 1. A frame is gathered before it is read:
        /// this is what a client can make a connection keep. Clients send a packet as one frame, so it should have room
        /// for the largest packet.
        public var maximumFrameBytes: Int
        /// Which web pages may connect.
        public var allowedOrigins: AllowedOrigins
        /// How long after ``configure(_:_:onRefusal:then:)`` the connection may take to be ready, TLS handshake included.
        public var deadline: TimeAmount
        /// The longest head of a request, in bytes.
        public var maximumHeadBytes: Int

        /// Settings, with what is customary for MQTT.
        ///
        /// - Parameters:
        ///   - path: Where the WebSocket is, beginning with a slash.
        ///   - maximumFrameBytes: The largest frame that is accepted, in bytes of payload.
        ///   - allowedOrigins: Which web pages may connect.
        ///   - deadline: How long the connection may take to be ready.
        ///   - maximumHeadBytes: The longest head of a request, in bytes.
        public init(
            path: String = "/mqtt", maximumFrameBytes: Int, allowedOrigins: AllowedOrigins = .sameHost,
            deadline: TimeAmount = TransportLimits.upgradeDeadline,
            maximumHeadBytes: Int = TransportLimits.requestHeadBytes
        ) {
            precondition(path.hasPrefix("/") && !path.contains("?"), "a path begins with a slash and has no query")
            precondition((1...Int(UInt32.max)).contains(maximumFrameBytes), "a frame has 1 to 2³² - 1 bytes")
            self.path = path
            self.maximumFrameBytes = maximumFrameBytes
            self.allowedOrigins = allowedOrigins
            self.deadline = deadline
            self.maximumHeadBytes = maximumHeadBytes
        }
    }

    /// Adds to the end of a pipeline what makes a WebSocket of the connection.
    ///
    /// Call it on the channel's event loop, when the handlers nearer to the socket are in their places. Errors before the
    /// upgrade, TLS's among them, end the connection and are told to `onRefusal`; errors after it are passed on to the
    /// handlers that `then` added.
    ///
    /// - Parameters:
    ///   - channel: A new connection.
    ///   - settings: What is asked of it.
    ///   - onRefusal: Told once, on the event loop, if the client is turned away, before the channel is closed. Not called
    ///     for clients that merely leave.
    ///   - then: Called on the event loop when the upgrade has been answered, to add to the pipeline's end what reads and
    ///     writes MQTT's bytes as `ByteBuffer`s. Nothing is read until its future is fulfilled; if it fails, the client
    ///     gets a Close frame with 1011.
    /// - Throws: `ChannelError` if the channel has been closed already.
    public static func configure(
        _ channel: any Channel, _ settings: Settings, onRefusal: @escaping (WebSocketRefusal) -> Void = { _ in },
        then: @escaping (any Channel) -> EventLoopFuture<Void>
    ) throws {
        let gate = RequestHeadGate(
            deadline: settings.deadline, maximumHeadBytes: settings.maximumHeadBytes, onRefusal: onRefusal)
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
        let judge = UpgradeRequestHandler(
            request: UpgradeRequest(path: settings.path, allowedOrigins: settings.allowedOrigins), gate: gate)
        let upgrade = HTTPServerUpgradeHandler(
            upgraders: [
                Upgrader(
                    maximumFrameBytes: settings.maximumFrameBytes, gate: gate, judge: judge, onRefusal: onRefusal,
                    then: then)
            ], httpEncoder: encoder, extraHTTPHandlers: [decoder], upgradeCompletionHandler: { _ in })
        try channel.pipeline.syncOperations.addHandlers([gate, encoder, decoder, judge, upgrade])
    }

    /// Answers as SwiftNIO's upgrader does, and adds a frame codec of its own.
    private struct Upgrader: HTTPServerProtocolUpgrader {
        private static let answer = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture(["Sec-WebSocket-Protocol": MQTTTransport.subprotocol])
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })

        let maximumFrameBytes: Int
        let gate: RequestHeadGate
        let judge: UpgradeRequestHandler
        let onRefusal: (WebSocketRefusal) -> Void
        let then: (any Channel) -> EventLoopFuture<Void>

        var supportedProtocol: String { Self.answer.supportedProtocol }
        var requiredUpgradeHeaders: [String] { Self.answer.requiredUpgradeHeaders }

        func buildUpgradeResponse(
            channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
        ) -> EventLoopFuture<HTTPHeaders> {
            Self.answer.buildUpgradeResponse(
                channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
        }

        /// Adds the handlers that replace those of HTTP, and opens the gate.
        func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
            let channel = context.channel
            let pipeline = channel.pipeline.syncOperations
            gate.upgradeWasAnswered()
            let webSocket = WebSocketBytes(onRefusal: onRefusal)
            do {
                let decoder = WebSocketFrameDecoder(maxFrameSize: maximumFrameBytes)
                try pipeline.addHandlers([ByteToMessageHandler(decoder), webSocket])
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
            return pipeline.removeHandler(judge).assumeIsolated()
                .flatMap { then(channel).hop(to: channel.eventLoop) }
                .flatMap { pipeline.removeHandler(gate) }
                .flatMapErrorThrowing { error in
                    if gate.stop(.connection(error)) { webSocket.giveUp() }
                    throw error
                }
                .nonisolated()
        }
    }
}
