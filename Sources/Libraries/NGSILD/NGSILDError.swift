public import JSONBytes

/// Why a representation, a query or a parameter was refused. Branch on ``code``, show ``message``.
public struct NGSILDError: Error, Sendable, Hashable {
    /// Decides the status of an HTTP answer.
    public let code: ProblemCode
    /// One sentence: where, what was expected, and what was found.
    public let message: String
    /// Where in a JSON document, if it was one.
    public let path: JSONPath?
    /// Where in the text of a parameter, in characters from one, if it was one.
    public let column: Int?

    /// An error that has no place in a text.
    ///
    /// - Parameters:
    ///   - code: What kind of error.
    ///   - message: One sentence, lower case, without a full stop.
    public init(_ code: ProblemCode, _ message: String) {
        self.code = code
        self.message = message
        path = nil
        column = nil
    }

    /// An error about a value in a JSON document.
    ///
    /// - Parameters:
    ///   - code: What kind of error.
    ///   - path: Where the value stands.
    ///   - expected: What would have been accepted, with its article.
    ///   - found: What stood there; nil for nothing.
    public init(_ code: ProblemCode = .badRequestData, at path: JSONPath, expected: String, found: JSONValue?) {
        self.init(code, at: path, expected: expected, found: found.map(Self.describe) ?? "nothing")
    }

    /// An error about a value in a JSON document.
    ///
    /// - Parameters:
    ///   - code: What kind of error.
    ///   - path: Where the value stands.
    ///   - expected: What would have been accepted, with its article.
    ///   - found: What stood there, in words.
    public init(_ code: ProblemCode = .badRequestData, at path: JSONPath, expected: String, found: String) {
        self.code = code
        self.path = path
        message = "at `\(path)`: expected \(expected), found \(found)"
        column = nil
    }

    /// An error about a place in the text of a parameter.
    ///
    /// - Parameters:
    ///   - code: What kind of error.
    ///   - parameter: The parameter's name, such as `q`.
    ///   - column: In characters, from one.
    ///   - problem: What is wrong there.
    public init(_ code: ProblemCode = .badRequestData, parameter: String, column: Int, _ problem: String) {
        self.code = code
        self.column = column
        message = "in `\(parameter)` at column \(column): \(problem)"
        path = nil
    }

    /// Text that is not JSON at all (CIM 009 §5.5.2).
    ///
    /// - Parameter error: What the JSON parser found.
    public init(_ error: JSONError) {
        code = .invalidRequest
        message = error.message
        path = error.path
        column = nil
    }

    /// Short strings and numbers as they are, everything else by its kind.
    private static func describe(_ value: JSONValue) -> String {
        switch value {
        case .string(let string): quoted(string)
        case .number(let number): "`\(number)`"
        case .bool(let bool): "`\(bool)`"
        default: value.kindName
        }
    }

    /// User input in backticks, cut after 64 characters, without anything that would break a log line.
    static func quoted(_ text: some StringProtocol) -> String {
        let shown = text.prefix(64).map { $0.isNewline || $0 == "`" || $0 == "\0" ? "�" : $0 }
        return "`\(String(shown))\(text.count > 64 ? "…" : "")`"
    }
}

extension NGSILDError: CustomStringConvertible {
    /// The same as ``message``.
    public var description: String { message }
}
