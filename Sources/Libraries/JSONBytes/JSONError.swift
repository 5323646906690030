/// Why a document was refused, or why a value is not what was asked for. Branch on ``code``, show ``message``.
public struct JSONError: Error, Sendable, Hashable {
    /// Closed on purpose, so that each boundary maps every code.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// Not JSON by the grammar of RFC 8259.
        case syntax
        /// Bytes that are not UTF-8 (RFC 8259 §8.1).
        case invalidUTF8
        /// Half of a surrogate pair (RFC 8259 §8.2).
        case loneSurrogate
        /// The same name twice in one object (RFC 8259 §4).
        case duplicateName
        /// A number beyond what a `Double` holds (RFC 8259 §6).
        case numberOutOfRange
        /// Bytes after the document.
        case trailingBytes
        /// Nested deeper than ``JSONLimits/depth``.
        case tooDeep
        /// Longer than ``JSONLimits/bytes``.
        case tooLarge
        /// More members than a ``SmallObject`` holds. Read it as a ``JSONValue`` instead.
        case tooManyMembers
        /// Well-formed, but not the kind of value that was asked for.
        case wrongKind
        /// Well-formed, but nothing stands where a value was asked for.
        case missing
    }

    /// What went wrong, to branch on.
    public let code: Code
    /// Where in the document's structure, as far as known.
    public let path: JSONPath
    /// Where in the document's bytes; nil when the value was already parsed.
    public let position: Position?
    /// What would have been accepted, such as `a number`.
    public let expected: String
    /// What stood there instead, such as `a string`.
    public let found: String

    /// Where in the bytes of a document.
    public struct Position: Sendable, Hashable {
        /// Bytes before this one.
        public let offset: Int
        /// From one; lines end at a line feed.
        public let line: Int
        /// From one, in bytes.
        public let column: Int
    }

    /// One sentence: where, what was expected, and what was found.
    public var message: String {
        let place = position.map { ", line \($0.line), column \($0.column)" } ?? ""
        return "at `\(path)`\(place): expected \(expected), found \(found)"
    }

    /// An error about a value that was parsed before.
    ///
    /// - Parameters:
    ///   - code: What went wrong.
    ///   - path: Where the value stands.
    ///   - expected: What would have been accepted, with its article.
    ///   - found: What stood there, with its article.
    public init(_ code: Code, at path: JSONPath, expected: String, found: String) {
        self.code = code
        self.path = path
        self.position = nil
        self.expected = expected
        self.found = found
    }

    init(_ fault: JSONFault, in bytes: UnsafeRawBufferPointer) {
        code = fault.code
        path = JSONPath(steps: fault.steps.reversed())
        position = Position(offset: fault.offset, in: bytes)
        expected = fault.expected.description
        found = fault.found(in: bytes)
    }
}

extension JSONError: CustomStringConvertible {
    /// The same as ``message``.
    public var description: String { message }
}

extension JSONError.Position {
    init(offset: Int, in bytes: UnsafeRawBufferPointer) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        self.init(offset: offset, line: line, column: offset - lineStart + 1)
    }
}

/// An error while parsing, before anyone asked for lines, columns or sentences: cheap to make in the reader.
struct JSONFault: Error {
    var code: JSONError.Code
    var offset: Int
    var expected: StaticString
    /// Innermost first; each level adds its own on the way out.
    var steps: [JSONPath.Step] = []

    func below(_ step: JSONPath.Step) -> JSONFault {
        var fault = self
        fault.steps.append(step)
        return fault
    }

    func found(in bytes: UnsafeRawBufferPointer) -> String {
        switch code {
        case .tooLarge: return "\(bytes.count) bytes"
        case .tooDeep, .tooManyMembers: return "more"
        case .duplicateName: return "it again"
        case .numberOutOfRange: return "one beyond the range of a 64-bit float"
        case .loneSurrogate: return "half of one"
        default: break
        }
        guard offset < bytes.count else { return "the end of the input" }
        let byte = bytes[offset]
        if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "`") { return "`\(Unicode.Scalar(byte))`" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x\(digits.count == 1 ? "0" : "")\(digits)"
    }
}
