import JSONBytes

/// What stands under one name of a document: its value, and the place of that for messages.
struct DocumentField {
    let value: JSONValue
    let path: JSONPath
    let context: JSONLDContext

    /// Whether this asks for a member to be removed: JSON's `null`, or the NGSI-LD one (CIM 009 §5.5.8).
    var isRemoval: Bool { value == .null || value == .string(CoreContext.null) }

    func error(expected: String) -> NGSILDError { NGSILDError(at: path, expected: expected, found: value) }

    // MARK: One value

    func string(_ expected: String = "a string") throws(NGSILDError) -> String {
        guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= DocumentLimits.textBytes else {
            throw error(expected: "\(expected), not empty and of at most \(DocumentLimits.textBytes) bytes")
        }
        return text
    }

    func bool() throws(NGSILDError) -> Bool {
        guard case .bool(let bool) = value else { throw error(expected: "a Boolean") }
        return bool
    }

    func positiveInteger() throws(NGSILDError) -> Int {
        guard case .number(let number) = value, let integer = number.integer, integer > 0 else {
            throw error(expected: "a positive integer")
        }
        return Int(integer)
    }

    func count() throws(NGSILDError) -> Int {
        guard case .number(let number) = value, let integer = number.integer, integer >= 0 else {
            throw error(expected: "zero or a positive integer")
        }
        return Int(integer)
    }

    func uri(_ expected: String = "a URI") throws(NGSILDError) -> String {
        guard case .string(let text) = value, Names.isURI(text) else { throw error(expected: expected) }
        return text
    }

    /// The canonical name of an entity type or an attribute.
    func name(_ expected: String) throws(NGSILDError) -> String {
        guard case .string(let text) = value, Names.isName(text) else { throw error(expected: expected) }
        return context.name(of: text)
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        of type: Choice.Type
    ) throws(NGSILDError) -> Choice where Choice.RawValue == String {
        if case .string(let text) = value, let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        throw error(expected: "one of \(known)")
    }

    /// A date-time in UTC, plain or as a JSON-LD typed value, in microseconds since 1970.
    func instant() throws(NGSILDError) -> Int64 {
        try EntityParser(purpose: .update, form: .keyValues, context: context).instant(value, at: path)
    }

    /// A period greater than zero, rounded to microseconds.
    func period(in unit: PeriodUnit) throws(NGSILDError) -> Duration {
        guard case .number(let number) = value, number.double > 0,
            number.double <= Double(unit.count(in: DocumentLimits.period))
        else {
            let limit = unit.count(in: DocumentLimits.period)
            throw error(expected: "a number of \(unit.rawValue) greater than 0 and at most \(limit)")
        }
        // Cannot overflow: the limit is 10^15 microseconds.
        return .microseconds(max(1, Int64(number.double * Double(unit.microseconds) + 0.5)))
    }

    /// An ISO 8601 duration, as it was written.
    func isoDuration() throws(NGSILDError) -> String {
        guard case .string(let text) = value, CalendarDuration(parsing: text) != nil else {
            throw error(expected: "an ISO 8601 duration such as `PT5M`")
        }
        return text
    }

    func geometry() throws(NGSILDError) -> JSONValue {
        try GeoJSONGeometry.check(value, at: path)
        return value
    }

    // MARK: Several values

    /// The elements of an array.
    func elements(_ expected: String, atMost limit: Int) throws(NGSILDError) -> [DocumentField] {
        guard case .array(let elements) = value else { throw error(expected: expected) }
        guard elements.count <= limit else {
            throw NGSILDError(at: path, expected: "at most \(limit) elements", found: "\(elements.count)")
        }
        return elements.enumerated().map { DocumentField(value: $1, path: path[$0], context: context) }
    }

    /// The elements of an array that has some.
    func someElements(_ expected: String, atMost limit: Int) throws(NGSILDError) -> [DocumentField] {
        let elements = try elements(expected, atMost: limit)
        guard !elements.isEmpty else { throw NGSILDError(at: path, expected: expected, found: "an empty array") }
        return elements
    }

    /// The elements of an array that has some, or the one value that stands there instead.
    func oneOrMore(_ expected: String, atMost limit: Int) throws(NGSILDError) -> [DocumentField] {
        if case .array = value { return try someElements(expected, atMost: limit) }
        return [self]
    }

    /// Canonical names, one or more, each once.
    func names() throws(NGSILDError) -> [String] {
        var names = UniqueStrings()
        for element in try someElements("an array of one or more attribute names", atMost: DocumentLimits.names) {
            names.insert(try element.name("an attribute name"))
        }
        return names.strings
    }

    /// Dataset identifiers, one or more: URIs, or `@none` for the default instance (CIM 009 §4.5.5).
    func datasetIds() throws(NGSILDError) -> [String] {
        var ids = UniqueStrings()
        for element in try someElements("an array of one or more URIs", atMost: DocumentLimits.names) {
            ids.insert(element.value == "@none" ? "@none" : try element.uri("a URI or `@none`"))
        }
        return ids.strings
    }

    /// Canonical names from text with commas between them, as in `expandValues` and `jsonKeys`.
    func listedNames() throws(NGSILDError) -> [String] {
        var names = UniqueStrings()
        for part in try string("attribute names between commas").split(separator: ",", omittingEmptySubsequences: false)
        {
            let name = String(part)
            guard Names.isName(name) else {
                throw NGSILDError(
                    at: path, expected: "attribute names between commas", found: NGSILDError.quoted(name))
            }
            names.insert(context.name(of: name))
        }
        return names.strings
    }
}

/// The units in which the standard counts periods.
enum PeriodUnit: String {
    case seconds, milliseconds

    var microseconds: Int64 {
        switch self {
        case .seconds: 1_000_000
        case .milliseconds: 1000
        }
    }

    /// How often the unit goes into a period, as a JSON number.
    func number(of period: Duration) -> JSONValue {
        let count = period.inMicroseconds
        guard !count.isMultiple(of: microseconds) else { return .number(JSONNumber(count / microseconds)) }
        return JSONValue(Double(count) / Double(microseconds)) ?? .null
    }

    func count(in period: Duration) -> Int64 { period.inMicroseconds / microseconds }
}

extension Duration {
    /// Whole microseconds; what is longer than they can count is as long as they can.
    var inMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLong else { return seconds < 0 ? .min : .max }
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Int64 {
    /// An instant so much later; the last one there is where there is none.
    func later(by period: Duration) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(period.inMicroseconds)
        return overflow ? .max : sum
    }
}

/// Strings in the order they came, each once.
struct UniqueStrings {
    private(set) var strings: [String] = []
    private var seen: Set<String> = []

    mutating func insert(_ string: String) {
        if seen.insert(string).inserted { strings.append(string) }
    }
}
