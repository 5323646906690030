import JSONBytes

/// Reads entities and attributes from any representation. `EntityParser+Attributes.swift` holds what is inside one.
struct EntityParser {
    let purpose: EntityPurpose
    let form: EntityForm
    let context: JSONLDContext

    func entity(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> EntityFragment {
        guard case .object(let object) = value else {
            throw NGSILDError(.invalidRequest, at: path, expected: "an entity, as a JSON object", found: value)
        }
        var fragment = EntityFragment()
        for member in object.members {
            let place = path[member.name]
            let name = try term(of: member, in: object, at: place)
            switch name {
            case "id": fragment.id = try uri(member.value, at: place)
            case "type": fragment.types = try types(member.value, at: place)
            case "scope":
                if purpose == .temporal, let instances = try scopeInstances(member.value, at: place) {
                    fragment.attributes += instances
                } else {
                    fragment.scopes = try scopes(member.value, at: place)
                }
            case "@context": fragment.context = try context(member.value, at: place)
            case "expiresAt": fragment.expiresAt = try expiry(member.value, at: place)
            case "createdAt", "modifiedAt", "deletedAt": break
            default:
                try checkName(name, at: place)
                guard !CoreContext.nonReified.contains(name) else {
                    throw NGSILDError(
                        at: place, expected: "the name of an attribute", found: "a term of the core @context")
                }
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
        let term = context.name(of: member.name)
        if term != member.name,
            object.members.contains(where: { $0.name != member.name && context.name(of: $0.name) == term })
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
        guard case .string(let text) = value, Names.isURI(text), text != CoreContext.null else {
            throw NGSILDError(at: path, expected: "a URI such as `urn:ngsi-ld:Vehicle:A1`", found: value)
        }
        return text
    }

    /// When the entity or attribute is to be forgotten (CIM 009 §4.22).
    func expiry(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> Int64 {
        isErasure(value) ? Attribute.erasedInstant : try instant(value, at: path)
    }

    /// The NGSI-LD null where a fragment may have it (CIM 009 §5.4).
    func isErasure(_ value: JSONValue) -> Bool { purpose.erasesMembers && value == .string(CoreContext.null) }

    private func types(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [String] {
        var types: [String] = []
        for (element, place) in oneOrMore(value, at: path) {
            guard case .string(let text) = element, Names.isName(text) else {
                throw NGSILDError(at: place, expected: "an entity type name", found: element)
            }
            let type = context.name(of: text)
            guard type != "type", type != "id" else {
                throw NGSILDError(at: place, expected: "an entity type name", found: element)
            }
            if !types.contains(type) { types.append(type) }
        }
        guard !types.isEmpty else { throw NGSILDError(at: path, expected: "an entity type name", found: value) }
        return types
    }

    /// Scopes over time, each as a Property (CIM 009 §4.5.6); nil when they stand there as they are.
    private func scopeInstances(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [Attribute]? {
        let elements = oneOrMore(value, at: path)
        guard elements.contains(where: { if case .object = $0.0 { true } else { false } }) else { return nil }
        let instances = try instances(value, name: "scope", at: path, depth: 1)
        for instance in instances where !instance.isDeletion { _ = try scopes(instance.value, at: path) }
        return instances
    }

    private func scopes(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> [String] {
        var scopes: [String] = []
        for (element, place) in oneOrMore(value, at: path) {
            guard case .string(let text) = element,
                (Names.isScope(text) && text != CoreContext.null) || isErasure(element)
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
            throw NGSILDError(at: path, expected: "a date-time in UTC such as `2026-05-01T10:00:00Z`", found: value)
        }
        do throws(RFC3339.Failure) {
            return try DateTime.parse(text).microseconds
        } catch {
            let reason = error == .malformed ? "" : " (\(error.reason))"
            throw NGSILDError(
                at: path, expected: "a date-time in UTC such as `2026-05-01T10:00:00Z`",
                found: NGSILDError.quoted(text) + reason)
        }
    }
}
