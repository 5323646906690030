import NIOCore
import NIOWebSocket

extension WebSocketFrame {
    /// The payload without its mask (RFC 6455 §5.3), in memory of its own: one allocation a frame, eight bytes at a time.
    /// Keeps nothing alive of what was read with it.
    func unmaskedBytes() -> ByteBuffer {
        var bytes = data
        guard let maskKey else { return bytes }
        let half = (0..<4).reduce(UInt64(0)) { $0 | UInt64(maskKey[$1]) << UInt64(8 * $1) }
        let word = (half << 32 | half).littleEndian
        bytes.withUnsafeMutableReadableBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                let masked = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                bytes.storeBytes(of: masked ^ word, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            while offset < bytes.count {
                bytes[offset] ^= maskKey[offset % 4]
                offset += 1
            }
        }
        return bytes
    }
}
