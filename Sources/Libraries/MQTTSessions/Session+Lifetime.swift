public import MQTTPackets

/// What `open` did.
public struct SessionOpening: Sendable {
    /// Session Present of CONNACK [MQTT-3.2.2-2], [MQTT-3.2.2-3].
    public var sessionPresent: Bool
    /// The session expiry interval in force. When it is not what the client asked for, CONNACK names it (5.0 §3.2.2.3.2).
    public var expiry: SessionExpiryInterval
    /// Whether the session expiry interval is less than the client asked for.
    public var isExpiryReduced: Bool
    /// The will of an earlier connection, to be published now because its session has ended [MQTT-3.1.2-8].
    public var will: SessionWill?
    /// What the session that was discarded had subscribed to.
    public var endedSubscriptions: [TopicFilter]
}

/// Why a connection is over.
public enum ClosingReason: Sendable, Equatable {
    /// DISCONNECT with ``ReasonCode/normalDisconnection``, which alone deletes the will message [MQTT-3.14.4-3].
    case normalDisconnection
    /// DISCONNECT with another reason code, ``ReasonCode/disconnectWithWillMessage`` above all.
    case disconnectWithWillMessage
    /// The network failed, the client fell silent, or it broke a rule.
    case networkLost
    /// The server closed it, for whatever reason but the next two.
    case serverClosed
    /// Another connection took the client identifier over [MQTT-3.1.4-3].
    case takenOver
    /// The server goes down. The will messages of durable sessions wait for the restart (5.0 §3.1.2.5).
    case serverShuttingDown
}

/// What `close` and `deadlinePassed` did.
public struct SessionClosing: Sendable {
    /// To be published now.
    public var will: SessionWill?
    /// Whether the session is over: nothing refers to it any more once its changes are durable.
    public var hasEnded: Bool
    /// What the session that is over had subscribed to.
    public var endedSubscriptions: [TopicFilter]

    static let nothing = SessionClosing(will: nil, hasEnded: false, endedSubscriptions: [])
}

extension Session {
    /// The client has connected: goes on with the session, or begins another.
    ///
    /// Resumed is what has not ended, belongs to the same owner, and is not declined by Clean Start [MQTT-3.1.2-4],
    /// [MQTT-3.1.2-5]. Writes no packet: the shell sends CONNACK, once the changes are durable, and then calls
    /// ``drain(at:into:)``, which begins with what is to be sent again; until then, messages wait. If the client is still connected, that connection
    /// is closed as taken over first.
    ///
    /// - Parameters:
    ///   - connect: CONNECT. Its client identifier is not looked at: the server may have assigned another.
    ///   - terms: What the server lays down.
    ///   - now: The present.
    ///   - outbox: Takes the changes.
    /// - Returns: What CONNACK says, and what of an earlier connection is left to do.
    public mutating func open(
        _ connect: Connect, terms: ConnectionTerms, at now: SessionInstant, into outbox: inout Outbox
    ) -> SessionOpening {
        var will: SessionWill?
        var ended: [TopicFilter] = []
        if isConnected {
            let closing = close(at: now, because: .takenOver, into: &outbox)
            (will, ended) = (closing.will, closing.endedSubscriptions)
        }
        let isResumed = !connect.cleanStart && !hasEnded(at: now) && owner == terms.owner
        if let pending = absence?.will, !isResumed || now >= pending.due { will = pending.will }
        if !isResumed {
            ended += discard(at: now, into: &outbox)
        }
        let asked = connect.askedExpiry
        (owner, number, limits) = (terms.owner, terms.number, terms.limits)
        expiry = min(asked, limits.sessionExpiryInterval)
        attachment = Attachment(connect, limits)
        (version, connectedAt, absence) = (connect.version, now, nil)
        if isDurable {
            hasRecords = true
            outbox.changes.append(.head(head))
        } else {
            removeRecords(into: &outbox)
        }
        return SessionOpening(
            sessionPresent: isResumed, expiry: expiry, isExpiryReduced: expiry < asked, will: will,
            endedSubscriptions: ended)
    }

    /// DISCONNECT was received: sets its session expiry interval, if it has one (5.0 §3.14.2.2.2).
    ///
    /// - Parameter disconnect: The packet. Whatever comes of it, the shell closes the session next.
    /// - Returns: A violation when the interval is not zero but that of CONNECT was: then the will is published.
    public mutating func received(_ disconnect: Disconnect) -> SessionViolation? {
        guard let attachment, let asked = disconnect.properties.sessionExpiryInterval else { return nil }
        let interval = SessionExpiryInterval(seconds: UInt32(clamping: asked.components.seconds))
        guard !attachment.askedForNoExpiry || interval == .zero else {
            return SessionViolation(
                .protocolError, "session expiry interval in DISCONNECT, but none in CONNECT", clause: "5.0 §3.14.2.2.2")
        }
        expiry = min(interval, limits.sessionExpiryInterval)
        return nil
    }

    /// The connection is over. Nothing happens when the client is not connected.
    ///
    /// The will is returned, deleted or kept for ``nextDeadline``: it is due after its delay, or with the end of the
    /// session, whichever comes first (5.0 §3.1.3.2.2).
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - reason: Why.
    ///   - outbox: Takes the changes. What it holds in bytes is of no use any more.
    /// - Returns: Whether the will is to be published, and whether the session is over.
    public mutating func close(
        at now: SessionInstant, because reason: ClosingReason, into outbox: inout Outbox
    ) -> SessionClosing {
        guard let will = attachment.map({ reason == .normalDisconnection ? nil : $0.will }) else { return .nothing }
        attachment = nil
        outbox.counts.dropped += outgoing.rewind()
        incoming.detach()
        absence = Absence(since: now)
        guard isDurable else {
            return SessionClosing(will: will, hasEnded: true, endedSubscriptions: discard(at: now, into: &outbox))
        }
        var willNow: SessionWill?
        if let will {
            let due = now.advanced(bySeconds: will.delaySeconds)
            if due > now || reason == .serverShuttingDown {
                absence?.will = PendingWill(will: will, due: due)
            } else {
                willNow = will
            }
        }
        outbox.changes.append(.head(head))
        return SessionClosing(will: willNow, hasEnded: false, endedSubscriptions: [])
    }

    /// Time has passed: publishes the will that is due, ends the session that nobody came back to.
    ///
    /// - Parameters:
    ///   - now: The present. Before ``nextDeadline``, nothing happens.
    ///   - outbox: Takes the changes.
    /// - Returns: Whether a will is to be published, and whether the session is over.
    public mutating func deadlinePassed(at now: SessionInstant, into outbox: inout Outbox) -> SessionClosing {
        guard let absence, let deadline = nextDeadline, now >= deadline else { return .nothing }
        if hasEnded(at: now) {
            let will = absence.will?.will
            return SessionClosing(will: will, hasEnded: true, endedSubscriptions: discard(at: now, into: &outbox))
        }
        self.absence?.will = nil
        outbox.changes.append(.head(head))
        return SessionClosing(will: absence.will?.will, hasEnded: false, endedSubscriptions: [])
    }

    /// Ends a session that is not wanted any more, by administrative action. Close it first if the client is connected.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - outbox: Takes the changes.
    /// - Returns: The will that was pending, and what the session had subscribed to.
    public mutating func end(at now: SessionInstant, into outbox: inout Outbox) -> SessionClosing {
        var will: SessionWill?
        if isConnected { will = close(at: now, because: .serverClosed, into: &outbox).will }
        will = will ?? absence?.will?.will
        return SessionClosing(will: will, hasEnded: true, endedSubscriptions: discard(at: now, into: &outbox))
    }

    /// Forgets all there is, and removes its records.
    private mutating func discard(at now: SessionInstant, into outbox: inout Outbox) -> [TopicFilter] {
        removeRecords(into: &outbox)
        let ended = Array(subscriptions.keys)
        subscriptions = [:]
        outgoing.removeAll(firstSequence: Session.firstSequence(at: now))
        incoming.removeAll()
        (firstSequence, firstTicket) = (outgoing.next, incoming.nextTicket)
        (absence, expiry) = (nil, .zero)
        return ended
    }

    /// One removal for each record there is, the head's last.
    private mutating func removeRecords(into outbox: inout Outbox) {
        guard hasRecords else { return }
        hasRecords = false
        for filter in subscriptions.keys { outbox.changes.append(.unsubscribe(filter)) }
        for index in 0..<outgoing.entries.count where outgoing.entries[index].state != .gone {
            outbox.changes.append(.remove(sequence: outgoing.sequence(at: index)))
        }
        for identifier in incoming.held.keys { outbox.changes.append(.forgotIdentifier(identifier)) }
        outbox.changes.append(.removeSession)
    }
}

extension Connect {
    /// How long the client wants its session to outlive the connection. In 3.1.1, for ever or not at all.
    fileprivate var askedExpiry: SessionExpiryInterval {
        guard version == .v5 else { return cleanStart ? .zero : .never }
        return SessionExpiryInterval(
            seconds: UInt32(clamping: properties.sessionExpiryInterval?.components.seconds ?? 0))
    }
}
