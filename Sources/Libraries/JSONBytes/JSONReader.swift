/// Reads the tokens of RFC 8259 from bytes that the caller keeps alive, moving ``offset`` forward.
///
/// Both ``JSONValue`` and ``SmallObjectScanner`` stand on this, so that what one accepts the other accepts.
struct JSONReader {
    let base: UnsafeRawPointer
    let count: Int
    let depthLimit: Int
    var offset = 0

    /// - Precondition: `bytes` is not empty.
    @inline(__always)
    init(_ base: UnsafeRawPointer, count: Int, depthLimit: Int) {
        self.base = base
        self.count = count
        self.depthLimit = depthLimit
    }

    /// The byte at `index`, or zero past the end: no token continues with zero.
    @inline(__always)
    func byte(at index: Int) -> UInt8 {
        index < count ? base.load(fromByteOffset: index, as: UInt8.self) : 0
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    @inline(__always)
    mutating func consume(_ byte: UInt8) -> Bool {
        guard self.byte(at: offset) == byte, offset < count else { return false }
        offset += 1
        return true
    }

    @inline(never)
    func fault(_ code: JSONError.Code, _ expected: StaticString, at offset: Int? = nil) -> JSONFault {
        JSONFault(code: code, offset: offset ?? self.offset, expected: expected)
    }

    @inline(never)
    func fault(_ expected: StaticString, at offset: Int? = nil) -> JSONFault {
        fault(.syntax, expected, at: offset)
    }

    /// `true`, `false` or `null`, whose first byte was seen at ``offset``.
    mutating func readLiteral(_ literal: StaticString) throws(JSONFault) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard byte(at: offset + index) == literal.utf8Start[index] else {
                throw fault(literalExpectation(literal), at: offset + index)
            }
        }
        offset += literal.utf8CodeUnitCount
    }

    private func literalExpectation(_ literal: StaticString) -> StaticString {
        switch literal.utf8Start[0] {
        case UInt8(ascii: "t"): "`true`"
        case UInt8(ascii: "f"): "`false`"
        default: "`null`"
        }
    }

    /// Nothing but whitespace may follow the document.
    @inline(__always)
    mutating func expectEnd() throws(JSONFault) {
        skipWhitespace()
        guard offset == count else { throw fault(.trailingBytes, "the end of the document") }
    }
}

// MARK: Numbers (RFC 8259 §6)

extension JSONReader {
    /// Reads a number whose first byte, a minus or a digit, was seen at ``offset``.
    @inline(__always)
    mutating func readNumber() throws(JSONFault) -> DecimalNumber {
        var cursor = offset
        var isNegative = false
        if byte(at: cursor) == UInt8(ascii: "-") {
            isNegative = true
            cursor += 1
        }
        var significand: UInt64 = 0
        let integerStart = cursor
        var digit = byte(at: cursor) &- UInt8(ascii: "0")
        guard digit <= 9 else { throw fault("a digit", at: cursor) }
        while digit <= 9 {
            significand = significand &* 10 &+ UInt64(digit)
            cursor += 1
            digit = byte(at: cursor) &- UInt8(ascii: "0")
        }
        var digits = cursor - integerStart
        if digits > 1, byte(at: integerStart) == UInt8(ascii: "0") {
            throw fault("no digit after a leading zero", at: integerStart + 1)
        }
        var exponent = 0
        if byte(at: cursor) == UInt8(ascii: ".") {
            cursor += 1
            let fractionStart = cursor
            digit = byte(at: cursor) &- UInt8(ascii: "0")
            guard digit <= 9 else { throw fault("a digit after the decimal point", at: cursor) }
            while digit <= 9 {
                significand = significand &* 10 &+ UInt64(digit)
                cursor += 1
                digit = byte(at: cursor) &- UInt8(ascii: "0")
            }
            exponent = fractionStart - cursor
            digits -= exponent
        }
        let mantissaEnd = cursor
        if byte(at: cursor) | 0x20 == UInt8(ascii: "e") {
            offset = cursor + 1
            exponent += try readExponent()
        } else {
            offset = cursor
        }
        var number = DecimalNumber(
            significand: significand, exponent: exponent, isNegative: isNegative, isTruncated: false)
        if digits > 19 { rereadLongMantissa(from: integerStart, to: mantissaEnd, into: &number) }
        return number
    }

    /// The digits after `e`; clamped, as no significand of a document makes up for a million powers of ten.
    private mutating func readExponent() throws(JSONFault) -> Int {
        let isNegative = byte(at: offset) == UInt8(ascii: "-")
        if isNegative || byte(at: offset) == UInt8(ascii: "+") { offset += 1 }
        var digit = byte(at: offset) &- UInt8(ascii: "0")
        guard digit <= 9 else { throw fault("a digit of the exponent") }
        var exponent = 0
        while digit <= 9 {
            if exponent < 100_000_000 { exponent = exponent * 10 + Int(digit) }
            offset += 1
            digit = byte(at: offset) &- UInt8(ascii: "0")
        }
        return isNegative ? -exponent : exponent
    }

    /// More than nineteen digits overflowed the fast sum: keep the first nineteen that matter.
    @inline(never)
    private func rereadLongMantissa(from start: Int, to end: Int, into number: inout DecimalNumber) {
        var significand: UInt64 = 0
        var kept = 0
        var dropped = 0
        var isTruncated = false
        for index in start..<end {
            let digit = byte(at: index) &- UInt8(ascii: "0")
            guard digit <= 9 else { continue }
            if kept < 19 {
                significand = significand * 10 + UInt64(digit)
                kept += significand == 0 ? 0 : 1
            } else {
                dropped += 1
                if digit != 0 { isTruncated = true }
            }
        }
        number.significand = significand
        number.exponent += dropped
        number.isTruncated = isTruncated
    }

    /// The nearest `Double` of a number whose text ran from `start` to ``offset``.
    @inline(__always)
    func double(of number: DecimalNumber, from start: Int) throws(JSONFault) -> Double {
        if let value = number.double { return value }
        return try doubleFromText(from: start)
    }

    @inline(never)
    private func doubleFromText(from start: Int) throws(JSONFault) -> Double {
        let text = UnsafeRawBufferPointer(start: base + start, count: offset - start)
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else {
            throw fault(.numberOutOfRange, "a number", at: start)
        }
        return value
    }
}
