public import NIOCore

/// What a session wants done. One outbox may collect the answers to many packets of one connection.
public struct Outbox: Sendable {
    /// Packets to be written at once, in order.
    public var bytes: ByteBuffer
    /// Packets to be written after ``changes``, and all earlier changes of the session, are durable. Empty for sessions
    /// that are not durable.
    public var afterCommit = ByteBuffer()
    /// Durable effects, in order.
    public var changes: [SessionChange] = []
    /// While ``bytes`` holds fewer bytes than this, application messages are added; then they wait in the session.
    /// Answers to the client's own packets are always added. Zero when the connection cannot be written to.
    public var budgetBytes: Int
    /// What happened to messages.
    public var counts = Counts()

    /// Messages counted since the outbox was made.
    public struct Counts: Sendable, Equatable {
        /// PUBLISH packets in ``Outbox/bytes``.
        public var sent = 0
        /// QoS 0 messages dropped to make room, or because the connection ended before they were sent.
        public var dropped = 0
        /// Messages refused because the queue was full.
        public var refused = 0
        /// Messages that expired while they waited.
        public var expired = 0
        /// Messages larger than the client's Maximum Packet Size.
        public var tooLarge = 0

        /// Nothing.
        public init() {}
    }

    /// An empty outbox.
    ///
    /// - Parameters:
    ///   - bytes: Where packets are appended; usually an empty buffer with capacity.
    ///   - budgetBytes: See ``budgetBytes``.
    public init(bytes: ByteBuffer = ByteBuffer(), budgetBytes: Int = .max) {
        self.bytes = bytes
        self.budgetBytes = budgetBytes
    }

    /// Whether another application message may be added.
    @inlinable
    public var hasRoom: Bool { bytes.readableBytes < budgetBytes }
}
