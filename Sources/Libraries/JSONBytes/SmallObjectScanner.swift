/// Reads one flat JSON object into a ``SmallObject`` without allocating: the way in for device payloads.
///
/// Accepts exactly the objects that ``JSONValue`` accepts, up to the capacity of the record. Numbers, strings without
/// much to decode, Booleans and nulls are the fast road; nested values are checked by the reader of ``JSONValue``.
public enum SmallObjectScanner {
    /// Scans `bytes` and fills `object`.
    ///
    /// - Parameters:
    ///   - bytes: One JSON object, UTF-8. The records in `object` are offsets into it.
    ///   - object: Overwritten. Empty when this throws.
    ///   - limits: Depth and size; sizes beyond `UInt32.max` are refused whatever the limit.
    /// - Throws: ``JSONError`` as ``JSONValue`` does; ``JSONError/Code/wrongKind`` for a document that does not begin
    ///   with `{`, and ``JSONError/Code/tooManyMembers`` beyond the capacity of `object`.
    public static func scan(
        _ bytes: UnsafeRawBufferPointer, into object: inout SmallObject, limits: JSONLimits = .standard
    ) throws(JSONError) {
        object.count = 0
        var fault: JSONFault?
        object.count = object.members.withUnsafeMutableBufferPointer { members in
            do throws(JSONFault) {
                guard bytes.count <= min(limits.bytes, Int(UInt32.max)) else {
                    throw JSONFault(code: .tooLarge, offset: limits.bytes, expected: "fewer bytes")
                }
                guard let base = bytes.baseAddress, !bytes.isEmpty else {
                    throw JSONFault(code: .syntax, offset: 0, expected: "a value")
                }
                var reader = JSONReader(base, count: bytes.count, depthLimit: limits.depth)
                return try reader.readSmallObject(into: members)
            } catch {
                fault = error
                return 0
            }
        }
        if let fault { throw JSONError(fault, in: bytes) }
    }

    /// Scans `bytes` and fills `object`.
    ///
    /// - Parameters:
    ///   - bytes: One JSON object, UTF-8. The records in `object` are offsets into it.
    ///   - object: Overwritten. Empty when this throws.
    ///   - limits: Depth and size.
    /// - Throws: As the scan of a raw buffer does.
    public static func scan(
        _ bytes: [UInt8], into object: inout SmallObject, limits: JSONLimits = .standard
    ) throws(JSONError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONError) in try scan(buffer, into: &object, limits: limits) }
        }
        try result.get()
    }
}

extension JSONReader {
    /// Fills `members` from the object at ``offset`` and returns how many there are.
    @inline(__always)
    fileprivate mutating func readSmallObject(
        into members: UnsafeMutableBufferPointer<SmallObject.Member>
    ) throws(JSONFault) -> Int {
        skipWhitespace()
        guard consume(UInt8(ascii: "{")) else { throw notAnObject() }
        guard depthLimit >= 1 else { throw fault(.tooDeep, "no more levels of nesting", at: offset - 1) }
        skipWhitespace()
        if consume(UInt8(ascii: "}")) {
            try expectEnd()
            return 0
        }
        var count = 0
        while true {
            let nameOffset = offset
            let name = try readName()
            guard isNew(name, among: UnsafeMutableBufferPointer(rebasing: members[..<count])) else {
                throw fault(.duplicateName, "each name once", at: nameOffset).below(.member(text(of: name)))
            }
            guard count < members.count else { throw fault(.tooManyMembers, "no more members", at: nameOffset) }
            members[count].nameOffset = UInt32(truncatingIfNeeded: name.start)
            members[count].nameLength = UInt32(truncatingIfNeeded: name.count)
            members[count].flags = name.hasEscapes ? SmallObject.Member.nameEscapes : 0
            do throws(JSONFault) {
                try readMemberValue(into: &members[count])
            } catch {
                throw error.below(.member(text(of: name)))
            }
            count += 1
            skipWhitespace()
            if consume(UInt8(ascii: "}")) {
                try expectEnd()
                return count
            }
            guard consume(UInt8(ascii: ",")) else { throw fault("`,` or `}`") }
            skipWhitespace()
        }
    }

    /// The error that ``JSONValue`` would give for this document, or that it is no object.
    @inline(never)
    private func notAnObject() -> JSONFault {
        var reader = self
        do throws(JSONFault) {
            _ = try reader.readDocument()
            return fault(.wrongKind, "an object")
        } catch {
            return error
        }
    }

    @inline(__always)
    private mutating func readMemberValue(into member: inout SmallObject.Member) throws(JSONFault) {
        let start = offset
        switch byte(at: start) {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = try readNumber()
            member.kind = .number
            member.number = try double(of: number, from: start)
            member.significand = number.significand
            member.exponent = Int32(truncatingIfNeeded: number.exponent)
            if number.isNegative { member.flags |= SmallObject.Member.isNegative }
            if number.isTruncated { member.flags |= SmallObject.Member.isTruncated }
        case UInt8(ascii: "\""):
            let span = try readString()
            member.kind = .string
            member.number = 0
            if span.hasEscapes { member.flags |= SmallObject.Member.stringEscapes }
            member.valueOffset = UInt32(truncatingIfNeeded: span.start)
            member.valueLength = UInt32(truncatingIfNeeded: span.count)
            return
        default:
            try readOtherValue(into: &member)
        }
        member.valueOffset = UInt32(truncatingIfNeeded: start)
        member.valueLength = UInt32(truncatingIfNeeded: offset - start)
    }

    @inline(never)
    private mutating func readOtherValue(into member: inout SmallObject.Member) throws(JSONFault) {
        member.number = 0
        switch byte(at: offset) {
        case UInt8(ascii: "t"):
            try readLiteral("true")
            member.kind = .bool
            member.flags |= SmallObject.Member.isTrue
        case UInt8(ascii: "f"):
            try readLiteral("false")
            member.kind = .bool
        case UInt8(ascii: "n"):
            try readLiteral("null")
            member.kind = .null
        default:
            _ = try readValue(depth: 1)
            member.kind = .nested
        }
    }

    /// Whether no earlier member has this name. Names without escapes are compared byte by byte.
    @inline(__always)
    private func isNew(_ name: StringSpan, among members: UnsafeMutableBufferPointer<SmallObject.Member>) -> Bool {
        for member in members {
            if name.hasEscapes || member.flags & SmallObject.Member.nameEscapes != 0 {
                if hasSameDecodedName(name, member) { return false }
            } else if name.count == Int(member.nameLength), hasSameBytes(name.start, Int(member.nameOffset), name.count)
            {
                return false
            }
        }
        return true
    }

    @inline(__always)
    private func hasSameBytes(_ first: Int, _ second: Int, _ length: Int) -> Bool {
        for index in 0..<length where byte(at: first + index) != byte(at: second + index) { return false }
        return true
    }

    @inline(never)
    private func hasSameDecodedName(_ name: StringSpan, _ member: SmallObject.Member) -> Bool {
        let other = StringSpan(
            start: Int(member.nameOffset), count: Int(member.nameLength),
            hasEscapes: member.flags & SmallObject.Member.nameEscapes != 0)
        return text(of: name).hasSameBytes(as: text(of: other))
    }
}
