public import CityModel
public import TimeSeries

/// What has changed in the views since the photograph before, up to one batch.
public struct ViewSnapshot: Sendable {
    /// The newest batch that is included.
    public var appliedSequence: UInt64
    /// Series whose current value or open block has changed.
    public var series: [SeriesSnapshot] = []
    /// The detectors of those series.
    public var detectors: [(SeriesID, LateBytes)] = []
    /// Blocks sealed since.
    public var blocks: [(SeriesID, Block)] = []
    /// Values that are not numbers.
    public var words: [Observation] = []
    /// What series mean, each with the batch since which they mean it.
    public var definitions: [(since: UInt64, definition: AttributeDefinition)] = []
    /// Records that are new or have changed.
    public var devices: [DeviceRecord] = []
    /// Alerts that are new or have changed.
    public var alerts: [AlertRecord] = []
    /// Refusals since.
    public var refusals: [RefusalRecord] = []
    /// Retained messages that are new, changed or (empty) removed.
    public var retained: [RetainedMessage] = []
    /// What the context broker keeps.
    public var context = ContextSnapshot()

    /// A snapshot with nothing in it yet.
    public init(appliedSequence: UInt64) {
        self.appliedSequence = appliedSequence
    }
}

/// Bytes that are made when they are written: a photograph is taken on the committer's thread, where a copy of a value
/// costs next to nothing, and developed on another.
public struct LateBytes: Sendable {
    /// Makes the bytes.
    public let make: @Sendable () -> [UInt8]

    /// Bytes that `make` makes, each time it is asked.
    public init(_ make: @escaping @Sendable () -> [UInt8]) {
        self.make = make
    }

    /// Bytes that are there already.
    public init(_ bytes: [UInt8]) {
        make = { bytes }
    }
}

/// The state of one series at one batch.
public struct SeriesSnapshot: Sendable {
    /// What it means.
    public let definition: AttributeDefinition
    /// When its current value was observed.
    public let observedAt: Timestamp?
    /// Its current value.
    public let value: AttributeValue?
    /// The current value's anomaly score.
    public let score: Float
    /// Its open block, as a block's bytes; empty when there is none.
    public let head: LateBytes
    /// Its open block of late readings, likewise.
    public let late: LateBytes

    /// A state.
    public init(
        definition: AttributeDefinition, observedAt: Timestamp?, value: AttributeValue?, score: Float,
        head: LateBytes, late: LateBytes = LateBytes([])
    ) {
        self.definition = definition
        self.observedAt = observedAt
        self.value = value
        self.score = score
        self.head = head
        self.late = late
    }
}

/// One value as bytes: the same form as in a batch.
enum ValueCoding {
    static func encode(_ value: AttributeValue) -> [UInt8] {
        var sink = ByteSink(capacity: 16)
        sink.append(value: value)
        return sink.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(StorageError) -> AttributeValue {
        var source = ByteSource(bytes)
        return try source.value()
    }
}
