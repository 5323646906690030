import JSONBytes

/// Reads entities and attributes from any representation. `EntityParser+Attributes.swift` holds what is inside one.
struct EntityParser {
    let purpose: EntityPurpose
    let form: EntityForm

    func entity(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> EntityFragment {
        guard case .object(let object) = value else {
            throw NGSILDError(at: path, expected: "an entity, as a JSON object", found: value)
        }
        var fragment = EntityFragment()
        for member in object.members {
            let place = path[member.name]
            let name = try term(of: member, in: object, at: place)
            switch name {
            case "id": fragment.id = try uri(member.value, at: place)
            case "type": fragment.types = try types(member.value, at: place)
            case "scope": fragment.scopes = try scopes(member.value, at: place)
            case "@context": fragment.context = try context(member.value, at: place)
            case "createdAt", "modifiedAt", "deletedAt": break
            default:
                try checkName(name, at: place)
                fragment.attributes += try instances(member.value, name: name, at: place, depth: 1)
            }
        }
        guard purpose == .create else { return fragment }
        if fragment.id == nil { throw NGSILDError(at: path["id"], expected: "the entity's URI", found: nil) }
        if fragment.types.isEmpty { throw NGSILDError(at: path["type"], expected: "an entity type", found: nil) }
        return fragment
    }

    /// The short name of a member, which no other member may have. Names as written differ already, so only those that
    /// were shortened can meet another.
    func term(of member: JSONObject.Member, in object: JSONObject, at path: JSONPath) throws(NGSILDError) -> String {
        let term = CoreContext.term(member.name)
        if term != member.name,
            object.members.contains(where: { $0.name != member.name && CoreContext.term($0.name) == term })
        {
            throw NGSILDError(at: path, expected: "each name once", found: "`\(term)` again")
        }
        return term
    }

    func checkName(_ name: String, at path: JSONPath) throws(NGSILDError) {
        guard Names.isName(name) else {
            let expected = "an attribute name (a letter, then letters, numbers and `_`)"
            throw NGSILDError(at: path, expected: expected, found: NGSILDError.quoted(name))
        }
    }

    func uri(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> String {
        guard case .string(let text) = value, Names.isURI(text) else {
            throw NGSILDError(at: path, expected: "a URI such as `urn:ngsi-ld:Vehicle:A1`", found: value)
        }
        return text
    }

    private func types(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [String] {
        var types: [String] = []
        for (element, place) in oneOrMore(value, at: path) {
            guard case .string(let text) = element, Names.isName(text) else {
                throw NGSILDError(at: place, expected: "an entity type name", found: element)
            }
            let type = CoreContext.term(text)
            if !types.contains(type) { types.append(type) }
        }
        guard !types.isEmpty else { throw NGSILDError(at: path, expected: "an entity type name", found: value) }
        return types
    }

    private func scopes(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [String] {
        var scopes: [String] = []
        for (element, place) in oneOrMore(value, at: path) {
            guard case .string(let text) = element,
                Names.isScope(text) || (purpose == .merge && text == CoreContext.null)
            else { throw NGSILDError(at: place, expected: "a scope such as `/Madrid/Gardens`", found: element) }
            scopes.append(text)
        }
        return scopes
    }

    /// A string, an object, or an array of these; what they say is not looked at here.
    private func context(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> JSONValue {
        for (element, place) in oneOrMore(value, at: path) {
            switch element {
            case .object: break
            case .string(let text) where Names.isURI(text): break
            default:
                throw NGSILDError(at: place, expected: "the URL of a JSON-LD @context, or an object", found: element)
            }
        }
        return value
    }

    /// The elements of an array with their paths, or the one value that stands there instead.
    func oneOrMore(_ value: JSONValue, at path: JSONPath) -> [(JSONValue, JSONPath)] {
        guard case .array(let elements) = value else { return [(value, path)] }
        return elements.enumerated().map { ($1, path[$0]) }
    }

    /// An RFC 3339 date-time, plain or as a JSON-LD typed value.
    func instant(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> Int64 {
        if case .object(let object) = value, let inner = object["@value"] {
            return try instant(inner, at: path["@value"])
        }
        guard case .string(let text) = value else {
            throw NGSILDError(at: path, expected: "an RFC 3339 date-time", found: value)
        }
        do throws(RFC3339.Failure) {
            return try RFC3339.microseconds(parsing: text)
        } catch {
            let reason = error == .malformed ? "" : " (\(error.reason))"
            throw NGSILDError(at: path, expected: "an RFC 3339 date-time", found: NGSILDError.quoted(text) + reason)
        }
    }
}
