/// A point in time on the wall clock, because what expires in a session must also expire while the program is not running.
///
/// Arithmetic that leaves the range stops at its end.
public struct SessionInstant: Sendable, Hashable, InstantProtocol {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    /// The instant that many microseconds after 1970-01-01T00:00:00Z.
    @inlinable
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The instant `duration` later; fractions of a microsecond are dropped.
    ///
    /// - Parameter duration: May be negative.
    /// - Returns: The later instant.
    public func advanced(by duration: Duration) -> SessionInstant {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return SessionInstant(microseconds: seconds < 0 ? .min : .max) }
        return advanced(byMicroseconds: whole).advanced(byMicroseconds: attoseconds / 1_000_000_000_000)
    }

    /// The instant `seconds` later.
    ///
    /// - Parameter seconds: As on the wire.
    /// - Returns: The later instant.
    @inlinable
    public func advanced(bySeconds seconds: UInt32) -> SessionInstant {
        advanced(byMicroseconds: Int64(seconds) * 1_000_000)
    }

    @usableFromInline
    func advanced(byMicroseconds difference: Int64) -> SessionInstant {
        let (sum, overflow) = microseconds.addingReportingOverflow(difference)
        return SessionInstant(microseconds: overflow ? (difference < 0 ? .min : .max) : sum)
    }

    /// How long from this instant to `other`.
    ///
    /// - Parameter other: Negative when it lies before.
    /// - Returns: The distance.
    public func duration(to other: SessionInstant) -> Duration {
        let (difference, overflow) = other.microseconds.subtractingReportingOverflow(microseconds)
        return .microseconds(overflow ? (other.microseconds < 0 ? .min : .max) : difference)
    }

    /// Orders by time.
    @inlinable
    public static func < (left: SessionInstant, right: SessionInstant) -> Bool {
        left.microseconds < right.microseconds
    }
}
