import MQTTTransport
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@Suite("Closing a WebSocket (RFC 6455 §7)")
struct WebSocketClosingTests {
    // MARK: The peer closes

    @Test(
        "a Close is answered with its code, and the connection closed (§5.5.1)",
        arguments: [
            1_000, 1_001, 1_002, 1_003, 1_007, 1_008, 1_009, 1_010, 1_011, 1_012, 1_014, 3_000, 4_999,
        ] as [UInt16])
    func answered(code: UInt16) throws {
        let socket = try WebSocket()
        try socket.send(frame(First.close, closePayload(code, "adieu")))
        let answers = try socket.answers()
        #expect(answers.count == 1 && answers[0].first == First.close)
        #expect(answers[0].payload == ByteBuffer(integer: code))
        #expect(!socket.channel.isActive && socket.refusals.values.isEmpty)
        socket.channel.embeddedEventLoop.run()
        #expect(socket.reader.isInactive)
    }

    @Test("a Close without a code is answered without one")
    func withoutCode() throws {
        let socket = try WebSocket()
        try socket.send(frame(First.close))
        #expect(hex(try socket.channel.written()) == "88 00")
        #expect(!socket.channel.isActive)
    }

    @Test(
        "a Close that says what it must not: 1002 (§5.5.1, §7.4)",
        arguments: [
            "00", "03 e8 ff", "03 e8 c0 80", "03 e8 ed a0 80", "00 00", "03 e7", "03 ec", "03 ed", "03 ee", "03 f7",
            "03 f8",
            "07 d0", "0b b7", "13 88", "ff ff",
        ])
    func invalid(payload: String) throws {
        let socket = try WebSocket()
        try socket.send(frame(First.close, bytes(payload)))
        let answers = try socket.answers()
        #expect(answers.count == 1 && answers[0].payload.getInteger(at: 0, as: UInt16.self) == 1_002)
        #expect(socket.refusedWith == 1_002 && !socket.channel.isActive)
    }

    @Test("nothing is read behind a Close, and what was written before it leaves before the answer")
    func order() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        socket.channel.pipeline.write(text("last"), promise: nil)
        var whole = frame(First.close, closePayload(1_000))
        whole.writeImmutableBuffer(frame(First.binary, text("late")))
        try socket.send(whole)
        #expect(socket.reader.buffers.isEmpty && socket.channel.isActive)
        let late = socket.channel.writeAndFlush(text("later"))
        #expect(throws: ChannelError.ioOnClosedChannel) { try late.wait() }
        socket.window.open()
        #expect(try socket.answers().map(\.first) == [First.binary, First.close])
        #expect(!socket.channel.isActive)
    }

    @Test("a peer that does not read the answer is not waited for beyond the deadline")
    func answerDeadline() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        try socket.send(frame(First.close, closePayload(1_000)))
        socket.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2_999))
        #expect(socket.channel.isActive)
        socket.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!socket.channel.isActive)
    }

    @Test("a peer that breaks the rules and does not read why is not waited for beyond the deadline")
    func refusalDeadline() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        try socket.send(frame(First.text))
        #expect(socket.channel.isActive)
        socket.channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(!socket.channel.isActive)
    }

    // MARK: This side closes

    @Test(
        "closing from behind sends 1000, waits for the peer's Close, then closes",
        arguments: [
            CloseMode.all, .output, .input,
        ])
    func closing(mode: CloseMode) throws {
        let socket = try WebSocket()
        let closed = socket.channel.close(mode: mode)
        #expect(hex(try socket.channel.written()) == "88 02 03 e8")
        #expect(socket.channel.isActive)
        try socket.send(frame(First.binary, text("late")), frame(First.ping), frame(First.text))
        #expect(socket.reader.buffers.isEmpty && socket.channel.isActive)
        try socket.send(frame(First.close, closePayload(1_000)))
        #expect(!socket.channel.isActive)
        socket.channel.embeddedEventLoop.run()
        try closed.wait()
        #expect(socket.reader.isInactive && socket.refusals.values.isEmpty)
        #expect(try socket.channel.written().readableBytes == 0)
    }

    @Test("a peer that does not answer is not waited for beyond the deadline")
    func closeDeadline() throws {
        let socket = try WebSocket()
        let closed = socket.channel.close()
        socket.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2_999))
        #expect(socket.channel.isActive)
        socket.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!socket.channel.isActive)
        socket.channel.embeddedEventLoop.run()
        try closed.wait()
    }

    @Test("closing twice sends one Close, and both are told of the end")
    func closingTwice() throws {
        let socket = try WebSocket()
        let closed = [socket.channel.close(), socket.channel.close()]
        #expect(hex(try socket.channel.written()) == "88 02 03 e8")
        try socket.send(frame(First.close))
        socket.channel.embeddedEventLoop.run()
        for one in closed { try one.wait() }
        #expect(throws: ChannelError.alreadyClosed) { try socket.channel.close().wait() }
    }

    @Test("when both close at once, this side's Close still leaves, and no second one is sent")
    func crossing() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        socket.channel.close(promise: nil)
        try socket.send(frame(First.close, closePayload(1_001)))
        #expect(socket.channel.isActive)
        socket.window.open()
        #expect(hex(try socket.channel.written()) == "88 02 03 e8")
        #expect(!socket.channel.isActive)
    }

    @Test("what was written before closing leaves first, what is written after it fails")
    func writing() throws {
        let socket = try WebSocket()
        let first = socket.channel.write(text("goodbye"))
        socket.channel.close(promise: nil)
        try first.wait()
        #expect(throws: ChannelError.ioOnClosedChannel) { try socket.channel.writeAndFlush(text("late")).wait() }
        #expect(try socket.answers().map(\.first) == [First.binary, First.close])
    }

    @Test("closing from within a read: the frames behind it are dropped")
    func closingWhileReading() throws {
        let socket = try WebSocket()
        socket.reader.onRead = { [channel = socket.channel] _ in channel.close(promise: nil) }
        var whole = frame(First.binary, text("a"))
        whole.writeImmutableBuffer(frame(First.binary, text("b")))
        try socket.send(whole)
        #expect(socket.reader.received == text("a"))
        #expect(hex(try socket.channel.written()) == "88 02 03 e8")
    }

    @Test("a peer that breaks the codec's rules while its Close is awaited is waited for no longer")
    func wrongWhileClosing() throws {
        let socket = try WebSocket()
        socket.channel.close(promise: nil)
        try socket.send(bytes("09 80 00 00 00 00"))
        #expect(!socket.channel.isActive && socket.refusals.values.isEmpty)
    }

    @Test("a connection on which the Close cannot be written is closed at once")
    func broken() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        socket.channel.close(promise: nil)
        #expect(socket.channel.isActive)
        socket.window.breakDown()
        #expect(!socket.channel.isActive)
    }

    @Test("a connection that is not open yet is closed without more ado")
    func unconnected() throws {
        let channel = EmbeddedChannel(handler: WebSocketBytes())
        try channel.close().wait()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    // MARK: The connection ends

    @Test("a connection that is lost, even within a frame, ends without an error and without a Close")
    func lost() throws {
        let socket = try WebSocket()
        try socket.send(bytes("82 85 37"))
        let context = try socket.channel.pipeline.syncOperations.context(handlerType: Window.self)
        context.close(promise: nil)
        socket.channel.embeddedEventLoop.run()
        #expect(socket.reader.isInactive && socket.reader.errors.isEmpty && socket.refusals.values.isEmpty)
        #expect(try socket.channel.written().readableBytes == 0)
    }

    @Test("a peer that ends its half gets a Close, and the event is passed on")
    func halfClosed() throws {
        let socket = try WebSocket()
        socket.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(hex(try socket.channel.written()) == "88 02 03 e8")
        #expect(!socket.channel.isActive && socket.reader.events.count == 1)
        let closing = try WebSocket()
        closing.channel.close(promise: nil)
        closing.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!closing.channel.isActive)
    }

    @Test("errors of the layers below are passed on, and leave the WebSocket open to the handler behind")
    func errors() throws {
        let socket = try WebSocket()
        socket.channel.pipeline.fireErrorCaught(ChannelError.connectTimeout(.seconds(1)))
        #expect(socket.reader.errors.count == 1 && socket.channel.isActive)
        #expect(try socket.channel.written().readableBytes == 0)
    }
}
