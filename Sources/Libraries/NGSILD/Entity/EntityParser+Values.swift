import JSONBytes

// What each kind of attribute may hold.

extension EntityParser {
    /// The value of an attribute of this kind, or the NGSI-LD null where that may stand.
    func checkedValue(_ value: JSONValue, of kind: AttributeKind, at path: JSONPath) throws(NGSILDError) -> JSONValue {
        if purpose.takesNulls, value == NGSILDNull.value(for: kind) { return value }
        if value == .string(CoreContext.null) || (value == .null && kind != .jsonProperty) {
            guard purpose.takesNulls, value != .null else {
                let hint = purpose.takesNulls ? "`\(CoreContext.null)` to delete the attribute" : "a value"
                throw NGSILDError(at: path, expected: hint, found: value == .null ? "null" : "`\(CoreContext.null)`")
            }
            return value
        }
        switch kind {
        case .property:
            let inner = unwrapped(value)
            if purpose != .merge { try checkNoNulls(in: inner, at: path) }
            return inner
        case .jsonProperty:
            switch value {
            case .object, .array, .null: return value
            case .string, .number, .bool:
                throw NGSILDError(at: path, expected: "a JSON object or array", found: value)
            }
        case .geoProperty:
            // Geometries may come as strings (§4.7.2).
            guard case .string(let text) = value else {
                try GeoJSONGeometry.check(value, at: path)
                return value
            }
            guard let geometry = try? JSONValue(parsing: Array(text.utf8)) else {
                throw NGSILDError(at: path, expected: "a GeoJSON geometry", found: value)
            }
            try GeoJSONGeometry.check(geometry, at: path)
            return geometry
        case .relationship: try checkURIs(value, at: path)
        case .languageProperty: try checkLanguageMap(value, at: path)
        case .vocabProperty:
            try checkStrings(value, "a term of a vocabulary", at: path)
            return canonicalTerms(value)
        case .listProperty:
            guard case .array = value else { throw NGSILDError(at: path, expected: "an array of values", found: value) }
        case .listRelationship: return try objectList(value, at: path)
        }
        return value
    }

    /// A JSON-LD value object without a type says no more than its value.
    private func unwrapped(_ value: JSONValue) -> JSONValue {
        guard case .object(let object) = value, object.members.count == 1, let inner = object["@value"] else {
            return value
        }
        return inner
    }

    /// Terms of a vocabulary by their canonical names.
    private func canonicalTerms(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let term): .string(context.name(of: term))
        case .array(let terms): .array(terms.map(canonicalTerms))
        default: value
        }
    }

    /// Inside a value the NGSI-LD null has no meaning (CIM 009 §5.5.4).
    private func checkNoNulls(in value: JSONValue, at path: JSONPath) throws(NGSILDError) {
        switch value {
        case .object(let object):
            // A JSON literal is not looked at (§4.5.0).
            if object["@type"] == .string("@json") { return }
            for member in object.members { try checkInner(member.value, at: path[member.name]) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { try checkInner(element, at: path[index]) }
        default: break
        }
    }

    private func checkInner(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) {
        guard value != .string(CoreContext.null) else {
            throw NGSILDError(at: path, expected: "a value", found: value)
        }
        try checkNoNulls(in: value, at: path)
    }

    private func checkURIs(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) {
        let elements = oneOrMore(value, at: path)
        guard !elements.isEmpty else { throw NGSILDError(at: path, expected: "one or more URIs", found: value) }
        for (element, place) in elements { _ = try uri(element, at: place) }
    }

    private func checkStrings(_ value: JSONValue, _ expected: String, at path: JSONPath) throws(NGSILDError) {
        let elements = oneOrMore(value, at: path)
        guard !elements.isEmpty else { throw NGSILDError(at: path, expected: expected, found: value) }
        for (element, place) in elements {
            guard case .string = element else { throw NGSILDError(at: place, expected: expected, found: element) }
        }
    }

    /// Language tags (RFC 5646) or `@none`, each with one string or several.
    private func checkLanguageMap(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) {
        guard case .object(let map) = value, !map.members.isEmpty else {
            throw NGSILDError(at: path, expected: "an object of strings by language", found: value)
        }
        for member in map.members {
            let place = path[member.name]
            let isTag = member.name.utf8.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
            }
            guard member.name == "@none" || (isTag && !member.name.isEmpty) else {
                throw NGSILDError(
                    at: place, expected: "a language tag such as `en`", found: NGSILDError.quoted(member.name))
            }
            if isErasure(member.value) { continue }
            try checkStrings(member.value, "a string", at: place)
            guard member.value != .string(CoreContext.null) else {
                throw NGSILDError(at: place, expected: "a string", found: member.value)
            }
        }
    }

    /// URIs, plain or each as `{"object":…}` (CIM 009 §4.5.22), in order.
    private func objectList(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> JSONValue {
        guard case .array(let elements) = value else {
            throw NGSILDError(at: path, expected: "an array of URIs", found: value)
        }
        var uris: [JSONValue] = []
        for (index, element) in elements.enumerated() {
            if case .object(let object) = element, let inner = object["object"] {
                uris.append(.string(try uri(inner, at: path[index]["object"])))
            } else {
                uris.append(.string(try uri(element, at: path[index])))
            }
        }
        return .array(uris)
    }

    func unitCode(_ value: JSONValue, of kind: AttributeKind, at path: JSONPath) throws(NGSILDError) -> String {
        guard kind == .property || kind == .listProperty else {
            throw NGSILDError(at: path, expected: "no unit in a \(kind.rawValue)", found: "`unitCode`")
        }
        if isErasure(value) { return CoreContext.null }
        guard case .string(let code) = value, 1...NGSILDLimits.unitCodeBytes ~= code.utf8.count,
            code.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw NGSILDError(at: path, expected: "a UN/CEFACT unit code such as `CEL`", found: value) }
        return code
    }

    func datasetId(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> String? {
        guard value != .string(CoreContext.null) else {
            throw NGSILDError(at: path, expected: "a URI: a datasetId cannot be deleted", found: value)
        }
        if value == .string("@none") { return nil }
        return try uri(value, at: path)
    }

    /// Names of types, `objectType` or `valueType`.
    func typeNames(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [String] {
        var names: [String] = []
        for (element, place) in oneOrMore(value, at: path) {
            guard case .string(let text) = element, Names.isName(text) else {
                throw NGSILDError(at: place, expected: "a type name", found: element)
            }
            names.append(context.name(of: text))
        }
        return names
    }
}
