import MQTTPackets
import NIOCore

/// Makes random packets that keep the rules.
struct PacketGenerator {
    var random: SeededGenerator
    let version: ProtocolVersion

    init(seed: UInt64, version: ProtocolVersion) {
        random = SeededGenerator(seed: seed)
        self.version = version
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func flag() -> Bool { Bool.random(using: &random) }

    private mutating func string() -> String {
        String((0..<number(0...20)).map { _ in pick(Array("abcXYZ09 /-ßé日本\u{FEFF}🚦")) })
    }

    private mutating func data() -> ByteBuffer {
        ByteBuffer(bytes: (0..<number(0...200)).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    mutating func topicName() -> String {
        (0..<number(1...4)).map { _ in pick(["a", "bc", "ville-de-lyon", "$SYS", "é", "日本", "", "x9"]) }
            .joined(separator: "/") + "t"
    }

    private mutating func topicFilter() throws -> TopicFilter {
        var levels = (0..<number(1...4)).map { _ in pick(["a", "+", "bc", "é", "", "+"]) }
        if flag() { levels.append("#") }
        let filter = levels.joined(separator: "/")
        let share = version == .v5 && random.chance(4) ? "$share/group/" : ""
        return try TopicFilter(share + (filter.isEmpty ? "x" : filter), version: version)
    }

    private mutating func packetIdentifier() -> UInt16 { UInt16(number(1...65_535)) }

    private mutating func qos() -> QoS { pick(QoS.allCases) }

    private mutating func code(_ type: PacketType, _ sender: Sender?) -> ReasonCode {
        pick(ReasonCode.allCases.filter { $0.isAllowed(in: type, sentBy: sender) })
    }

    mutating func packet(_ type: PacketType) throws -> Packet {
        switch type {
        case .connect: .connect(connect())
        case .connack: .connack(connack())
        case .publish: .publish(publish())
        case .puback: .puback(acknowledgement(.puback))
        case .pubrec: .pubrec(acknowledgement(.pubrec))
        case .pubrel: .pubrel(acknowledgement(.pubrel))
        case .pubcomp: .pubcomp(acknowledgement(.pubcomp))
        case .subscribe: .subscribe(try subscribe())
        case .suback: .suback(answer(.suback))
        case .unsubscribe:
            .unsubscribe(
                Unsubscribe(
                    packetIdentifier: packetIdentifier(),
                    topicFilters: try (0..<number(1...3)).map { _ in try topicFilter() },
                    properties: properties([.userProperty])))
        case .unsuback: .unsuback(answer(.unsuback))
        case .pingreq: .pingreq
        case .pingresp: .pingresp
        case .disconnect: .disconnect(disconnect())
        case .auth: .auth(auth())
        }
    }
}

// MARK: One packet type each

extension PacketGenerator {
    private mutating func connect() -> Connect {
        let userName = flag() ? string() : nil
        let clientIdentifier = "c" + string()
        var will: WillMessage?
        if flag() {
            let willProperties: [PropertyIdentifier] = [
                .willDelayInterval, .payloadFormatIndicator, .messageExpiryInterval, .contentType, .responseTopic,
                .correlationData, .userProperty,
            ]
            will = WillMessage(
                topicName: topicName(), payload: data(), qos: qos(), retain: flag(),
                properties: properties(willProperties))
        }
        return Connect(
            version: version, clientIdentifier: clientIdentifier, cleanStart: flag(),
            keepAliveSeconds: UInt16(number(0...65_535)), will: will, userName: userName,
            password: (userName != nil || version == .v5) && flag() ? data() : nil,
            properties: properties([
                .sessionExpiryInterval, .receiveMaximum, .maximumPacketSize, .topicAliasMaximum,
                .requestResponseInformation, .requestProblemInformation, .userProperty, .authenticationMethod,
            ]))
    }

    private mutating func connack() -> Connack {
        let codes = ReasonCode.allCases.filter {
            version == .v5 ? $0.isAllowed(in: .connack) : $0.connectReturnCode != nil
        }
        let reasonCode = pick(codes)
        return Connack(
            sessionPresent: reasonCode == .success && flag(), reasonCode: reasonCode,
            properties: properties([
                .sessionExpiryInterval, .receiveMaximum, .maximumQoS, .retainAvailable, .maximumPacketSize,
                .assignedClientIdentifier, .topicAliasMaximum, .reasonString, .userProperty,
                .wildcardSubscriptionAvailable, .subscriptionIdentifierAvailable, .sharedSubscriptionAvailable,
                .serverKeepAlive, .responseInformation, .serverReference, .authenticationMethod,
            ]))
    }

    mutating func publish() -> Publish {
        let qos = qos()
        let properties = properties([
            .payloadFormatIndicator, .messageExpiryInterval, .topicAlias, .responseTopic, .correlationData,
            .userProperty, .subscriptionIdentifier, .contentType,
        ])
        let mayBeEmpty = properties.topicAlias != nil
        return Publish(
            topicName: text(mayBeEmpty && flag() ? "" : topicName()), payload: data(), qos: qos, retain: flag(),
            isDuplicate: qos != .atMostOnce && flag(),
            packetIdentifier: qos == .atMostOnce ? nil : packetIdentifier(), properties: properties)
    }

    private mutating func acknowledgement(_ type: PacketType) -> Acknowledgement {
        Acknowledgement(
            packetIdentifier: packetIdentifier(), reasonCode: version == .v5 ? code(type, nil) : .success,
            properties: properties([.reasonString, .userProperty]))
    }

    private mutating func subscribe() throws -> Subscribe {
        let subscriptions = try (0..<number(1...3)).map { _ in
            let filter = try topicFilter()
            var options = SubscriptionOptions(maximumQoS: qos())
            if version == .v5 {
                options.noLocal = filter.shareName == nil && flag()
                options.retainAsPublished = flag()
                options.retainHandling = pick(SubscriptionOptions.RetainHandling.allCases)
            }
            return Subscription(topicFilter: filter, options: options)
        }
        return Subscribe(
            packetIdentifier: packetIdentifier(), subscriptions: subscriptions,
            properties: properties([.subscriptionIdentifier, .userProperty]))
    }

    private mutating func answer(_ type: PacketType) -> SubscribeAcknowledgement {
        var codes: [ReasonCode] = []
        if version == .v5 {
            codes = (0..<number(1...3)).map { _ in code(type, nil) }
        } else if type == .suback {
            codes = (0..<number(1...3)).map { _ in pick([.success, .grantedQoS1, .grantedQoS2, .unspecifiedError]) }
        }
        return SubscribeAcknowledgement(
            packetIdentifier: packetIdentifier(), reasonCodes: codes,
            properties: properties([.reasonString, .userProperty]))
    }

    private mutating func disconnect() -> Disconnect {
        guard version == .v5 else { return Disconnect() }
        let code = code(.disconnect, nil)
        let byClient = code.isAllowed(in: .disconnect, sentBy: .client)
        var allowed: [PropertyIdentifier] = [.reasonString, .userProperty, .serverReference]
        if byClient { allowed.append(.sessionExpiryInterval) }
        return Disconnect(reasonCode: code, properties: properties(allowed))
    }

    private mutating func auth() -> Authentication {
        var properties = properties([.authenticationData, .reasonString, .userProperty])
        properties.list.insert(.authenticationMethod(string()), at: 0)
        return Authentication(reasonCode: code(.auth, nil), properties: properties)
    }
}

// MARK: Properties

extension PacketGenerator {
    private mutating func properties(_ allowed: [PropertyIdentifier]) -> Properties {
        guard version == .v5, flag() else { return [] }
        var list = allowed.filter { _ in random.chance(3) }.map { property($0) }
        if allowed.contains(.userProperty), flag() { list.append(property(.userProperty)) }
        return Properties(list.shuffled(using: &random))
    }

    private mutating func property(_ identifier: PropertyIdentifier) -> Property {
        switch identifier {
        case .payloadFormatIndicator: .payloadFormatIndicator(pick(PayloadFormat.allCases))
        case .messageExpiryInterval: .messageExpiryInterval(seconds: .random(in: 0...UInt32.max, using: &random))
        case .contentType: .contentType(string())
        case .responseTopic: .responseTopic(topicName())
        case .correlationData: .correlationData(data())
        case .subscriptionIdentifier: .subscriptionIdentifier(.random(in: 1...268_435_455, using: &random))
        case .sessionExpiryInterval: .sessionExpiryInterval(seconds: .random(in: 0...UInt32.max, using: &random))
        case .assignedClientIdentifier: .assignedClientIdentifier(string())
        case .serverKeepAlive: .serverKeepAlive(seconds: UInt16(number(0...65_535)))
        case .authenticationMethod: .authenticationMethod(string())
        case .authenticationData: .authenticationData(data())
        case .requestProblemInformation: .requestProblemInformation(flag())
        case .willDelayInterval: .willDelayInterval(seconds: .random(in: 0...UInt32.max, using: &random))
        case .requestResponseInformation: .requestResponseInformation(flag())
        case .responseInformation: .responseInformation(string())
        case .serverReference: .serverReference(string())
        case .reasonString: .reasonString(string())
        case .receiveMaximum: .receiveMaximum(UInt16(number(1...65_535)))
        case .topicAliasMaximum: .topicAliasMaximum(UInt16(number(0...65_535)))
        case .topicAlias: .topicAlias(UInt16(number(1...65_535)))
        case .maximumQoS: .maximumQoS(pick([.atMostOnce, .atLeastOnce]))
        case .retainAvailable: .retainAvailable(flag())
        case .userProperty: .userProperty(name: string(), value: string())
        case .maximumPacketSize: .maximumPacketSize(bytes: .random(in: 1...UInt32.max, using: &random))
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable(flag())
        case .subscriptionIdentifierAvailable: .subscriptionIdentifierAvailable(flag())
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable(flag())
        }
    }
}
