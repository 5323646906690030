/// The members of one flat JSON object, as ``SmallObjectScanner`` found them: offsets into bytes that the caller keeps.
///
/// Make one per connection or thread and fill it again for each payload: filling it allocates nothing.
public struct SmallObject: Sendable {
    /// How many members one holds unless told otherwise. Device payloads have two to ten.
    public static let defaultCapacity = 32

    @usableFromInline var members: [Member]

    /// How many members the last scan found; zero after a scan that threw.
    public internal(set) var count = 0

    /// An object without members.
    ///
    /// - Parameter capacity: The most members that a payload may have.
    public init(capacity: Int = SmallObject.defaultCapacity) {
        members = [Member](repeating: Member(), count: max(capacity, 1))
    }

    /// The members in the order they were written.
    ///
    /// - Parameter index: From zero. Precondition: below ``count``.
    /// - Returns: A record of plain numbers.
    @inlinable
    public subscript(index: Int) -> Member { members[index] }

    /// The first member of a name.
    ///
    /// - Parameters:
    ///   - name: The name, as decoded text.
    ///   - bytes: The payload that was scanned.
    /// - Returns: The index of the member, or nil.
    @inlinable
    public func index(of name: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < count {
            if members[index].isNamed(name, in: bytes) { return index }
            index += 1
        }
        return nil
    }
}

extension SmallObject {
    /// What a member's value is.
    @frozen
    public enum Kind: UInt8, Sendable, Hashable {
        /// A number; see ``Member/number`` and ``Member/scaled(byPowerOfTen:)``.
        case number
        /// A string; see ``Member/stringBytes(in:)`` and ``Member/string(in:)``.
        case string
        /// `true` or `false`; see ``Member/bool``.
        case bool
        /// `null`.
        case null
        /// An array or an object, checked in full but not taken apart; see ``Member/valueBytes(in:)``.
        case nested
    }

    /// Where one member stands, and its value if it is a number or a Boolean.
    @frozen
    public struct Member: Sendable, Hashable {
        @usableFromInline var significand: UInt64 = 0
        /// The value to the nearest `Double`, if it is a number; zero otherwise.
        public internal(set) var number: Double = 0
        /// Where the name begins, after its quote.
        public internal(set) var nameOffset: UInt32 = 0
        /// Bytes of the name as written, between its quotes.
        public internal(set) var nameLength: UInt32 = 0
        /// Where the value begins; for a string, after its quote.
        public internal(set) var valueOffset: UInt32 = 0
        /// Bytes of the value as written; for a string, between its quotes.
        public internal(set) var valueLength: UInt32 = 0
        @usableFromInline var exponent: Int32 = 0
        /// What the value is.
        public internal(set) var kind = Kind.null
        @usableFromInline var flags: UInt8 = 0

        @usableFromInline
        init() {}
    }
}

extension SmallObject.Member {
    static let nameEscapes: UInt8 = 1
    static let stringEscapes: UInt8 = 2
    static let isTrue: UInt8 = 4
    static let isNegative: UInt8 = 8
    static let isTruncated: UInt8 = 16

    /// Whether the name holds backslash escapes.
    public var nameHasEscapes: Bool { flags & Self.nameEscapes != 0 }

    /// Whether the string holds backslash escapes.
    public var hasEscapes: Bool { flags & Self.stringEscapes != 0 }

    /// The value, if it is a Boolean; false otherwise.
    public var bool: Bool { flags & Self.isTrue != 0 }

    /// The number as it was written, times a power of ten, as an exact integer.
    ///
    /// `1767225600123.456` milliseconds scaled by 3 are exactly `1767225600123456` microseconds, without a detour
    /// through binary fractions.
    ///
    /// - Parameter power: 3 turns milliseconds into microseconds, 6 turns seconds into them.
    /// - Returns: The integer, what remains cut off towards zero; nil beyond `Int64`, or if the value is no number.
    public func scaled(byPowerOfTen power: Int) -> Int64? {
        guard kind == .number else { return nil }
        let number = DecimalNumber(
            significand: significand, exponent: Int(exponent), isNegative: flags & Self.isNegative != 0,
            isTruncated: flags & Self.isTruncated != 0)
        return number.scaled(byPowerOfTen: min(max(power, -100), 100))
    }

    /// Whether the name, decoded, is `name`.
    ///
    /// - Parameters:
    ///   - name: The name, as decoded text.
    ///   - bytes: The payload that was scanned.
    /// - Returns: Equality code unit by code unit.
    @inlinable
    public func isNamed(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        isNamed(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), in: bytes)
    }

    /// Whether the name, decoded, is `name`.
    ///
    /// - Parameters:
    ///   - name: The name, as decoded UTF-8.
    ///   - bytes: The payload that was scanned.
    /// - Returns: Equality code unit by code unit.
    @inlinable
    public func isNamed(_ name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        let start = Int(nameOffset)
        let length = Int(nameLength)
        guard flags & 1 == 0 else { return isEscapedName(name, in: bytes) }
        guard length == name.count, start + length <= bytes.count else { return false }
        var index = 0
        while index < length {
            if bytes[start + index] != name[index] { return false }
            index += 1
        }
        return true
    }

    @usableFromInline
    func isEscapedName(_ name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        self.name(in: bytes).utf8.elementsEqual(name)
    }

    /// The name, decoded.
    ///
    /// - Parameter bytes: The payload that was scanned.
    /// - Returns: The name; empty if `bytes` is shorter than that payload.
    public func name(in bytes: UnsafeRawBufferPointer) -> String {
        JSONReader.text(nameBytes(in: bytes), hasEscapes: nameHasEscapes)
    }

    /// The name as written, between its quotes.
    ///
    /// - Parameter bytes: The payload that was scanned.
    /// - Returns: A part of `bytes`; empty if `bytes` is shorter than that payload.
    public func nameBytes(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        Self.slice(bytes, nameOffset, nameLength)
    }

    /// The string, decoded.
    ///
    /// - Parameter bytes: The payload that was scanned.
    /// - Returns: The text, or nil if the value is no string.
    public func string(in bytes: UnsafeRawBufferPointer) -> String? {
        guard kind == .string else { return nil }
        return JSONReader.text(valueBytes(in: bytes), hasEscapes: hasEscapes)
    }

    /// The string's bytes where they are the text itself.
    ///
    /// - Parameter bytes: The payload that was scanned.
    /// - Returns: A part of `bytes`; nil if the value is no string, or one with escapes.
    public func stringBytes(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard kind == .string, !hasEscapes else { return nil }
        return valueBytes(in: bytes)
    }

    /// The value as written; for a string, between its quotes.
    ///
    /// - Parameter bytes: The payload that was scanned.
    /// - Returns: A part of `bytes`; empty if `bytes` is shorter than that payload.
    public func valueBytes(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        Self.slice(bytes, valueOffset, valueLength)
    }

    private static func slice(_ bytes: UnsafeRawBufferPointer, _ offset: UInt32, _ length: UInt32)
        -> UnsafeRawBufferPointer
    {
        let end = Int(offset) + Int(length)
        guard end <= bytes.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<end])
    }
}
