import MQTTTransport
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@Suite("MQTT's bytes in a WebSocket's frames (RFC 6455 §5; MQTT 5.0 §6)")
struct WebSocketBytesTests {
    // MARK: The examples of RFC 6455 §5.7

    @Test("the masked frame of §5.7, as binary, is read")
    func maskedExample() throws {
        let socket = try WebSocket()
        try socket.send(bytes("82 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(socket.reader.received == text("Hello"))
        #expect(socket.reader.completions == 1)
        #expect(try socket.channel.written().readableBytes == 0)
    }

    @Test("the masked frame of §5.7, as it stands there, is text: 1003, and nothing is read [MQTT-6.0.0-1]")
    func textExample() throws {
        let socket = try WebSocket()
        try socket.send(bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
        let answers = try socket.answers()
        #expect(answers.count == 1 && answers[0].first == First.close)
        #expect(answers[0].payload.getInteger(at: 0, as: UInt16.self) == 1_003)
        #expect(socket.refusedWith == 1_003)
        #expect(socket.reader.buffers.isEmpty && !socket.channel.isActive)
    }

    @Test(
        "the unmasked frames of §5.7 are refused with 1002 (§5.1)",
        arguments: [
            "82 05 48 65 6c 6c 6f", "81 05 48 65 6c 6c 6f", "01 03 48 65 6c 80 02 6c 6f", "89 05 48 65 6c 6c 6f",
            "82 7E 01 00" + String(repeating: "00", count: 256), "88 00",
        ])
    func unmaskedExamples(example: String) throws {
        let socket = try WebSocket()
        try socket.send(bytes(example))
        #expect(socket.refusedWith == 1_002)
        #expect(socket.reader.buffers.isEmpty && !socket.channel.isActive)
    }

    @Test("the ping of §5.7, masked, gets the pong of §5.7, unmasked; a pong is ignored")
    func pingExample() throws {
        let socket = try WebSocket()
        try socket.send(bytes("89 85 37 fa 21 3d 7f 9f 4d 51 58"), bytes("8a 85 37 fa 21 3d 7f 9f 4d 51 58"))
        #expect(hex(try socket.channel.written()) == "8a 05 48 65 6c 6c 6f")
        #expect(socket.reader.buffers.isEmpty && socket.channel.isActive)
    }

    @Test(
        "a written buffer is one binary frame, its length in the form of §5.7",
        arguments: [
            (0, "82 00"), (5, "82 05"), (125, "82 7d"), (126, "82 7e 00 7e"), (256, "82 7e 01 00"),
            (16_384, "82 7e 40 00"), (16_385, "82 7e 40 01"), (65_535, "82 7e ff ff"),
            (65_536, "82 7f 00 00 00 00 00 01 00 00"),
        ])
    func writtenExamples(count: Int, header: String) throws {
        let socket = try WebSocket()
        let payload = ByteBuffer(repeating: 0x2A, count: count)
        try socket.channel.writeOutbound(payload)
        var expected = bytes(header)
        expected.writeImmutableBuffer(payload)
        #expect(try socket.channel.written() == expected)
    }

    @Test("a frame leaves in one piece, for one TLS record to hold it, unless it is too long for one")
    func pieces() throws {
        for (count, pieces) in [(5, [7]), (16_384, [16_388]), (16_385, [4, 16_385])] {
            let socket = try WebSocket()
            try socket.channel.writeOutbound(ByteBuffer(repeating: 1, count: count))
            for piece in pieces {
                #expect(try socket.channel.readOutbound(as: ByteBuffer.self)?.readableBytes == piece)
            }
            #expect(try socket.channel.readOutbound(as: ByteBuffer.self) == nil)
        }
    }

    @Test("what is written does not leave before the flush, and a promise is kept with its frame")
    func flush() throws {
        let socket = try WebSocket()
        let written = [5, 20_000].map { socket.channel.write(ByteBuffer(repeating: 1, count: $0)) }
        #expect(try socket.channel.written().readableBytes == 0)
        socket.channel.flush()
        for one in written { try one.wait() }
        #expect(try socket.answers().map(\.payload.readableBytes) == [5, 20_000])
    }

    // MARK: Reading

    @Test("a frame may hold a part of a packet or several: its bytes are read as they arrive [MQTT-6.0.0-2]")
    func boundaries() throws {
        let socket = try WebSocket()
        try socket.send(frame(First.binary, bytes("c0 00 c0 00 30")), frame(First.binary, bytes("03")))
        #expect(socket.reader.buffers.map { hex($0) } == ["c0 00 c0 00 30", "03"])
    }

    @Test("a fragmented message is read frame by frame, with pings within it answered (§5.4)")
    func fragmented() throws {
        let socket = try WebSocket()
        try socket.send(frame(0x02, text("Hel")))
        #expect(socket.reader.received == text("Hel"))
        try socket.send(frame(0x00, text("l")), frame(First.ping, text("?")), frame(First.continuation, text("o")))
        #expect(socket.reader.received == text("Hello"))
        try socket.send(frame(First.binary, text("!")))
        #expect(socket.reader.received == text("Hello!"))
        #expect(hex(try socket.channel.written()) == "8a 01 3f")
    }

    @Test("empty frames bring nothing to read", arguments: [[First.binary], [0x02, 0x00, 0x80]] as [[UInt8]])
    func empty(firsts: [UInt8]) throws {
        let socket = try WebSocket()
        for first in firsts { try socket.send(frame(first)) }
        #expect(socket.reader.buffers.isEmpty && socket.channel.isActive)
    }

    @Test("the mask is undone over all lengths (§5.3)")
    func masks() throws {
        var random = Seeded(5)
        for count in Array(0...40) + [125, 126, 127, 4_099, 65_535, 65_536] {
            let socket = try WebSocket()
            let payload = random.bytes(count)
            let key = Array(random.bytes(4).readableBytesView)
            try socket.send(frame(First.binary, payload, key: key))
            #expect(socket.reader.received == payload, "\(count) bytes, key \(key)")
        }
    }

    @Test("byte by byte, the same is read")
    func byteByByte() throws {
        let socket = try WebSocket()
        var whole = frame(0x02, text("Hel"))
        for part in [
            frame(First.ping, text("1")), frame(First.continuation, text("lo")), frame(First.binary, text("!")),
        ] { whole.writeImmutableBuffer(part) }
        for byte in whole.readableBytesView { try socket.send(ByteBuffer(integer: byte)) }
        #expect(socket.reader.received == text("Hello!"))
        #expect(try socket.answers().map(\.first) == [First.pong])
    }

    // MARK: What RFC 6455 forbids

    @Test(
        "reserved bits, unknown opcodes, continuations and messages out of order: 1002, and nothing is read",
        arguments: [
            [(0xC2, "x")], [(0xA2, "x")], [(0x92, "x")], [(0xC9, "x")],
            [(0x83, "x")], [(0x87, "x")], [(0x8B, "x")], [(0x8F, "x")],
            [(0x80, "x")], [(0x00, "x")],
            [(0x02, ""), (0x82, "x")], [(0x02, ""), (0x80, ""), (0x80, "x")],
        ] as [[(UInt8, String)]])
    func forbidden(frames: [(UInt8, String)]) throws {
        let socket = try WebSocket()
        for (first, payload) in frames { try socket.send(frame(first, text(payload))) }
        #expect(socket.refusedWith == 1_002)
        let answers = try socket.answers()
        #expect(answers.count == 1 && answers[0].payload.getInteger(at: 0, as: UInt16.self) == 1_002)
        #expect(socket.reader.buffers.isEmpty && !socket.channel.isActive)
    }

    @Test("control frames that are fragmented or longer than 125 bytes: 1002 (§5.5)")
    func controlFrames() throws {
        for first in [0x08, 0x09, 0x0A] as [UInt8] {
            let fragmented = try WebSocket()
            try fragmented.send(frame(first, text("")))
            #expect(fragmented.refusedWith == 1_002 && !fragmented.channel.isActive)
            let oversized = try WebSocket()
            try oversized.send(frame(first | First.fin, ByteBuffer(repeating: 0, count: 126)))
            #expect(oversized.refusedWith == 1_002 && !oversized.channel.isActive)
            let longest = try WebSocket()
            try longest.send(frame(0x89, ByteBuffer(repeating: 0x31, count: 125)))
            #expect(try longest.answers().first?.payload.readableBytes == 125)
        }
    }

    @Test("a frame that is too large: 1009 by its length alone, without waiting for it")
    func tooLarge() throws {
        let socket = try WebSocket(maximumFrameBytes: 200)
        try socket.send(frame(First.binary, ByteBuffer(repeating: 1, count: 200)))
        #expect(socket.reader.received.readableBytes == 200)
        try socket.send(bytes("82 fe 00 c9"))
        #expect(socket.refusedWith == 1_009 && !socket.channel.isActive)
        let absurd = try WebSocket()
        try absurd.send(bytes("82 ff ff ff ff ff ff ff ff ff"))
        #expect(absurd.refusedWith == 1_009)
    }

    @Test("what comes behind a wrong frame in the same read is dropped, and the refusal told once")
    func behindWrongFrame() throws {
        for wrong in [frame(First.text, text("x")), bytes("09 80 00 00 00 00")] {
            let socket = try WebSocket()
            socket.window.isClosed = true
            var whole = wrong
            for part in [frame(First.binary, text("no")), frame(First.ping), frame(First.text), frame(First.close)] {
                whole.writeImmutableBuffer(part)
            }
            try socket.send(whole, whole)
            #expect(socket.reader.buffers.isEmpty && socket.refusals.values.count == 1)
            socket.window.open()
            #expect(try socket.answers().map(\.first) == [First.close])
            #expect(socket.reader.errors.isEmpty)
        }
    }

    // MARK: Pings

    @Test("ten pings get ten pongs, in order, with one flush for one read")
    func manyPings() throws {
        let socket = try WebSocket()
        var whole = ByteBuffer()
        for number in 0..<10 { whole.writeImmutableBuffer(frame(First.ping, text("\(number)"))) }
        let before = socket.window.flushes
        try socket.send(whole)
        #expect(try socket.answers().map { String(buffer: $0.payload) } == (0..<10).map(String.init))
        #expect(socket.window.flushes == before + 1)
    }

    @Test("a peer that does not read its pongs makes this side keep 32 of them, and gets the newest later (§5.5.3)")
    func pingFlood() throws {
        let socket = try WebSocket()
        socket.window.isClosed = true
        for number in 0..<1_000 { try socket.send(frame(First.ping, text("\(number)"))) }
        let pongs = TransportLimits.pongsInFlight
        #expect(socket.window.held.reduce(0) { $0 + $1.0.readableBytes } <= pongs * 127)
        socket.window.open()
        let answered = try socket.answers().map { String(buffer: $0.payload) }
        #expect(answered == (0..<pongs).map(String.init) + ["999"])
        try socket.send(frame(First.ping, text("again")))
        #expect(try socket.answers().map { String(buffer: $0.payload) } == ["again"])
    }

    @Test("pongs do not wait for the next read, and what is behind hears that the read is complete")
    func pongsAreFlushed() throws {
        let socket = try WebSocket()
        socket.channel.pipeline.fireChannelRead(frame(First.ping, text("a")))
        #expect(try socket.channel.written().readableBytes == 0)
        socket.channel.pipeline.fireChannelReadComplete()
        #expect(try socket.answers().count == 1)
        #expect(socket.reader.completions == 1)
    }

    // MARK: Random histories

    @Test("random messages, cut at random, are read whole, and their pings answered", arguments: 0..<100)
    func history(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let socket = try WebSocket()
        var (wire, model, pings) = (ByteBuffer(), ByteBuffer(), [ByteBuffer]())
        var isWithin = false
        for _ in 0..<30 {
            let key = Array(random.bytes(4).readableBytesView)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let payload = random.bytes(.random(in: 0...125, using: &random))
                pings.append(payload)
                wire.writeImmutableBuffer(frame(First.ping, payload, key: key))
            case 1: wire.writeImmutableBuffer(frame(First.pong, random.bytes(3), key: key))
            default:
                let payload = random.bytes(.random(in: 0...300, using: &random))
                let isLast = Bool.random(using: &random)
                wire.writeImmutableBuffer(
                    frame((isWithin ? 0 : 2) | (isLast ? First.fin : 0), payload, key: key))
                isWithin = !isLast
                model.writeImmutableBuffer(payload)
            }
        }
        for piece in random.pieces(of: wire, atMost: 400) { try socket.send(piece) }
        #expect(socket.reader.received == model, "seed \(seed)")
        #expect(try socket.answers().map(\.payload) == pings, "seed \(seed)")
    }

    @Test("random bytes never trap: at most one Close frame, and nothing is read behind it", arguments: 0..<300)
    func garbage(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        let socket = try WebSocket(maximumFrameBytes: 500)
        for _ in 0..<8 {
            let first =
                [0x82, 0x02, 0x00, 0x80, 0x89, 0x88, UInt8.random(in: 0...255, using: &random)]
                .randomElement(using: &random) ?? 0
            var buffer = frame(first, random.bytes(.random(in: 0...130, using: &random)))
            if Bool.random(using: &random) {
                buffer.setInteger(UInt8.random(in: 0...255, using: &random), at: .random(in: 0..<6, using: &random))
            }
            if socket.channel.isActive { try socket.send(buffer) }
        }
        let answers = try socket.answers()
        let closes = answers.filter { $0.first == First.close }
        #expect(closes.count <= 1 && (closes.isEmpty || answers.last?.first == First.close), "seed \(seed)")
        #expect(socket.channel.isActive == closes.isEmpty, "seed \(seed)")
        #expect(socket.reader.errors.isEmpty, "seed \(seed)")
    }
}
