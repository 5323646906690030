import MQTTPackets
import NIOCore
import Testing

@Suite("Properties (5.0 table 2-4)")
struct PropertyTests {
    /// The packets that may carry each property, copied from the standard; the will is written as type 0.
    private static let table: [(PropertyIdentifier, Property, [PacketType])] = [
        (.payloadFormatIndicator, .payloadFormatIndicator(.utf8), [.publish]),
        (.messageExpiryInterval, .messageExpiryInterval(seconds: 1), [.publish]),
        (.contentType, .contentType("t"), [.publish]),
        (.responseTopic, .responseTopic("t"), [.publish]),
        (.correlationData, .correlationData(ByteBuffer()), [.publish]),
        (.subscriptionIdentifier, .subscriptionIdentifier(1), [.publish, .subscribe]),
        (.sessionExpiryInterval, .sessionExpiryInterval(seconds: 1), [.connect, .connack, .disconnect]),
        (.assignedClientIdentifier, .assignedClientIdentifier("i"), [.connack]),
        (.serverKeepAlive, .serverKeepAlive(seconds: 0), [.connack]),
        (.authenticationMethod, .authenticationMethod("m"), [.connect, .connack, .auth]),
        (.requestProblemInformation, .requestProblemInformation(false), [.connect]),
        (.willDelayInterval, .willDelayInterval(seconds: 1), []),
        (.requestResponseInformation, .requestResponseInformation(true), [.connect]),
        (.responseInformation, .responseInformation("r"), [.connack]),
        (.serverReference, .serverReference("s"), [.connack, .disconnect]),
        (
            .reasonString, .reasonString("s"),
            [.connack, .puback, .pubrec, .pubrel, .pubcomp, .suback, .unsuback, .disconnect, .auth]
        ),
        (.receiveMaximum, .receiveMaximum(1), [.connect, .connack]),
        (.topicAliasMaximum, .topicAliasMaximum(0), [.connect, .connack]),
        (.topicAlias, .topicAlias(1), [.publish]),
        (.maximumQoS, .maximumQoS(.atMostOnce), [.connack]),
        (.retainAvailable, .retainAvailable(true), [.connack]),
        (
            .userProperty, .userProperty(name: "n", value: "v"),
            PacketType.allCases.filter { $0 != .pingreq && $0 != .pingresp }
        ),
        (.maximumPacketSize, .maximumPacketSize(bytes: 1), [.connect, .connack]),
        (.wildcardSubscriptionAvailable, .wildcardSubscriptionAvailable(true), [.connack]),
        (.subscriptionIdentifierAvailable, .subscriptionIdentifierAvailable(true), [.connack]),
        (.sharedSubscriptionAvailable, .sharedSubscriptionAvailable(true), [.connack]),
    ]

    private func packet(_ type: PacketType, _ properties: Properties) throws -> Packet? {
        let filter = try TopicFilter("a")
        return switch type {
        case .connect: .connect(Connect(version: .v5, clientIdentifier: "c", properties: properties))
        case .connack: .connack(Connack(properties: properties))
        case .publish: .publish(Publish(topicName: text("a"), payload: text(""), properties: properties))
        case .puback: .puback(Acknowledgement(packetIdentifier: 1, properties: properties))
        case .pubrec: .pubrec(Acknowledgement(packetIdentifier: 1, properties: properties))
        case .pubrel: .pubrel(Acknowledgement(packetIdentifier: 1, properties: properties))
        case .pubcomp: .pubcomp(Acknowledgement(packetIdentifier: 1, properties: properties))
        case .subscribe:
            .subscribe(
                Subscribe(packetIdentifier: 1, subscriptions: [.init(topicFilter: filter)], properties: properties))
        case .suback:
            .suback(SubscribeAcknowledgement(packetIdentifier: 1, reasonCodes: [.success], properties: properties))
        case .unsubscribe:
            .unsubscribe(Unsubscribe(packetIdentifier: 1, topicFilters: [filter], properties: properties))
        case .unsuback:
            .unsuback(SubscribeAcknowledgement(packetIdentifier: 1, reasonCodes: [.success], properties: properties))
        case .disconnect: .disconnect(Disconnect(properties: properties))
        case .auth:
            .auth(Authentication(properties: Properties([.authenticationMethod("m")] + properties.list)))
        case .pingreq, .pingresp: nil
        }
    }

    @Test("each is allowed where the table says, and refused everywhere else", arguments: PacketType.allCases)
    func places(_ type: PacketType) throws {
        for (identifier, property, places) in PropertyTests.table where identifier != .authenticationMethod {
            guard let packet = try packet(type, [property]) else { continue }
            var buffer = ByteBuffer()
            if places.contains(type) {
                try packet.encode(into: &buffer, version: .v5)
            } else {
                let error = try #require(throws: PacketEncodingError.self, "\(identifier) in \(type)") {
                    try packet.encode(into: &buffer, version: .v5)
                }
                guard case .illegal(let inner) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(inner.rule == .propertyNotAllowed && inner.property == identifier)
            }
        }
    }

    @Test("each but the repeatable ones is refused when repeated")
    func repeated() throws {
        for (identifier, property, places) in PropertyTests.table where identifier != .userProperty {
            guard let type = places.first, identifier != .subscriptionIdentifier else { continue }
            let packet = try #require(try packet(type, [property, property]))
            var buffer = ByteBuffer()
            let error = try #require(throws: PacketEncodingError.self) {
                try packet.encode(into: &buffer, version: .v5)
            }
            guard case .illegal(let inner) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(inner.rule == .propertyRepeated && inner.property == identifier)
        }
    }

    @Test("the will has its own list (5.0 §3.1.3.2)")
    func will() throws {
        let allowed: Set<PropertyIdentifier> = [
            .willDelayInterval, .payloadFormatIndicator, .messageExpiryInterval, .contentType, .responseTopic,
            .correlationData, .userProperty,
        ]
        for (identifier, property, _) in PropertyTests.table {
            let will = WillMessage(topicName: "a", payload: text(""), properties: [property])
            let packet = Packet.connect(Connect(version: .v5, clientIdentifier: "c", will: will))
            var buffer = ByteBuffer()
            if allowed.contains(identifier) {
                try packet.encode(into: &buffer, version: .v5)
            } else {
                #expect(throws: PacketEncodingError.self, "\(identifier)") {
                    try packet.encode(into: &buffer, version: .v5)
                }
            }
        }
    }

    @Test("values are found by name")
    func values() {
        let properties: Properties = [
            .sessionExpiryInterval(seconds: 60), .userProperty(name: "a", value: "1"), .receiveMaximum(5),
            .userProperty(name: "a", value: "2"), .maximumPacketSize(bytes: 9), .reasonString("why"),
        ]
        #expect(properties.sessionExpiryInterval == .seconds(60))
        #expect(properties.receiveMaximum == 5)
        #expect(properties.maximumPacketSize == 9)
        #expect(properties.reasonString == "why")
        #expect(properties.userProperties.map(\.value) == ["1", "2"])
        #expect(properties.topicAlias == nil)
    }
}

@Suite("Reason codes (5.0 table 2-6)")
struct ReasonCodeTests {
    @Test("failures are those from 0x80")
    func failures() {
        for code in ReasonCode.allCases { #expect(code.isError == (code.rawValue >= 0x80)) }
        #expect(ReasonCode.allCases.count == 43)
    }

    @Test(
        "each packet has as many reason codes as its table",
        arguments: [
            (PacketType.connack, 22), (.puback, 9), (.pubrec, 9), (.pubrel, 2), (.pubcomp, 2), (.suback, 12),
            (.unsuback, 7), (.auth, 3), (.publish, 0),
        ])
    func counts(_ type: PacketType, _ count: Int) {
        #expect(ReasonCode.allCases.count { $0.isAllowed(in: type) } == count)
    }

    @Test("some are the client's, some the server's")
    func senders() {
        #expect(ReasonCode.disconnectWithWillMessage.isAllowed(in: .disconnect, sentBy: .client))
        #expect(!ReasonCode.disconnectWithWillMessage.isAllowed(in: .disconnect, sentBy: .server))
        #expect(!ReasonCode.serverShuttingDown.isAllowed(in: .disconnect, sentBy: .client))
        #expect(ReasonCode.reauthenticate.isAllowed(in: .auth, sentBy: .client))
        #expect(!ReasonCode.reauthenticate.isAllowed(in: .auth, sentBy: .server))
        #expect(ReasonCode(granting: .exactlyOnce) == .grantedQoS2)
    }
}
