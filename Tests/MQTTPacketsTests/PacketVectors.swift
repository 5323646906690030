import MQTTPackets
import NIOCore

/// A packet and its bytes, laid out by hand from the figures of the standard.
struct PacketVector: Sendable, CustomStringConvertible {
    let description: String
    let version: ProtocolVersion
    let hex: String
    let packet: Packet

    init(_ description: String, _ version: ProtocolVersion, _ hex: String, _ packet: Packet) {
        self.description = "\(version): \(description)"
        self.version = version
        self.hex = hex
        self.packet = packet
    }
}

private func filter(_ text: String) -> TopicFilter {
    guard let filter = try? TopicFilter(text) else { preconditionFailure("not a topic filter: \(text)") }
    return filter
}

extension PacketVector {
    static let all: [PacketVector] = v3 + v5Connection + v5Messages + v5Subscriptions

    private static let v3: [PacketVector] = [
        PacketVector(
            "CONNECT, smallest", .v3_1_1, "10 0c 0004 4d515454 04 02 0000 0000",
            .connect(Connect(version: .v3_1_1, clientIdentifier: ""))),
        PacketVector(
            "CONNECT with everything (§3.1.2, figure 3.6)", .v3_1_1,
            "10 21 0004 4d515454 04 ec 000a 0003 646576 0003 612f62 0002 6869 0004 75736572 0001 ff",
            .connect(
                Connect(
                    version: .v3_1_1, clientIdentifier: "dev", cleanStart: false, keepAliveSeconds: 10,
                    will: WillMessage(topicName: "a/b", payload: text("hi"), qos: .atLeastOnce, retain: true),
                    userName: "user", password: ByteBuffer(bytes: [0xFF])))),
        PacketVector("CONNACK, session present", .v3_1_1, "20 02 01 00", .connack(Connack(sessionPresent: true))),
        PacketVector(
            "CONNACK, not authorized", .v3_1_1, "20 02 00 05", .connack(Connack(reasonCode: .notAuthorized))),
        PacketVector(
            "PUBLISH QoS 1 (§3.3.2, figure 3.11)", .v3_1_1, "32 07 0003 612f62 000a",
            .publish(
                Publish(topicName: text("a/b"), payload: text(""), qos: .atLeastOnce, packetIdentifier: 10))),
        PacketVector(
            "PUBLISH QoS 0, retained", .v3_1_1, "31 07 0003 612f62 3231",
            .publish(Publish(topicName: text("a/b"), payload: text("21"), retain: true))),
        PacketVector(
            "PUBLISH QoS 2, duplicate, of more than 127 bytes", .v3_1_1,
            "3c 84 01 0001 61 0102" + String(repeating: " 00", count: 127),
            .publish(
                Publish(
                    topicName: text("a"), payload: ByteBuffer(repeating: 0, count: 127), qos: .exactlyOnce,
                    isDuplicate: true, packetIdentifier: 258))),
        PacketVector("PUBACK", .v3_1_1, "40 02 1234", .puback(Acknowledgement(packetIdentifier: 0x1234))),
        PacketVector("PUBREC", .v3_1_1, "50 02 1234", .pubrec(Acknowledgement(packetIdentifier: 0x1234))),
        PacketVector("PUBREL", .v3_1_1, "62 02 1234", .pubrel(Acknowledgement(packetIdentifier: 0x1234))),
        PacketVector("PUBCOMP", .v3_1_1, "70 02 1234", .pubcomp(Acknowledgement(packetIdentifier: 0x1234))),
        PacketVector(
            "SUBSCRIBE (§3.8.3, figure 3.23)", .v3_1_1, "82 0e 000a 0003 612f62 01 0003 632f64 02",
            .subscribe(
                Subscribe(
                    packetIdentifier: 10,
                    subscriptions: [
                        Subscription(topicFilter: filter("a/b"), options: .init(maximumQoS: .atLeastOnce)),
                        Subscription(topicFilter: filter("c/d"), options: .init(maximumQoS: .exactlyOnce)),
                    ]))),
        PacketVector(
            "SUBACK (§3.9.3, figure 3.26)", .v3_1_1, "90 05 000a 00 02 80",
            .suback(
                SubscribeAcknowledgement(
                    packetIdentifier: 10, reasonCodes: [.success, .grantedQoS2, .unspecifiedError]))),
        PacketVector(
            "UNSUBSCRIBE (§3.10.3, figure 3.30)", .v3_1_1, "a2 0c 000a 0003 612f62 0003 632f64",
            .unsubscribe(Unsubscribe(packetIdentifier: 10, topicFilters: [filter("a/b"), filter("c/d")]))),
        PacketVector(
            "UNSUBACK", .v3_1_1, "b0 02 000a",
            .unsuback(SubscribeAcknowledgement(packetIdentifier: 10, reasonCodes: []))),
        PacketVector("PINGREQ", .v3_1_1, "c0 00", .pingreq),
        PacketVector("PINGRESP", .v3_1_1, "d0 00", .pingresp),
        PacketVector("DISCONNECT", .v3_1_1, "e0 00", .disconnect(Disconnect())),
    ]

    private static let v5Connection: [PacketVector] = [
        PacketVector(
            "CONNECT with properties and will properties", .v5,
            """
            10 39 0004 4d515454 05 ce 000a 05 11 0000000a
            0003 646576 0c 18 00000005 01 01 02 00000078 0003 612f62 0002 6869 0004 75736572 0006 736573616d65
            """,
            .connect(
                Connect(
                    version: .v5, clientIdentifier: "dev", cleanStart: true, keepAliveSeconds: 10,
                    will: WillMessage(
                        topicName: "a/b", payload: text("hi"), qos: .atLeastOnce, retain: false,
                        properties: [
                            .willDelayInterval(seconds: 5), .payloadFormatIndicator(.utf8),
                            .messageExpiryInterval(seconds: 120),
                        ]),
                    userName: "user", password: text("sesame"),
                    properties: [.sessionExpiryInterval(seconds: 10)]))),
        PacketVector(
            "CONNECT, password without user name", .v5, "10 10 0004 4d515454 05 42 0000 00 0000 0001 78",
            .connect(Connect(version: .v5, clientIdentifier: "", password: text("x")))),
        PacketVector(
            "CONNACK with properties", .v5,
            "20 18 00 00 15 21 0014 24 01 25 00 27 00010000 12 0003 612d31 13 003c",
            .connack(
                Connack(properties: [
                    .receiveMaximum(20), .maximumQoS(.atLeastOnce), .retainAvailable(false),
                    .maximumPacketSize(bytes: 65_536), .assignedClientIdentifier("a-1"), .serverKeepAlive(seconds: 60),
                ]))),
        PacketVector(
            "CONNACK, banned, with reason string", .v5, "20 08 00 8a 05 1f 0002 6e6f",
            .connack(Connack(reasonCode: .banned, properties: [.reasonString("no")]))),
        PacketVector("PINGREQ", .v5, "c0 00", .pingreq),
        PacketVector("PINGRESP", .v5, "d0 00", .pingresp),
        PacketVector("DISCONNECT, normal", .v5, "e0 00", .disconnect(Disconnect())),
        PacketVector(
            "DISCONNECT, reason code only", .v5, "e0 01 8e", .disconnect(Disconnect(reasonCode: .sessionTakenOver))),
        PacketVector(
            "DISCONNECT, server moved", .v5, "e0 06 9d 04 1c 0001 62",
            .disconnect(Disconnect(reasonCode: .serverMoved, properties: [.serverReference("b")]))),
        PacketVector(
            "AUTH, continue", .v5, "f0 0a 18 08 15 0001 6d 16 0001 ff",
            .auth(
                Authentication(
                    reasonCode: .continueAuthentication,
                    properties: [.authenticationMethod("m"), .authenticationData(ByteBuffer(bytes: [0xFF]))]))),
        PacketVector("AUTH, success", .v5, "f0 00", .auth(Authentication())),
    ]

    private static let v5Messages: [PacketVector] = [
        PacketVector(
            "PUBLISH QoS 1 without properties", .v5, "32 0a 0003 612f62 000a 00 3231",
            .publish(
                Publish(topicName: text("a/b"), payload: text("21"), qos: .atLeastOnce, packetIdentifier: 10))),
        PacketVector(
            "PUBLISH, topic alias instead of a topic name", .v5, "30 06 0000 03 23 0007",
            .publish(Publish(topicName: text(""), payload: text(""), properties: [.topicAlias(7)]))),
        PacketVector(
            "PUBLISH with two subscription identifiers", .v5, "30 09 0001 61 05 0b 01 0b 8001",
            .publish(
                Publish(
                    topicName: text("a"), payload: text(""),
                    properties: [.subscriptionIdentifier(1), .subscriptionIdentifier(128)]))),
        PacketVector(
            "PUBLISH, request", .v5, "30 17 0001 61 12 08 0001 72 09 0001 00 26 0001 6b 0001 76 03 0000 78",
            .publish(
                Publish(
                    topicName: text("a"), payload: text("x"),
                    properties: [
                        .responseTopic("r"), .correlationData(ByteBuffer(bytes: [0])),
                        .userProperty(name: "k", value: "v"), .contentType(""),
                    ]))),
        PacketVector(
            "PUBACK, success", .v5, "40 02 1234", .puback(Acknowledgement(packetIdentifier: 0x1234))),
        PacketVector(
            "PUBACK, reason code only", .v5, "40 03 1234 10",
            .puback(Acknowledgement(packetIdentifier: 0x1234, reasonCode: .noMatchingSubscribers))),
        PacketVector(
            "PUBREC with reason string", .v5, "50 08 1234 97 04 1f 0001 71",
            .pubrec(
                Acknowledgement(
                    packetIdentifier: 0x1234, reasonCode: .quotaExceeded, properties: [.reasonString("q")]))),
        PacketVector(
            "PUBREL, not found", .v5, "62 03 1234 92",
            .pubrel(Acknowledgement(packetIdentifier: 0x1234, reasonCode: .packetIdentifierNotFound))),
        PacketVector("PUBCOMP", .v5, "70 02 1234", .pubcomp(Acknowledgement(packetIdentifier: 0x1234))),
    ]

    private static let v5Subscriptions: [PacketVector] = [
        PacketVector(
            "SUBSCRIBE with all options", .v5, "82 0b 000a 02 0b05 0003 612f62 2e",
            .subscribe(
                Subscribe(
                    packetIdentifier: 10,
                    subscriptions: [
                        Subscription(
                            topicFilter: filter("a/b"),
                            options: SubscriptionOptions(
                                maximumQoS: .exactlyOnce, noLocal: true, retainAsPublished: true,
                                retainHandling: .doNotSend))
                    ], properties: [.subscriptionIdentifier(5)]))),
        PacketVector(
            "SUBSCRIBE, shared", .v5, "82 10 0001 00 000a 24 7368617265 2f 67 2f 23 01",
            .subscribe(
                Subscribe(
                    packetIdentifier: 1,
                    subscriptions: [
                        Subscription(topicFilter: filter("$share/g/#"), options: .init(maximumQoS: .atLeastOnce))
                    ]))),
        PacketVector(
            "SUBACK", .v5, "90 05 000a 00 01 8f",
            .suback(
                SubscribeAcknowledgement(packetIdentifier: 10, reasonCodes: [.grantedQoS1, .topicFilterInvalid]))),
        PacketVector(
            "UNSUBSCRIBE", .v5, "a2 08 000a 00 0003 612f62",
            .unsubscribe(Unsubscribe(packetIdentifier: 10, topicFilters: [filter("a/b")]))),
        PacketVector(
            "UNSUBACK", .v5, "b0 05 000a 00 00 11",
            .unsuback(
                SubscribeAcknowledgement(packetIdentifier: 10, reasonCodes: [.success, .noSubscriptionExisted]))),
    ]
}
