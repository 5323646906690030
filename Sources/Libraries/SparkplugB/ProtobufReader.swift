/// Reads the fields of one protocol-buffer message, in order.
///
///     field  = key value            key = varint: field number << 3 | wire type
///     wire type 0: varint           1: 8 bytes        2: varint length, bytes        5: 4 bytes
///
/// Wire types 3 and 4, groups, are not in use in Sparkplug; 6 and 7 do not exist.
struct ProtobufReader {
    /// A field's value as it is on the wire.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(Range<Int>)
        case fixed32(UInt32)

        var wireType: UInt8 {
            switch self {
            case .varint: 0
            case .fixed64: 1
            case .bytes: 2
            case .fixed32: 5
            }
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private let end: Int

    /// Where `range` goes on behind the end of `bytes`, the message is what is there.
    init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    /// The next field; nil at the message's end.
    ///
    /// - Throws: ``SparkplugError``: ``SparkplugError/Code/truncated``, ``SparkplugError/Code/varintTooLong``,
    ///   ``SparkplugError/Code/wrongWireType`` or ``SparkplugError/Code/wrongFieldNumber``.
    mutating func next() throws(SparkplugError) -> (number: UInt64, value: Value)? {
        guard offset < end else { return nil }
        let start = offset
        let key = try varint()
        let number = key >> 3
        guard number >= 1, number <= 0x1FFF_FFFF else { throw SparkplugError(.wrongFieldNumber, at: start) }
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(end - offset) else { throw SparkplugError(.truncated, at: start) }
            let range = offset..<(offset + Int(length))
            offset = range.upperBound
            return (number, .bytes(range))
        case 5: return (number, .fixed32(UInt32(try fixed(4))))
        default: throw SparkplugError(.wrongWireType, at: start)
        }
    }

    /// Seven bits a byte, the lowest first; the tenth byte holds the last one of 64.
    private mutating func varint() throws(SparkplugError) -> UInt64 {
        let start = offset
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            guard shift < 63 || byte <= 1 else { throw SparkplugError(.varintTooLong, at: start) }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw SparkplugError(.truncated, at: start)
    }

    /// Little-endian.
    private mutating func fixed(_ count: Int) throws(SparkplugError) -> UInt64 {
        guard end - offset >= count else { throw SparkplugError(.truncated, at: offset) }
        var result: UInt64 = 0
        for index in 0..<count { result |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += count
        return result
    }
}
