import NIOCore

/// Variable Byte Integer: seven bits a byte, least significant first, the high bit says that more follow (5.0 §1.5.5).
///
///     | 1 . . . . . . . | 1 . . . . . . . | 1 . . . . . . . | 0 . . . . . . . |   at most four bytes
enum VariableByteInteger {
    enum Reading {
        case value(Int, bytes: Int, isMinimal: Bool)
        /// The bytes end before the integer does.
        case incomplete
        /// A fifth byte would follow.
        case tooLong
    }

    static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Reading {
        var value = 0
        for index in 0..<4 {
            guard offset + index < bytes.count else { return .incomplete }
            let byte = bytes[offset + index]
            value |= Int(byte & 0x7F) << (7 * index)
            if byte < 0x80 { return .value(value, bytes: index + 1, isMinimal: byte != 0 || index == 0) }
        }
        return .tooLong
    }

    /// How many bytes `value` takes. Precondition, kept by callers: at most 268,435,455.
    @inline(__always)
    static func byteCount(_ value: Int) -> Int {
        switch value {
        case ..<0x80: 1
        case ..<0x4000: 2
        case ..<0x20_0000: 3
        default: 4
        }
    }

    static func write(_ value: Int, into buffer: inout ByteBuffer) {
        var rest = value
        while rest >= 0x80 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
