import CityModel
import Foundation
import Yams

/// A mistake in a YAML file of the city: where it is, what was found and what was expected.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// The line, from 1; 0 when the file as a whole is meant.
    public let line: Int
    /// What was found and what was expected.
    public let message: String

    /// An error at a line of a file.
    public init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// `city.yaml:12: expected …`
    public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}

/// A YAML node with the name of its file and its place, so that every mistake is told with file and line.
package struct YAMLPlace {
    package let file: String
    package let path: String
    /// The line of the key that this is the value of; 0 where there is none.
    package private(set) var keyLine = 0
    private let node: Node

    /// Parses a file that must be one mapping.
    package init(parsing text: String, file: String) throws(ConfigurationError) {
        let parsed: Node?
        do {
            parsed = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(file: file, line: YAMLPlace.line(of: error), message: YAMLPlace.text(of: error))
        } catch {
            throw ConfigurationError(file: file, line: 0, message: "not YAML: \(error)")
        }
        self.init(file: file, path: "", node: parsed ?? Node.mapping(Node.Mapping([])))
    }

    private init(file: String, path: String, node: Node) {
        self.file = file
        self.path = path
        self.node = node
    }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: 0
        }
    }

    private static func text(of error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
            "not YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, _):
            "the key \(keys.map { "`\($0)`" }.joined(separator: ", ")) stands twice"
        default: "not YAML: \(error)"
        }
    }

    package var line: Int { node.mark?.line ?? 0 }

    package func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, message: path.isEmpty ? message : "`\(path)`: \(message)")
    }

    private var found: String {
        switch node {
        case .scalar(let scalar): "`\(scalar.string)`"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// The members of a mapping; with `allowed`, any other key is an error that names the ones expected.
    package func members(allowed: [String]? = nil) throws(ConfigurationError) -> [(key: String, value: YAMLPlace)] {
        if case .scalar(let scalar) = node, scalar.string.isEmpty { return [] }
        guard case .mapping(let mapping) = node else { throw error("expected a mapping, found \(found)") }
        var result: [(key: String, value: YAMLPlace)] = []
        for (key, value) in mapping {
            let name = key.string ?? ""
            var place = YAMLPlace(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: value)
            place.keyLine = key.mark?.line ?? line
            if let allowed, !allowed.contains(name) {
                let expected = allowed.map { "`\($0)`" }.joined(separator: ", ")
                throw ConfigurationError(
                    file: file, line: key.mark?.line ?? line,
                    message: "unknown key `\(name)`; expected one of \(expected)")
            }
            result.append((name, place))
        }
        return result
    }

    package var isScalar: Bool {
        if case .scalar = node { true } else { false }
    }

    /// Whether it is text without quotes.
    package var isPlain: Bool {
        if case .scalar(let scalar) = node { scalar.style == .plain } else { false }
    }

    /// The elements of a list; nil where this is none.
    package var elements: [YAMLPlace]? {
        guard case .sequence(let sequence) = node else { return nil }
        return sequence.enumerated().map { YAMLPlace(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
    }

    package func string() throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = node else { throw error("expected text, found \(found)") }
        return scalar.string
    }

    package func number() throws(ConfigurationError) -> Double {
        guard case .scalar(let scalar) = node, let number = Double(scalar.string), number.isFinite else {
            throw error("expected a number, found \(found)")
        }
        return number
    }

    package func integer(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard case .scalar(let scalar) = node, let number = Int(scalar.string), range.contains(number) else {
            throw error("expected a whole number from \(range.lowerBound) to \(range.upperBound), found \(found)")
        }
        return number
    }

    package func boolean() throws(ConfigurationError) -> Bool {
        switch (node.string ?? "").lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw error("expected true or false, found \(found)")
        }
    }
}

extension Catalogue {
    /// The catalogue that ships with the program: the Smart Data Models in use.
    ///
    /// - Throws: ``ConfigurationError`` when the shipped file is missing or wrong, which a test rules out.
    public static func shipped() throws(ConfigurationError) -> Catalogue {
        guard let url = Bundle.module.url(forResource: "catalogue", withExtension: "yaml"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else {
            throw ConfigurationError(
                file: "catalogue.yaml", line: 0,
                message: "not found beside the program: keep `bastide_CityPath.resources` next to it")
        }
        return try Catalogue(yaml: text, named: "catalogue.yaml (shipped)")
    }

    /// Reads a catalogue.
    ///
    /// - Parameters:
    ///   - yaml: The file's text.
    ///   - name: The file's name, for errors.
    /// - Throws: ``ConfigurationError`` with file, line and what was expected.
    public init(yaml: String, named name: String) throws(ConfigurationError) {
        var models: [String: [String: AttributeSpecification]] = [:]
        var types: [String: DeviceType] = [:]
        var purposes: [String: DataClass] = [:]
        let root = try YAMLPlace(parsing: yaml, file: name)
        for (key, section) in try root.members(allowed: ["version", "dataModels", "deviceTypes", "purposes"]) {
            switch key {
            case "dataModels":
                for (type, attributes) in try section.members() {
                    for (attribute, place) in try attributes.members() {
                        models[type, default: [:]][attribute] = try AttributeSpecification(place)
                    }
                }
            case "deviceTypes":
                for (type, place) in try section.members() { types[type] = try DeviceType(place) }
            case "purposes":
                for (purpose, place) in try section.members() {
                    purposes[purpose] = try Catalogue.unlockedClass(purpose, place)
                }
            default:
                _ = try section.integer(in: 1...1)
            }
        }
        self.init(dataModels: models, deviceTypes: types, purposes: purposes)
    }

    /// The class that a purpose unlocks.
    private static func unlockedClass(_ name: String, _ place: YAMLPlace) throws(ConfigurationError) -> DataClass {
        guard DeviceID.isPlainName(name) else {
            throw place.error("a purpose's name has letters, digits, `.`, `_` and `-`, 64 at most")
        }
        var dataClass: DataClass?
        for (key, value) in try place.members(allowed: ["class", "note"]) {
            if key == "class" { dataClass = try value.dataClass() } else { _ = try value.string() }
        }
        guard let dataClass else { throw place.error("`class` is missing") }
        return dataClass
    }
}

extension YAMLPlace {
    fileprivate func dataClass() throws(ConfigurationError) -> DataClass {
        guard let dataClass = DataClass(rawValue: try string()) else {
            throw error("expected one of \(DataClass.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return dataClass
    }
}

extension Catalogue.AttributeSpecification {
    fileprivate init(_ place: YAMLPlace) throws(ConfigurationError) {
        var dataClass: DataClass?
        var (unit, minimum, maximum, days): (String?, Double?, Double?, Int?) = (nil, nil, nil, nil)
        for (key, value) in try place.members(allowed: ["class", "unit", "min", "max", "retentionDays", "note"]) {
            switch key {
            case "class": dataClass = try value.dataClass()
            case "unit": unit = try value.string()
            case "min": minimum = try value.number()
            case "max": maximum = try value.number()
            case "retentionDays": days = try value.integer(in: 1...36_500)
            default: _ = try value.string()
            }
        }
        guard let dataClass else { throw place.error("`class` is missing") }
        if let minimum, let maximum, minimum > maximum { throw place.error("`min` is above `max`") }
        self.init(
            label: DataLabel(dataClass: dataClass, retentionDays: days, isCatalogued: true), unitCode: unit,
            minimum: minimum, maximum: maximum)
    }
}

extension Catalogue.DeviceType {
    fileprivate init(_ place: YAMLPlace) throws(ConfigurationError) {
        var entityType: String?
        var values: [String: Catalogue.Value] = [:]
        for (key, value) in try place.members(allowed: ["entityType", "values", "note"]) {
            switch key {
            case "entityType": entityType = try value.string()
            case "values":
                for (name, attribute) in try value.members() {
                    guard name != "t" else { throw attribute.error("`t` is the time and cannot be a value's key") }
                    values[name] = try Catalogue.Value(attribute)
                }
            default: _ = try value.string()
            }
        }
        guard let entityType else { throw place.error("`entityType` is missing") }
        self.init(entityType: entityType, values: values)
    }
}

extension Catalogue.Value {
    /// Either the attribute's name, or a mapping with `attribute` and what differs from the data model.
    fileprivate init(_ place: YAMLPlace) throws(ConfigurationError) {
        if place.isScalar {
            self.init(attribute: try place.string())
            return
        }
        var attribute: String?
        var (unit, minimum, maximum): (String?, Double?, Double?) = (nil, nil, nil)
        for (key, value) in try place.members(allowed: ["attribute", "unit", "min", "max"]) {
            switch key {
            case "attribute": attribute = try value.string()
            case "unit": unit = try value.string()
            case "min": minimum = try value.number()
            default: maximum = try value.number()
            }
        }
        guard let attribute else { throw place.error("`attribute` is missing") }
        self.init(attribute: attribute, unitCode: unit, minimum: minimum, maximum: maximum)
    }
}
