import NIOCore
import NIOWebSocket

/// A whole frame of a server, not masked, as it goes onto the wire.
///
///      0                1                 2                            2, 4 or 10
///     +----------------+-----------------+----------------------------+----------+
///     | FIN 1, RSV 000 | MASK 0          | nothing, 16 bits or 64     | payload  |
///     | opcode, 4 bits | length, 7 bits: | bits of length in network  |          |
///     |                | itself, 126     | byte order                 |          |
///     |                | or 127          |                            |          |
///     +----------------+-----------------+----------------------------+----------+
///
/// - SeeAlso: RFC 6455 §5.2.
struct ServerFrame {
    /// Up to so many bytes, a payload is copied behind its header, for both to be one TLS record (RFC 8446 §5.1: 2¹⁴ bytes);
    /// SwiftNIO's encoder writes the two apart, which makes a record of 22 bytes and more for 2 bytes of header.
    private static let joinedBytes = 16_384
    private static let longestHeaderBytes = 10

    /// The header, and a short payload behind it.
    let first: ByteBuffer
    /// A long payload.
    let second: ByteBuffer?

    init(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, allocator: ByteBufferAllocator) {
        let isJoined = payload.readableBytes <= Self.joinedBytes
        var frame = allocator.buffer(capacity: Self.longestHeaderBytes + (isJoined ? payload.readableBytes : 0))
        frame.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch payload.readableBytes {
        case ...125: frame.writeInteger(UInt8(payload.readableBytes))
        case ...65_535:
            frame.writeInteger(UInt8(126))
            frame.writeInteger(UInt16(payload.readableBytes))
        default:
            frame.writeInteger(UInt8(127))
            frame.writeInteger(UInt64(payload.readableBytes))
        }
        if isJoined { frame.writeImmutableBuffer(payload) }
        first = frame
        second = isJoined ? nil : payload
    }
}
