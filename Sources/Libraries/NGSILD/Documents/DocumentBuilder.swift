import JSONBytes

/// Builds one JSON object of a document: for a client, with the terms of its `@context`, or for storage.
struct DocumentBuilder {
    enum Audience {
        case client
        /// Canonical names, and members that are ours alone.
        case storage
    }

    let context: JSONLDContext
    let audience: Audience
    private var members: [JSONObject.Member] = []

    init(context: JSONLDContext, audience: Audience) {
        self.context = context
        self.audience = audience
    }

    /// A builder for an object inside this one.
    var nested: DocumentBuilder { DocumentBuilder(context: context, audience: audience) }

    var value: JSONValue { .object(JSONObject(members)) }

    mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { members.append(JSONObject.Member(name: name, value: value)) }
    }

    mutating func add(_ name: String, _ text: String?) { add(name, text.map { .string($0) }) }

    mutating func add(_ name: String, _ bool: Bool?) { add(name, bool.map { .bool($0) }) }

    mutating func add(_ name: String, count: Int?) { add(name, count.map { .number(JSONNumber(Int64($0))) }) }

    mutating func add(_ name: String, instant: Int64?) { add(name, instant.map { .string(RFC3339.string($0)) }) }

    mutating func add(_ name: String, _ period: Duration?, in unit: PeriodUnit) {
        add(name, period.map(unit.number))
    }

    /// Strings as an array; nothing for none.
    mutating func add(_ name: String, strings: [String]) {
        guard !strings.isEmpty else { return }
        add(name, .array(strings.map { .string($0) }))
    }

    /// One string as it is, several as an array; nothing for none.
    mutating func add(_ name: String, oneOrMore strings: [String]) {
        if strings.count == 1 { return add(name, strings[0]) }
        add(name, strings: strings)
    }

    /// Names as an array, as the reader writes them; nothing for none.
    mutating func add(_ name: String, names: [String]) { add(name, strings: names.map(context.term)) }

    /// Names between commas; nothing for none.
    mutating func add(_ name: String, listed names: [String]) {
        if !names.isEmpty { add(name, names.map(context.term).joined(separator: ",")) }
    }

    mutating func add(_ name: String, pairs: [KeyValuePair]) {
        if !pairs.isEmpty { add(name, .array(pairs.map(\.json))) }
    }
}
