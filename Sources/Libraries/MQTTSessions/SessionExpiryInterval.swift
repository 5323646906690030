/// How long a session outlives its connection (5.0 §3.1.2.11.2).
public struct SessionExpiryInterval: Sendable, Hashable, Comparable {
    /// As on the wire: 0xFFFF_FFFF means for ever.
    public let seconds: UInt32

    /// The interval of that many seconds; 0xFFFF_FFFF means for ever.
    @inlinable
    public init(seconds: UInt32) { self.seconds = seconds }

    /// The session ends with its connection.
    public static let zero = SessionExpiryInterval(seconds: 0)
    /// The session does not end by itself.
    public static let never = SessionExpiryInterval(seconds: .max)

    /// When a session ends whose connection was closed at `instant`; nil for never.
    ///
    /// - Parameter instant: When the connection was closed.
    /// - Returns: The end of the session.
    public func end(from instant: SessionInstant) -> SessionInstant? {
        self == .never ? nil : instant.advanced(bySeconds: seconds)
    }

    /// Orders by length.
    @inlinable
    public static func < (left: SessionExpiryInterval, right: SessionExpiryInterval) -> Bool {
        left.seconds < right.seconds
    }
}
