import MQTTTransport
import NIOCore
import NIOEmbedded
import Testing

@Suite("The PROXY protocol at the beginning of a connection")
struct ProxyProtocolHandlerTests {
    private struct Peer {
        let channel: EmbeddedChannel
        let reader = Reader()
        let addresses = Calls<SocketAddress?>()
        let refusals = Calls<String>()

        init(deadline: TimeAmount = .seconds(3), maximumHeaderBytes: Int = 4_096) throws {
            channel = EmbeddedChannel()
            let handler = ProxyProtocolHandler(
                deadline: deadline, maximumHeaderBytes: maximumHeaderBytes,
                onAddress: { [addresses] in addresses.add($0) }, onRefusal: { [refusals] in refusals.add($0) })
            try channel.pipeline.syncOperations.addHandlers([handler, reader])
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.99", port: 1883)).wait()
        }

        var isHandlerThere: Bool { channel.holds(ProxyProtocolHandler.self) }
    }

    private let source = try? SocketAddress(ipAddress: "192.0.2.1", port: 1234)

    @Test("the address is told, the rest goes on, and the handler is gone")
    func header() throws {
        let peer = try Peer()
        try peer.channel.writeInbound(bytes(Headers.ipv4 + "10 05"))
        #expect(peer.addresses.values == [source])
        #expect(hex(peer.reader.received) == "10 05")
        #expect(peer.reader.completions == 1)
        #expect(!peer.isHandlerThere)
        try peer.channel.writeInbound(bytes("aa bb"))
        #expect(hex(peer.reader.received) == "10 05 aa bb")
        peer.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(peer.refusals.values.isEmpty && peer.channel.isActive)
    }

    @Test("byte by byte: nothing before the end, everything behind it", arguments: [Headers.ipv4, Headers.ipv6])
    func byteByByte(header: String) throws {
        let peer = try Peer()
        let whole = bytes(header + "10 05 01")
        for index in 0..<whole.readableBytes {
            #expect(peer.addresses.values.count == (index >= whole.readableBytes - 3 ? 1 : 0))
            try peer.channel.writeInbound(whole.getSlice(at: index, length: 1) ?? ByteBuffer())
        }
        #expect(hex(peer.reader.received) == "10 05 01")
    }

    @Test("cut anywhere, the header and what is behind it are the same", arguments: 0..<50)
    func pieces(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let peer = try Peer()
        var whole = bytes(Headers.amazon)
        let rest = random.bytes(200)
        whole.writeImmutableBuffer(rest)
        for piece in random.pieces(of: whole, atMost: 60) { try peer.channel.writeInbound(piece) }
        #expect(peer.addresses.values.count == 1, "seed \(seed)")
        #expect(peer.reader.received == rest, "seed \(seed)")
    }

    @Test("no empty buffer goes on when nothing is behind the header")
    func headerAlone() throws {
        let peer = try Peer()
        try peer.channel.writeInbound(bytes(Headers.ipv4))
        #expect(peer.reader.buffers.isEmpty && !peer.isHandlerThere)
    }

    @Test("LOCAL tells that the socket's own address is the true one")
    func local() throws {
        let peer = try Peer()
        try peer.channel.writeInbound(bytes(Headers.local + "01"))
        #expect(peer.addresses.values == [nil])
        #expect(hex(peer.reader.received) == "01")
    }

    @Test("handlers that are added when the address is told get what is behind the header")
    func buildingThePipeline() throws {
        let channel = EmbeddedChannel()
        let reader = Reader()
        let handler = ProxyProtocolHandler(
            onAddress: { [pipeline = channel.pipeline] _ in
                do {
                    try pipeline.syncOperations.addHandler(reader)
                } catch {
                    Issue.record(error)
                }
            }, onRefusal: { Issue.record("\($0)") })
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.99", port: 1883)).wait()
        try channel.writeInbound(bytes(Headers.ipv4 + "10 05"))
        #expect(hex(reader.received) == "10 05")
    }

    @Test("what is read while the rest goes on follows it")
    func readsDuringRemoval() throws {
        let peer = try Peer()
        let channel = peer.channel
        peer.reader.onRead = { buffer in
            guard buffer.readableBytes == 2 else { return }
            channel.pipeline.fireChannelRead(bytes("03"))
            channel.pipeline.fireChannelRead(bytes("04 05 06"))
        }
        try channel.writeInbound(bytes(Headers.ipv4 + "01 02"))
        #expect(hex(peer.reader.received) == "01 02 03 04 05 06")
        #expect(peer.reader.buffers.count == 3)
    }

    @Test("what is read while the address is told follows the rest")
    func readsDuringCallback() throws {
        let channel = EmbeddedChannel()
        let reader = Reader()
        let handler = ProxyProtocolHandler(
            onAddress: { [pipeline = channel.pipeline] _ in pipeline.fireChannelRead(bytes("03")) },
            onRefusal: { Issue.record("\($0)") })
        try channel.pipeline.syncOperations.addHandlers([handler, reader])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.99", port: 1883)).wait()
        try channel.writeInbound(bytes(Headers.ipv4 + "01 02"))
        #expect(hex(reader.received) == "01 02 03")
    }

    @Test("when the channel is closed as the address is told, nothing goes on")
    func closedByCallback() throws {
        let channel = EmbeddedChannel()
        let reader = Reader()
        let handler = ProxyProtocolHandler(
            onAddress: { _ in channel.close(promise: nil) }, onRefusal: { Issue.record("\($0)") })
        try channel.pipeline.syncOperations.addHandlers([handler, reader])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.99", port: 1883)).wait()
        try channel.writeInbound(bytes(Headers.ipv4 + "01 02"))
        #expect(reader.buffers.isEmpty && !channel.isActive)
    }

    @Test("who takes the handler out before a header has come gets the bytes as they are")
    func takenOut() throws {
        let peer = try Peer()
        try peer.channel.writeInbound(bytes("0d 0a"))
        let context = try peer.channel.pipeline.syncOperations.context(handlerType: ProxyProtocolHandler.self)
        peer.channel.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        try peer.channel.writeInbound(bytes("01"))
        #expect(hex(peer.reader.received) == "0d 0a 01")
        peer.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(peer.channel.isActive && peer.refusals.values.isEmpty)
    }

    @Test(
        "what is no header closes the connection with a sentence, and nothing gets through",
        arguments: [
            ("10 0c 00 04 4d 51 54 54", ProxyHeader.Failure.noSignature),
            ("50 52 4f 58 59 20 54 43 50 34", .version1),
            (Headers.signature + "11", .version(1)),
            (Headers.signature + "21 12", .datagram),
            (Headers.signature + "21 11 ffff", .tooLong(bytes: 65_551)),
            (Headers.signature + "21 11 000d c0000201 c6336401 04d2 1f90 01", .tlvTruncated),
        ])
    func refused(start: String, failure: ProxyHeader.Failure) throws {
        let peer = try Peer()
        try peer.channel.writeInbound(bytes(start))
        #expect(peer.refusals.values == [failure.message])
        #expect(!peer.channel.isActive && peer.addresses.values.isEmpty && peer.reader.buffers.isEmpty)
    }

    @Test("what comes behind a refusal is dropped, and the refusal told once")
    func behindRefusal() throws {
        let peer = try Peer()
        peer.channel.pipeline.fireChannelRead(bytes("10"))
        peer.channel.pipeline.fireChannelRead(bytes(Headers.ipv4 + "01"))
        peer.channel.embeddedEventLoop.run()
        #expect(peer.refusals.values.count == 1 && peer.addresses.values.isEmpty && peer.reader.buffers.isEmpty)
        #expect(peer.reader.isInactive)
    }

    @Test("a header that is not whole in time closes the connection, one that is does not")
    func deadline() throws {
        let late = try Peer(deadline: .seconds(3))
        try late.channel.writeInbound(bytes(Headers.signature))
        late.channel.embeddedEventLoop.advanceTime(by: .milliseconds(2_999))
        #expect(late.channel.isActive)
        late.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!late.channel.isActive)
        #expect(late.refusals.values == ["the PROXY protocol header did not come in time"])
    }

    @Test("the longest header is what the listener says")
    func maximumHeaderBytes() throws {
        let peer = try Peer(maximumHeaderBytes: 99)
        try peer.channel.writeInbound(bytes(Headers.amazon))
        #expect(peer.refusals.values == [ProxyHeader.Failure.tooLong(bytes: 100).message])
    }

    @Test("a peer that leaves within the header is refused, one that leaves without a byte is not")
    func leaving() throws {
        let silent = try Peer()
        silent.channel.losePeer()
        #expect(silent.refusals.values.isEmpty && silent.reader.isInactive)
        let partial = try Peer()
        try partial.channel.writeInbound(bytes(Headers.signature))
        partial.channel.losePeer()
        #expect(partial.refusals.values == ["the connection ended within the PROXY protocol header"])
        let half = try Peer()
        try half.channel.writeInbound(bytes(Headers.signature))
        half.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(half.refusals.values.count == 1 && !half.channel.isActive)
    }
}
