import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

import MQTTTransport

/// Bytes written as hexadecimal digits, with blanks wherever they help.
func bytes(_ hex: String) -> ByteBuffer {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    precondition(digits.count % 2 == 0, "a byte has two digits")
    return ByteBuffer(bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
}

func hex(_ buffer: ByteBuffer?) -> String? {
    guard let buffer else { return nil }
    let digits = Array("0123456789abcdef")
    return buffer.readableBytesView.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: " ")
}

func text(_ string: String) -> ByteBuffer { ByteBuffer(string: string) }

/// Numbers that are the same for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func bytes(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) })
    }

    /// Cuts a buffer into pieces of 1 to `maximum` bytes.
    mutating func pieces(of buffer: ByteBuffer, atMost maximum: Int) -> [ByteBuffer] {
        var (rest, pieces) = (buffer, [ByteBuffer]())
        while let piece = rest.readSlice(
            length: min(rest.readableBytes, Int.random(in: 1...maximum, using: &self))), piece.readableBytes > 0
        {
            pieces.append(piece)
        }
        return pieces
    }
}

/// What a callback was given.
final class Calls<Value> {
    private(set) var values: [Value] = []

    func add(_ value: Value) { values.append(value) }
}

/// The handler behind: keeps what it reads, and what happens.
final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var buffers: [ByteBuffer] = []
    private(set) var completions = 0
    private(set) var errors: [any Error] = []
    private(set) var isInactive = false
    private(set) var events: [Any] = []
    /// Done with each buffer that is read, before it is kept.
    var onRead: (ByteBuffer) -> Void = { _ in }

    /// All bytes that were read.
    var received: ByteBuffer { buffers.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffers.append(buffer)
        onRead(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) { completions += 1 }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }

    func channelInactive(context: ChannelHandlerContext) { isInactive = true }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { events.append(event) }
}

/// The peer's window: holds writes back while the peer does not read.
final class Window: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var isClosed = false
    private(set) var held: [(ByteBuffer, EventLoopPromise<Void>?)] = []
    private(set) var flushes = 0
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isClosed {
            held.append((unwrapOutboundIn(data), promise))
        } else {
            context.write(data, promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        flushes += 1
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
        held = []
        context.close(mode: mode, promise: promise)
    }

    /// Lets everything go that was held back.
    func open() {
        isClosed = false
        let all = held
        held = []
        for (buffer, promise) in all { context?.write(wrapOutboundOut(buffer), promise: promise) }
        context?.flush()
    }

    /// Fails everything that was held back, as a broken connection does.
    func breakDown() {
        let all = held
        held = []
        for (_, promise) in all { promise?.fail(ChannelError.eof) }
    }
}

extension EmbeddedChannel {
    /// A connected channel.
    static func connected(_ handlers: [any ChannelHandler] = []) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers(handlers)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1883)).wait()
        return channel
    }

    /// Everything that has been written since the last time.
    func written() throws -> ByteBuffer {
        var all = ByteBuffer()
        while let buffer = try readOutbound(as: ByteBuffer.self) { all.writeImmutableBuffer(buffer) }
        return all
    }

    /// Whether a handler of the type is in the pipeline.
    func holds(_ type: (some ChannelHandler).Type) -> Bool {
        do {
            _ = try pipeline.syncOperations.context(handlerType: type)
            return true
        } catch {
            return false
        }
    }

    /// What a socket does when the peer ends the connection.
    func losePeer() {
        close(mode: .all, promise: nil)
        embeddedEventLoop.run()
    }
}
