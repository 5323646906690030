/// Walks through the properties of one packet and checks each, without allocating (5.0 §2.2.2).
///
///     | identifier | value, laid out as the identifier says | identifier | value | ...
///
/// Identifiers are Variable Byte Integers by the letter; all that are defined take one byte.
struct PropertyWalker {
    enum Step {
        case end
        case property(PropertyIdentifier, value: Range<Int>)
        case fault(DecodingRule, PropertyIdentifier?)
    }

    private let bytes: UnsafeRawBufferPointer
    private let place: PropertyPlaces
    private let sender: Sender?
    private var offset = 0
    private var seen: UInt64 = 0
    /// The topic alias met so far; zero for none.
    private(set) var topicAlias: UInt16 = 0

    /// - Parameters:
    ///   - bytes: Exactly the properties, without their length.
    ///   - place: Where they stand.
    ///   - sender: Who sent the packet, or nil if rules that depend on it shall be left out.
    init(_ bytes: UnsafeRawBufferPointer, in place: PropertyPlaces, sentBy sender: Sender?) {
        self.bytes = bytes
        self.place = place
        self.sender = sender
    }

    /// Walks to the end. Answers the first fault, or the rule that the properties break together.
    mutating func checkAll() -> (rule: DecodingRule, property: PropertyIdentifier?)? {
        while true {
            switch next() {
            case .property: continue
            case .fault(let rule, let property): return (rule, property)
            case .end: return faultOfTheWhole
            }
        }
    }

    /// Authentication data needs a method, and AUTH is nothing without one.
    private var faultOfTheWhole: (rule: DecodingRule, property: PropertyIdentifier?)? {
        guard !has(.authenticationMethod), has(.authenticationData) || place == .auth else { return nil }
        return (.authenticationMethodMissing, .authenticationMethod)
    }

    private func has(_ identifier: PropertyIdentifier) -> Bool { seen & (1 << identifier.rawValue) != 0 }

    mutating func next() -> Step {
        guard offset < bytes.count else { return .end }
        guard let identifier = PropertyIdentifier(rawValue: bytes[offset]),
            identifier.definition.places.isSuperset(of: place)
        else { return .fault(.propertyNotAllowed, PropertyIdentifier(rawValue: bytes[offset])) }
        if let rule = faultOfSender(identifier) { return .fault(rule, identifier) }
        let mayRepeat = identifier == .userProperty || (identifier == .subscriptionIdentifier && place == .publish)
        guard mayRepeat || !has(identifier) else { return .fault(.propertyRepeated, identifier) }
        seen |= 1 << identifier.rawValue
        offset += 1
        let start = offset
        if let rule = skipValue(identifier) { return .fault(rule, identifier) }
        return .property(identifier, value: start..<offset)
    }

    private func faultOfSender(_ identifier: PropertyIdentifier) -> DecodingRule? {
        switch (identifier, sender) {
        case (.subscriptionIdentifier, .client) where place == .publish: .subscriptionIdentifierFromClient
        case (.sessionExpiryInterval, .server) where place == .disconnect: .sessionExpiryFromServer
        default: nil
        }
    }

    private mutating func skipValue(_ identifier: PropertyIdentifier) -> DecodingRule? {
        switch identifier.definition.kind {
        case .flag:
            guard let value = integer(1) else { return .propertiesTruncated }
            return value <= 1 ? nil : .propertyOutOfRange
        case .twoByteInteger:
            guard let value = integer(2) else { return .propertiesTruncated }
            if identifier == .topicAlias { topicAlias = UInt16(truncatingIfNeeded: value) }
            return value == 0 ? faultOfZero(identifier) : nil
        case .fourByteInteger:
            guard let value = integer(4) else { return .propertiesTruncated }
            return value == 0 ? faultOfZero(identifier) : nil
        case .variableByteInteger: return skipVariableByteInteger(identifier)
        case .string: return skipString(identifier)
        case .stringPair: return skipString(identifier) ?? skipString(identifier)
        case .binaryData: return field() == nil ? .propertiesTruncated : nil
        }
    }

    private func faultOfZero(_ identifier: PropertyIdentifier) -> DecodingRule? {
        switch identifier {
        case .topicAlias: .topicAliasZero
        case .receiveMaximum, .maximumPacketSize, .subscriptionIdentifier: .propertyOutOfRange
        default: nil
        }
    }

    private mutating func integer(_ width: Int) -> Int? {
        guard bytes.count - offset >= width else { return nil }
        var value = 0
        for index in offset..<offset + width { value = value << 8 | Int(bytes[index]) }
        offset += width
        return value
    }

    private mutating func skipVariableByteInteger(_ identifier: PropertyIdentifier) -> DecodingRule? {
        switch VariableByteInteger.read(bytes, at: offset) {
        case .incomplete: return .propertiesTruncated
        case .tooLong: return .variableByteIntegerInvalid
        case .value(_, _, isMinimal: false): return .variableByteIntegerNotMinimal
        case .value(let value, let width, _):
            offset += width
            return value == 0 ? faultOfZero(identifier) : nil
        }
    }

    private mutating func skipString(_ identifier: PropertyIdentifier) -> DecodingRule? {
        guard let range = field() else { return .propertiesTruncated }
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard identifier == .responseTopic else { return TextChecks.stringFault(text) }
        return text.isEmpty ? .emptyTopicName : TextChecks.topicNameFault(text)
    }

    /// The bytes of a field that begins with its length.
    private mutating func field() -> Range<Int>? {
        guard let length = integer(2), bytes.count - offset >= length else { return nil }
        defer { offset += length }
        return offset..<offset + length
    }
}
