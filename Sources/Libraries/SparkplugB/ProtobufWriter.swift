/// Writes the fields of one protocol-buffer message; the layout is drawn above ``ProtobufReader``.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func key(_ number: UInt64, _ wireType: UInt64) { varint(number << 3 | wireType) }

    mutating func varint(_ number: UInt64, _ value: UInt64) {
        key(number, 0)
        varint(value)
    }

    mutating func bool(_ number: UInt64, _ value: Bool) { varint(number, value ? 1 : 0) }

    mutating func double(_ number: UInt64, _ value: Double) {
        key(number, 1)
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * index))) }
    }

    mutating func float(_ number: UInt64, _ value: Float) {
        key(number, 5)
        for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * index))) }
    }

    mutating func bytes(_ number: UInt64, _ value: [UInt8]) {
        key(number, 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func string(_ number: UInt64, _ value: String) { bytes(number, Array(value.utf8)) }
}
