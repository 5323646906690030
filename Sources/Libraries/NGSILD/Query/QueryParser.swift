import JSONBytes

/// Reads the query language (CIM 009 §4.9).
///
///     Query     = And *("|" And)                ; `;` binds tighter than `|`
///     And       = Factor *(";" Factor)
///     Factor    = "(" Query ")" / Term
///     Term      = Path [Operator Operand]
///     Path      = name *("." name) ["[" member *("." member) "]"]
struct QueryParser {
    private var cursor: TextCursor
    private let context: JSONLDContext
    private let expanded: Set<String>
    private var depth = 0
    private var terms = 0
    /// The attribute whose operand is read.
    private var subject = ""

    init(
        _ text: String, parameter: String = "q", context: JSONLDContext = .core, expanded: Set<String> = []
    ) throws(NGSILDError) {
        cursor = try TextCursor(text, parameter: parameter)
        self.context = context
        self.expanded = expanded
    }

    /// A path with nothing behind it.
    mutating func wholePath() throws(NGSILDError) -> AttributePath {
        let path = try path()
        guard cursor.isAtEnd else { throw cursor.error("expected the end of a path") }
        return path
    }

    mutating func parse() throws(NGSILDError) -> QueryExpression {
        let query = try disjunction()
        guard cursor.isAtEnd else { throw cursor.error("expected `;` or `|`") }
        return query
    }

    private mutating func disjunction() throws(NGSILDError) -> QueryExpression {
        var parts = [try conjunction()]
        while cursor.consume("|") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(NGSILDError) -> QueryExpression {
        var parts = [try factor()]
        while cursor.consume(";") { parts.append(try factor()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func factor() throws(NGSILDError) -> QueryExpression {
        let start = cursor.position
        guard cursor.consume("(") else { return try term() }
        depth += 1
        guard depth <= NGSILDLimits.queryDepth else {
            throw cursor.error("too many parentheses inside each other", at: start, code: .tooComplexQuery)
        }
        let query = try disjunction()
        guard cursor.consume(")") else { throw cursor.error("expected `;`, `|` or `)`") }
        depth -= 1
        return query
    }

    private mutating func countTerm(at place: Int) throws(NGSILDError) {
        terms += 1
        guard terms <= NGSILDLimits.queryTerms else {
            let problem = "more than \(NGSILDLimits.queryTerms) comparisons and values"
            throw cursor.error(problem, at: place, code: .tooComplexQuery)
        }
    }

    // MARK: Terms

    private mutating func term() throws(NGSILDError) -> QueryExpression {
        try countTerm(at: cursor.position)
        if cursor.peek == "!", cursor.peek(ahead: 1) != "=", cursor.peek(ahead: 1) != "~" {
            cursor.position += 1
            return .absent(try path())
        }
        return try relation(depth: 0)
    }

    /// An attribute, or one of the entities that a relationship leads to; the condition stands behind all braces.
    private mutating func relation(depth: Int) throws(NGSILDError) -> QueryExpression {
        var links: [(relationship: String, types: [String])] = []
        var types: [String] = []
        while true {
            let start = cursor.position
            let path = try path()
            guard cursor.peek == "{" else {
                for _ in links {
                    guard cursor.consume("}") else { throw cursor.error("expected `}`") }
                }
                subject = path.names.first ?? ""
                var query = QueryExpression.term(path, try condition())
                for link in links.reversed() {
                    query = .linked(relationship: link.relationship, types: link.types, query)
                }
                return query
            }
            guard path.names.count == 1, path.members.isEmpty else {
                throw cursor.error("expected the name of a relationship before `{`", at: start)
            }
            guard links.count < NGSILDLimits.queryDepth else {
                throw cursor.error("too many braces inside each other", at: start, code: .tooComplexQuery)
            }
            cursor.position += 1
            types = try typeHints()
            links.append((path.names[0], types))
        }
    }

    /// `Device,Sensor:` before what is asked of a linked entity; nothing when it is not there.
    private mutating func typeHints() throws(NGSILDError) -> [String] {
        let start = cursor.position
        var types: [String] = []
        repeat {
            let name = cursor.take { Names.isLetter($0) || Names.isNumber($0) || $0 == "_" }
            guard Names.isTerm(name) else {
                cursor.position = start
                return []
            }
            types.append(context.name(of: name))
        } while cursor.consume(",")
        guard cursor.consume(":") else {
            cursor.position = start
            return []
        }
        return types
    }

    private mutating func condition() throws(NGSILDError) -> QueryCondition {
        // Longer operators come before those that they begin with.
        if cursor.consume("==") { return .equal(try operand()) }
        if cursor.consume("!=") { return .unequal(try operand()) }
        if cursor.consume("!~=") { return .doesNotMatch(try pattern()) }
        if cursor.consume("~=") { return .matches(try pattern()) }
        if cursor.consume(">=") { return .greaterOrEqual(try comparableValue()) }
        if cursor.consume("<=") { return .lessOrEqual(try comparableValue()) }
        if cursor.consume(">") { return .greater(try comparableValue()) }
        if cursor.consume("<") { return .less(try comparableValue()) }
        switch cursor.peek {
        case nil, ";", "|", ")": return .exists
        default: throw cursor.error("expected `==`, `!=`, `>`, `>=`, `<`, `<=`, `~=`, `!~=`, `;` or `|`")
        }
    }

    // MARK: Paths

    private mutating func path() throws(NGSILDError) -> AttributePath {
        var path = AttributePath(names: [try name()])
        while cursor.consume(".") { path.names.append(try name()) }
        guard cursor.consume("[") else { return path }
        path.members = [try member()]
        while cursor.consume(".") { path.members.append(try member()) }
        guard cursor.consume("]") else { throw cursor.error("expected `.` or `]`") }
        return path
    }

    /// A name, which may have a prefix: `sosa:hasResult`.
    private mutating func name() throws(NGSILDError) -> String {
        let start = cursor.position
        let name = cursor.take { Names.isLetter($0) || Names.isNumber($0) || $0 == "_" || $0 == ":" }
        guard Names.isName(name) else { throw cursor.error("expected an attribute name", at: start) }
        return context.name(of: name)
    }

    /// A member of a value: also language tags, and `*` for any language.
    private mutating func member() throws(NGSILDError) -> String {
        if cursor.consume("*") { return "*" }
        let start = cursor.position
        let name = cursor.take { Names.isLetter($0) || Names.isNumber($0) || "_-:@".unicodeScalars.contains($0) }
        guard !name.isEmpty else { throw cursor.error("expected the name of a member", at: start) }
        return name
    }

    // MARK: Operands

    private mutating func operand() throws(NGSILDError) -> QueryOperand {
        let start = cursor.position
        let first = try value()
        if cursor.consume("..") {
            let last = try value()
            guard first.isComparable(with: last) else {
                throw cursor.error("a range runs between two numbers, strings, dates or times of one kind", at: start)
            }
            return .range(first, last)
        }
        var values = [first]
        while cursor.consume(",") {
            try countTerm(at: cursor.position)
            values.append(try value())
        }
        return .values(values)
    }

    private mutating func comparableValue() throws(NGSILDError) -> QueryValue {
        let start = cursor.position
        let value = try value()
        guard value.isComparable(with: value) else {
            throw cursor.error("expected a number, a quoted string, a date or a time", at: start)
        }
        if cursor.peek == "," || cursor.consume("..") {
            throw cursor.error("lists and ranges go with `==` and `!=` only")
        }
        return value
    }

    private mutating func value() throws(NGSILDError) -> QueryValue {
        if cursor.peek == "\"" {
            let text = try quotedString()
            return expanded.contains(subject) ? .vocabulary(context.name(of: text)) : .string(text)
        }
        let start = cursor.position
        while let scalar = cursor.peek, !";|,()\"".unicodeScalars.contains(scalar) {
            if scalar == ".", cursor.peek(ahead: 1) == "." { break }
            cursor.position += 1
        }
        let text = cursor.text(from: start)
        guard let value = Self.literal(text) else {
            let hint = text.isEmpty ? "" : "; strings stand in double quotes"
            throw cursor.error("expected a value\(hint)", at: start)
        }
        if case .uri(let text) = value, expanded.contains(subject) { return .vocabulary(context.name(of: text)) }
        return value
    }

    private static func literal(_ text: String) -> QueryValue? {
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let first = text.utf8.first, first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 {
            if case .number(let number)? = try? JSONValue(parsing: text) { return .number(number) }
            if let instant = try? RFC3339.microseconds(parsing: text) { return .dateTime(instant) }
            if isDate(text) { return .date(text) }
            return isTime(text) ? .time(text) : nil
        }
        return Names.isURI(text) || Names.isTerm(text) ? .uri(text) : nil
    }

    static func isDate(_ text: String) -> Bool {
        text.utf8.count == 10 && (try? RFC3339.microseconds(parsing: text + "T00:00:00Z")) != nil
    }

    static func isTime(_ text: String) -> Bool {
        text.utf8.count >= 9 && (try? RFC3339.microseconds(parsing: "2000-01-01T" + text)) != nil
    }

    /// A JSON string (RFC 8259 §7).
    private mutating func quotedString() throws(NGSILDError) -> String {
        let start = cursor.position
        cursor.position += 1
        while let scalar = cursor.next(), scalar != "\"" {
            if scalar == "\\" { cursor.position = min(cursor.position + 1, cursor.scalars.count) }
        }
        guard case .string(let string)? = try? JSONValue(parsing: cursor.text(from: start)) else {
            throw cursor.error("expected a JSON string, with `\"` at its end", at: start)
        }
        return string
    }

    /// A pattern in quotes, or bare up to the `;`, `|` or `)` that does not belong to it.
    private mutating func pattern() throws(NGSILDError) -> TextPattern {
        let start = cursor.position
        let source = cursor.peek == "\"" ? try quotedString() : barePattern()
        guard !source.isEmpty else { throw cursor.error("expected a pattern", at: start) }
        do throws(NGSILDError) {
            return try TextPattern(parsing: source, parameter: "q")
        } catch {
            throw NGSILDError(error.code, parameter: "q", column: start + 1, "the pattern is wrong: \(error.message)")
        }
    }

    private mutating func barePattern() -> String {
        let start = cursor.position
        var open = 0
        var isInBrackets = false
        while let scalar = cursor.peek {
            switch scalar {
            case "\\": cursor.position = min(cursor.position + 1, cursor.scalars.count - 1)
            case "[": isInBrackets = true
            case "]": isInBrackets = false
            case "(" where !isInBrackets: open += 1
            case ")" where !isInBrackets && open > 0: open -= 1
            case ")" where !isInBrackets, ";" where open == 0 && !isInBrackets, "|" where open == 0 && !isInBrackets:
                return cursor.text(from: start)
            default: break
            }
            cursor.position += 1
        }
        return cursor.text(from: start)
    }
}
