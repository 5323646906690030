/// A moment, in whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    /// Microseconds since the Unix epoch; negative before it.
    public var microseconds: Int64

    /// A moment given in microseconds since the Unix epoch.
    @inlinable
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// A moment given in whole seconds since the Unix epoch.
    public init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    /// Reads the bare integer of microseconds.
    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes the bare integer of microseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }

    /// Earlier than.
    @inlinable
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.microseconds < rhs.microseconds }

    /// The moment `duration` later; saturates at the ends of the range instead of trapping.
    public static func + (lhs: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let offset = overflow ? (seconds < 0 ? Int64.min : Int64.max) : scaled
        let (sum, sumOverflow) = lhs.microseconds.addingReportingOverflow(offset)
        guard !sumOverflow, !overflow else { return Timestamp(microseconds: offset < 0 ? .min : .max) }
        let (total, totalOverflow) = sum.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return Timestamp(microseconds: totalOverflow ? sum : total)
    }

    /// The moment `duration` earlier.
    public static func - (lhs: Timestamp, duration: Duration) -> Timestamp {
        lhs + (Duration.zero - duration)
    }

    /// How long after `earlier` this moment is; negative when it is before.
    public func since(_ earlier: Timestamp) -> Duration {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(earlier.microseconds)
        return .microseconds(overflow ? (microseconds < earlier.microseconds ? Int64.min : Int64.max) : difference)
    }
}

/// Where the present comes from. Passed in, so that tests and replays decide what time it is.
public struct CityClock: Sendable {
    private let read: @Sendable () -> Timestamp

    /// A clock that answers with what `read` returns.
    public init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    /// The present.
    public var now: Timestamp { read() }
}
