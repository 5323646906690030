import JSONBytes

/// What the instances of an attribute hold, and so what may be made of them (CIM 009 tables 4.5.19.1-1 to -3).
///
/// Strings that look like dates are strings: a date says that it is one, by its `valueType` or as a JSON-LD typed value.
enum AggregatedType: Sendable, Hashable {
    case string
    case number
    /// An object, a geometry, strings by language, or JSON that is not looked at.
    case object
    /// An array, or a ListProperty.
    case array
    case boolean
    case dateTime
    case date
    case time
    /// A URI, or a term of a vocabulary.
    case uri
    case relationship
    /// Not all hold the same, or there are none.
    case mixed

    /// The type of instances of one attribute.
    init(of instances: [Attribute]) {
        guard let first = instances.first else {
            self = .mixed
            return
        }
        let type = AggregatedType(of: first)
        self = instances.dropFirst().allSatisfy { AggregatedType(of: $0) == type } ? type : .mixed
    }

    private init(of instance: Attribute) {
        switch instance.kind {
        case .relationship, .listRelationship: self = .relationship
        case .languageProperty, .jsonProperty, .geoProperty: self = .object
        case .vocabProperty: self = .uri
        case .listProperty: self = .array
        case .property:
            switch instance.value {
            case .number: self = .number
            case .bool: self = .boolean
            case .array: self = .array
            case .null: self = .object
            case .string: self = AggregatedType(named: instance.valueType) ?? .string
            case .object(let object):
                guard case .string(let name)? = object["@type"], case .string? = object["@value"] else {
                    self = .object
                    return
                }
                self = AggregatedType(named: name) ?? .string
            }
        }
    }

    /// The types that have a table of their own.
    private init?(named name: String?) {
        switch name.map(CoreContext.term) {
        case "DateTime": self = .dateTime
        case "Date": self = .date
        case "Time": self = .time
        case "URI", "@id": self = .uri
        default: return nil
        }
    }

    /// Whether a method has a meaning for values of this type.
    func allows(_ method: AggregationMethod) -> Bool {
        switch (method, self) {
        case (.totalCount, _), (.distinctCount, _): true
        case (_, .number), (_, .boolean): true
        case (.avg, .array), (.min, .array), (.max, .array), (.sum, .array): true
        case (.min, .string), (.max, .string), (.min, .dateTime), (.max, .dateTime), (.min, .date), (.max, .date): true
        case (.avg, .time), (.min, .time), (.max, .time): true
        default: false
        }
    }

    /// What it is, for messages.
    var name: String {
        switch self {
        case .string: "strings"
        case .number: "numbers"
        case .object: "objects"
        case .array: "arrays"
        case .boolean: "Booleans"
        case .dateTime: "date-times"
        case .date: "dates"
        case .time: "times"
        case .uri: "URIs"
        case .relationship: "relationships"
        case .mixed: "values of several types"
        }
    }

    /// The values as texts, without those that are none.
    func texts(of instances: [Attribute]) -> [String] {
        instances.compactMap { instance in
            switch instance.value {
            case .string(let text): return text
            case .object(let object):
                guard case .string(let text)? = object["@value"] else { return nil }
                return text
            default: return nil
            }
        }
    }

    /// The values as numbers: truth as one, arrays by their sizes.
    func numbers(of instances: [Attribute]) -> [Double] {
        instances.compactMap { instance in
            switch instance.value {
            case .number(let number): number.double
            case .bool(let flag): flag ? 1 : 0
            case .array(let elements): Double(elements.count)
            default: nil
            }
        }
    }
}

/// A time of day in UTC, `hh:mm:ssZ` with up to six decimals (CIM 009 §4.6.3).
struct TimeOfDay {
    /// Since midnight.
    let microseconds: Int64

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Reads one; nil when it is none.
    init?(parsing text: String) {
        guard let instant = try? DateTime.parse("1970-01-01T\(text)").microseconds else { return nil }
        microseconds = instant
    }

    /// With as many of six decimals as it needs.
    var text: String { String(RFC3339.string(microseconds).dropFirst("1970-01-01T".count)) }
}
