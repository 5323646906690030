import JSONBytes

/// Holds values against the schemas of the API's document: those keywords of JSON Schema that it uses.
struct Schema {
    /// The whole document, which `$ref` leads into.
    let document: JSONValue

    /// What is wrong with a value, each with its place; nothing when it is as the schema says.
    ///
    /// Members that a schema does not describe are wrong, too, unless it says that there may be any.
    func mistakes(in value: JSONValue, against schema: JSONValue, at place: String = "$") throws -> [String] {
        if let reference = schema[["$ref"]] { return try mistakes(in: value, against: resolve(reference), at: place) }
        if let choices = try schema[["anyOf"]]?.array() {
            let tried = try choices.map { try mistakes(in: value, against: $0, at: place) }
            return tried.contains { $0.isEmpty } ? [] : tried.flatMap(\.self)
        }
        if let constant = schema[["const"]], constant != value { return ["\(place) is \(value), not \(constant)"] }
        if let choices = try schema[["enum"]]?.array(), !choices.contains(value) {
            return ["\(place) is \(value), none of \(choices)"]
        }
        guard let type = try schema[["type"]]?.string() else { return [] }
        guard type == value.kind || type == "number" && value.kind == "integer" else {
            return ["\(place) is \(value.kind), not \(type)"]
        }
        switch value {
        case .object(let object): return try mistakes(in: object, against: schema, at: place)
        case .array(let elements):
            guard let items = schema[["items"]], schema[["prefixItems"]] == nil else { return [] }
            return try elements.enumerated().flatMap { index, element in
                try mistakes(in: element, against: items, at: "\(place)[\(index)]")
            }
        default: return []
        }
    }

    private func mistakes(in object: JSONObject, against schema: JSONValue, at place: String) throws -> [String] {
        var mistakes: [String] = []
        for name in try schema[["required"]]?.array() ?? [] where try object[name.string()] == nil {
            mistakes.append("\(place) has no `\(try name.string())`")
        }
        let described = try schema[["properties"]]?.object() ?? JSONObject()
        for member in object.members {
            if let property = described[member.name] {
                mistakes += try self.mistakes(in: member.value, against: property, at: "\(place).\(member.name)")
            } else if schema[["additionalProperties"]] != .bool(true) {
                mistakes.append("\(place) has `\(member.name)`, which is not described")
            }
        }
        return mistakes
    }

    /// `#/components/schemas/Name`.
    private func resolve(_ reference: JSONValue) throws -> JSONValue {
        let steps = try reference.string().split(separator: "/").dropFirst().map { JSONPath.Step.member(String($0)) }
        return try document.value(at: JSONPath(steps: steps))
    }
}

extension JSONValue {
    /// What JSON Schema calls it.
    fileprivate var kind: String {
        switch self {
        case .object: "object"
        case .array: "array"
        case .string: "string"
        case .bool: "boolean"
        case .null: "null"
        case .number: (try? integer()) == nil ? "number" : "integer"
        }
    }
}
