/// Little-endian fields and variable-length integers at the end of a byte array.
extension [UInt8] {
    mutating func append<Field: FixedWidthInteger>(littleEndian field: Field) {
        Swift.withUnsafeBytes(of: field.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends seven bits a byte, lowest first; the highest bit says that more follow (LEB128).
    mutating func append(variableLength integer: UInt64) {
        var rest = integer
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

/// Takes fields from the front of bytes that nobody has checked yet.
struct FieldReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    /// A reader of `range` of `bytes`. Precondition: `range` lies within `bytes`.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "the fields lie outside their bytes")
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func littleEndian<Field: FixedWidthInteger>(_: Field.Type) throws(BlockError) -> Field {
        let width = Field.bitWidth / 8
        guard end - position >= width else { throw .truncated }
        var field: Field = 0
        for index in stride(from: position + width - 1, through: position, by: -1) {
            field = field << 8 | Field(truncatingIfNeeded: bytes[index])
        }
        position += width
        return field
    }

    mutating func variableLength() throws(BlockError) -> UInt64 {
        var integer: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { throw .truncated }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw .malformed }
            integer |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { return integer }
        }
        throw .malformed
    }
}
