import MQTTPackets

/// Bytes that are to be refused, and the rule that they break.
struct MalformedVector: Sendable, CustomStringConvertible {
    let description: String
    let version: ProtocolVersion
    let sender: Sender
    let hex: String
    let rule: DecodingRule
    let reasonCode: ReasonCode

    init(
        _ description: String, _ version: ProtocolVersion, from sender: Sender = .client, _ hex: String,
        _ rule: DecodingRule, _ reasonCode: ReasonCode = .malformedPacket
    ) {
        self.description = "\(version): \(description)"
        self.version = version
        self.sender = sender
        self.hex = hex
        self.rule = rule
        self.reasonCode = reasonCode
    }

    init(
        _ description: String, from sender: Sender = .client, _ hex: String, _ rule: DecodingRule,
        _ reasonCode: ReasonCode = .malformedPacket
    ) {
        self.init(description, .v5, from: sender, hex, rule, reasonCode)
    }
}

extension MalformedVector {
    /// Sent after a CONNECT, or, from the server, at any time.
    static let all: [MalformedVector] = headers + publishes + strings + subscriptions + answers + properties

    private static let headers: [MalformedVector] = [
        .init("type 0", "00 00", .reservedPacketType),
        .init("AUTH does not exist", .v3_1_1, "f0 00", .reservedPacketType),
        .init("flags of PINGREQ", "c1 00", .invalidFlags),
        .init("flags of SUBSCRIBE", "80 06 0001 00 0001 61 00", .invalidFlags),
        .init("flags of UNSUBSCRIBE", .v3_1_1, "a0 05 0001 0001 61", .invalidFlags),
        .init("flags of PUBREL", "60 02 0001", .invalidFlags),
        .init("flags of PUBACK", .v3_1_1, "42 02 0001", .invalidFlags),
        .init("five bytes of remaining length", "30 ff ff ff ff 01", .remainingLengthTooLong),
        .init("remaining length 0 in two bytes", "c0 80 00", .variableByteIntegerNotMinimal),
        .init("second CONNECT", "10 0d 0004 4d515454 05 02 0000 00 0000", .secondConnect, .protocolError),
        .init("CONNACK from a client", "20 03 00 00 00", .wrongDirection, .protocolError),
        .init("SUBSCRIBE from a server", from: .server, "82 07 0001 00 0001 61 00", .wrongDirection, .protocolError),
        .init("DISCONNECT from a server", .v3_1_1, from: .server, "e0 00", .wrongDirection, .protocolError),
        .init("PINGREQ with a body", "c0 01 00", .trailingBytes),
        .init("DISCONNECT with a body", .v3_1_1, "e0 01 00", .trailingBytes),
        .init("PUBACK with a reason code", .v3_1_1, "40 03 0001 00", .trailingBytes),
        .init("PUBACK of one byte", "40 01 00", .truncated),
    ]

    private static let publishes: [MalformedVector] = [
        .init("PUBLISH QoS 3", "36 07 0001 61 0001 00 00", .publishQoS3),
        .init("DUP at QoS 0", "38 04 0001 61 00", .duplicateAtQoS0),
        .init("empty PUBLISH", "30 00", .truncated),
        .init("topic name beyond the packet", "30 05 0004 612f62", .truncated),
        .init("no packet identifier", .v3_1_1, "32 03 0001 61", .truncated),
        .init("no property length", "32 05 0001 61 0001", .truncated),
        .init("packet identifier 0", "32 06 0001 61 0000 00", .packetIdentifierZero, .protocolError),
        .init("packet identifier 0", .v3_1_1, "34 05 0001 61 0000", .packetIdentifierZero, .protocolError),
        .init("PUBACK of packet identifier 0", "40 02 0000", .packetIdentifierZero, .protocolError),
        .init("empty topic name", .v3_1_1, "30 02 0000", .emptyTopicName, .protocolError),
        .init("empty topic name without alias", "30 03 0000 00", .emptyTopicName, .protocolError),
        .init("+ in a short topic name", "30 06 0003 612f2b 00", .wildcardInTopicName),
        .init("# in a long topic name", .v3_1_1, "30 0c 000a 6161616161612f612f23", .wildcardInTopicName),
        .init("+ after letters beyond ASCII", "30 07 0004 c3a92f2b 00", .wildcardInTopicName),
    ]

    private static let strings: [MalformedVector] = [
        .init("topic name is not UTF-8", "30 05 0002 61ff 00", .invalidUTF8),
        .init("overlong encoding", "30 05 0002 c0af 00", .invalidUTF8),
        .init("surrogate", .v3_1_1, "30 05 0003 eda080", .invalidUTF8),
        .init("beyond U+10FFFF", "30 07 0004 f4908080 00", .invalidUTF8),
        .init("cut off within a letter", "30 05 0002 e282 00", .invalidUTF8),
        .init("U+0000 in a topic name", "30 06 0003 610062 00", .nullCharacter),
        .init("U+0000 in the last of nine bytes", .v3_1_1, "30 0b 0009 616161616161616100", .nullCharacter),
        .init("U+0000 in a topic filter", .v3_1_1, "82 06 0001 0001 00 00", .nullCharacter),
    ]

    private static let subscriptions: [MalformedVector] = [
        .init("SUBSCRIBE without topic filter", .v3_1_1, "82 02 0001", .noTopicFilters, .protocolError),
        .init("UNSUBSCRIBE without topic filter", "a2 03 0001 00", .noTopicFilters, .protocolError),
        .init("SUBSCRIBE with packet identifier 0", "82 07 0000 00 0001 61 00", .packetIdentifierZero, .protocolError),
        .init("empty topic filter", "82 06 0001 00 0000 00", .emptyTopicFilter),
        .init("text after #", "82 09 0001 00 0003 232f61 00", .misplacedWildcard),
        .init("# not alone in its level", .v3_1_1, "82 07 0001 0002 6123 00", .misplacedWildcard),
        .init("+ not alone in its level", "a2 07 0001 00 0002 2b61", .misplacedWildcard),
        .init("$share without filter", "82 0e 0001 00 0008 2473686172652f67 00", .invalidSharedSubscription),
        .init(
            "$share without name", "82 0f 0001 00 0009 2473686172652f2f61 00", .invalidSharedSubscription),
        .init(
            "wildcard in the share name", "82 10 0001 00 000a 2473686172652f2b2f61 00", .invalidSharedSubscription),
        .init(
            "no local on a shared subscription", "82 10 0001 00 000a 2473686172652f672f61 04",
            .noLocalOnSharedSubscription, .protocolError),
        .init("options without meaning", .v3_1_1, "82 06 0001 0001 61 04", .reservedSubscriptionOptions),
        .init("reserved options", "82 07 0001 00 0001 61 40", .reservedSubscriptionOptions),
        .init("subscription QoS 3", "82 07 0001 00 0001 61 03", .subscriptionQoS3, .protocolError),
        .init("retain handling 3", "82 07 0001 00 0001 61 30", .retainHandling3, .protocolError),
        .init("no options", "82 06 0001 00 0001 61", .truncated),
    ]

    private static let answers: [MalformedVector] = [
        .init("CONNACK flags", from: .server, "20 03 02 00 00", .reservedAcknowledgeFlags),
        .init("session of a refusal", from: .server, "20 03 01 87 00", .sessionPresentOnRefusal, .protocolError),
        .init(
            "session of a refusal", .v3_1_1, from: .server, "20 02 01 05", .sessionPresentOnRefusal, .protocolError),
        .init("CONNACK return code 6", .v3_1_1, from: .server, "20 02 00 06", .reasonCodeNotAllowed, .protocolError),
        .init("PUBACK with banned", "40 03 0001 8a", .reasonCodeNotAllowed, .protocolError),
        .init("reason code that does not exist", "40 03 0001 7f", .reasonCodeNotAllowed, .protocolError),
        .init("DISCONNECT of the server's kind", "e0 01 8b", .reasonCodeNotAllowed, .protocolError),
        .init("DISCONNECT of the client's kind", from: .server, "e0 01 04", .reasonCodeNotAllowed, .protocolError),
        .init(
            "SUBACK with 0x87", .v3_1_1, from: .server, "90 03 0001 87", .reasonCodeNotAllowed, .protocolError),
        .init("SUBACK without reason codes", from: .server, "90 03 0001 00", .noReasonCodes, .protocolError),
        .init("UNSUBACK without reason codes", from: .server, "b0 03 0001 00", .noReasonCodes, .protocolError),
        .init("UNSUBACK with a body", .v3_1_1, from: .server, "b0 03 0001 00", .trailingBytes),
        .init("AUTH without method", "f0 02 18 00", .authenticationMethodMissing, .protocolError),
        .init("AUTH without property length", "f0 01 18", .truncated),
        .init("AUTH of the server's kind", "f0 06 00 04 15 0001 6d", .reasonCodeNotAllowed, .protocolError),
    ]

    private static let properties: [MalformedVector] = [
        .init("property that does not exist", "30 05 0001 61 01 7f", .propertyNotAllowed),
        .init("property of CONNECT in PUBLISH", "30 07 0001 61 03 21 0001", .propertyNotAllowed),
        .init(
            "topic alias twice", "30 0a 0001 61 06 23 0001 23 0001", .propertyRepeated, .protocolError),
        .init("payload format 2", "30 06 0001 61 02 01 02", .propertyOutOfRange, .protocolError),
        .init("topic alias 0", "30 07 0001 61 03 23 0000", .topicAliasZero, .topicAliasInvalid),
        .init(
            "subscription identifier from a client", "30 06 0001 61 02 0b 01", .subscriptionIdentifierFromClient,
            .protocolError),
        .init("subscription identifier 0", "82 09 0001 02 0b 00 0001 61 00", .propertyOutOfRange, .protocolError),
        .init(
            "two subscription identifiers", "82 0b 0001 04 0b 01 0b 02 0001 61 00", .propertyRepeated,
            .protocolError),
        .init("wildcard in the response topic", "30 08 0001 61 04 08 0001 23", .wildcardInTopicName),
        .init("properties beyond the packet", "30 05 0001 61 05 01", .propertiesTruncated),
        .init("property beyond the properties", "30 07 0001 61 02 02 0000", .propertiesTruncated),
        .init("property length without end", "30 07 0001 61 ff ff ff ff", .variableByteIntegerInvalid),
        .init("property length of a SUBSCRIBE without end", "82 06 0001 ff ff ff ff", .variableByteIntegerInvalid),
        .init("property length in too many bytes", "30 05 0001 61 80 00", .variableByteIntegerNotMinimal),
        .init(
            "receive maximum 0", from: .server, "20 06 00 00 03 21 0000", .propertyOutOfRange, .protocolError),
        .init(
            "session expiry from a server", from: .server, "e0 07 00 05 11 00000001", .sessionExpiryFromServer,
            .protocolError),
        .init(
            "authentication data without method", from: .server, "20 07 00 00 04 16 0001 ff",
            .authenticationMethodMissing, .protocolError),
    ]

    /// Sent as the first packet of a connection.
    static let connects: [MalformedVector] = [
        .init("PINGREQ", "c0 00", .connectExpected, .protocolError),
        .init("flags", "12 0d 0004 4d515454 05 02 0000 00 0000", .invalidFlags),
        .init(
            "remaining length in too many bytes", "10 8d 00 0004 4d515454 05 02 0000 00 0000",
            .variableByteIntegerNotMinimal),
        .init(
            "protocol name MQIsdp", .v3_1_1, "10 0e 0006 4d5149736470 03 02 0000 0000", .invalidProtocolName,
            .unsupportedProtocolVersion),
        .init(
            "protocol version 3", .v3_1_1, "10 0c 0004 4d515454 03 02 0000 0000", .unsupportedProtocolVersion,
            .unsupportedProtocolVersion),
        .init(
            "protocol version 6", "10 0d 0004 4d515454 06 02 0000 00 0000", .unsupportedProtocolVersion,
            .unsupportedProtocolVersion),
        .init("reserved flag", "10 0d 0004 4d515454 05 03 0000 00 0000", .reservedConnectFlag),
        .init("will QoS without will", "10 0d 0004 4d515454 05 0a 0000 00 0000", .willFlagsWithoutWill),
        .init("will retain without will", .v3_1_1, "10 0c 0004 4d515454 04 22 0000 0000", .willFlagsWithoutWill),
        .init("will QoS 3", "10 13 0004 4d515454 05 1e 0000 00 0000 00 0001 61 0000", .willQoS3),
        .init(
            "password without user name", .v3_1_1, "10 0f 0004 4d515454 04 42 0000 0000 0001 78",
            .passwordWithoutUserName),
        .init(
            "empty client identifier", .v3_1_1, "10 0c 0004 4d515454 04 00 0000 0000", .emptyClientIdentifier,
            .clientIdentifierNotValid),
        .init("will missing", "10 0d 0004 4d515454 05 06 0000 00 0000", .truncated),
        .init(
            "empty will topic", .v3_1_1, "10 10 0004 4d515454 04 06 0000 0000 0000 0000", .emptyTopicName,
            .protocolError),
        .init("bytes at the end", .v3_1_1, "10 0d 0004 4d515454 04 02 0000 0000 00", .trailingBytes),
        .init("client identifier is not UTF-8", .v3_1_1, "10 0d 0004 4d515454 04 02 0000 0001 ff", .invalidUTF8),
    ]
}
