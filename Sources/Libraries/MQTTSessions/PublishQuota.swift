/// How much a client may publish: messages and bytes a second, each without a bound when nil.
public struct PublishQuota: Sendable, Equatable {
    /// What is not used is saved for so many seconds: a client that was quiet may say so much at once.
    public static let savedSeconds = 10

    /// Messages a second; positive.
    public var messagesPerSecond: Int?
    /// Bytes of whole PUBLISH packets a second; positive.
    public var bytesPerSecond: Int?

    /// A quota.
    public init(messagesPerSecond: Int? = nil, bytesPerSecond: Int? = nil) {
        self.messagesPerSecond = messagesPerSecond
        self.bytesPerSecond = bytesPerSecond
    }

    /// Whether it bounds nothing.
    public var isUnlimited: Bool { messagesPerSecond == nil && bytesPerSecond == nil }
}

/// What is left of a quota: a token bucket of messages and one of bytes.
///
/// A value: instants in, waits out. Bytes may be overdrawn, by one message: how large it is shows only when it is there.
public struct PublishAllowance: Sendable {
    /// The clock that counts while the machine runs.
    public typealias Instant = ContinuousClock.Instant

    /// Tokens that come with time, up to ``PublishQuota/savedSeconds`` of them.
    private struct Bucket {
        let perSecond: Double
        var tokens: Double

        init(perSecond: Int) {
            self.perSecond = Double(perSecond)
            tokens = self.perSecond * Double(PublishQuota.savedSeconds)
        }

        mutating func fill(_ seconds: Double) {
            tokens = min(tokens + perSecond * seconds, perSecond * Double(PublishQuota.savedSeconds))
        }

        /// Seconds until there are so many.
        func wait(for wanted: Double) -> Double { max(0, (wanted - tokens) / perSecond) }
    }

    private var messages: Bucket?
    private var bytes: Bucket?
    private var updated: Instant

    /// A full one.
    public init(_ quota: PublishQuota, at now: Instant) {
        messages = quota.messagesPerSecond.map(Bucket.init)
        bytes = quota.bytesPerSecond.map(Bucket.init)
        updated = now
    }

    /// Counts a message that was taken.
    ///
    /// - Parameters:
    ///   - size: Its packet, in bytes.
    ///   - now: When.
    /// - Returns: How long no other may be taken; zero when one may at once.
    public mutating func spend(bytes size: Int, at now: Instant) -> Duration {
        fill(at: now)
        messages?.tokens -= 1
        bytes?.tokens -= Double(size)
        return wait
    }

    /// How long no message may be taken; zero when one may at once.
    public func wait(at now: Instant) -> Duration { filled(at: now).wait }

    /// Whether nothing of it is spent: it may be forgotten, and made anew.
    public func isFull(at now: Instant) -> Bool {
        let (filled, all) = (filled(at: now), Double(PublishQuota.savedSeconds))
        return [filled.messages, filled.bytes].allSatisfy { $0.map { $0.tokens >= $0.perSecond * all } ?? true }
    }

    private func filled(at now: Instant) -> PublishAllowance {
        var copy = self
        copy.fill(at: now)
        return copy
    }

    private var wait: Duration {
        // A message more than none is enough of bytes.
        .seconds(max(messages?.wait(for: 1) ?? 0, bytes?.wait(for: 1) ?? 0))
    }

    private mutating func fill(at now: Instant) {
        let seconds = updated.duration(to: now) / .seconds(1)
        guard seconds > 0 else { return }
        updated = now
        messages?.fill(seconds)
        bytes?.fill(seconds)
    }
}
