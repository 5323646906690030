import CityModel
import JSONBytes

/// One value that a payload holds: understood, in the unit in which the city keeps it.
struct PayloadValue: Sendable {
    let attribute: String
    let value: AttributeValue
    let unit: String?
    /// Whether the unit is the mapping's own word, because the catalogue has none.
    var isUnitOfMapping = false
    /// As the payload says; nil where it does not.
    var observedAt: Timestamp?
    /// The rule's path or metric.
    let source: String
}

/// Reads payloads of one layout as said by devices of one type: worked out once, when the mapping is read.
struct PayloadReader: Sendable {
    /// A rule, and what the catalogue says of its attribute for this type of device.
    struct Binding: Sendable {
        let rule: PayloadLayout.Rule
        let specification: Catalogue.AttributeSpecification
        /// From the payload's unit to the one in which the city keeps the attribute.
        let conversion: UnitConversion?

        var unit: String? { specification.unitCode ?? rule.unit }
    }

    /// What may stand at a place in a JSON document, and below it.
    struct Node: Sendable {
        var binding: Int?
        var isIgnored = false
        var isTime = false
        var expected: String?
        var members: [String: Node] = [:]
        var elements: [Int: Node] = [:]

        var isLeaf: Bool { members.isEmpty && elements.isEmpty }
    }

    let layout: PayloadLayout
    let deviceType: String
    let entityType: String
    let bindings: [Binding]
    /// What the catalogue says of the attribute that tells whether the device is connected.
    let connected: Catalogue.AttributeSpecification?
    /// For metrics: which binding a name has.
    let bindingByName: [String: Int]
    private let root: Node

    /// - Throws: ``ConfigurationError`` at the line of a rule whose unit cannot become the catalogue's.
    init(
        _ layout: PayloadLayout, deviceType name: String, _ type: Catalogue.DeviceType, _ catalogue: Catalogue
    ) throws(ConfigurationError) {
        self.layout = layout
        deviceType = name
        entityType = type.entityType
        var bindings: [Binding] = []
        for rule in layout.rules {
            let specification = catalogue.specification(of: rule.attribute, in: type)
            var conversion: UnitConversion?
            if let unit = rule.unit, let expected = specification.unitCode {
                conversion = UnitConversion(from: unit, to: expected)
                guard conversion != nil else {
                    throw ConfigurationError(
                        file: layout.file, line: rule.line,
                        message:
                            "`\(rule.attribute)` of `\(type.entityType)` is kept in `\(expected)`: expected a unit "
                            + "that converts to it, found `\(unit)`")
                }
            }
            bindings.append(Binding(rule: rule, specification: specification, conversion: conversion))
        }
        self.bindings = bindings
        connected = layout.connected.map { catalogue.specification(of: $0, in: type) }
        bindingByName = Dictionary(
            bindings.enumerated().map { ($1.rule.source, $0) }, uniquingKeysWith: { first, _ in first })
        root = layout.form == .json ? PayloadReader.tree(layout) : Node()
    }

    private static func tree(_ layout: PayloadLayout) -> Node {
        var root = Node()
        for (index, rule) in layout.rules.enumerated() { root.at(rule.source) { $0.binding = index } }
        for path in layout.ignored { root.at(path) { $0.isIgnored = true } }
        for (path, word) in layout.expected { root.at(path) { $0.expected = word } }
        if let time = layout.time { root.at(time.path.steps[...]) { $0.isTime = true } }
        return root
    }

    // MARK: Reading

    /// What a payload of JSON or text says; or why not, naming the place.
    func read(_ bytes: UnsafeRawBufferPointer, at now: Timestamp) -> Result<[PayloadValue], Refusal> {
        var reading = Reading(now: now)
        do throws(Refusal) {
            switch layout.form {
            case .json:
                let document: JSONValue
                do throws(JSONError) {
                    document = try JSONValue(parsing: bytes)
                } catch {
                    throw Refusal.malformed(error.message)
                }
                var path: [JSONPath.Step] = []
                try walk(document, root, &path, &reading)
            case .text:
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw Refusal.malformed("at `$`: expected text in UTF-8")
                }
                try take(.string(text.trimmed), bindings[0], "$", &reading)
            case .sparkplugB, .message: break
            }
        } catch {
            return .failure(error)
        }
        guard let time = reading.time else { return .success(reading.values) }
        for index in reading.values.indices { reading.values[index].observedAt = time }
        return .success(reading.values)
    }

    /// What has been read so far.
    struct Reading {
        let now: Timestamp
        var time: Timestamp?
        var values: [PayloadValue] = []
    }

    private func walk(
        _ value: JSONValue, _ node: Node, _ path: inout [JSONPath.Step], _ reading: inout Reading
    ) throws(Refusal) {
        if node.isTime { try takeTime(value, path, &reading) }
        if let expected = node.expected, PayloadReader.word(value) != expected {
            throw .malformed(
                "at `\(JSONPath(steps: path))`: expected `\(expected)`, found \(PayloadReader.shown(value))")
        }
        if let index = node.binding {
            try take(value, bindings[index], "\(JSONPath(steps: path))", &reading)
        }
        guard !node.isIgnored, !node.isLeaf else { return }
        switch value {
        case .object(let object) where !node.members.isEmpty:
            for member in object.members {
                path.append(.member(member.name))
                if let next = node.members[member.name] {
                    try walk(member.value, next, &path, &reading)
                } else if !layout.ignoresUnknown {
                    throw unknown(path, beside: node)
                }
                path.removeLast()
            }
        case .array(let elements) where !node.elements.isEmpty:
            for (index, element) in elements.enumerated() {
                path.append(.element(index))
                if let next = node.elements[index] {
                    try walk(element, next, &path, &reading)
                } else if !layout.ignoresUnknown {
                    throw unknown(path, beside: node)
                }
                path.removeLast()
            }
        case .null: return
        case .bool, .number, .string, .array, .object:
            // A rule for the value itself has taken it.
            guard node.binding == nil, !node.isTime, node.expected == nil else { return }
            let kind = node.members.isEmpty ? "an array" : "an object"
            throw .malformed("at `\(JSONPath(steps: path))`: expected \(kind), found \(value.kindName)")
        }
    }

    private func unknown(_ path: [JSONPath.Step], beside node: Node) -> Refusal {
        let known = node.members.keys.sorted().map { "`\($0)`" } + node.elements.keys.sorted().map { "`[\($0)]`" }
        return Refusal(
            step: .understand, code: .attributeUnknown,
            message: "at `\(JSONPath(steps: path))`: expected one of \(PayloadReader.list(known)): layout "
                + "`\(layout.name)` has nothing else; add it to `values` or to `ignore`")
    }

    /// Names for a message: a dozen at most, so that a refusal stays short whatever the layout.
    static func list(_ names: [String]) -> String {
        let further = names.count > 12 ? " and \(names.count - 12) more" : ""
        return names.prefix(12).joined(separator: ", ") + further
    }

    private func takeTime(
        _ value: JSONValue, _ path: [JSONPath.Step], _ reading: inout Reading
    ) throws(Refusal) {
        guard let time = layout.time, value != .null else { return }
        let place = "\(JSONPath(steps: path))"
        guard let instant = time.instant(value, now: reading.now) else {
            throw .malformed("at `\(place)`: expected \(time.form.expected), found \(PayloadReader.shown(value))")
        }
        reading.time = try Understand.check(time: instant, now: reading.now, path: place).get()
    }

    /// One value by its rule. A null says that there is none.
    func take(
        _ value: JSONValue, _ binding: Binding, _ place: @autoclosure () -> String, observedAt: Timestamp? = nil,
        _ reading: inout Reading
    ) throws(Refusal) {
        if value == .null { return }
        let meant = try PayloadReader.meaning(of: value, binding, place)
        reading.values.append(
            PayloadValue(
                attribute: binding.rule.attribute, value: meant, unit: binding.unit,
                isUnitOfMapping: binding.specification.unitCode == nil, observedAt: observedAt,
                source: binding.rule.source))
    }

    private static func meaning(
        of value: JSONValue, _ binding: Binding, _ place: () -> String
    ) throws(Refusal) -> AttributeValue {
        let rule = binding.rule
        var meant: AttributeValue
        if rule.words.isEmpty {
            meant = try plain(value, binding, place)
            if case .number(let number) = meant {
                let scaled = number * rule.scale + rule.offset
                meant = .number(binding.conversion?(scaled) ?? scaled)
            }
        } else {
            guard let word = word(value), let known = rule.words[word] else {
                let words = list(rule.words.keys.sorted().map { "`\($0)`" })
                throw .malformed("at `\(place())`: expected one of \(words), found \(shown(value))")
            }
            meant = known
        }
        if let number = meant.number {
            guard number.isFinite else { throw .outOfRange("at `\(place())`: the number is too large") }
            if let refusal = Understand.check(number, binding.specification, at: place()) { throw refusal }
        } else if binding.specification.isOfNumbers {
            throw .malformed("at `\(place())`: expected a number, found \(shown(value))")
        }
        return meant
    }

    /// A value that stands for itself.
    private static func plain(
        _ value: JSONValue, _ binding: Binding, _ place: () -> String
    ) throws(Refusal) -> AttributeValue {
        let kind = binding.rule.kind ?? (binding.specification.isOfNumbers ? .number : nil)
        switch (value, kind) {
        case (.number(let number), nil), (.number(let number), .number): return .number(number.double)
        case (.bool(let flag), nil), (.bool(let flag), .boolean): return .boolean(flag)
        case (.string(let text), nil), (.string(let text), .text): return .text(text)
        case (.number, .text), (.bool, .text): return .text(value.description)
        case (.string(let text), .number):
            if let number = number(text) { return .number(number) }
        case (.string("true"), .boolean): return .boolean(true)
        case (.string("false"), .boolean): return .boolean(false)
        default: break
        }
        let expected =
            switch kind {
            case .number: "a number"
            case .boolean: "true or false"
            case .text: "text"
            case nil: "a number, text, true or false"
            }
        throw .malformed("at `\(place())`: expected \(expected), found \(shown(value))")
    }

    /// A number written as JSON writes it, and nothing else.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.count <= 64, case .number(let number)? = try? JSONValue(parsing: text) else { return nil }
        return number.double
    }

    /// The word that a value is, to be looked up; nil for what is none.
    private static func word(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .number, .bool: value.description
        case .null, .array, .object: nil
        }
    }

    /// A value for messages, shortened.
    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .array, .object, .null: value.kindName
        case .string(let text): "`\(text.prefix(64))`"
        case .number, .bool: "`\(value)`"
        }
    }
}

extension PayloadReader.Node {
    /// Changes the node at a path, made where it is not there.
    fileprivate mutating func at(_ path: String, _ change: (inout Self) -> Void) {
        // Paths have been checked when the mapping was read.
        guard let parsed = PayloadPath.parse(path) else { return }
        at(parsed.steps[...], change)
    }

    fileprivate mutating func at(_ steps: ArraySlice<JSONPath.Step>, _ change: (inout Self) -> Void) {
        switch steps.first {
        case nil: change(&self)
        case .member(let name): members[name, default: Self()].at(steps.dropFirst(), change)
        case .element(let index): elements[index, default: Self()].at(steps.dropFirst(), change)
        }
    }
}

extension String {
    /// Without spaces and line breaks at both ends.
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character.isNewline || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
