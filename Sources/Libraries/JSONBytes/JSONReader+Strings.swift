// Strings (RFC 8259 §7): found and checked here, decoded only when someone wants the text.

/// Where a string's contents stand in the input, between its quotes.
struct StringSpan {
    var start: Int
    var count: Int
    var hasEscapes: Bool
}

extension JSONReader {
    /// Reads a string whose opening quote was seen at ``offset``, and checks its escapes and its UTF-8.
    @inline(__always)
    mutating func readString() throws(JSONFault) -> StringSpan {
        let start = offset + 1
        var cursor = start
        var hasEscapes = false
        while true {
            cursor = skipPlain(from: cursor)
            guard cursor < count else { throw fault("`\"` at the end of the string", at: count) }
            let byte = base.load(fromByteOffset: cursor, as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                offset = cursor + 1
                return StringSpan(start: start, count: cursor - start, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                cursor = try skipEscape(at: cursor)
            } else if byte >= 0x80 {
                cursor = try skipMultibyte(at: cursor)
            } else {
                throw fault("an escape for this control character", at: cursor)
            }
        }
    }

    /// The first byte from `cursor` on that needs a look: quote, backslash, control or not ASCII. Eight at a time.
    @inline(__always)
    private func skipPlain(from start: Int) -> Int {
        var cursor = start
        while cursor + 8 <= count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: cursor, as: UInt64.self))
            let special = Self.specialBytes(in: word)
            if special != 0 { return cursor + special.trailingZeroBitCount >> 3 }
            cursor += 8
        }
        while cursor < count {
            let byte = base.load(fromByteOffset: cursor, as: UInt8.self)
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            cursor += 1
        }
        return cursor
    }

    /// The high bit of each byte that is a quote, a backslash, a control or not ASCII. Bits above the lowest set one
    /// may be wrong, as borrows travel upwards; the lowest is right.
    @inline(__always)
    static func specialBytes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let matches = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        let controls = (word &- (ones &* 0x20)) & ~word
        return (matches | controls | word) & highBits
    }

    @inline(never)
    private func skipEscape(at cursor: Int) throws(JSONFault) -> Int {
        switch byte(at: cursor + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return cursor + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: cursor)
            if unit & 0xFC00 == 0xDC00 { throw fault(.loneSurrogate, "a surrogate pair", at: cursor) }
            guard unit & 0xFC00 == 0xD800 else { return cursor + 6 }
            guard byte(at: cursor + 6) == UInt8(ascii: "\\"), byte(at: cursor + 7) == UInt8(ascii: "u"),
                try codeUnit(at: cursor + 6) & 0xFC00 == 0xDC00
            else { throw fault(.loneSurrogate, "a surrogate pair", at: cursor) }
            return cursor + 12
        default:
            throw fault("one of `\"\\/bfnrtu` after the backslash", at: cursor + 1)
        }
    }

    /// The four hexadecimal digits of the `\uXXXX` at `cursor`.
    private func codeUnit(at cursor: Int) throws(JSONFault) -> UInt16 {
        var unit: UInt16 = 0
        for index in cursor + 2..<cursor + 6 {
            guard let digit = Self.hexadecimalDigit(byte(at: index)) else {
                throw fault("four hexadecimal digits after `\\u`", at: index)
            }
            unit = unit << 4 | digit
        }
        return unit
    }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Past one well-formed sequence of two to four bytes (Unicode 15, table 3-7).
    @inline(never)
    private func skipMultibyte(at cursor: Int) throws(JSONFault) -> Int {
        let second = byte(at: cursor + 1)
        let length: Int
        let secondRange: ClosedRange<UInt8>
        switch byte(at: cursor) {
        case 0xC2...0xDF: (length, secondRange) = (2, 0x80...0xBF)
        case 0xE0: (length, secondRange) = (3, 0xA0...0xBF)
        case 0xED: (length, secondRange) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, secondRange) = (3, 0x80...0xBF)
        case 0xF0: (length, secondRange) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, secondRange) = (4, 0x80...0xBF)
        case 0xF4: (length, secondRange) = (4, 0x80...0x8F)
        default: throw fault(.invalidUTF8, "UTF-8", at: cursor)
        }
        guard secondRange ~= second else { throw fault(.invalidUTF8, "UTF-8", at: cursor) }
        for index in 2..<max(length, 2) where byte(at: cursor + index) & 0xC0 != 0x80 {
            throw fault(.invalidUTF8, "UTF-8", at: cursor)
        }
        return cursor + length
    }

    /// The text of a span that ``readString()`` returned.
    func text(of span: StringSpan) -> String {
        Self.text(UnsafeRawBufferPointer(start: base + span.start, count: span.count), hasEscapes: span.hasEscapes)
    }

    /// Decodes the contents of a checked string. Malformed escapes, which cannot occur there, would be kept as written.
    static func text(_ contents: UnsafeRawBufferPointer, hasEscapes: Bool) -> String {
        guard hasEscapes else { return String(decoding: contents, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: contents.count) { output in
            unescape(contents, into: output)
        }
    }

    /// Every escape is at least as long as what it stands for, so `output` needs no more room than `contents`.
    private static func unescape(_ contents: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<UInt8>)
        -> Int
    {
        var written = 0
        var cursor = 0
        while cursor < contents.count {
            let byte = contents[cursor]
            guard byte == UInt8(ascii: "\\"), cursor + 1 < contents.count else {
                output[written] = byte
                written += 1
                cursor += 1
                continue
            }
            guard contents[cursor + 1] == UInt8(ascii: "u") else {
                output[written] = unescaped(contents[cursor + 1])
                written += 1
                cursor += 2
                continue
            }
            let (scalar, length) = scalar(in: contents, at: cursor)
            for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                output[written] = unit
                written += 1
            }
            cursor += length
        }
        return written
    }

    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    /// The scalar that the `\uXXXX` or the pair of them at `cursor` stands for, and the bytes it takes.
    private static func scalar(in contents: UnsafeRawBufferPointer, at cursor: Int) -> (Unicode.Scalar, Int) {
        func unit(at start: Int) -> UInt32 {
            guard start + 6 <= contents.count else { return 0 }
            return contents[start + 2..<start + 6].reduce(0) { $0 << 4 | UInt32(hexadecimalDigit($1) ?? 0) }
        }
        let high = unit(at: cursor)
        guard high & 0xFC00 == 0xD800 else { return (Unicode.Scalar(high) ?? "\u{FFFD}", 6) }
        let low = unit(at: cursor + 6)
        return (Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}", 12)
    }
}
