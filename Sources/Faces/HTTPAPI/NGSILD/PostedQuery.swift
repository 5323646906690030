import CityContext
import JSONBytes
import NGSILD

/// A query as the body of a request (CIM 009 §5.2.23): what it says in its own way, and the rest as the parameters that
/// say the same.
struct PostedQuery {
    let selectors: [EntitySelector]
    private var members: [(name: String, value: String)] = []

    /// Reads it.
    ///
    /// - Throws: An `NGSILDError` that says which member is wrong.
    init(_ object: JSONObject, _ context: JSONLDContext, isTemporal: Bool = false) throws {
        selectors = try object["entities"].map { try PostedQuery.selectors($0, context) } ?? []
        for member in object.members { try take(member, isTemporal) }
    }

    private mutating func take(_ member: JSONObject.Member, _ isTemporal: Bool) throws {
        let path = JSONPath.root[member.name]
        switch member.name {
        case "type", "@type", "@context", "entities": break
        case "attrs", "pick", "omit", "containedBy", "datasetId":
            let separator = ","
            guard case .array(let elements) = member.value, !elements.isEmpty else {
                throw NGSILDError(at: path, expected: "an array of one or more strings", found: member.value)
            }
            let texts = try elements.map { element in
                guard case .string(let text) = element else {
                    throw NGSILDError(at: path, expected: "an array of one or more strings", found: element)
                }
                return text
            }
            members.append((member.name, texts.joined(separator: separator)))
        case "q", "orderBy", "scopeQ", "csf", "lang", "join", "entityMapLifetime", "expandValues", "jsonKeys":
            guard case .string(let text) = member.value else {
                throw NGSILDError(at: path, expected: "a string", found: member.value)
            }
            members.append((member.name, text))
        case "joinLevel":
            guard case .number(let number) = member.value, let level = number.integer else {
                throw NGSILDError(at: path, expected: "a whole number", found: member.value)
            }
            members.append((member.name, "\(level)"))
        case "entityMap", "splitEntities":
            guard case .bool(let flag) = member.value else {
                throw NGSILDError(at: path, expected: "`true` or `false`", found: member.value)
            }
            members.append((member.name, "\(flag)"))
        case "temporalQ" where isTemporal:
            try takeObject(
                member.value, at: path,
                ["timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration"])
        case "aggrParams" where isTemporal:
            try takeObject(member.value, at: path, ["aggrMethods", "aggrPeriodDuration"])
        case "geoQ":
            guard case .object(let geo) = member.value else {
                throw NGSILDError(at: path, expected: "an object", found: member.value)
            }
            for part in geo.members where ["georel", "geometry", "coordinates", "geoproperty"].contains(part.name) {
                if case .string(let text) = part.value {
                    members.append((part.name, text))
                } else {
                    members.append((part.name, part.value.description))
                }
            }
        case "ordering":
            guard case .object(let order) = member.value else {
                throw NGSILDError(at: path, expected: "an object", found: member.value)
            }
            for part in order.members {
                let name =
                    [
                        "orderBy": "orderBy", "collation": "collation", "orderFrom": "orderFrom",
                        "geometry": "orderGeometry",
                        "coordinates": "orderFrom", "orderGeometry": "orderGeometry",
                    ][part.name]
                guard let name else { continue }
                if name == "orderGeometry", case .string = part.value {
                } else if name == "orderGeometry" {
                    throw NGSILDError(at: path[part.name], expected: "the type of a geometry", found: part.value)
                }
                switch part.value {
                case .string(let text): members.append((name, text))
                case .array(let elements) where name == "orderBy":
                    let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
                    members.append((name, texts.joined(separator: ",")))
                case let other: members.append((name, other.description))
                }
            }
        default:
            throw NGSILDError(at: path, expected: "no member of this name", found: "`\(member.name)`")
        }
    }

    private mutating func takeObject(_ value: JSONValue, at path: JSONPath, _ names: [String]) throws {
        guard case .object(let object) = value else {
            throw NGSILDError(at: path, expected: "an object", found: value)
        }
        for part in object.members where part.name != "type" {
            guard names.contains(part.name) else {
                throw NGSILDError(at: path[part.name], expected: "no member of this name", found: "`\(part.name)`")
            }
            switch part.value {
            case .string(let text): members.append((part.name, text))
            case .number(let number):
                guard let whole = number.integer else {
                    throw NGSILDError(at: path[part.name], expected: "a whole number", found: part.value)
                }
                members.append((part.name, "\(whole)"))
            case .array(let elements):
                let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
                members.append((part.name, texts.joined(separator: ",")))
            default: throw NGSILDError(at: path[part.name], expected: "a string", found: part.value)
            }
        }
    }

    /// The parameters of the URL, and those of the body over them.
    func parameters(over parameters: RequestParameters) -> RequestParameters {
        var all = parameters
        for (name, value) in members { all.set(name, value) }
        return all
    }

    /// Reads `entities` (§5.2.33).
    static func selectors(_ value: JSONValue, _ context: JSONLDContext) throws -> [EntitySelector] {
        let path = JSONPath.root["entities"]
        guard case .array(let elements) = value, !elements.isEmpty else {
            throw NGSILDError(at: path, expected: "an array of one or more selectors", found: value)
        }
        return try elements.enumerated().map { index, element in
            guard case .object(let object) = element else {
                throw NGSILDError(at: path[index], expected: "an object", found: element)
            }
            var selector = EntitySelector(types: nil)
            switch object["id"] {
            case nil: break
            case .string(let id)? where Names.isURI(id): selector.ids = [id]
            case .array(let ids)?:
                for id in ids {
                    guard case .string(let text) = id, Names.isURI(text) else {
                        throw NGSILDError(at: path[index]["id"], expected: "URIs", found: id)
                    }
                    selector.ids.append(text)
                }
            case let other?: throw NGSILDError(at: path[index]["id"], expected: "a URI", found: other)
            }
            if case .string(let pattern)? = object["idPattern"] {
                selector.idPattern = try TextPattern(parsing: pattern)
            }
            guard case .string(let type)? = object["type"] ?? object["@type"] else {
                throw NGSILDError(at: path[index]["type"], expected: "a selection of types", found: object["type"])
            }
            if type != "*" { selector.types = try TypeSelection(parsing: type, context: context) }
            return selector
        }
    }
}
