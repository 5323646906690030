import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOWebSocket
import Testing

import MQTTTransport

/// A new connection to a listener of WebSockets.
struct Caller {
    let channel: EmbeddedChannel
    let reader = Reader()
    let refusals = Calls<WebSocketRefusal>()

    /// Connects; `ready` is what the listener waits for before its handlers are in their places.
    init(
        _ settings: WebSocketUpgrade.Settings = .init(maximumFrameBytes: 1_000), below: [any ChannelHandler] = [],
        ready: EventLoopFuture<Void>? = nil, in channel: EmbeddedChannel = EmbeddedChannel()
    ) throws {
        self.channel = channel
        try channel.pipeline.syncOperations.addHandlers(below)
        try WebSocketUpgrade.configure(channel, settings, onRefusal: { [refusals] in refusals.add($0) }) {
            [reader] channel in
            let loop = channel.eventLoop
            return (ready ?? loop.makeSucceededVoidFuture()).assumeIsolated().flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(reader)
            }.nonisolated()
        }
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 8884)).wait()
    }

    /// What a socket reads at once, and what the event loop does thereupon.
    func send(_ buffer: ByteBuffer) throws {
        try channel.writeInbound(buffer)
        channel.embeddedEventLoop.run()
    }

    func answer() throws -> String { String(buffer: try channel.written()) }

    /// The status of the one refusal.
    var refusedWith: Int? {
        guard refusals.values.count == 1, case .request(let status, _) = refusals.values[0] else { return nil }
        return status
    }
}

/// The request of RFC 6455 §1.3, for MQTT, with some of its lines replaced, or left out.
func request(_ line: String = "GET /mqtt HTTP/1.1", _ changes: [String: String?] = [:], more: [String] = [])
    -> ByteBuffer
{
    var headers: [(String, String)] = []
    for (name, value) in [
        ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Origin", "http://server.example.com"),
        ("Sec-WebSocket-Protocol", "mqtt"), ("Sec-WebSocket-Version", "13"),
    ] {
        if let change = changes[name] {
            if let change { headers.append((name, change)) }
        } else {
            headers.append((name, value))
        }
    }
    let lines = [line] + headers.map { "\($0): \($1)" } + more
    return text(lines.joined(separator: "\r\n") + "\r\n\r\n")
}

@Suite("The upgrade to a WebSocket for MQTT (RFC 6455 §4.2; MQTT 5.0 §6)")
struct WebSocketUpgradeTests {
    @Test("the request of RFC 6455 §1.3 is answered with its key's digest, exactly `mqtt`, and no extension")
    func accepted() throws {
        let caller = try Caller()
        try caller.send(
            request(more: ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]))
        let answer = try caller.answer()
        #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n") && answer.hasSuffix("\r\n\r\n"))
        let lines = answer.split(separator: "\r\n").dropFirst().map { $0.lowercased() }
        #expect(
            Set(lines) == [
                "upgrade: websocket", "connection: upgrade", "sec-websocket-protocol: mqtt",
                "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
            ])
        #expect(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        try caller.send(frame(First.binary, bytes("10 05")))
        try caller.channel.writeOutbound(bytes("20 00"))
        #expect(hex(caller.reader.received) == "10 05")
        #expect(hex(try caller.channel.written()) == "82 02 20 00")
        #expect(caller.refusals.values.isEmpty)
    }

    @Test("nothing of HTTP is left in the pipeline, nor a deadline")
    func pipeline() throws {
        let caller = try Caller()
        try caller.send(request())
        let channel = caller.channel
        #expect(channel.holds(WebSocketBytes.self))
        let names = channel.pipeline.debugDescription
        #expect(names.contains("WebSocketBytes"))
        #expect(!names.contains("RequestHeadGate") && !names.contains("UpgradeRequestHandler"), "\(names)")
        #expect(!channel.holds(HTTPResponseEncoder.self) && !channel.holds(HTTPServerUpgradeHandler.self))
        #expect(!channel.holds(ByteToMessageHandler<HTTPRequestDecoder>.self))
        caller.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(caller.channel.isActive)
    }

    @Test("byte by byte, the answer is the same")
    func byteByByte() throws {
        let caller = try Caller()
        for byte in request().readableBytesView { try caller.send(ByteBuffer(integer: byte)) }
        #expect(try caller.answer().hasPrefix("HTTP/1.1 101 "))
    }

    @Test(
        "what a client may write otherwise is accepted",
        arguments: [
            request("GET /mqtt?token=1 HTTP/1.1"),
            request("GET /mqtt HTTP/1.1", ["Connection": "keep-alive, Upgrade"]),
            request("GET /mqtt HTTP/1.1", ["Upgrade": "WebSocket", "Connection": "upgrade"]),
            request("GET /mqtt HTTP/1.1", ["Sec-WebSocket-Protocol": "mqttv3.1, mqtt"]),
            request("GET /mqtt HTTP/1.1", ["Sec-WebSocket-Protocol": "other"], more: ["Sec-WebSocket-Protocol: mqtt"]),
            request("GET /mqtt HTTP/1.1", ["Origin": nil]),
            request("GET /mqtt HTTP/1.1", ["Origin": "https://SERVER.example.com:8443"]),
            request("GET /mqtt HTTP/1.1", ["Host": "server.example.com:8884"]),
            request(more: ["Content-Length: 0"]),
        ])
    func variants(request: ByteBuffer) throws {
        let caller = try Caller()
        try caller.send(request)
        let answer = try caller.answer()
        #expect(answer.hasPrefix("HTTP/1.1 101 "), "\(String(buffer: request)) \(answer)")
        #expect(answer.lowercased().contains("\r\nsec-websocket-protocol: mqtt\r\n"))
    }

    private func expectRefusal(_ request: ByteBuffer, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let caller = try Caller()
        try caller.send(request)
        let answer = try caller.answer()
        let words = "\(String(buffer: request)) \(answer)"
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(words)", sourceLocation: sourceLocation)
        #expect(answer.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), sourceLocation: sourceLocation)
        #expect(caller.refusedWith == status, "\(words)", sourceLocation: sourceLocation)
        let parts = answer.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
        #expect(parts.count == 2 && parts.last?.hasSuffix("\n") == true, sourceLocation: sourceLocation)
        #expect(
            answer.contains("\r\nContent-Length: \(parts.last?.utf8.count ?? 0)\r\n"), sourceLocation: sourceLocation)
        #expect(!caller.channel.isActive && caller.reader.buffers.isEmpty, sourceLocation: sourceLocation)
    }

    @Test(
        "without `mqtt` among the subprotocols: 400 [MQTT-6.0.0-3]", arguments: [nil, "mqttv3.1", "MQTT", "mqtt5", ""])
    func subprotocol(offer: String?) throws {
        try expectRefusal(request("GET /mqtt HTTP/1.1", ["Sec-WebSocket-Protocol": offer]), 400)
    }

    @Test("another path: 404", arguments: ["/", "/mqtt/", "/mqttx", "/MQTT", "/other?/mqtt", "*", "/%6dqtt"])
    func path(path: String) throws { try expectRefusal(request("GET \(path) HTTP/1.1"), 404) }

    @Test("the path is the listener's")
    func ownPath() throws {
        let caller = try Caller(.init(path: "/ws", maximumFrameBytes: 1_000))
        try caller.send(request("GET /ws HTTP/1.1"))
        #expect(try caller.answer().hasPrefix("HTTP/1.1 101 "))
    }

    @Test("another method: 405, and which one is allowed", arguments: ["POST", "PUT", "OPTIONS", "DELETE"])
    func method(method: String) throws {
        try expectRefusal(request("\(method) /mqtt HTTP/1.1"), 405)
        let caller = try Caller()
        try caller.send(request("\(method) /mqtt HTTP/1.1"))
        #expect(try caller.answer().contains("\r\nAllow: GET\r\n"))
    }

    @Test("HEAD gets no body")
    func head() throws {
        let caller = try Caller()
        try caller.send(request("HEAD /mqtt HTTP/1.1"))
        let answer = try caller.answer()
        #expect(answer.hasPrefix("HTTP/1.1 405 ") && answer.hasSuffix("\r\n\r\n") && !caller.channel.isActive)
    }

    @Test(
        "no upgrade: 426, and to what",
        arguments: [
            ["Upgrade": nil], ["Connection": nil], ["Upgrade": "h2c"], ["Connection": "keep-alive"],
        ] as [[String: String?]])
    func notAnUpgrade(changes: [String: String?]) throws {
        let wrong = request("GET /mqtt HTTP/1.1", changes)
        try expectRefusal(wrong, 426)
        let caller = try Caller()
        try caller.send(wrong)
        let answer = try caller.answer()
        #expect(answer.contains("\r\nUpgrade: websocket\r\n") && answer.contains("\r\nConnection: close, upgrade\r\n"))
    }

    @Test(
        "another version of WebSocket: 426, and which is spoken (RFC 6455 §4.4)",
        arguments: [nil, "8", "13, 8", "0x0d"])
    func version(version: String?) throws {
        let wrong = request("GET /mqtt HTTP/1.1", ["Sec-WebSocket-Version": version])
        try expectRefusal(wrong, 426)
        let caller = try Caller()
        try caller.send(wrong)
        #expect(try caller.answer().contains("\r\nSec-WebSocket-Version: 13\r\n"))
    }

    @Test(
        "no key, or one that is not 16 bytes in Base64: 400",
        arguments: [
            nil, "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=a", "dGhlIHNhbXBsZSBub25j!Q==",
            "dGhlIHNhbXBsZSBub25jZSBsb25nZXI=",
        ])
    func key(key: String?) throws {
        try expectRefusal(request("GET /mqtt HTTP/1.1", ["Sec-WebSocket-Key": key]), 400)
    }

    @Test(
        "a page of another host: 403 (RFC 6455 §10.2)",
        arguments: [
            "https://evil.example", "null", "https://server.example.com.evil.example",
            "https://server.example.com@evil.example",
            "https://evil.example/server.example.com", "server.example.com", "ftp://server.example.com", "",
        ])
    func origin(origin: String) throws {
        try expectRefusal(request("GET /mqtt HTTP/1.1", ["Origin": origin]), 403)
    }

    @Test("two origins: 403")
    func twoOrigins() throws { try expectRefusal(request(more: ["Origin: http://server.example.com"]), 403) }

    @Test("pages that the listener allows may connect")
    func allowedOrigins() throws {
        let settings = WebSocketUpgrade.Settings(
            maximumFrameBytes: 1_000, allowedOrigins: .sameHost(and: ["https://console.example"]))
        let caller = try Caller(settings)
        try caller.send(request("GET /mqtt HTTP/1.1", ["Origin": "https://console.example"]))
        #expect(try caller.answer().hasPrefix("HTTP/1.1 101 "))
    }

    @Test("no Host, or two, or HTTP/1.0: 400 (RFC 9112 §3.2)")
    func host() throws {
        try expectRefusal(request("GET /mqtt HTTP/1.1", ["Host": nil, "Origin": nil]), 400)
        try expectRefusal(request(more: ["Host: other.example"]), 400)
        try expectRefusal(request("GET /mqtt HTTP/1.0"), 400)
    }
}
