import NIOCore

/// Finds the empty line that ends a head, in bytes as they come.
struct HeadEnd {
    enum Result: Equatable { case needMore, found, tooLong, bareLineFeed }

    /// How many bytes of CR LF CR LF have just been seen.
    private var matched = 0

    /// Moves bytes from `buffer` to `head`, up to and with the end.
    mutating func find(in buffer: inout ByteBuffer, into head: inout ByteBuffer, maximumBytes: Int) -> Result {
        let room = maximumBytes - head.readableBytes
        var count = 0
        var result = Result.needMore
        for byte in buffer.readableBytesView {
            guard count < room else {
                result = .tooLong
                break
            }
            count += 1
            switch byte {
            case UInt8(ascii: "\r"): matched = matched == 2 ? 3 : 1
            case UInt8(ascii: "\n") where matched == 1: matched = 2
            case UInt8(ascii: "\n") where matched == 3: result = .found
            case UInt8(ascii: "\n"): result = .bareLineFeed
            default: matched = 0
            }
            if result != .needMore { break }
        }
        if var part = buffer.readSlice(length: count) { head.writeBuffer(&part) }
        return result
    }
}
