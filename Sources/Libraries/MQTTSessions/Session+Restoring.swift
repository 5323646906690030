import MQTTPackets

/// What storage said about sessions.
public struct SessionRestoration: Sendable {
    /// A session that was found.
    public struct Restored: Sendable {
        /// Not connected. Its number is zero until it is opened.
        public var session: Session
        /// What to commit: of a session whose connection the restart cut, that it is cut.
        public var changes: [SessionChange]
    }

    /// In the order of their client identifiers.
    public var sessions: [Restored] = []
    /// Records that could not be read, and were left out.
    public var damaged: [SessionRecordError] = []
    /// Keys of records left behind by sessions that were discarded; to be removed.
    public var stale: [[UInt8]] = []
}

/// Why a record could not be read.
public struct SessionRecordError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: Sendable, CaseIterable {
        /// The key is not one of a session's record.
        case key
        /// The value is cut off, says what it must not say, or has a form of another version.
        case value
        /// The message is too far away from the others of its session.
        case sequence
    }

    /// What is wrong.
    public let code: Code
    /// The key of the record.
    public let key: [UInt8]

    /// What is wrong, and the key in hexadecimal.
    public var description: String {
        let digits = key.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return switch code {
        case .key: "session record `\(digits.joined())` has a key that is none"
        case .value: "session record `\(digits.joined())` is damaged, or was written by a newer program"
        case .sequence: "session record `\(digits.joined())` lies too far away from the other messages of its session"
        }
    }
}

extension Session {
    /// Puts sessions together again after a restart.
    ///
    /// A client that was connected when the program ended counts as disconnected from now on: nothing tells when it was.
    /// Since any of its messages may have been sent, all are sent again with DUP. Ends that have passed meanwhile are
    /// found by ``nextDeadline``.
    ///
    /// - Parameters:
    ///   - records: Keys and values from ``SessionChange/keyValue(client:)``, in any order.
    ///   - limits: Bounds until the client connects.
    ///   - now: The present.
    /// - Returns: The sessions, and what could not be read. Never traps, whatever the records hold.
    public static func restore(
        from records: some Sequence<(key: [UInt8], value: [UInt8])>, limits: SessionLimits = SessionLimits(),
        at now: SessionInstant
    ) -> SessionRestoration {
        var restoration = SessionRestoration()
        var byClient: [[UInt8]: StoredSession] = [:]
        for (key, value) in records {
            guard let (client, parsed) = SessionKey.parse(key) else {
                restoration.damaged.append(SessionRecordError(code: .key, key: key))
                continue
            }
            // By bytes: `==` on strings takes canonical equivalents for equal.
            let isRead = byClient[Array(client.utf8), default: StoredSession(client: client)].take(parsed, value)
            if !isRead { restoration.damaged.append(SessionRecordError(code: .value, key: key)) }
        }
        for (_, stored) in byClient.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            stored.restore(limits, now, into: &restoration)
        }
        return restoration
    }
}

/// The records of one session, in no order.
private struct StoredSession {
    let client: String
    var head: SessionHead?
    var isHeadDamaged = false
    var subscriptions: [TopicFilter: SubscriptionGrant] = [:]
    var messages: [(sequence: UInt64, entry: OutgoingEntry)] = []
    var identifiers: [UInt16: UInt64] = [:]

    init(client: String) { self.client = client }

    /// - Returns: Whether the value could be read.
    mutating func take(_ key: SessionKey, _ value: [UInt8]) -> Bool {
        switch key {
        case .head:
            head = SessionHead(record: value)
            isHeadDamaged = head == nil
            return !isHeadDamaged
        case .subscription(let filter):
            guard let (filter, grant) = SubscriptionGrant.read(record: value, filter: filter) else { return false }
            subscriptions[filter] = grant
        case .message(let sequence):
            guard sequence <= UInt64.max / 2, let entry = OutgoingEntry(record: value) else { return false }
            messages.append((sequence, entry))
        case .identifier(let identifier):
            guard let ticket = Session.ticket(record: value) else { return false }
            identifiers[identifier] = ticket
        }
        return true
    }

    func restore(_ limits: SessionLimits, _ now: SessionInstant, into restoration: inout SessionRestoration) {
        guard let head else {
            // The head is written first and removed last: where there is none, the rest came too late.
            if !isHeadDamaged { restoration.stale += keys.map { $0.bytes(client: client) } }
            return
        }
        var session = Session(clientIdentifier: client, at: now)
        session.limits = limits
        session.owner = head.owner
        session.version = head.version
        session.expiry = head.expiry
        session.subscriptions = subscriptions
        session.hasRecords = true
        session.firstSequence = head.firstSequence
        session.firstTicket = head.firstTicket
        session.outgoing = queue(head, into: &restoration)
        session.restoreIdentifiers(identifiers, client, into: &restoration)
        session.absence = Session.Absence(since: head.isConnected ? now : head.since)
        if let will = head.will {
            let due = head.willDue ?? now.advanced(bySeconds: will.delaySeconds)
            session.absence?.will = Session.PendingWill(will: will, due: due)
        }
        let changes: [SessionChange] = head.isConnected ? [.head(session.head)] : []
        restoration.sessions.append(SessionRestoration.Restored(session: session, changes: changes))
    }

    private var keys: [SessionKey] {
        subscriptions.keys.map { .subscription($0.utf8) } + messages.map { .message($0.sequence) }
            + identifiers.keys.map { .identifier($0) }
    }

    /// Gaps are where messages were acknowledged before older ones; one wider than all packet identifiers is damage.
    private func queue(_ head: SessionHead, into restoration: inout SessionRestoration) -> OutgoingQueue {
        var kept: [(sequence: UInt64, entry: OutgoingEntry)] = []
        for message in messages.sorted(by: { $0.sequence < $1.sequence }) {
            let key = SessionKey.message(message.sequence).bytes(client: client)
            if message.sequence < head.firstSequence {
                restoration.stale.append(key)
            } else if let last = kept.last, message.sequence - last.sequence > 65_535 {
                restoration.damaged.append(SessionRecordError(code: .sequence, key: key))
            } else {
                kept.append(message)
            }
        }
        return OutgoingQueue(
            stored: kept, nextSequence: max(head.firstSequence, head.nextSequence),
            sentThrough: head.isConnected ? .max : head.sentThrough)
    }
}

extension Session {
    fileprivate mutating func restoreIdentifiers(
        _ identifiers: [UInt16: UInt64], _ client: String, into restoration: inout SessionRestoration
    ) {
        let next = (identifiers.values.max() ?? 0) + 1
        incoming = IncomingPublications(firstTicket: max(next, firstTicket, Session.firstSequence(at: connectedAt)))
        for (identifier, ticket) in identifiers {
            if ticket < firstTicket {
                restoration.stale.append(SessionKey.identifier(identifier).bytes(client: client))
            } else {
                incoming.restore(identifier)
            }
        }
    }
}
