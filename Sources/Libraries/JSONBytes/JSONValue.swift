/// A JSON document, or a part of one.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, exact where it is an integer of 64 bits.
    case number(JSONNumber)
    /// A string, decoded.
    case string(String)
    /// An array, in order.
    case array([JSONValue])
    /// An object, its members in the order they were written.
    case object(JSONObject)

    /// What the value is, with its article, for messages: `a number`, `an object`.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a Boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A finite number; nil for infinities and NaN.
    ///
    /// - Parameter double: The value.
    public init?(_ double: Double) {
        guard let number = JSONNumber(double) else { return nil }
        self = .number(number)
    }
}

/// The members of a JSON object: names unique, order kept. Equality ignores the order (RFC 8259 §4).
public struct JSONObject: Sendable {
    /// One name and its value.
    public struct Member: Sendable, Hashable {
        /// Unique within its object, code unit by code unit.
        public let name: String
        /// What the name stands for.
        public let value: JSONValue

        /// A member.
        ///
        /// - Parameters:
        ///   - name: Its name.
        ///   - value: Its value.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// In the order they were written.
    public private(set) var members: [Member]

    /// An object without members.
    public init() {
        members = []
    }

    /// An object of these members; of several with one name, the last value stays.
    ///
    /// - Parameter members: In the order they shall be written.
    public init(_ members: some Sequence<Member>) {
        self.init()
        for member in members { self[member.name] = member.value }
    }

    init(unique members: [Member]) {
        self.members = members
    }

    /// The value of a name, found by walking the members. Setting nil removes it; setting a new name appends it.
    public subscript(name: String) -> JSONValue? {
        get { members.first { $0.name.hasSameBytes(as: name) }?.value }
        set {
            let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index] = Member(name: name, value: value)
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: Hashable {
    /// Whether both have the same names with the same values, in any order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.members.count == right.members.count else { return false }
        if zip(left.members, right.members).allSatisfy({ $0.name.hasSameBytes(as: $1.name) }) {
            return left.members == right.members
        }
        let values = Dictionary(right.members.map { (NameBytes($0.name), $0.value) }, uniquingKeysWith: { $1 })
        return left.members.allSatisfy { values[NameBytes($0.name)] == $0.value }
    }

    /// Feeds the members to `hasher` so that their order does not matter.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members { sum &+= member.hashValue }
        hasher.combine(sum)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }

    /// An integer.
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }

    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// A number, written in the source and therefore finite.
    public init(floatLiteral value: Double) { self = .number(JSONNumber(finite: value)) }

    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// An object.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(name: $0.0, value: $0.1) }))
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON text.
    public var description: String {
        var writer = JSONWriter(capacity: 64)
        writer.value(self)
        return writer.text
    }
}

extension String {
    /// Equal code unit by code unit (RFC 8259 §8.3), where `==` would also equate canonically equivalent text.
    func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}

/// A name as a dictionary key, compared code unit by code unit.
struct NameBytes: Hashable {
    let name: String

    init(_ name: String) {
        self.name = name
    }

    static func == (left: NameBytes, right: NameBytes) -> Bool { left.name.hasSameBytes(as: right.name) }

    func hash(into hasher: inout Hasher) {
        var name = name
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
