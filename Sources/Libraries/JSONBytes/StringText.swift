/// The characters between the quotes of a JSON string (RFC 8259 §7).
enum StringText {
    /// Copies bytes up to the first that needs an escape.
    ///
    /// - Parameters:
    ///   - utf8: The text.
    ///   - target: Room for all of it.
    /// - Returns: How many bytes were copied.
    @inline(__always)
    static func copyPlain(_ utf8: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard let source = utf8.baseAddress else { return 0 }
        let raw = UnsafeMutableRawPointer(target)
        var index = 0
        while index + 8 <= utf8.count {
            let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard !needsEscape(word) else { break }
            raw.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < utf8.count {
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            target[index] = byte
            index += 1
        }
        return index
    }

    /// Whether any of the eight bytes is a quote, a backslash or a control character.
    @inline(__always)
    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- (ones &* 0x20)) & ~word
        let matches = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | controls
        return matches & 0x8080_8080_8080_8080 != 0
    }

    /// Writes one byte, escaped if it must be.
    ///
    /// - Parameters:
    ///   - byte: A byte of UTF-8 text.
    ///   - target: Room for six bytes.
    /// - Returns: How many bytes were written.
    static func write(_ byte: UInt8, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let letter: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x08: letter = UInt8(ascii: "b")
        case 0x09: letter = UInt8(ascii: "t")
        case 0x0A: letter = UInt8(ascii: "n")
        case 0x0C: letter = UInt8(ascii: "f")
        case 0x0D: letter = UInt8(ascii: "r")
        case 0x00..<0x20:
            let prefix: StaticString = "\\u00"
            target.update(from: prefix.utf8Start, count: 4)
            target[4] = UInt8(ascii: "0") + byte >> 4
            target[5] = byte & 0xF < 10 ? UInt8(ascii: "0") + byte & 0xF : UInt8(ascii: "a") + byte & 0xF - 10
            return 6
        default:
            target[0] = byte
            return 1
        }
        target[0] = UInt8(ascii: "\\")
        target[1] = letter
        return 2
    }
}
