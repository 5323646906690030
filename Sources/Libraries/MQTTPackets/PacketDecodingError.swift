/// Why bytes are not a packet: the broken rule, and where it was broken.
///
/// Small and trivial to copy, so that throwing costs nothing. A 5.0 server sends ``reasonCode`` in DISCONNECT, or in
/// CONNACK while the connection is not accepted; a 3.1.1 server closes the connection without a word, except for
/// ``DecodingRule/unsupportedProtocolVersion`` and ``DecodingRule/emptyClientIdentifier``, which it answers by CONNACK.
public struct PacketDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken.
    public let rule: DecodingRule
    /// The packet in which it was broken, when its type is known.
    public let packetType: PacketType?
    /// The property in which it was broken, when it was one.
    public let property: PropertyIdentifier?

    init(_ rule: DecodingRule, in packetType: PacketType?, property: PropertyIdentifier? = nil) {
        self.rule = rule
        self.packetType = packetType
        self.property = property
    }

    /// The reason code to send before the connection is closed.
    public var reasonCode: ReasonCode { rule.definition.reasonCode }

    /// Where, what and which clause: for a log, not for the peer's user.
    public var message: String {
        let place = packetType.map { "\($0)" } ?? "packet"
        let detail = property.map { ", property `\($0)`" } ?? ""
        return "\(place)\(detail): \(rule.definition.message) (\(rule.definition.clause))"
    }

    /// The same as ``message``.
    public var description: String { message }
}

/// Everything that a codec can hold against a packet. Closed on purpose: each rule has one row in one table.
public enum DecodingRule: UInt8, Sendable, CaseIterable {
    /// The type in the first byte is zero, or AUTH in 3.1.1.
    case reservedPacketType
    /// The flags in the first byte are not those of the type.
    case invalidFlags
    /// Both QoS bits of a PUBLISH are set.
    case publishQoS3
    /// DUP is set in a QoS 0 PUBLISH.
    case duplicateAtQoS0
    /// Remaining Length continues after four bytes.
    case remainingLengthTooLong
    /// A Variable Byte Integer takes more bytes than needed; 5.0 only.
    case variableByteIntegerNotMinimal
    /// A Variable Byte Integer within the packet is cut off or continues after four bytes.
    case variableByteIntegerInvalid
    /// The packet is larger than the receiver allows.
    case packetTooLarge
    /// The first packet from a client is not CONNECT.
    case connectExpected
    /// A second CONNECT on one connection.
    case secondConnect
    /// The peer may not send packets of this type.
    case wrongDirection
    /// A field ends beyond the end of the packet.
    case truncated
    /// Bytes follow the last field.
    case trailingBytes
    /// A string is not UTF-8, or encodes a surrogate.
    case invalidUTF8
    /// A string contains U+0000.
    case nullCharacter
    /// The protocol name is not `MQTT`.
    case invalidProtocolName
    /// The protocol version is not one of ``ProtocolVersion``.
    case unsupportedProtocolVersion
    /// The reserved bit of the connect flags is set.
    case reservedConnectFlag
    /// Will QoS or Will Retain is set without the Will Flag.
    case willFlagsWithoutWill
    /// Will QoS is 3.
    case willQoS3
    /// The Password Flag is set without the User Name Flag; 3.1.1 only.
    case passwordWithoutUserName
    /// The client identifier is empty and Clean Session is 0; 3.1.1 only.
    case emptyClientIdentifier
    /// A reserved bit of the connect acknowledge flags is set.
    case reservedAcknowledgeFlags
    /// Session Present is set although the connection is refused.
    case sessionPresentOnRefusal
    /// The topic name is empty, and there is no topic alias.
    case emptyTopicName
    /// The topic name contains `#` or `+`.
    case wildcardInTopicName
    /// The packet identifier is zero.
    case packetIdentifierZero
    /// SUBSCRIBE or UNSUBSCRIBE without a topic filter.
    case noTopicFilters
    /// SUBACK, or UNSUBACK in 5.0, without a reason code.
    case noReasonCodes
    /// The topic filter is empty.
    case emptyTopicFilter
    /// `#` or `+` does not stand where it may.
    case misplacedWildcard
    /// `$share` is not followed by a share name and a topic filter.
    case invalidSharedSubscription
    /// No Local on a shared subscription.
    case noLocalOnSharedSubscription
    /// A reserved bit of the subscription options is set.
    case reservedSubscriptionOptions
    /// The QoS of a subscription is 3.
    case subscriptionQoS3
    /// Retain Handling is 3.
    case retainHandling3
    /// The reason code is not one that this packet may carry.
    case reasonCodeNotAllowed
    /// There is no property with this identifier, or this packet may not carry it.
    case propertyNotAllowed
    /// The property appears more than once.
    case propertyRepeated
    /// The value of the property is out of its range.
    case propertyOutOfRange
    /// The topic alias is zero.
    case topicAliasZero
    /// The properties end within a property, or beyond the packet.
    case propertiesTruncated
    /// A PUBLISH to a server carries a subscription identifier.
    case subscriptionIdentifierFromClient
    /// A DISCONNECT from a server carries a session expiry interval.
    case sessionExpiryFromServer
    /// Authentication data, or an AUTH packet, without an authentication method.
    case authenticationMethodMissing
}

extension DecodingRule {
    /// One row per rule, and no second table anywhere.
    var definition: (reasonCode: ReasonCode, message: String, clause: String) {
        switch self {
        case .reservedPacketType:
            (.malformedPacket, "this type is reserved", "5.0 §2.1.2; 3.1.1 §2.2.1")
        case .invalidFlags:
            (
                .malformedPacket, "flags are not those of the type",
                "5.0 [MQTT-2.1.3-1]; 3.1.1 [MQTT-2.2.2-2]"
            )
        case .publishQoS3:
            (.malformedPacket, "both QoS bits are set", "[MQTT-3.3.1-4]")
        case .duplicateAtQoS0:
            (.malformedPacket, "DUP is set at QoS 0", "[MQTT-3.3.1-2]")
        case .remainingLengthTooLong:
            (.malformedPacket, "remaining length is longer than four bytes", "5.0 §1.5.5; 3.1.1 §2.2.3")
        case .variableByteIntegerNotMinimal:
            (.malformedPacket, "variable byte integer is longer than needed", "5.0 [MQTT-1.5.5-1]")
        case .variableByteIntegerInvalid:
            (.malformedPacket, "variable byte integer has no end", "5.0 §1.5.5")
        case .packetTooLarge:
            (.packetTooLarge, "packet is larger than the receiver allows", "5.0 §3.1.2.11.4, [MQTT-3.2.2-15]")
        case .connectExpected:
            (.protocolError, "the first packet must be CONNECT", "[MQTT-3.1.0-1]")
        case .secondConnect:
            (.protocolError, "CONNECT may be sent only once", "[MQTT-3.1.0-2]")
        case .wrongDirection:
            (.protocolError, "the peer may not send this type", "5.0 table 2-1; 3.1.1 table 2.1")
        case .truncated:
            (.malformedPacket, "a field ends beyond the packet", "5.0 §4.13.1; 3.1.1 [MQTT-4.8.0-1]")
        case .trailingBytes:
            (.malformedPacket, "bytes follow the last field", "5.0 §4.13.1; 3.1.1 [MQTT-4.8.0-1]")
        case .invalidUTF8:
            (.malformedPacket, "string is not well-formed UTF-8", "5.0 [MQTT-1.5.4-1]; 3.1.1 [MQTT-1.5.3-1]")
        case .nullCharacter:
            (.malformedPacket, "string contains U+0000", "5.0 [MQTT-1.5.4-2]; 3.1.1 [MQTT-1.5.3-2]")
        case .invalidProtocolName:
            (.unsupportedProtocolVersion, "protocol name is not `MQTT`", "[MQTT-3.1.2-1]")
        case .unsupportedProtocolVersion:
            (.unsupportedProtocolVersion, "protocol version is neither 4 nor 5", "[MQTT-3.1.2-2]")
        case .reservedConnectFlag:
            (.malformedPacket, "the reserved connect flag is set", "[MQTT-3.1.2-3]")
        case .willFlagsWithoutWill:
            (
                .malformedPacket, "will QoS or will retain is set without a will",
                "5.0 [MQTT-3.1.2-11], [MQTT-3.1.2-13]; 3.1.1 [MQTT-3.1.2-13], [MQTT-3.1.2-15]"
            )
        case .willQoS3:
            (.malformedPacket, "will QoS is 3", "5.0 [MQTT-3.1.2-12]; 3.1.1 [MQTT-3.1.2-14]")
        case .passwordWithoutUserName:
            (.malformedPacket, "password without user name", "3.1.1 [MQTT-3.1.2-22]")
        case .emptyClientIdentifier:
            (
                .clientIdentifierNotValid, "empty client identifier without clean session",
                "3.1.1 [MQTT-3.1.3-7], [MQTT-3.1.3-8]"
            )
        case .reservedAcknowledgeFlags:
            (.malformedPacket, "reserved acknowledge flags are set", "5.0 [MQTT-3.2.2-1]; 3.1.1 §3.2.2.1")
        case .sessionPresentOnRefusal:
            (
                .protocolError, "session present although the connection is refused",
                "5.0 [MQTT-3.2.2-6]; 3.1.1 [MQTT-3.2.2-4]"
            )
        case .emptyTopicName:
            (
                .protocolError, "topic name is empty",
                "5.0 §3.3.2.1, [MQTT-4.7.3-1]; 3.1.1 [MQTT-4.7.3-1]"
            )
        case .wildcardInTopicName:
            (.malformedPacket, "topic name contains a wildcard", "[MQTT-3.3.2-2]; 5.0 [MQTT-3.3.2-14]")
        case .packetIdentifierZero:
            (
                .protocolError, "packet identifier is zero",
                "5.0 [MQTT-2.2.1-3], [MQTT-2.2.1-4]; 3.1.1 [MQTT-2.3.1-1]"
            )
        case .noTopicFilters:
            (
                .protocolError, "no topic filter",
                "5.0 [MQTT-3.8.3-2], [MQTT-3.10.3-2]; 3.1.1 [MQTT-3.8.3-3], [MQTT-3.10.3-2]"
            )
        case .noReasonCodes:
            (.protocolError, "no reason code", "5.0 [MQTT-3.8.4-6], §3.11.3; 3.1.1 [MQTT-3.8.4-5]")
        case .emptyTopicFilter:
            (.malformedPacket, "topic filter is empty", "[MQTT-4.7.3-1]")
        case .misplacedWildcard:
            (.malformedPacket, "wildcard is not alone in its level, or `#` not last", "[MQTT-4.7.1-1], [MQTT-4.7.1-2]")
        case .invalidSharedSubscription:
            (
                .malformedPacket, "`$share` without a share name or a topic filter",
                "5.0 [MQTT-4.8.2-1], [MQTT-4.8.2-2]"
            )
        case .noLocalOnSharedSubscription:
            (.protocolError, "no local on a shared subscription", "5.0 [MQTT-3.8.3-4]")
        case .reservedSubscriptionOptions:
            (
                .malformedPacket, "reserved subscription options are set",
                "5.0 [MQTT-3.8.3-5]; 3.1.1 [MQTT-3.8.3-4]"
            )
        case .subscriptionQoS3:
            (.protocolError, "subscription QoS is 3", "5.0 §3.8.3.1; 3.1.1 [MQTT-3.8.3-4]")
        case .retainHandling3:
            (.protocolError, "retain handling is 3", "5.0 §3.8.3.1")
        case .reasonCodeNotAllowed:
            (
                .protocolError, "reason code is not one of this packet's",
                "5.0 table 2-6; 3.1.1 table 3.1, [MQTT-3.9.3-2]"
            )
        case .propertyNotAllowed:
            (.malformedPacket, "property is unknown or not one of this packet's", "5.0 §2.2.2.2")
        case .propertyRepeated:
            (.protocolError, "property appears more than once", "5.0 §2.2.2.2")
        case .propertyOutOfRange:
            (.protocolError, "value is out of range", "5.0 §3.1.2.11, §3.2.2.3, §3.3.2.3")
        case .topicAliasZero:
            (.topicAliasInvalid, "topic alias is zero", "5.0 [MQTT-3.3.2-8]")
        case .propertiesTruncated:
            (.malformedPacket, "properties end within a property or beyond the packet", "5.0 §2.2.2")
        case .subscriptionIdentifierFromClient:
            (.protocolError, "a client may not send a subscription identifier in PUBLISH", "5.0 [MQTT-3.3.4-6]")
        case .sessionExpiryFromServer:
            (.protocolError, "a server may not send a session expiry interval in DISCONNECT", "5.0 [MQTT-3.14.2-2]")
        case .authenticationMethodMissing:
            (.protocolError, "authentication method is missing", "5.0 §3.1.2.11.10, §3.15.2.2.2")
        }
    }
}
