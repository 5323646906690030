/// Checks of UTF-8 text, on bytes that the caller keeps alive.
///
/// Almost all topic names are short and ASCII. The fast path takes them eight bytes at a time; everything else goes to
/// the validator, which is exact.
enum TextChecks {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Non-zero in the high bit of some byte exactly when a byte is not ASCII, zero, `#` or `+`.
    ///
    /// `#` is 0x23 and `+` is 0x2B: with bit 3 set, they are the same. A byte below 0x80 turns its high bit on when one is
    /// taken from it only if it is zero, or if a lower byte was; either way the word holds an offence.
    @inline(__always)
    private static func offences(_ word: UInt64) -> UInt64 {
        let wildcards = (word | 0x0808_0808_0808_0808) ^ 0x2B2B_2B2B_2B2B_2B2B
        return (word | (word &- ones) | (wildcards &- ones)) & highBits
    }

    /// Whether all bytes are ASCII, and none is zero, `#` or `+`.
    @inline(__always)
    static func isPlainTopicName(_ base: UnsafeRawPointer, count: Int) -> Bool {
        if count >= 8 {
            var offset = 0
            while offset &+ 8 <= count {
                if offences(base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) != 0 { return false }
                offset &+= 8
            }
            return offences(base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)) == 0
        }
        if count >= 4 {
            let low = base.loadUnaligned(as: UInt32.self)
            let high = base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            return offences(UInt64(high) << 32 | UInt64(low)) == 0
        }
        var word = ones  // SOH in unused places: no offence
        for offset in 0..<count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            word = word << 8 | UInt64(byte)
        }
        return offences(word) == 0
    }

    /// The rule that `bytes` break as a topic name, if any. Does not look at emptiness.
    static func topicNameFault(_ bytes: UnsafeRawBufferPointer) -> DecodingRule? {
        guard let base = bytes.baseAddress, !isPlainTopicName(base, count: bytes.count) else { return nil }
        if let fault = stringFault(bytes) { return fault }
        let hasWildcard = bytes.contains { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "+") }
        return hasWildcard ? .wildcardInTopicName : nil
    }

    /// The rule that `bytes` break as a UTF-8 Encoded String, if any (5.0 §1.5.4).
    ///
    /// Control characters and noncharacters, which SHOULD NOT be sent, pass.
    static func stringFault(_ bytes: UnsafeRawBufferPointer) -> DecodingRule? {
        var offset = 0
        while offset < bytes.count {
            let first = bytes[offset]
            if first == 0 { return .nullCharacter }
            guard first >= 0x80 else {
                offset += 1
                continue
            }
            guard let length = sequenceLength(bytes, at: offset) else { return .invalidUTF8 }
            offset += length
        }
        return nil
    }

    /// Length of the well-formed multi-byte sequence at `offset`, or nil (Unicode table 3-7).
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[offset] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)  // no surrogates
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return nil }
        for index in offset + 2..<offset + length where bytes[index] & 0xC0 != 0x80 { return nil }
        return length
    }
}
