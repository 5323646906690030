/// When a silent client must be disconnected (5.0 §3.1.2.10).
///
/// A value: instants in, decisions out. The connection owns the timer and the socket.
public struct KeepAlive: Sendable {
    /// The clock that counts while the machine runs.
    public typealias Instant = ContinuousClock.Instant

    /// What a connection does when its timer has fired.
    public enum Decision: Sendable, Equatable {
        /// Set the timer to this instant.
        case check(at: Instant)
        /// Close the connection; with ``ReasonCode/keepAliveTimeout`` in 5.0. Answered once.
        case disconnect
        /// Do nothing, and set no timer.
        case ignore
    }

    /// Disabled from the beginning, or listening until one and a half intervals of silence end it.
    private enum State { case disabled, listening(since: Instant), expired }

    private let tolerance: Duration
    private var state: State

    /// - Parameters:
    ///   - interval: Keep Alive from CONNECT, or what the server imposed instead. Zero disables the check.
    ///   - now: When CONNECT arrived.
    public init(interval: Duration, connectedAt now: Instant) {
        tolerance = interval * 3 / 2
        state = interval == .zero ? .disabled : .listening(since: now)
    }

    /// When to look for the first time; nil when the check is disabled.
    public var firstCheck: Instant? {
        guard case .listening(let last) = state else { return nil }
        return last + tolerance
    }

    /// Any control packet from the client is a sign of life.
    ///
    /// - Parameter now: When it arrived.
    public mutating func packetReceived(at now: Instant) {
        if case .listening = state { state = .listening(since: now) }
    }

    /// Answers `.disconnect` once, after one and a half intervals of silence [5.0 MQTT-3.1.2-22; 3.1.1 MQTT-3.1.2-24].
    ///
    /// - Parameter now: When the timer fired.
    /// - Returns: What the connection is to do.
    public mutating func timerFired(at now: Instant) -> Decision {
        guard case .listening(let last) = state else { return .ignore }
        guard now >= last + tolerance else { return .check(at: last + tolerance) }
        state = .expired
        return .disconnect
    }
}
