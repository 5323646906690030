import MQTTPackets
import NIOCore

extension SessionChange {
    /// The record that the change sets, or removes.
    ///
    /// Values begin with the version of their form, 1. Encoding copies the message: do it where the commit is made.
    ///
    /// - Parameter client: The client identifier, of at most 65,535 bytes. Precondition.
    /// - Returns: A key as ``SessionKey`` draws it, and a value; nil removes the record.
    public func keyValue(client: String) -> (key: [UInt8], value: [UInt8]?) {
        let (key, value) = record
        return (key.bytes(client: client), value)
    }

    private var record: (SessionKey, [UInt8]?) {
        switch self {
        case .head(let head): (.head, head.recordBytes)
        case .removeSession: (.head, nil)
        case .subscribe(let filter, let grant): (.subscription(filter.utf8), grant.recordBytes(filter))
        case .unsubscribe(let filter): (.subscription(filter.utf8), nil)
        case .enqueue(let sequence, let message, let delivery):
            (.message(sequence), OutgoingEntry(message, delivery, .queued).recordBytes)
        case .release(let sequence): (.message(sequence), OutgoingEntry(state: .released).recordBytes)
        case .remove(let sequence): (.message(sequence), nil)
        case .receivedIdentifier(let identifier, let ticket): (.identifier(identifier), Session.recordBytes(ticket))
        case .forgotIdentifier(let identifier): (.identifier(identifier), nil)
        }
    }
}

/// The form of all values.
let recordVersion: UInt8 = 1

// MARK: Head

extension SessionHead {
    ///     | 1 | protocol version 1 | connected 1 | expiry 4 | since 8 | first 8 | next 8 | sent through 8 | first ticket 8 |
    ///     | owner 4 + n | will: 0, 1, 2 with due 8 | delay 4 | QoS 1 | RETAIN 1 | topic name | properties | payload |
    var recordBytes: [UInt8] {
        var writer = RecordWriter([recordVersion, version.rawValue])
        writer.write(isConnected)
        writer.write(expiry.seconds)
        writer.write(since.microseconds)
        writer.write(firstSequence)
        writer.write(nextSequence)
        writer.write(sentThrough)
        writer.write(firstTicket)
        writer.write(field: owner.utf8)
        guard let will else {
            writer.write(0 as UInt8)
            return writer.bytes
        }
        writer.write(UInt8(willDue == nil ? 1 : 2))
        if let willDue { writer.write(willDue.microseconds) }
        writer.write(will.delaySeconds)
        writer.write(will.qos.rawValue)
        writer.write(will.retain)
        writer.write(message: will.topicName, will.properties, will.payload)
        return writer.bytes
    }

    init?(record: [UInt8]) {
        var reader = RecordReader(record[...])
        guard reader.read(UInt8.self) == recordVersion,
            let version = reader.read(UInt8.self).flatMap(ProtocolVersion.init),
            let isConnected = reader.readFlag(), let expiry = reader.read(UInt32.self),
            let since = reader.readInt64(), let firstSequence = reader.readSequence(),
            let nextSequence = reader.readSequence(), let sentThrough = reader.readSequence(),
            let firstTicket = reader.readSequence(),
            let owner = reader.readField().flatMap({ String(validating: $0, as: UTF8.self) }),
            let hasWill = reader.read(UInt8.self), hasWill <= 2
        else { return nil }
        self.init(
            owner: owner, version: version, expiry: SessionExpiryInterval(seconds: expiry), isConnected: isConnected,
            since: SessionInstant(microseconds: since), firstSequence: firstSequence, nextSequence: nextSequence,
            sentThrough: sentThrough, firstTicket: firstTicket, will: nil, willDue: nil)
        if hasWill == 2 {
            guard let due = reader.readInt64() else { return nil }
            willDue = SessionInstant(microseconds: due)
        }
        if hasWill > 0 {
            guard let delay = reader.read(UInt32.self), let qos = reader.read(UInt8.self).flatMap(QoS.init),
                let retain = reader.readFlag(), let (topicName, properties, payload) = reader.readMessage()
            else { return nil }
            will = SessionWill(
                topicName: topicName, payload: payload, qos: qos, retain: retain, properties: properties,
                delaySeconds: delay)
        }
        guard reader.isAtEnd else { return nil }
    }
}

// MARK: Subscription, identifier

extension SubscriptionGrant {
    ///     | 1 | edition the filter was written in 1 | QoS 1 | No Local 1 | RAP 1 | Retain Handling 1 | identifier 4 |
    func recordBytes(_ filter: TopicFilter) -> [UInt8] {
        // In 3.1.1 `$share` is a level like any other, so the edition matters for what the filter means.
        let edition: ProtocolVersion = filter.shareName == nil ? .v3_1_1 : .v5
        var writer = RecordWriter([recordVersion, edition.rawValue, options.maximumQoS.rawValue])
        writer.write(options.noLocal)
        writer.write(options.retainAsPublished)
        writer.write(options.retainHandling.rawValue)
        writer.write(subscriptionIdentifier ?? 0)
        return writer.bytes
    }

    static func read(record: [UInt8], filter: [UInt8]) -> (TopicFilter, SubscriptionGrant)? {
        var reader = RecordReader(record[...])
        guard reader.read(UInt8.self) == recordVersion,
            let edition = reader.read(UInt8.self).flatMap(ProtocolVersion.init),
            let qos = reader.read(UInt8.self).flatMap(QoS.init), let noLocal = reader.readFlag(),
            let retainAsPublished = reader.readFlag(),
            let handling = reader.read(UInt8.self).flatMap(SubscriptionOptions.RetainHandling.init),
            let identifier = reader.read(UInt32.self), identifier <= MQTTLimits.remainingLength, reader.isAtEnd,
            let text = String(validating: filter, as: UTF8.self),
            let filter = try? TopicFilter(text, version: edition)
        else { return nil }
        let options = SubscriptionOptions(
            maximumQoS: qos, noLocal: noLocal, retainAsPublished: retainAsPublished, retainHandling: handling)
        return (
            filter,
            SubscriptionGrant(options: options, subscriptionIdentifier: identifier == 0 ? nil : identifier)
        )
    }
}

extension Session {
    ///     | 1 | ticket 8 |
    static func recordBytes(_ ticket: UInt64) -> [UInt8] {
        var writer = RecordWriter([recordVersion])
        writer.write(ticket)
        return writer.bytes
    }

    static func ticket(record: [UInt8]) -> UInt64? {
        var reader = RecordReader(record[...])
        guard reader.read(UInt8.self) == recordVersion, let ticket = reader.readSequence(), reader.isAtEnd
        else { return nil }
        return ticket
    }
}

// MARK: Message

extension OutgoingEntry {
    ///     | 1 | 0 released |
    ///     | 1 | 1 queued | QoS 1 | RETAIN 1 | identifier 4 | count 4 | identifiers 4 each |
    ///     | as published: QoS 1 | RETAIN 1 | publisher 8 | received 8 | topic name | properties | payload |
    var recordBytes: [UInt8] {
        guard let message else { return [recordVersion, 0] }
        var writer = RecordWriter([recordVersion, 1, qos.rawValue])
        writer.bytes.reserveCapacity(message.queuedBytes)
        writer.write(retain)
        writer.write(subscriptionIdentifier)
        writer.write(UInt32(furtherIdentifiers.count))
        for identifier in furtherIdentifiers { writer.write(identifier) }
        writer.write(message.qos.rawValue)
        writer.write(message.retain)
        writer.write(message.publisher)
        writer.write(message.receivedAt.microseconds)
        writer.write(message: message.topicName, message.properties, message.payload)
        return writer.bytes
    }

    init?(record: [UInt8]) {
        if record == [recordVersion, 0] {
            self.init(state: .released)
            return
        }
        var reader = RecordReader(record[...])
        guard reader.read(UInt8.self) == recordVersion, reader.read(UInt8.self) == 1,
            let qos = reader.read(UInt8.self).flatMap(QoS.init), qos != .atMostOnce, let retain = reader.readFlag(),
            let identifier = reader.read(UInt32.self), identifier <= MQTTLimits.remainingLength,
            let count = reader.read(UInt32.self), count <= record.count
        else { return nil }
        var delivery = Delivery(qos: qos, retain: retain, subscriptionIdentifier: identifier)
        for _ in 0..<count {
            guard let identifier = reader.read(UInt32.self), identifier > 0, identifier <= MQTTLimits.remainingLength
            else { return nil }
            delivery.furtherIdentifiers.append(identifier)
        }
        guard let published = reader.read(UInt8.self).flatMap(QoS.init), let wasRetained = reader.readFlag(),
            let publisher = reader.read(UInt64.self), let received = reader.readInt64(),
            let (topicName, properties, payload) = reader.readMessage(), reader.isAtEnd
        else { return nil }
        let message = ApplicationMessage(
            topicName: topicName, payload: payload, qos: published, retain: wasRetained, properties: properties,
            publisher: publisher, receivedAt: SessionInstant(microseconds: received))
        self.init(message, delivery, .queued)
    }
}

extension RecordWriter {
    ///     | topic name 4 + n | expires 1 | expiry 4 | properties 4 + n | payload 4 + n |
    fileprivate mutating func write(
        message topicName: [UInt8], _ properties: ForwardedProperties, _ payload: ByteBuffer
    ) {
        write(field: topicName)
        write(properties.messageExpirySeconds != nil)
        write(properties.messageExpirySeconds ?? 0)
        write(field: properties.bytes)
        write(field: payload.readableBytesView)
    }
}

extension RecordReader {
    /// Sequences and tickets leave room to be counted up from.
    fileprivate mutating func readSequence() -> UInt64? {
        read(UInt64.self).flatMap { $0 <= UInt64.max / 2 ? $0 : nil }
    }

    /// Checked like the parts of a PUBLISH, since they go out without another look.
    fileprivate mutating func readMessage() -> ([UInt8], ForwardedProperties, ByteBuffer)? {
        guard let topicName = readField(), let expires = readFlag(), let seconds = read(UInt32.self),
            let bytes = readField(), let payload = readField(),
            let text = String(validating: topicName, as: UTF8.self), topicName.count <= MQTTLimits.fieldBytes,
            let filter = try? TopicFilter(text, version: .v3_1_1), !filter.hasWildcard,
            let properties = ForwardedProperties(
                bytes: Array(bytes), messageExpirySeconds: expires ? seconds : nil)
        else { return nil }
        return (Array(topicName), properties, ByteBuffer(bytes: payload))
    }
}
