/// How long to wait before the next attempt to connect: twice as long after each failure, never the same as others.
///
/// A link that stood for ``longest`` begins anew with ``shortest``. One that is accepted and lost at once, as when two
/// clients with one identifier take each other's session over, does not: nobody is to be asked every second for ever.
public struct ReconnectBackoff: Sendable, Equatable {
    /// The first wait, before jitter.
    public let shortest: Duration
    /// No wait is longer, and how long a link must stand to be taken for good.
    public let longest: Duration
    private var next: Duration

    /// Waits from one second to a minute, unless said otherwise.
    public init(shortest: Duration = .seconds(1), longest: Duration = .seconds(60)) {
        self.shortest = shortest
        self.longest = longest
        next = shortest
    }

    /// A link is over, or was never there.
    ///
    /// - Parameters:
    ///   - duration: How long it stood; zero when the attempt failed.
    ///   - random: Where the jitter comes from.
    /// - Returns: How long to wait: from half of the time that doubles with each failure to all of it, so that those who
    ///   lost the same server do not all come back at once. At least ``shortest``.
    public mutating func wait(
        afterLinkOf duration: Duration, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if duration >= longest { next = shortest }
        let full = next
        next = min(next * 2, longest)
        return max(shortest, full * Double.random(in: 0.5...1, using: &random))
    }
}
