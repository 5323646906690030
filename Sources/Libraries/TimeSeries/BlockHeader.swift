/// What a block says of itself before its readings: enough to find it, to skip it, and to answer an aggregate from it.
///
/// ```
///  0  version        1 byte    1
///  1  flags          1 byte    bit 0: a score column is present; the others are zero
///  2  count          2 bytes   readings, 1 to 65,535
///  4  checksum       4 bytes   CRC-32C of every other byte of the block
///  8  first time     8 bytes   time of the first reading
/// 16  last time      8 bytes   time of the last reading
/// 24  number count   2 bytes   readings whose value is not NaN
/// 26  time bytes     2 bytes   length of the time column
/// 28  value bytes    2 bytes   length of the value column
/// 30  minimum        8 bytes   of the numbers; 0 when there is none
/// 38  maximum        8 bytes
/// 46  sum            8 bytes   in the order of the readings
/// 54  time column, value column, score column (the rest)
/// ```
///
/// All fields are little-endian.
public struct BlockHeader: Sendable {
    /// Readings in the block: at least 1.
    public let count: Int
    /// Time of the first reading, the smallest in a block sealed by a ``SeriesHead``.
    public let firstTime: Microseconds
    /// Time of the last reading, the largest in a block sealed by a ``SeriesHead``.
    public let lastTime: Microseconds
    /// Readings whose value is not NaN.
    public let numberCount: Int
    /// Smallest value; nil when every value is NaN.
    public var minimum: Double? { numberCount > 0 ? storedMinimum : nil }
    /// Largest value; nil when every value is NaN.
    public var maximum: Double? { numberCount > 0 ? storedMaximum : nil }
    /// Sum of the values that are not NaN.
    public let sum: Double
    /// Whether the block keeps scores; without them every score is 0.
    public let hasScores: Bool
    /// Mean of the values that are not NaN; nil when every value is.
    public var mean: Double? { numberCount > 0 ? sum / Double(numberCount) : nil }

    private let storedMinimum: Double
    private let storedMaximum: Double
    let timeBytes: Int
    let valueBytes: Int

    static let version: UInt8 = 1
    static let bytes = 54
    static let checksumRange = 4..<8

    init(_ columns: Columns, timeBytes: Int, valueBytes: Int) {
        let aggregate = Aggregate(of: columns)
        count = columns.count
        firstTime = columns.times[0]
        lastTime = columns.times[columns.count - 1]
        numberCount = aggregate?.count ?? 0
        storedMinimum = aggregate?.minimum ?? 0
        storedMaximum = aggregate?.maximum ?? 0
        sum = aggregate?.sum ?? 0
        hasScores = !columns.scores.isEmpty
        self.timeBytes = timeBytes
        self.valueBytes = valueBytes
    }

    /// Reads the header alone, to decide whether the block is wanted. The checksum is not verified: ``Block`` does.
    ///
    /// - Parameter bytes: A block, or at least its first 54 bytes.
    /// - Throws: ``BlockError/truncated``, ``BlockError/unsupportedVersion``, or ``BlockError/malformed`` when a field
    ///   holds what no encoder writes.
    public init(reading bytes: [UInt8]) throws(BlockError) {
        guard let version = bytes.first else { throw .truncated }
        guard version == Self.version else { throw .unsupportedVersion }
        var fields = FieldReader(bytes, in: 1..<bytes.count)
        let flags = try fields.littleEndian(UInt8.self)
        count = Int(try fields.littleEndian(UInt16.self))
        _ = try fields.littleEndian(UInt32.self)
        firstTime = try fields.littleEndian(Int64.self)
        lastTime = try fields.littleEndian(Int64.self)
        numberCount = Int(try fields.littleEndian(UInt16.self))
        timeBytes = Int(try fields.littleEndian(UInt16.self))
        valueBytes = Int(try fields.littleEndian(UInt16.self))
        storedMinimum = Double(bitPattern: try fields.littleEndian(UInt64.self))
        storedMaximum = Double(bitPattern: try fields.littleEndian(UInt64.self))
        sum = Double(bitPattern: try fields.littleEndian(UInt64.self))
        hasScores = flags == 1
        guard flags <= 1, count > 0, numberCount <= count else { throw .malformed }
        guard !storedMinimum.isNaN, storedMinimum <= storedMaximum else { throw .malformed }
    }

    /// The header's bytes, with zeros where the checksum belongs.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = [Self.version, hasScores ? 1 : 0]
        bytes.append(littleEndian: UInt16(count))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: firstTime)
        bytes.append(littleEndian: lastTime)
        bytes.append(littleEndian: UInt16(numberCount))
        bytes.append(littleEndian: UInt16(timeBytes))
        bytes.append(littleEndian: UInt16(valueBytes))
        bytes.append(littleEndian: storedMinimum.bitPattern)
        bytes.append(littleEndian: storedMaximum.bitPattern)
        bytes.append(littleEndian: sum.bitPattern)
        return bytes
    }

    /// The check value over every byte of a block but the checksum itself. Precondition: a whole header.
    static func checksum(of block: [UInt8]) -> UInt32 {
        let front = CRC32C.checksum(of: block[..<checksumRange.lowerBound])
        return CRC32C.checksum(of: block[checksumRange.upperBound...], after: front)
    }
}
