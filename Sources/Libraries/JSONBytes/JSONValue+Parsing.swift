extension JSONValue {
    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: The whole document, UTF-8, without a byte order mark.
    ///   - limits: Depth and size.
    /// - Throws: ``JSONError`` at the first byte that cannot be part of a valid document.
    public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONError) {
        do throws(JSONFault) {
            guard bytes.count <= limits.bytes else {
                throw JSONFault(code: .tooLarge, offset: limits.bytes, expected: "fewer bytes")
            }
            guard let base = bytes.baseAddress, !bytes.isEmpty else {
                throw JSONFault(code: .syntax, offset: 0, expected: "a value")
            }
            var reader = JSONReader(base, count: bytes.count, depthLimit: limits.depth)
            self = try reader.readDocument()
        } catch {
            throw JSONError(error, in: bytes)
        }
    }

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: The whole document, UTF-8; contiguous sequences are read in place, others are copied once.
    ///   - limits: Depth and size.
    /// - Throws: ``JSONError`` at the first byte that cannot be part of a valid document.
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        func parse(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> {
            Result { () throws(JSONError) in try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits) }
        }
        let result = bytes.withContiguousStorageIfAvailable(parse) ?? Array(bytes).withUnsafeBufferPointer(parse)
        self = try result.get()
    }

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - text: The whole document.
    ///   - limits: Depth and size.
    /// - Throws: ``JSONError`` at the first byte that cannot be part of a valid document.
    public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: text.utf8, limits: limits)
    }
}

extension JSONReader {
    mutating func readDocument() throws(JSONFault) -> JSONValue {
        skipWhitespace()
        let value = try readValue(depth: 0)
        try expectEnd()
        return value
    }

    /// One value; `depth` counts the arrays and objects around it.
    mutating func readValue(depth: Int) throws(JSONFault) -> JSONValue {
        switch byte(at: offset) {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(text(of: try readString()))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readJSONNumber())
        case UInt8(ascii: "t"):
            try readLiteral("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try readLiteral("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try readLiteral("null")
            return .null
        default: throw fault("a value")
        }
    }

    private mutating func readJSONNumber() throws(JSONFault) -> JSONNumber {
        let start = offset
        let number = try readNumber()
        if !number.isTruncated, number.exponent >= 0, let integer = number.scaled(byPowerOfTen: 0) {
            return JSONNumber(integer)
        }
        return JSONNumber(finite: try double(of: number, from: start))
    }

    private mutating func readArray(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= depthLimit else { throw fault(.tooDeep, "no more levels of nesting") }
        offset += 1
        skipWhitespace()
        if consume(UInt8(ascii: "]")) { return .array([]) }
        var elements: [JSONValue] = []
        while true {
            do throws(JSONFault) {
                elements.append(try readValue(depth: depth))
            } catch {
                throw error.below(.element(elements.count))
            }
            skipWhitespace()
            if consume(UInt8(ascii: "]")) { return .array(elements) }
            guard consume(UInt8(ascii: ",")) else { throw fault("`,` or `]`") }
            skipWhitespace()
        }
    }

    private mutating func readObject(depth: Int) throws(JSONFault) -> JSONValue {
        guard depth <= depthLimit else { throw fault(.tooDeep, "no more levels of nesting") }
        offset += 1
        skipWhitespace()
        if consume(UInt8(ascii: "}")) { return .object(JSONObject()) }
        var members: [JSONObject.Member] = []
        var names = UniqueNames()
        while true {
            let nameOffset = offset
            let name = text(of: try readName())
            guard names.insert(name, after: members) else {
                throw fault(.duplicateName, "each name once", at: nameOffset).below(.member(name))
            }
            do throws(JSONFault) {
                members.append(JSONObject.Member(name: name, value: try readValue(depth: depth)))
            } catch {
                throw error.below(.member(name))
            }
            skipWhitespace()
            if consume(UInt8(ascii: "}")) { return .object(JSONObject(unique: members)) }
            guard consume(UInt8(ascii: ",")) else { throw fault("`,` or `}`") }
            skipWhitespace()
        }
    }

    /// A name, the colon after it, and the whitespace around that.
    @inline(__always)
    mutating func readName() throws(JSONFault) -> StringSpan {
        guard byte(at: offset) == UInt8(ascii: "\"") else { throw fault("`\"` at the start of a name") }
        let name = try readString()
        skipWhitespace()
        guard consume(UInt8(ascii: ":")) else { throw fault("`:` after the name") }
        skipWhitespace()
        return name
    }
}

/// The names of one object so far: compared in turn while they are few, hashed once they are many.
private struct UniqueNames {
    private static let few = 12
    private var hashed: Set<NameBytes> = []

    mutating func insert(_ name: String, after members: [JSONObject.Member]) -> Bool {
        if members.count < Self.few { return !members.contains { $0.name.hasSameBytes(as: name) } }
        if hashed.isEmpty { hashed = Set(members.map { NameBytes($0.name) }) }
        return hashed.insert(NameBytes(name)).inserted
    }
}
