import NIOCore

extension Properties {
    /// Reads all of `bytes`, which have already been checked.
    ///
    /// - Returns: nil when they turn out to be wrong after all.
    init?(checked bytes: ByteBuffer, in place: PropertyPlaces) {
        let list = bytes.withUnsafeReadableBytes { raw -> [Property]? in
            var walker = PropertyWalker(raw, in: place, sentBy: nil)
            var list: [Property] = []
            while true {
                switch walker.next() {
                case .end: return list
                case .fault: return nil
                case .property(let identifier, let range):
                    guard let value = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count),
                        let property = Property(identifier, value: value)
                    else { return nil }
                    list.append(property)
                }
            }
        }
        guard let list else { return nil }
        self.init(list)
    }
}

extension Property {
    /// The property whose value is exactly `value`, or nil when the value is laid out otherwise.
    fileprivate init?(_ identifier: PropertyIdentifier, value: ByteBuffer) {
        var value = value
        let property: Property? =
            switch identifier.definition.kind {
            case .flag: value.readInteger(as: UInt8.self).flatMap { Property(identifier, flag: $0) }
            case .twoByteInteger: value.readInteger(as: UInt16.self).flatMap { Property(identifier, twoBytes: $0) }
            case .fourByteInteger: value.readInteger(as: UInt32.self).flatMap { Property(identifier, fourBytes: $0) }
            case .variableByteInteger: Property(variableByteInteger: value)
            case .string: value.readText().flatMap { Property(identifier, text: $0) }
            case .stringPair: Property(pair: value)
            case .binaryData: value.readField().flatMap { Property(identifier, data: $0) }
            }
        guard let property else { return nil }
        self = property
    }

    private init?(_ identifier: PropertyIdentifier, flag: UInt8) {
        switch identifier {
        case .payloadFormatIndicator: self = .payloadFormatIndicator(flag == 1 ? .utf8 : .unspecifiedBytes)
        case .requestProblemInformation: self = .requestProblemInformation(flag == 1)
        case .requestResponseInformation: self = .requestResponseInformation(flag == 1)
        case .maximumQoS: self = .maximumQoS(flag == 1 ? .atLeastOnce : .atMostOnce)
        case .retainAvailable: self = .retainAvailable(flag == 1)
        case .wildcardSubscriptionAvailable: self = .wildcardSubscriptionAvailable(flag == 1)
        case .subscriptionIdentifierAvailable: self = .subscriptionIdentifierAvailable(flag == 1)
        case .sharedSubscriptionAvailable: self = .sharedSubscriptionAvailable(flag == 1)
        default: return nil
        }
    }

    private init?(_ identifier: PropertyIdentifier, twoBytes: UInt16) {
        switch identifier {
        case .serverKeepAlive: self = .serverKeepAlive(seconds: twoBytes)
        case .receiveMaximum: self = .receiveMaximum(twoBytes)
        case .topicAliasMaximum: self = .topicAliasMaximum(twoBytes)
        case .topicAlias: self = .topicAlias(twoBytes)
        default: return nil
        }
    }

    private init?(_ identifier: PropertyIdentifier, fourBytes: UInt32) {
        switch identifier {
        case .messageExpiryInterval: self = .messageExpiryInterval(seconds: fourBytes)
        case .sessionExpiryInterval: self = .sessionExpiryInterval(seconds: fourBytes)
        case .willDelayInterval: self = .willDelayInterval(seconds: fourBytes)
        case .maximumPacketSize: self = .maximumPacketSize(bytes: fourBytes)
        default: return nil
        }
    }

    private init?(variableByteInteger bytes: ByteBuffer) {
        let reading = bytes.withUnsafeReadableBytes { VariableByteInteger.read($0, at: 0) }
        guard case .value(let value, _, _) = reading else { return nil }
        self = .subscriptionIdentifier(UInt32(value))
    }

    private init?(_ identifier: PropertyIdentifier, text: String) {
        switch identifier {
        case .contentType: self = .contentType(text)
        case .responseTopic: self = .responseTopic(text)
        case .assignedClientIdentifier: self = .assignedClientIdentifier(text)
        case .authenticationMethod: self = .authenticationMethod(text)
        case .responseInformation: self = .responseInformation(text)
        case .serverReference: self = .serverReference(text)
        case .reasonString: self = .reasonString(text)
        default: return nil
        }
    }

    private init?(pair: ByteBuffer) {
        var pair = pair
        guard let name = pair.readText(), let value = pair.readText() else { return nil }
        self = .userProperty(name: name, value: value)
    }

    private init?(_ identifier: PropertyIdentifier, data: ByteBuffer) {
        switch identifier {
        case .correlationData: self = .correlationData(data)
        case .authenticationData: self = .authenticationData(data)
        default: return nil
        }
    }
}

extension ByteBuffer {
    /// The bytes of a field that begins with its length, or nil if it is cut off.
    mutating func readField() -> ByteBuffer? { readLengthPrefixedSlice(as: UInt16.self) }

    /// The same as text that is known to be UTF-8.
    fileprivate mutating func readText() -> String? { readField().map { String(buffer: $0) } }
}
