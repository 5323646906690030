/// Where a value stands in a document, written `$.speed.values[3]`.
public struct JSONPath: Sendable, Hashable {
    /// One step down from a value.
    public enum Step: Sendable, Hashable {
        /// Into the member of this name.
        case member(String)
        /// Into the element at this index, from zero.
        case element(Int)
    }

    /// The document itself, `$`.
    public static let root = JSONPath(steps: [])

    /// From the document inwards.
    public var steps: [Step]

    /// A path of these steps.
    ///
    /// - Parameter steps: From the document inwards.
    public init(steps: [Step]) {
        self.steps = steps
    }

    /// The member of this name below here.
    public subscript(name: String) -> JSONPath { JSONPath(steps: steps + [.member(name)]) }

    /// The element at this index below here.
    public subscript(index: Int) -> JSONPath { JSONPath(steps: steps + [.element(index)]) }
}

extension JSONPath.Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// A step into a member.
    public init(stringLiteral value: String) { self = .member(value) }

    /// A step into an element.
    public init(integerLiteral value: Int) { self = .element(value) }
}

extension JSONPath: ExpressibleByArrayLiteral {
    /// A path such as `["speed", "values", 3]`.
    public init(arrayLiteral elements: Step...) { self.init(steps: elements) }
}

extension JSONPath: CustomStringConvertible {
    /// `$.speed.values[3]`; names that are not plain words are quoted, `$["a b"]`.
    public var description: String {
        var text = "$"
        for step in steps {
            switch step {
            case .element(let index): text += "[\(index)]"
            case .member(let name) where Self.isPlain(name): text += ".\(name)"
            case .member(let name):
                var writer = JSONWriter(capacity: 64)
                writer.string(name)
                text += "[\(writer.text)]"
            }
        }
        return text
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.unicodeScalars.allSatisfy { $0 == "_" || $0 == "@" || $0.properties.isAlphabetic || isDigit($0) }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { "0"..."9" ~= scalar }
}
