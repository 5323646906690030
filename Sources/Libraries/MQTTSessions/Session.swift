public import MQTTPackets

/// The server's side of one client's session (5.0 §4.1).
///
/// A value: what comes from the client, what is to go to it, and instants in; packets and effects out, by way of an
/// ``Outbox``. Not connected → ``open(_:terms:at:into:)`` → connected → ``close(at:because:into:)`` → not connected, or at
/// an end. Nothing here takes longer than the packets that it writes, except open and close, which look at what was
/// under way.
public struct Session: Sendable {
    /// Names the client: UTF-8, compared byte by byte.
    public let clientIdentifier: String
    /// Names the principal that the session belongs to.
    public internal(set) var owner: String
    /// The number that messages from this client carry, for No Local.
    public internal(set) var number: UInt64
    /// Bounds.
    public internal(set) var limits: SessionLimits
    /// How long the session outlives its connection.
    public internal(set) var expiry: SessionExpiryInterval = .zero
    /// What the client subscribes to, and how it is served.
    public internal(set) var subscriptions: [TopicFilter: SubscriptionGrant] = [:]
    /// Set by `open`, nil from `close` on: whether the client is connected.
    public internal(set) var attachment: Attachment?
    /// Set by `close`, nil from `open` on. Also nil before the first connection.
    var absence: Absence?
    /// Whether storage has, or is about to have, records of the session.
    var hasRecords = false
    /// The edition of the last connection.
    var version: ProtocolVersion = .v5
    /// When the client was connected.
    var connectedAt: SessionInstant

    var outgoing: OutgoingQueue
    var incoming: IncomingPublications
    var firstSequence: UInt64
    var firstTicket: UInt64

    /// What is known while the client is not connected.
    struct Absence: Sendable {
        var since: SessionInstant
        var will: PendingWill?
    }

    /// A will whose delay has not passed yet.
    struct PendingWill: Sendable {
        var will: SessionWill
        var due: SessionInstant
    }

    /// A session that nobody has connected to yet.
    ///
    /// - Parameters:
    ///   - clientIdentifier: Not empty.
    ///   - now: The present. Sequences begin with it, so that those of an earlier session do not come again.
    public init(clientIdentifier: String, at now: SessionInstant) {
        self.clientIdentifier = clientIdentifier
        owner = ""
        number = 0
        limits = SessionLimits()
        connectedAt = now
        firstSequence = Session.firstSequence(at: now)
        firstTicket = firstSequence
        outgoing = OutgoingQueue(firstSequence: firstSequence)
        incoming = IncomingPublications(firstTicket: firstTicket)
    }

    /// A multiple of 65,535, so that packet identifiers begin with 1, and another in every millisecond.
    static func firstSequence(at now: SessionInstant) -> UInt64 {
        UInt64(min(max(0, now.microseconds / 1_000), 1 << 46)) * 65_535
    }
}

// MARK: What it is like

extension Session {
    /// Whether the client is connected.
    @inlinable
    public var isConnected: Bool { attachment != nil }

    /// Whether the session outlives its connection. Only then it makes ``SessionChange``s.
    @inlinable
    public var isDurable: Bool { expiry > .zero }

    /// Since when the client is not connected; nil while it is.
    public var disconnectedSince: SessionInstant? { absence?.since }

    /// The edition of this connection, or of the last one.
    public var protocolVersion: ProtocolVersion { version }

    /// Messages that wait to be sent to the client.
    public var waitingMessages: Int { outgoing.waitingCount }

    /// Messages of QoS 1 and 2 sent on this connection that the client has not settled.
    public var inFlightMessages: Int { outgoing.inFlight }

    /// What all messages held for the client count towards ``SessionLimits/queuedBytes``.
    public var queuedBytes: Int { outgoing.queuedBytes }

    /// Publications of QoS 1 and 2 whose answer has not been written. When there are ``SessionLimits/receiveMaximum`` of a
    /// client that speaks 3.1.1, the shell reads no further.
    public var unansweredPublications: Int { incoming.unansweredCount }

    /// QoS 2 identifiers that the client has not released; at most 65,535.
    public var heldIdentifiers: Int { incoming.held.count }

    /// When ``deadlinePassed(at:into:)`` has something to do; nil while the client is connected, or for never.
    public var nextDeadline: SessionInstant? {
        guard let absence else { return nil }
        let end = expiry.end(from: absence.since)
        guard let due = absence.will?.due else { return end }
        return end.map { min($0, due) } ?? due
    }

    /// Whether the session has outlived its connection for too long; true also before the first connection.
    func hasEnded(at now: SessionInstant) -> Bool {
        guard let absence else { return attachment == nil }
        return expiry.end(from: absence.since).map { now >= $0 } ?? false
    }

    /// Whether CONNACK has been sent, and nothing waits: a new message may be sent at once.
    var isDrained: Bool { attachment?.mayFlow == true && outgoing.isDrained }

    var head: SessionHead {
        SessionHead(
            owner: owner, version: version, expiry: expiry, isConnected: isConnected,
            since: absence?.since ?? connectedAt, firstSequence: firstSequence, nextSequence: outgoing.next,
            sentThrough: outgoing.sentThrough, firstTicket: firstTicket,
            will: attachment?.will ?? absence?.will?.will, willDue: absence?.will?.due)
    }
}
