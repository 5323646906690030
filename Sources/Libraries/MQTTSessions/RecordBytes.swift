/// Writes the fields of a record, in order. Integers are big-endian.
struct RecordWriter {
    var bytes: [UInt8]

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func write(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    /// Writes the length, in four bytes, and the field.
    mutating func write(field: some Collection<UInt8>) {
        write(UInt32(field.count))
        bytes.append(contentsOf: field)
    }
}

/// Reads the fields of a record, in order. Everything is nil from the first field on that is not there.
struct RecordReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func read<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type) -> Value? {
        guard let field = read(bytes: Value.bitWidth / 8) else { return nil }
        return field.reduce(0) { $0 << 8 | Value($1) }
    }

    mutating func readInt64() -> Int64? { read(UInt64.self).map { Int64(bitPattern: $0) } }

    /// Nothing but 0 or 1.
    mutating func readFlag() -> Bool? {
        guard let byte = read(UInt8.self), byte <= 1 else { return nil }
        return byte == 1
    }

    mutating func read(bytes count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func readField() -> ArraySlice<UInt8>? {
        guard let count = read(UInt32.self) else { return nil }
        return read(bytes: Int(count))
    }

    mutating func readRest() -> ArraySlice<UInt8> {
        defer { rest = [] }
        return rest
    }
}
