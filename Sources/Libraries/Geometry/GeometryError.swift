public import JSONBytes

/// Why something is no shape, or no filter. Branch on ``code``, show ``message``.
public struct GeometryError: Error, Sendable, Hashable {
    /// Closed on purpose, so that each boundary maps every code.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// Not a GeoJSON geometry: a wrong kind of value, or an unknown `type`.
        case notAGeometry
        /// A number that no longitude, latitude or distance can be.
        case outOfRange
        /// Fewer positions than a line or a ring is made of, or none at all.
        case tooFewPositions
        /// A ring whose last position is not its first (RFC 7946 §3.1.6).
        case openRing
        /// More positions, or deeper collections, than ``GeometryLimits`` allows.
        case tooLarge
        /// Segments that lie across one another more often than ``GeometryLimits`` allows.
        case tooEntangled
    }

    /// What went wrong, to branch on.
    public let code: Code
    /// Where in the document; `$` for a filter's distance.
    public internal(set) var path: JSONPath
    /// What would have been accepted, such as `a longitude from -180 to 180`.
    public let expected: String
    /// What stood there instead, such as `181`.
    public let found: String

    /// One sentence: where, what was expected, and what was found.
    public var message: String { "at `\(path)`: expected \(expected), found \(found)" }

    init(_ code: Code, at path: JSONPath = .root, expected: String, found: String) {
        self.code = code
        self.path = path
        self.expected = expected
        self.found = found
    }

    init(_ code: Code, expected: String, found value: JSONValue?) {
        self.init(code, expected: expected, found: value.map(Self.describe) ?? "nothing")
    }

    /// The same error, seen from the value that holds the one that was looked at.
    func below(_ step: JSONPath.Step) -> GeometryError {
        var error = self
        error.path.steps.insert(step, at: 0)
        return error
    }

    /// Numbers as they are, everything else by its kind: what a stranger wrote may be long.
    private static func describe(_ value: JSONValue) -> String {
        if case .number(let number) = value { "`\(number)`" } else { value.kindName }
    }
}

extension GeometryError: CustomStringConvertible {
    /// The same as ``message``.
    public var description: String { message }
}
