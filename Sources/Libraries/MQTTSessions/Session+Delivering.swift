public import MQTTPackets

// MARK: Messages for the client

extension Session {
    /// A message is to go to the client: sends it, or keeps it until it can be sent.
    ///
    /// Sent at once is what may be, to a connected client that has its CONNACK and that nothing waits for, as long as the outbox has room and the
    /// client's Receive Maximum is not reached. Then the packet is written in place; nothing is allocated but the place of
    /// a QoS 1 or 2 message in the queue, and that only while the queue grows.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - grant: The subscription that it is delivered for.
    ///   - furtherIdentifiers: Of other subscriptions that the same packet answers [MQTT-3.3.4-4].
    ///   - isRetained: Whether the message was kept, and is sent because the subscription was made.
    ///   - now: The present.
    ///   - mode: Whether it may be sent at once.
    ///   - outbox: Takes the packet and the change.
    /// - Returns: What became of it.
    public mutating func deliver(
        _ message: ApplicationMessage, grant: SubscriptionGrant, furtherIdentifiers: [UInt32] = [],
        isRetained: Bool = false, at now: SessionInstant, mode: DeliveryMode = .immediate, into outbox: inout Outbox
    ) -> DeliveryOutcome {
        if grant.options.noLocal, message.publisher == number, number != 0 { return .noLocal }
        if message.isExpired(at: now) {
            outbox.counts.expired += 1
            return .expired
        }
        let delivery = Delivery(
            of: message, to: grant, isRetained: isRetained, furtherIdentifiers: furtherIdentifiers)
        return delivery.qos == .atMostOnce
            ? deliverAtMostOnce(message, delivery, at: now, into: &outbox)
            : deliverAcknowledged(message, delivery, at: now, isPending: mode == .pending && isDurable, into: &outbox)
    }

    private mutating func deliverAtMostOnce(
        _ message: ApplicationMessage, _ delivery: Delivery, at now: SessionInstant, into outbox: inout Outbox
    ) -> DeliveryOutcome {
        guard isConnected else { return .notConnected }
        if isDrained, outbox.hasRoom {
            return writeAtMostOnce(message, delivery, at: now, into: &outbox) ? .sent : .tooLarge
        }
        guard makeRoom(for: message, into: &outbox) else { return .overflow }
        outgoing.appendWaiting(message, delivery)
        return .waiting
    }

    private mutating func deliverAcknowledged(
        _ message: ApplicationMessage, _ delivery: Delivery, at now: SessionInstant, isPending: Bool,
        into outbox: inout Outbox
    ) -> DeliveryOutcome {
        guard isConnected || isDurable else { return .notConnected }
        guard makeRoom(for: message, into: &outbox) else { return .overflow }
        let isNext = !isPending && isDrained && outbox.hasRoom
        let sequence = outgoing.append(OutgoingEntry(message, delivery, isPending ? .pending : .queued))
        if isDurable {
            outbox.changes.append(.enqueue(sequence: sequence, message: message, delivery: delivery))
        }
        guard isNext, mayStartAnother else { return .queued(sequence: sequence) }
        return sendNext(at: now, into: &outbox) ? .sent : .tooLarge
    }

    private mutating func makeRoom(for message: ApplicationMessage, into outbox: inout Outbox) -> Bool {
        let (hasRoom, dropped) = outgoing.makeRoom(for: message.queuedBytes, limits)
        outbox.counts.dropped += dropped
        if !hasRoom { outbox.counts.refused += 1 }
        return hasRoom
    }

    /// A message delivered as ``DeliveryMode/pending`` is durable: it may be sent. Next, call ``drain(at:into:)``.
    ///
    /// - Parameter sequence: From ``DeliveryOutcome/queued(sequence:)``. One that is not known any more is ignored.
    public mutating func confirm(_ sequence: UInt64) {
        if let index = outgoing.index(of: sequence) { outgoing.confirm(at: index) }
    }

    /// A message delivered as ``DeliveryMode/pending`` will not become durable: it is forgotten. Next, call
    /// ``drain(at:into:)``: others may have waited for it.
    ///
    /// - Parameter sequence: From ``DeliveryOutcome/queued(sequence:)``. One that is not known any more, or that has been
    ///   confirmed, is ignored.
    public mutating func withdraw(_ sequence: UInt64) {
        guard let index = outgoing.index(of: sequence), outgoing.entries[index].state == .pending else { return }
        outgoing.remove(at: index)
    }

    /// Sends what waits, in order, as far as the outbox has room and the client's Receive Maximum allows.
    ///
    /// To be called after CONNACK, before which no message is sent, when the connection can be written to again, and after acknowledgements. After CONNACK
    /// it begins with what the client has not acknowledged on earlier connections: PUBLISH with DUP, and PUBREL, under
    /// their original packet identifiers and in their original order [MQTT-4.4.0-1], [MQTT-4.6.0-1].
    ///
    /// Messages that have expired [MQTT-3.3.2-5], and those too large for the client [MQTT-3.1.2-25], are passed over and
    /// removed.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - outbox: Takes packets and changes.
    public mutating func drain(at now: SessionInstant, into outbox: inout Outbox) {
        guard isConnected else { return }
        attachment?.mayFlow = true
        while !outgoing.isDrained, outbox.hasRoom {
            if let first = outgoing.waiting.first, first.before <= outgoing.cursor {
                sendWaiting(at: now, into: &outbox)
                continue
            }
            let index = Int(outgoing.cursor - outgoing.base)
            switch outgoing.entries[index].state {
            case .pending: return
            case .gone, .sent: outgoing.advanceCursor()
            case .released: sendReleaseAgain(into: &outbox)
            case .queued, .unacknowledged:
                guard mayStartAnother else { return }
                sendNext(at: now, into: &outbox)
            }
        }
    }

    /// Whether the client's Receive Maximum [MQTT-3.3.4-9], and the packet identifiers there are, allow one more.
    private var mayStartAnother: Bool {
        outgoing.inFlight < Int(attachment?.sendMaximum ?? 0)
            && outgoing.cursor - outgoing.base < OutgoingQueue.largestSpan
    }

    /// Sends the entry at the cursor, or gives it up. Precondition: it is queued or unacknowledged.
    ///
    /// - Returns: Whether it was sent.
    @discardableResult
    private mutating func sendNext(at now: SessionInstant, into outbox: inout Outbox) -> Bool {
        let sequence = outgoing.cursor
        let index = Int(sequence - outgoing.base)
        let entry = outgoing.entries[index]
        guard let message = entry.message else {
            remove(at: index, into: &outbox)
            return false
        }
        let wasSent = entry.state == .unacknowledged
        if !wasSent, message.isExpired(at: now) {
            outbox.counts.expired += 1
            remove(at: index, into: &outbox)
            return false
        }
        let isWritten =
            attachment?.write(
                message, entry.delivery, packetIdentifier: OutgoingQueue.packetIdentifier(of: sequence),
                isDuplicate: wasSent, at: now, into: &outbox.bytes) ?? false
        guard isWritten else {
            outbox.counts.tooLarge += 1
            remove(at: index, into: &outbox)
            return false
        }
        outgoing.markSent()
        outbox.counts.sent += 1
        return true
    }

    private mutating func sendWaiting(at now: SessionInstant, into outbox: inout Outbox) {
        guard let waiting = outgoing.removeWaiting(), let message = waiting.message else { return }
        guard !message.isExpired(at: now) else {
            outbox.counts.expired += 1
            return
        }
        _ = writeAtMostOnce(message, waiting.delivery, at: now, into: &outbox)
    }

    private mutating func writeAtMostOnce(
        _ message: ApplicationMessage, _ delivery: Delivery, at now: SessionInstant, into outbox: inout Outbox
    ) -> Bool {
        let isWritten =
            attachment?.write(
                message, delivery, packetIdentifier: 0, isDuplicate: false, at: now, into: &outbox.bytes) ?? false
        if isWritten { outbox.counts.sent += 1 } else { outbox.counts.tooLarge += 1 }
        return isWritten
    }

    /// PUBREL of an earlier connection. It waits for the commit: that of its PUBREC may still be under way.
    private mutating func sendReleaseAgain(into outbox: inout Outbox) {
        let identifier = OutgoingQueue.packetIdentifier(of: outgoing.cursor)
        writeAfterCommit(.pubrel, identifier, .success, into: &outbox)
        if limits.countsRepeatedReleases { outgoing.markReleasedAgain() } else { outgoing.advanceCursor() }
    }
}
