import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

import MQTTTransport

@Suite("Requests for a WebSocket that mean harm")
struct WebSocketUpgradeGuardTests {
    // MARK: More than one request

    @Test(
        "a body, announced in whatever way: 400",
        arguments: [
            ["Content-Length: 5"], ["Transfer-Encoding: chunked"], ["Content-Length: 0", "Transfer-Encoding: chunked"],
        ])
    func body(headers: [String]) throws {
        let caller = try Caller()
        try caller.send(request(more: headers))
        #expect(try caller.answer().hasPrefix("HTTP/1.1 400 "))
        #expect(caller.refusedWith == 400 && !caller.channel.isActive)
    }

    @Test(
        "bytes behind the request, a frame or another request: 400, and neither is read (RFC 9112 §11.2)",
        arguments: [
            frame(First.binary, text("x")), request(), text("\n"),
        ])
    func pipelined(more: ByteBuffer) throws {
        let caller = try Caller()
        var whole = request()
        whole.writeImmutableBuffer(more)
        try caller.send(whole)
        let answer = try caller.answer()
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.split(separator: "HTTP/1.1").count == 1)
        #expect(caller.refusedWith == 400 && !caller.channel.isActive && caller.reader.buffers.isEmpty)
    }

    @Test("bytes that come before the answer is written: 400, though the upgrade had been granted")
    func tooEarly() throws {
        for isRead in [true, false] {
            let window = Window()
            window.isClosed = !isRead
            let caller = try Caller(below: [window])
            caller.channel.pipeline.fireChannelRead(request())
            caller.channel.pipeline.fireChannelRead(frame(First.binary, text("x")))
            caller.channel.embeddedEventLoop.run()
            window.open()
            let answer = try caller.answer()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.split(separator: "HTTP/1.1").count == 1)
            #expect(caller.refusedWith == 400 && !caller.channel.isActive && caller.reader.buffers.isEmpty)
        }
    }

    @Test("bytes that come before the answer has left close the connection")
    func early() throws {
        let window = Window()
        window.isClosed = true
        let caller = try Caller(below: [window])
        try caller.send(request())
        #expect(caller.channel.isActive && caller.refusals.values.isEmpty)
        // The answer's promise is broken, of which SwiftNIO's handler tells whoever stands behind it.
        #expect(throws: ChannelError.ioOnClosedChannel) { try caller.send(frame(First.binary, text("x"))) }
        #expect(caller.refusedWith == 400 && !caller.channel.isActive && caller.reader.buffers.isEmpty)
    }

    @Test("bytes behind a refusal are dropped, and there is one answer")
    func behindRefusal() throws {
        let window = Window()
        window.isClosed = true
        let caller = try Caller(below: [window])
        try caller.send(request("GET / HTTP/1.1"))
        try caller.send(request())
        #expect(caller.channel.isActive)
        window.open()
        let answer = try caller.answer()
        #expect(answer.hasPrefix("HTTP/1.1 404 ") && answer.split(separator: "HTTP/1.1").count == 1)
        #expect(caller.refusedWith == 404 && !caller.channel.isActive)
    }

    // MARK: What is no request

    @Test(
        "what is not HTTP/1.1: 400",
        arguments: [
            text("\u{16}\u{3}\u{1}\r\n\r\n"), text("GET\r\n\r\n"), text("GET /mqtt HTTP/1.1\r\nHost : x\r\n\r\n"),
            text("GET /mqtt HTTP/1.1\r\nHost: x\r\n folded: y\r\n: z\r\n\r\n"), text("GET * HTTP/2.0\r\n\r\n"),
            text("GET /mqtt HTTP/1.1\nHost: x\n\n"), text("GET /mqtt HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"),
        ])
    func malformed(start: ByteBuffer) throws {
        let caller = try Caller()
        try caller.send(start)
        #expect(try caller.answer().hasPrefix("HTTP/1.1 400 "), "\(String(buffer: start))")
        #expect(caller.refusedWith == 400 && !caller.channel.isActive)
    }

    @Test("a head of as many bytes as are allowed is read, one byte more is refused with 431")
    func headBytes() throws {
        for excess in [0, 1] {
            let bare = request(more: ["Cookie: "]).readableBytes
            let filler = String(repeating: "c", count: TransportLimits.requestHeadBytes - bare + excess)
            let caller = try Caller()
            try caller.send(request(more: ["Cookie: " + filler]))
            let answer = try caller.answer()
            #expect(answer.hasPrefix(excess == 0 ? "HTTP/1.1 101 " : "HTTP/1.1 431 "))
            #expect(caller.channel.isActive == (excess == 0))
        }
    }

    @Test("a head without an end is refused when it is full, however it comes")
    func endless() throws {
        let caller = try Caller(.init(maximumFrameBytes: 1_000, maximumHeadBytes: 100))
        for _ in 0..<100 { try caller.send(text("a")) }
        #expect(caller.channel.isActive)
        try caller.send(text("a"))
        #expect(caller.refusedWith == 431 && !caller.channel.isActive)
    }

    // MARK: Time

    @Test("a client that does not finish its request in time is disconnected")
    func slow() throws {
        let caller = try Caller(.init(maximumFrameBytes: 1_000, deadline: .seconds(10)))
        try caller.send(text("GET /mqtt HTTP/1.1\r\n"))
        caller.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(caller.channel.isActive)
        caller.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!caller.channel.isActive)
        #expect(caller.refusals.values.count == 1)
        guard case .deadline? = caller.refusals.values.first else {
            Issue.record("\(caller.refusals.values)")
            return
        }
    }

    @Test("a client that does not read its refusal is disconnected in time, and the refusal told once")
    func deaf() throws {
        let window = Window()
        window.isClosed = true
        let caller = try Caller(below: [window])
        try caller.send(request("GET / HTTP/1.1"))
        #expect(caller.channel.isActive)
        caller.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!caller.channel.isActive && caller.refusedWith == 404)
    }

    // MARK: The listener's own handlers

    /// Counts how often more is asked for.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test("until they are in their places, frames wait in order and nothing more is read")
    func waiting() throws {
        let channel = EmbeddedChannel()
        let ready = channel.eventLoop.makePromise(of: Void.self)
        let reads = Reads()
        let caller = try Caller(below: [reads], ready: ready.futureResult, in: channel)
        try caller.send(request())
        #expect(try caller.answer().hasPrefix("HTTP/1.1 101 "))
        let before = reads.count
        channel.read()
        channel.read()
        #expect(reads.count == before)
        try caller.send(frame(First.binary, text("a")))
        try caller.send(frame(First.binary, text("b")))
        #expect(caller.reader.buffers.isEmpty)
        ready.succeed()
        #expect(caller.reader.received == text("ab"))
        #expect(reads.count == before + 1)
        try caller.send(frame(First.binary, text("c")))
        channel.read()
        #expect(caller.reader.received == text("abc") && reads.count == before + 2)
    }

    @Test("if they cannot be added, the client is told 1011 and disconnected")
    func failing() throws {
        let channel = EmbeddedChannel()
        let ready = channel.eventLoop.makePromise(of: Void.self)
        let caller = try Caller(ready: ready.futureResult, in: channel)
        try caller.send(request())
        _ = try channel.written()
        ready.fail(ChannelError.inappropriateOperationForState)
        #expect(hex(try channel.written()) == "88 02 03 f3")
        #expect(!channel.isActive)
        guard case .connection(ChannelError.inappropriateOperationForState)? = caller.refusals.values.first else {
            Issue.record("\(caller.refusals.values)")
            return
        }
    }

    @Test("if they are never ready, the deadline ends the connection")
    func neverReady() throws {
        let channel = EmbeddedChannel()
        let ready = channel.eventLoop.makePromise(of: Void.self)
        let caller = try Caller(ready: ready.futureResult, in: channel)
        try caller.send(request())
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        channel.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(!channel.isActive && caller.refusals.values.count == 1)
        ready.fail(ChannelError.eof)
        #expect(caller.refusals.values.count == 1)
    }

    @Test("a wrong frame after the upgrade is told too")
    func wrongFrame() throws {
        let caller = try Caller()
        try caller.send(request())
        _ = try caller.answer()
        try caller.send(frame(First.text, text("x")))
        guard case .frame(code: 1_003, _)? = caller.refusals.values.first else {
            Issue.record("\(caller.refusals.values)")
            return
        }
        let large = try Caller(.init(maximumFrameBytes: 10))
        try large.send(request())
        try large.send(frame(First.binary, text("eleven byte")))
        guard case .frame(code: 1_009, _)? = large.refusals.values.first else {
            Issue.record("\(large.refusals.values)")
            return
        }
    }

    // MARK: The connection's end

    @Test("errors of the layers below are told and end the connection; after the upgrade they are passed on")
    func errors() throws {
        let caller = try Caller()
        caller.channel.pipeline.fireErrorCaught(ChannelError.connectTimeout(.seconds(1)))
        #expect(!caller.channel.isActive && caller.refusals.values.count == 1)
        guard case .connection(ChannelError.connectTimeout)? = caller.refusals.values.first else {
            Issue.record("\(caller.refusals.values)")
            return
        }
        let upgraded = try Caller()
        try upgraded.send(request())
        upgraded.channel.pipeline.fireErrorCaught(ChannelError.connectTimeout(.seconds(1)))
        #expect(upgraded.reader.errors.count == 1 && upgraded.refusals.values.isEmpty && upgraded.channel.isActive)
    }

    @Test("a client that merely leaves is no refusal, whether it ends all or its half")
    func leaving() throws {
        let gone = try Caller()
        try gone.send(text("GET /mq"))
        gone.channel.losePeer()
        gone.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(gone.refusals.values.isEmpty)
        let half = try Caller()
        try half.send(text("GET /mq"))
        half.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!half.channel.isActive && half.refusals.values.isEmpty)
    }

    @Test("refusals have sentences that differ")
    func messages() {
        let all: [WebSocketRefusal] = [
            .request(status: 400, "no"), .deadline, .frame(code: 1_002, "no"), .connection(ChannelError.eof),
        ]
        #expect(Set(all.map(\.message)).count == all.count)
    }

    // MARK: Garbage

    @Test(
        "a request with random bytes changed, cut at random, never traps, and never opens by halves", arguments: 0..<300
    )
    func garbage(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        var whole = request()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            whole.setInteger(
                UInt8.random(in: 0...255, using: &random), at: .random(in: 0..<whole.readableBytes, using: &random))
        }
        if seed % 5 == 0 { whole = random.bytes(400) }
        let caller = try Caller()
        for piece in random.pieces(of: whole, atMost: 100) where caller.channel.isActive {
            try caller.send(piece)
        }
        let answer = try caller.answer()
        let isOpen = answer.hasPrefix("HTTP/1.1 101 ")
        #expect(isOpen || answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "seed \(seed)")
        #expect(caller.channel.isActive == (isOpen || answer.isEmpty), "seed \(seed)")
        #expect(caller.refusals.values.isEmpty == (isOpen || answer.isEmpty), "seed \(seed)")
        caller.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(caller.channel.isActive == isOpen, "seed \(seed)")
    }
}

@Suite("Which pages may connect")
struct AllowedOriginsTests {
    @Test(
        "the same host, whatever the port, IPv6 addresses among them",
        arguments: [
            ("https://city.example", "city.example"), ("http://city.example:8443", "city.example:8884"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]:8884"), ("https://[2001:db8::1]", "[2001:db8::1]"),
            ("https://CITY.example", "city.Example"), ("http://localhost:3000", "localhost:8884"),
        ])
    func sameHost(origin: String, host: String) { #expect(AllowedOrigins.sameHost.allows(origin, host: host)) }

    @Test(
        "another host, and what is no origin",
        arguments: [
            ("https://other.example", "city.example"), ("null", "null"), ("", ""), ("https://", ""),
            ("https://city.example", ""), ("https://city.example:x", "city.example"), ("https://[2001", "[2001"),
            ("https://[2001:db8::1]x", "[2001:db8::1]"), ("https://a@city.example", "city.example"),
            ("https://city.example/", "city.example"), ("https://city.example", "city.example, other.example"),
            ("file://city.example", "city.example"), ("https://sub.city.example", "city.example"),
        ])
    func otherHost(origin: String, host: String) { #expect(!AllowedOrigins.sameHost.allows(origin, host: host)) }

    @Test("a list is exact to the port, alone or beside the same host; `any` is any")
    func lists() {
        let only = AllowedOrigins.only(["https://Console.example:8443"])
        #expect(only.allows("https://console.example:8443", host: "city.example"))
        #expect(!only.allows("https://console.example", host: "city.example"))
        #expect(!only.allows("https://city.example", host: "city.example"))
        let both = AllowedOrigins.sameHost(and: ["https://console.example:8443"])
        #expect(both.allows("https://city.example", host: "city.example"))
        #expect(both.allows("https://console.example:8443", host: "city.example"))
        #expect(!both.allows("https://console.example:9443", host: "city.example"))
        #expect(AllowedOrigins.any.allows("null", host: "city.example"))
    }
}
