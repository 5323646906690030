/// Appends the fields of a detector's state, little-endian.
struct StateWriter {
    private(set) var bytes: [UInt8]

    init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

    mutating func append<Field: FixedWidthInteger>(_ field: Field) {
        withUnsafeBytes(of: field.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ number: Float) { append(number.bitPattern) }

    mutating func append(_ number: Double) { append(number.bitPattern) }

    /// Seven bits a byte, lowest first; the highest bit says that more follow (LEB128).
    mutating func append(variableLength field: UInt16) {
        var rest = field
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Takes the fields of a detector's state from bytes that nobody has checked yet.
struct StateReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func integer<Field: FixedWidthInteger>() throws(DetectionError) -> Field {
        let width = Field.bitWidth / 8
        guard rest.count >= width else { throw .wrongLength }
        var field: Field = 0
        for byte in rest.prefix(width).reversed() {
            field = width == 1 ? Field(truncatingIfNeeded: byte) : field << 8 | Field(truncatingIfNeeded: byte)
        }
        rest = rest.dropFirst(width)
        return field
    }

    /// A finite number no larger than any that a detector's arithmetic reaches.
    mutating func number() throws(DetectionError) -> Float {
        let number = Float(bitPattern: try integer())
        guard abs(number) <= 1e32 else { throw .malformed }
        return number
    }

    /// A finite number no larger than any that a detector's arithmetic reaches.
    mutating func wideNumber() throws(DetectionError) -> Double {
        let number = Double(bitPattern: try integer())
        guard abs(number) <= 1e32 else { throw .malformed }
        return number
    }

    mutating func flag() throws(DetectionError) -> Bool {
        let byte: UInt8 = try integer()
        guard byte <= 1 else { throw .malformed }
        return byte == 1
    }

    mutating func variableLength() throws(DetectionError) -> UInt16 {
        var field: UInt16 = 0
        for shift in stride(from: UInt16(0), to: 16, by: 7) {
            guard let byte = rest.popFirst() else { throw .wrongLength }
            guard shift < 14 || byte <= 3 else { throw .malformed }
            field |= UInt16(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { return field }
        }
        throw .malformed
    }
}
