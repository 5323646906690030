public import JSONBytes

/// A parsed `q`: which entities are asked for, by what their attributes hold (CIM 009 §4.9).
///
///     speed>50;brandName!="Mercedes"        (temperature>=20;temperature<=25)|capacity<=10
///     address[city]=="Berlin"               temperature.observedAt>=2017-12-24T12:00:00Z
public indirect enum QueryExpression: Sendable, Hashable {
    /// All of these; `;`.
    case all([QueryExpression])
    /// Any of these; `|`, which binds less than `;`.
    case any([QueryExpression])
    /// One comparison.
    case term(AttributePath, QueryCondition)
    /// That there is nothing at a path: `!a.b`.
    case absent(AttributePath)
    /// What is asked of an entity that a relationship leads to: `sensor{Device:humidity}==40`.
    case linked(relationship: String, types: [String], QueryExpression)

    /// Reads a `q` parameter.
    ///
    /// - Parameters:
    ///   - text: The query, URL-decoded.
    ///   - context: What its names stand for.
    ///   - expanded: Attributes, by canonical names, whose values are terms to be expanded, too (`expandValues`).
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong;
    ///   ``ProblemCode/tooComplexQuery`` beyond ``NGSILDLimits/queryBytes``, ``NGSILDLimits/queryTerms`` or
    ///   ``NGSILDLimits/queryDepth``.
    public init(
        parsing text: String, context: JSONLDContext = .core, expanding expanded: Set<String> = []
    ) throws(NGSILDError) {
        var parser = try QueryParser(text, context: context, expanded: expanded)
        self = try parser.parse()
    }

    /// The names of the attributes that are looked at, each once, so that a store need fetch no others.
    public var attributeNames: Set<String> {
        switch self {
        case .all(let parts), .any(let parts):
            parts.reduce(into: []) { $0.formUnion($1.attributeNames) }
        case .term(let path, _), .absent(let path): path.names.first.map { [$0] } ?? []
        case .linked(let relationship, _, _): [relationship]
        }
    }

    /// How many relationships it follows one after the other.
    public var linkDepth: Int {
        switch self {
        case .all(let parts), .any(let parts): parts.reduce(0) { max($0, $1.linkDepth) }
        case .term, .absent: 0
        case .linked(_, _, let inner): inner.linkDepth + 1
        }
    }

    /// Whether it looks at a time that a broker would have to keep: when an entity or an attribute was entered, changed
    /// or deleted.
    public var looksAtSystemTimes: Bool {
        switch self {
        case .all(let parts), .any(let parts): parts.contains(where: \.looksAtSystemTimes)
        case .term(let path, _):
            path.members.isEmpty
                && path.names.last.map { ["createdAt", "modifiedAt", "deletedAt"].contains($0) } == true
        case .absent: false
        case .linked(_, _, let inner): inner.looksAtSystemTimes
        }
    }
}

/// What is compared: an attribute, an attribute of an attribute, or a part of a value (CIM 009 §4.9).
public struct AttributePath: Sendable, Hashable {
    /// `a.b`: the attribute `b` of the attribute `a`. At least one name; the last may be `observedAt` and the like.
    public var names: [String]
    /// `[c.d]`: members inside the value, or the language of a LanguageProperty. Empty if there is no such part.
    public var members: [String]

    /// Reads a path by itself.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` with the column of what is wrong.
    init(parsing text: String, parameter: String, context: JSONLDContext) throws(NGSILDError) {
        var parser = try QueryParser(text, parameter: parameter, context: context)
        self = try parser.wholePath()
    }

    /// A path.
    ///
    /// - Parameters:
    ///   - names: From the entity inwards, at least one.
    ///   - members: From the value inwards.
    public init(names: [String], members: [String] = []) {
        self.names = names
        self.members = members
    }
}

/// What is asked of the attribute at a path.
public enum QueryCondition: Sendable, Hashable {
    /// That it is there.
    case exists
    /// That it is one of these; `==`.
    case equal(QueryOperand)
    /// That it is none of these; `!=`.
    case unequal(QueryOperand)
    /// `<`.
    case less(QueryValue)
    /// `<=`.
    case lessOrEqual(QueryValue)
    /// `>`.
    case greater(QueryValue)
    /// `>=`.
    case greaterOrEqual(QueryValue)
    /// That it is text that matches; `~=`.
    case matches(TextPattern)
    /// That it is text that does not match; `!~=`.
    case doesNotMatch(TextPattern)
}

/// What `==` and `!=` compare with.
public enum QueryOperand: Sendable, Hashable {
    /// Any of one or more values, `1,2`.
    case values([QueryValue])
    /// All between two values of one kind, both included, `1..5`.
    case range(QueryValue, QueryValue)
}

/// A literal of the query language.
public enum QueryValue: Sendable, Hashable {
    /// `21.5`.
    case number(JSONNumber)
    /// `"text"`.
    case string(String)
    /// `true` or `false`.
    case bool(Bool)
    /// `2017-12-24T12:00:00Z`, in microseconds since 1970.
    case dateTime(Int64)
    /// `2017-12-24`.
    case date(String)
    /// `12:00:00Z`.
    case time(String)
    /// `urn:ngsi-ld:Person:Bob`, or a word; without quotes.
    case uri(String)
    /// A term of a vocabulary, by its canonical name.
    case vocabulary(String)

    /// Whether values of both can stand in an order.
    func isComparable(with other: QueryValue) -> Bool {
        switch (self, other) {
        case (.number, .number), (.string, .string), (.dateTime, .dateTime), (.date, .date), (.time, .time): true
        default: false
        }
    }
}
