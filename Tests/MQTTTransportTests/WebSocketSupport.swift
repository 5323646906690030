import MQTTTransport
import NIOCore
import NIOEmbedded
import NIOWebSocket

/// A frame's bytes as a client sends them (RFC 6455 §5.2), or as it must not.
func frame(_ firstByte: UInt8, _ payload: ByteBuffer = ByteBuffer(), key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D])
    -> ByteBuffer
{
    let mask: UInt8 = key == nil ? 0 : 0x80
    var frame = ByteBuffer(integer: firstByte)
    switch payload.readableBytes {
    case ...125: frame.writeInteger(UInt8(payload.readableBytes) | mask)
    case ...65_535:
        frame.writeInteger(126 | mask)
        frame.writeInteger(UInt16(payload.readableBytes))
    default:
        frame.writeInteger(127 | mask)
        frame.writeInteger(UInt64(payload.readableBytes))
    }
    guard let key else {
        frame.writeImmutableBuffer(payload)
        return frame
    }
    frame.writeBytes(key)
    frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ key[$0 % 4] })
    return frame
}

/// First bytes of frames.
enum First {
    static let binary: UInt8 = 0x82
    static let text: UInt8 = 0x81
    static let continuation: UInt8 = 0x80
    static let close: UInt8 = 0x88
    static let ping: UInt8 = 0x89
    static let pong: UInt8 = 0x8A
    /// What the others have, and a message's unfinished frames have not.
    static let fin: UInt8 = 0x80
}

func closePayload(_ code: UInt16, _ reason: String = "") -> ByteBuffer {
    var payload = ByteBuffer(integer: code)
    payload.writeString(reason)
    return payload
}

/// A WebSocket after its upgrade: the frame decoder, the handler, and a reader behind it.
struct WebSocket {
    let channel: EmbeddedChannel
    let window = Window()
    let reader = Reader()
    let refusals = Calls<WebSocketRefusal>()

    init(maximumFrameBytes: Int = 1_048_576) throws {
        let handler = WebSocketBytes(closeDeadline: .seconds(3)) { [refusals] in refusals.add($0) }
        channel = try .connected([
            window, ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: maximumFrameBytes)), handler, reader,
        ])
    }

    func send(_ buffers: ByteBuffer...) throws {
        for buffer in buffers { try channel.writeInbound(buffer) }
    }

    /// The code of the one refusal.
    var refusedWith: UInt16? {
        guard refusals.values.count == 1, case .frame(let code, _) = refusals.values[0] else { return nil }
        return code
    }

    /// What the server has sent since the last time, as frames: their first byte and their payload.
    func answers() throws -> [(first: UInt8, payload: ByteBuffer)] { try serverFrames(channel.written()) }
}

/// Reads the frames of a server, which are not masked.
func serverFrames(_ written: ByteBuffer) throws -> [(first: UInt8, payload: ByteBuffer)] {
    struct Malformed: Error {}
    var (rest, frames) = (written, [(first: UInt8, payload: ByteBuffer)]())
    while let first = rest.readInteger(as: UInt8.self) {
        var length = rest.readInteger(as: UInt8.self).map(Int.init)
        if length == 126 { length = rest.readInteger(as: UInt16.self).map(Int.init) }
        if length == 127 { length = rest.readInteger(as: UInt64.self).map(Int.init) }
        guard let length, let payload = rest.readSlice(length: length) else { throw Malformed() }
        frames.append((first, payload))
    }
    return frames
}
