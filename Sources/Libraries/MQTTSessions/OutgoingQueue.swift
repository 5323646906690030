import MQTTPackets

/// One message of QoS 1 or 2 on its way to the client.
struct OutgoingEntry: Sendable {
    /// pending → queued → sent → (QoS 2: released) → gone. A lost connection turns sent into unacknowledged, which is sent
    /// again on the next. Whatever is given up on the way is gone.
    enum State: UInt8, Sendable {
        /// Its commit is under way: neither it nor anything behind it may be sent.
        case pending
        /// May be sent, and has never been.
        case queued
        /// PUBLISH was sent on this connection; waits for PUBACK or PUBREC.
        case sent
        /// PUBLISH was, or may have been, sent on an earlier connection; to be sent again with DUP [MQTT-3.3.1-1].
        case unacknowledged
        /// PUBREC was received; waits for PUBCOMP.
        case released
        /// Acknowledged, withdrawn, expired or too large. Its place is kept until all before it are gone.
        case gone

        /// Counts towards ``SessionLimits/queuedMessages``.
        var isWaiting: Bool { self == .pending || self == .queued || self == .unacknowledged }
    }

    /// nil once released or gone.
    var message: ApplicationMessage?
    var furtherIdentifiers: [UInt32] = []
    var subscriptionIdentifier: UInt32 = 0
    var qos: QoS = .atLeastOnce
    var retain = false
    var state: State
    /// Whether it takes one of the client's Receive Maximum.
    var isInFlight = false

    static let filler = OutgoingEntry(state: .gone)

    init(_ message: ApplicationMessage, _ delivery: Delivery, _ state: State) {
        self.message = message
        furtherIdentifiers = delivery.furtherIdentifiers
        subscriptionIdentifier = delivery.subscriptionIdentifier
        qos = delivery.qos
        retain = delivery.retain
        self.state = state
    }

    /// A QoS 2 message that waits for PUBCOMP, or nothing at all.
    init(state: State) {
        self.state = state
        if state == .released { qos = .exactlyOnce }
    }

    var delivery: Delivery {
        Delivery(
            qos: qos, retain: retain, subscriptionIdentifier: subscriptionIdentifier,
            furtherIdentifiers: furtherIdentifiers)
    }
}

/// A QoS 0 message that waits for a connected but congested client.
struct WaitingMessage: Sendable {
    var message: ApplicationMessage?
    var delivery: Delivery
    /// It is sent before the entry of this sequence, and after all earlier ones.
    var before: UInt64

    static let filler = WaitingMessage(message: nil, delivery: Delivery(qos: .atMostOnce), before: 0)
}

/// All messages for one client, in the order in which they were delivered to the session.
///
/// Messages of QoS 1 and 2 have sequences without gaps and lie in a ring: an acknowledgement finds its entry by
/// subtraction. Those of QoS 0 lie beside it, each with the sequence that it precedes.
///
///     base            cursor                       next
///      | sent, released | pending, queued, unacknowledged |
struct OutgoingQueue: Sendable {
    /// Sequences sent and not all acknowledged span fewer than the packet identifiers there are, so that none is in use
    /// twice [MQTT-2.2.1-4].
    static let largestSpan: UInt64 = 65_534

    private(set) var entries = Ring(filler: OutgoingEntry.filler)
    private(set) var waiting = Ring(filler: WaitingMessage.filler)
    /// The oldest entry. Not gone, unless there is none.
    private(set) var base: UInt64
    /// The next entry to be looked at on this connection.
    private(set) var cursor: UInt64
    /// All entries before this one may have been sent, on this connection or an earlier one.
    private(set) var sentThrough: UInt64
    /// PUBLISH packets of QoS 1 and 2 sent on this connection that the client has not yet settled; where they count, PUBREL
    /// packets sent again, too.
    private(set) var inFlight = 0
    /// Messages that wait to be sent, all QoS.
    private(set) var waitingCount = 0
    /// What all messages count, waiting or not.
    private(set) var queuedBytes = 0

    init(firstSequence: UInt64) {
        base = firstSequence
        cursor = firstSequence
        sentThrough = firstSequence
    }

    /// The sequence that the next message of QoS 1 or 2 gets.
    var next: UInt64 { base &+ UInt64(entries.count) }

    /// Whether nothing waits: a new message may be sent at once.
    var isDrained: Bool { cursor == next && waiting.isEmpty }

    /// The identifier that a message has on every connection, also after a crash [MQTT-4.4.0-1].
    static func packetIdentifier(of sequence: UInt64) -> UInt16 { UInt16(sequence % 65_535) + 1 }

    /// The entry that may have been sent under `packetIdentifier`, as an index into ``entries``; nil when none is known.
    func index(of packetIdentifier: UInt16) -> Int? {
        guard packetIdentifier != 0 else { return nil }
        let distance = (UInt64(packetIdentifier) - 1 + 65_535 - base % 65_535) % 65_535
        guard base + distance < sentThrough, distance < entries.count else { return nil }
        let index = Int(distance)
        switch entries[index].state {
        case .sent, .unacknowledged, .released: return index
        case .pending, .queued, .gone: return nil
        }
    }

    func sequence(at index: Int) -> UInt64 { base + UInt64(index) }

    /// The entry with that sequence, as an index into ``entries``.
    func index(of sequence: UInt64) -> Int? {
        sequence >= base && sequence < next ? Int(sequence - base) : nil
    }

    // MARK: Into the queue

    mutating func append(_ entry: OutgoingEntry) -> UInt64 {
        let sequence = next
        queuedBytes += entry.message?.queuedBytes ?? 0
        if entry.state.isWaiting { waitingCount += 1 }
        entries.append(entry)
        return sequence
    }

    mutating func appendWaiting(_ message: ApplicationMessage, _ delivery: Delivery) {
        queuedBytes += message.queuedBytes
        waitingCount += 1
        waiting.append(WaitingMessage(message: message, delivery: delivery, before: next))
    }

    /// Drops QoS 0 messages, oldest first, until a message of `bytes` has room.
    ///
    /// - Returns: Whether it has, and how many were dropped for it.
    mutating func makeRoom(for bytes: Int, _ limits: SessionLimits) -> (hasRoom: Bool, dropped: Int) {
        var dropped = 0
        while waitingCount >= limits.queuedMessages || queuedBytes + bytes > limits.queuedBytes {
            guard removeWaiting() != nil else { return (false, dropped) }
            dropped += 1
        }
        return (true, dropped)
    }

    // MARK: Out of the queue

    @discardableResult
    mutating func removeWaiting() -> WaitingMessage? {
        guard !waiting.isEmpty else { return nil }
        let removed = waiting.removeFirst()
        queuedBytes -= removed.message?.queuedBytes ?? 0
        waitingCount -= 1
        return removed
    }

    /// The entry may be sent: its commit is done.
    mutating func confirm(at index: Int) {
        if entries[index].state == .pending { entries[index].state = .queued }
    }

    /// The PUBLISH of the entry at the cursor was written.
    mutating func markSent() {
        let index = Int(cursor - base)
        entries[index].state = .sent
        entries[index].isInFlight = true
        inFlight += 1
        waitingCount -= 1
        advanceCursor()
    }

    /// The PUBREL of the entry at the cursor was written again, and takes a place among those in flight until PUBCOMP: see
    /// ``SessionLimits/countsRepeatedReleases``.
    mutating func markReleasedAgain() {
        entries[Int(cursor - base)].isInFlight = true
        inFlight += 1
        advanceCursor()
    }

    /// Nothing more to be done for the entry at the cursor on this connection.
    mutating func advanceCursor() {
        cursor += 1
        sentThrough = max(sentThrough, cursor)
    }

    /// PUBREC: the message itself is no longer needed.
    mutating func release(at index: Int) {
        forgetMessage(at: index)
        if entries[index].state.isWaiting { waitingCount -= 1 }
        entries[index].state = .released
    }

    /// The entry is over and done with.
    mutating func remove(at index: Int) {
        forgetMessage(at: index)
        if entries[index].state.isWaiting { waitingCount -= 1 }
        if entries[index].isInFlight { inFlight -= 1 }
        entries[index] = .filler
        while !entries.isEmpty, entries[0].state == .gone {
            entries.removeFirst()
            base += 1
        }
        cursor = max(cursor, base)
        while cursor < next, entries[Int(cursor - base)].state == .gone { cursor += 1 }
        sentThrough = max(sentThrough, cursor)
    }

    private mutating func forgetMessage(at index: Int) {
        queuedBytes -= entries[index].message?.queuedBytes ?? 0
        entries[index].message = nil
    }

    /// The connection is over: QoS 0 is dropped, what was sent is to be sent again, from the oldest on.
    ///
    /// - Returns: How many QoS 0 messages were dropped.
    mutating func rewind() -> Int {
        let dropped = waiting.count
        while removeWaiting() != nil {}
        waiting.removeAll()
        for index in 0..<Int(cursor - base) {
            entries[index].isInFlight = false
            guard entries[index].state == .sent else { continue }
            entries[index].state = .unacknowledged
            waitingCount += 1
        }
        if entries.isEmpty { entries.removeAll() }
        inFlight = 0
        cursor = base
        return dropped
    }

    /// Drops everything. Sequences go on, so that a late ``Session/confirm(_:)`` finds nothing.
    ///
    /// - Parameter firstSequence: From where, unless that has been passed already.
    mutating func removeAll(firstSequence: UInt64) {
        self = OutgoingQueue(firstSequence: max(next, firstSequence))
    }
}

// MARK: After a restart

extension OutgoingQueue {
    /// A queue of the entries that storage had.
    ///
    /// - Parameters:
    ///   - stored: By ascending sequence; gaps are filled with what is gone. Precondition: gaps are small.
    ///   - nextSequence: The sequence to go on with, if there are no entries.
    ///   - sentThrough: Entries before it may have been sent.
    init(stored: [(sequence: UInt64, entry: OutgoingEntry)], nextSequence: UInt64, sentThrough: UInt64) {
        self.init(firstSequence: stored.first?.sequence ?? nextSequence)
        for (sequence, entry) in stored {
            while next < sequence { entries.append(.filler) }
            var entry = entry
            if entry.state == .queued, sequence < sentThrough { entry.state = .unacknowledged }
            _ = append(entry)
        }
        self.sentThrough = min(max(sentThrough, base), next)
    }
}
