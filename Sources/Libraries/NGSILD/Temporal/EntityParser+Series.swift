import JSONBytes

extension EntityParser {
    /// An attribute in the simplified temporal representation, which input may have, too (CIM 009 §4.5.9, §5.2.20).
    ///
    ///     {"type":"Property","values":[[120,"2018-08-01T12:03:00Z"],[80,"2018-08-01T12:05:00Z"]]}
    ///
    /// - Parameters:
    ///   - value: What stands under the attribute's name: one series, or an array of them by datasets.
    ///   - name: The canonical name of the attribute.
    ///   - path: Where it stands.
    /// - Returns: An instance for each pair, its time as `observedAt`; nil when it is another representation.
    /// - Throws: ``ProblemCode/badRequestData`` for a pair that is none.
    func series(_ value: JSONValue, name: String, at path: JSONPath) throws(NGSILDError) -> [Attribute]? {
        let elements = oneOrMore(value, at: path)
        guard !elements.isEmpty, elements.allSatisfy({ seriesKind(of: $0.0) != nil }) else { return nil }
        var instances: [Attribute] = []
        for (element, place) in elements {
            guard case .object(let object) = element, let kind = seriesKind(of: element) else { return nil }
            instances += try self.instances(of: object, kind, name: name, at: place)
        }
        return instances
    }

    private func seriesKind(of value: JSONValue) -> AttributeKind? {
        guard case .object(let object) = value, case .string(let type)? = object["type"] ?? object["@type"],
            let kind = AttributeKind(rawValue: context.name(of: type)), case .array? = object[kind.seriesMember],
            object[kind.valueMember] == nil
        else { return nil }
        return kind
    }

    private func instances(
        of object: JSONObject, _ kind: AttributeKind, name: String, at path: JSONPath
    ) throws(NGSILDError) -> [Attribute] {
        var pairs: [(JSONValue, JSONPath)] = []
        var dataset: String?
        for member in object.members {
            switch member.name {
            case kind.seriesMember: pairs = oneOrMore(member.value, at: path[member.name])
            case "datasetId": dataset = try datasetId(member.value, at: path[member.name])
            case "type", "@type": break
            default:
                let expected = "nothing beside `type`, `datasetId` and `\(kind.seriesMember)`"
                throw NGSILDError(at: path[member.name], expected: expected, found: "`\(member.name)`")
            }
        }
        var instances: [Attribute] = []
        for (pair, place) in pairs {
            var instance = try self.instance(of: pair, kind, name: name, at: place)
            instance.datasetId = dataset
            instances.append(instance)
        }
        return instances
    }

    private func instance(
        of pair: JSONValue, _ kind: AttributeKind, name: String, at path: JSONPath
    ) throws(NGSILDError) -> Attribute {
        guard case .array(let parts) = pair, parts.count == 2 else {
            throw NGSILDError(at: path, expected: "a pair of a value and its time", found: pair)
        }
        var (content, place) = (parts[0], path[0])
        if kind.isWrappedWhenSimplified {
            guard case .object(let object) = content, object.members.count == 1, let inner = object[kind.valueMember]
            else {
                throw NGSILDError(at: place, expected: "an object of `\(kind.valueMember)` alone", found: content)
            }
            (content, place) = (inner, place[kind.valueMember])
        }
        var instance = Attribute(name, kind: kind, value: try checkedValue(content, of: kind, at: place))
        let time = try instant(parts[1], at: path[1])
        if instance.isDeletion { instance.deletedAt = time }
        instance.observedAt = time
        return instance
    }
}
