/// A sealed run of readings of one series: bytes that describe themselves and are known to be undamaged.
///
/// Costs one to four bytes a reading for what devices send; random bits cost what they are. Decoding takes about a
/// tenth of a microsecond a reading.
public struct Block: Sendable {
    /// The block as stored. The layout is drawn in ``BlockHeader``.
    public let bytes: [UInt8]
    /// What the block says of itself.
    public let header: BlockHeader

    /// Takes bytes from a store and checks that they are a whole, undamaged block.
    ///
    /// - Parameter bytes: What ``bytes`` of a block once was, or anything at all.
    /// - Throws: ``BlockError/truncated``, ``BlockError/unsupportedVersion``, ``BlockError/checksumMismatch`` or
    ///   ``BlockError/malformed``.
    public init(bytes: [UInt8]) throws(BlockError) {
        header = try BlockHeader(reading: bytes)
        self.bytes = bytes
        guard bytes.count >= BlockHeader.bytes + header.timeBytes + header.valueBytes else { throw .truncated }
        var fields = FieldReader(bytes, in: BlockHeader.checksumRange)
        guard try fields.littleEndian(UInt32.self) == BlockHeader.checksum(of: bytes) else { throw .checksumMismatch }
        _ = try Iterator(bytes, header)
    }

    /// Seals readings. Precondition: at least 1, and no more than the header's 16-bit lengths can hold for certain.
    init(_ columns: Columns) {
        precondition(
            columns.count > 0 && columns.count <= TimeSeriesLimits.readingsPerBlock, "a block holds 1 to 1,024 readings"
        )
        let times = TimeColumn.encode(columns.times)
        let values = ValueColumn.encode(columns.values)
        let scores = columns.scores.isEmpty ? [] : ScoreColumn.encode(columns.scores)
        header = BlockHeader(columns, timeBytes: times.count, valueBytes: values.count)
        var bytes = header.encoded()
        bytes.reserveCapacity(bytes.count + times.count + values.count + scores.count)
        bytes += times
        bytes += values
        bytes += scores
        let checksum = BlockHeader.checksum(of: bytes)
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(BlockHeader.checksumRange, with: $0) }
        self.bytes = bytes
    }

    /// All readings, in the order in which they were sealed.
    ///
    /// - Returns: Exactly ``BlockHeader/count`` readings, bit for bit.
    /// - Throws: ``BlockError/inconsistent`` when the readings are not those that the header describes: the block was
    ///   not made by an encoder, though its checksum fits.
    public func decode() throws(BlockError) -> [Reading] {
        let readings = [Reading](self)
        guard readings.count == header.count, readings.last?.time == header.lastTime else { throw .inconsistent }
        guard readings.count(where: { !$0.value.isNaN }) == header.numberCount else { throw .inconsistent }
        return readings
    }
}

extension Block: Hashable {
    /// Whether both blocks are the same bytes.
    public static func == (left: Block, right: Block) -> Bool { left.bytes == right.bytes }

    /// Feeds the block's bytes to `hasher`.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension Block: Sequence {
    /// Readings in the block: at least 1.
    public var underestimatedCount: Int { header.count }

    /// An iterator that decodes one reading at a time, for a reader that stops early or keeps none of them.
    public func makeIterator() -> Iterator {
        do {
            return try Iterator(bytes, header)
        } catch {
            // Every way to a block has built this very iterator once, or encoded the fields it reads.
            preconditionFailure("a checked block lost its columns: \(error)")
        }
    }

    /// Decodes a block reading by reading. State: where the three columns stand, and how many readings are left.
    public struct Iterator: IteratorProtocol, Sendable {
        private var times: TimeColumn.Decoder
        private var values: ValueColumn.Decoder
        private var scores: ScoreColumn.Decoder?
        private let firstTime: Microseconds
        private let count: Int
        private var left: Int

        init(_ bytes: [UInt8], _ header: BlockHeader) throws(BlockError) {
            let valueStart = BlockHeader.bytes + header.timeBytes
            let scoreStart = valueStart + header.valueBytes
            guard scoreStart <= bytes.count else { throw .truncated }
            times = try TimeColumn.Decoder(bytes, in: BlockHeader.bytes..<valueStart, first: header.firstTime)
            values = try ValueColumn.Decoder(bytes, in: valueStart..<scoreStart)
            scores = header.hasScores ? ScoreColumn.Decoder(bytes, in: scoreStart..<bytes.count) : nil
            firstTime = header.firstTime
            count = header.count
            left = header.count
        }

        /// The next reading, or nil after the last.
        public mutating func next() -> Reading? {
            guard left > 0 else { return nil }
            let time = left == count ? firstTime : times.next()
            left -= 1
            return Reading(time: time, value: values.next(), quantisedScore: scores?.next() ?? 0)
        }
    }
}
