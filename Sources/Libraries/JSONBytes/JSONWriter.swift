/// Writes JSON into a buffer that it keeps and reuses.
///
/// Commas and colons come by themselves; braces and brackets are the caller's to pair. Members are written as they come:
/// unique names are the caller's to keep. Between ``reset()`` and the largest document so far nothing is allocated.
public struct JSONWriter: Sendable {
    /// Always full length; the first ``count`` bytes are the text. One check for uniqueness and room per token, not per
    /// byte, is what makes this fast.
    private var storage: [UInt8]
    private var needsComma = false

    /// Bytes written so far.
    public private(set) var count = 0

    /// A writer with nothing in it.
    ///
    /// - Parameter capacity: Bytes to set aside at once.
    public init(capacity: Int = 256) {
        storage = [UInt8](repeating: 0, count: max(capacity, 64))
    }

    // MARK: What was written

    /// A copy of what was written.
    public var bytes: [UInt8] { Array(storage[..<count]) }

    /// What was written, as text.
    public var text: String { String(decoding: storage[..<count], as: UTF8.self) }

    /// Lends what was written, without a copy.
    ///
    /// - Parameter body: Must not let the buffer escape.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @inline(__always)
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// Hands over what was written, and starts afresh without a buffer.
    ///
    /// - Returns: What was written; not copied.
    public mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &storage)
        taken.removeLast(taken.count - count)
        reset()
        return taken
    }

    /// Forgets what was written and keeps the buffer.
    public mutating func reset() {
        count = 0
        needsComma = false
    }

    // MARK: Structure

    /// Writes `{`.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Writes `}`.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Writes `[`.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Writes `]`.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes the name of the member that follows.
    ///
    /// - Parameter name: Any text; escaped as needed.
    public mutating func key(_ name: String) {
        string(name)
        appendByte(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    /// Writes a string.
    ///
    /// - Parameter string: Any text; quotes, backslashes and control characters are escaped, the rest is UTF-8.
    public mutating func string(_ string: String) {
        var string = string
        string.withUTF8 { appendString(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string from its bytes.
    ///
    /// - Parameter utf8: Text that is known to be UTF-8.
    public mutating func string(utf8: UnsafeRawBufferPointer) {
        appendString(utf8)
    }

    /// Writes a number in its shortest form that reads back as the same `Double`.
    ///
    /// - Parameter double: Integral values are written without a fraction; infinities and NaN, which JSON cannot
    ///   express, as `null`.
    public mutating func double(_ double: Double) {
        separate(room: NumberText.longest)
        advance { NumberText.write(double, to: $0) }
    }

    /// Writes an integer.
    ///
    /// - Parameter integer: Any value.
    public mutating func integer(_ integer: Int64) {
        separate(room: NumberText.longest)
        advance { NumberText.write(integer, to: $0) }
    }

    /// Writes a number.
    ///
    /// - Parameter number: Exact where it is an integer.
    public mutating func number(_ number: JSONNumber) {
        if let integer = number.integer { self.integer(integer) } else { double(number.double) }
    }

    /// Writes `true` or `false`.
    ///
    /// - Parameter bool: Which.
    public mutating func bool(_ bool: Bool) {
        bool ? literal("true") : literal("false")
    }

    /// Writes `null`.
    public mutating func null() {
        literal("null")
    }

    /// Writes an instant as an RFC 3339 string.
    ///
    /// - Parameter microseconds: Since 1970-01-01T00:00:00Z. See ``RFC3339/supported``.
    public mutating func timestamp(_ microseconds: Int64) {
        separate(room: RFC3339.longest + 2)
        advance { pointer in
            pointer[0] = UInt8(ascii: "\"")
            let length = RFC3339.write(microseconds, to: pointer + 1)
            pointer[length + 1] = UInt8(ascii: "\"")
            return length + 2
        }
    }

    /// Writes a whole value.
    ///
    /// - Parameter value: Any.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Writes one value that already is JSON text.
    ///
    /// - Parameter json: Exactly one well-formed value; not checked.
    public mutating func raw(_ json: UnsafeRawBufferPointer) {
        separate(room: json.count)
        advance { pointer in
            UnsafeMutableRawBufferPointer(start: pointer, count: json.count).copyMemory(from: json)
            return json.count
        }
    }

    /// Writes one value that already is JSON text.
    ///
    /// - Parameter json: Exactly one well-formed value; not checked.
    public mutating func raw(_ json: [UInt8]) {
        json.withUnsafeBytes { raw($0) }
    }

    /// Writes a line feed between two documents (JSON Lines).
    public mutating func endLine() {
        appendByte(UInt8(ascii: "\n"))
        needsComma = false
    }
}

// MARK: - The buffer

extension JSONWriter {
    @inline(__always)
    private mutating func reserve(_ room: Int) {
        if count + room > storage.count { grow(by: room) }
    }

    @inline(never)
    private mutating func grow(by room: Int) {
        let target = max(storage.count * 2, count + room, 64)
        storage.append(contentsOf: repeatElement(0, count: target - storage.count))
    }

    /// Makes room for a token of at most `room` bytes, after a comma where one is due.
    @inline(__always)
    private mutating func separate(room: Int) {
        reserve(room + 1)
        if needsComma {
            storage[count] = UInt8(ascii: ",")
            count += 1
        }
        needsComma = true
    }

    /// Lets `body` write at the end, into room reserved before, and moves on by what it returns.
    @inline(__always)
    private mutating func advance(_ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        storage.withUnsafeMutableBufferPointer { buffer in
            // `reserve` came first, so the storage is not empty and has a base address.
            guard let base = buffer.baseAddress else { return }
            count += body(base + count)
        }
    }

    @inline(__always)
    private mutating func appendByte(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func open(_ bracket: UInt8) {
        separate(room: 1)
        storage[count] = bracket
        count += 1
        needsComma = false
    }

    @inline(__always)
    private mutating func close(_ bracket: UInt8) {
        appendByte(bracket)
        needsComma = true
    }

    @inline(__always)
    private mutating func literal(_ text: StaticString) {
        separate(room: text.utf8CodeUnitCount)
        advance { pointer in
            pointer.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
            return text.utf8CodeUnitCount
        }
    }

    /// Room for the worst case, six bytes for each byte, is only asked for where something needs an escape.
    @inline(__always)
    private mutating func appendString(_ utf8: UnsafeRawBufferPointer) {
        separate(room: utf8.count + 2)
        var copied = 0
        advance { pointer in
            pointer[0] = UInt8(ascii: "\"")
            copied = StringText.copyPlain(utf8, to: pointer + 1)
            guard copied == utf8.count else { return copied + 1 }
            pointer[copied + 1] = UInt8(ascii: "\"")
            return copied + 2
        }
        if copied < utf8.count { appendEscaped(UnsafeRawBufferPointer(rebasing: utf8[copied...])) }
    }

    @inline(never)
    private mutating func appendEscaped(_ utf8: UnsafeRawBufferPointer) {
        reserve(utf8.count * 6 + 1)
        advance { pointer in
            var cursor = pointer
            for byte in utf8 { cursor += StringText.write(byte, to: cursor) }
            cursor[0] = UInt8(ascii: "\"")
            return cursor - pointer + 1
        }
    }
}
