import JSONBytes

extension EntityParser {
    /// What stands under one attribute's name: one instance, or an array of them (CIM 009 §4.5.5).
    func instances(
        _ value: JSONValue, name: String, at path: JSONPath, depth: Int
    ) throws(NGSILDError) -> [Attribute] {
        guard depth <= NGSILDLimits.attributeDepth else {
            throw NGSILDError(at: path, expected: "at most \(NGSILDLimits.attributeDepth) levels", found: "more")
        }
        if purpose == .temporal, depth == 1, let series = try series(value, name: name, at: path) { return series }
        if case .object(let object) = value, let datasets = simplifiedDatasets(object) {
            return try self.datasets(datasets, name: name, at: path["dataset"])
        }
        guard form == .normalizedOrConcise, case .array(let elements) = value, elements.contains(where: isInstance)
        else { return [try instance(value, name: name, at: path, depth: depth)] }
        var instances: [Attribute] = []
        var seen: Set<String?> = []
        for (index, element) in elements.enumerated() {
            let instance = try instance(element, name: name, at: path[index], depth: depth)
            guard seen.insert(instance.datasetId).inserted || purpose == .temporal && depth == 1 else {
                let found = instance.datasetId.map { "\(NGSILDError.quoted($0)) again" } ?? "a second default instance"
                throw NGSILDError(at: path[index]["datasetId"], expected: "a different datasetId each", found: found)
            }
            instances.append(instance)
        }
        return instances
    }

    /// An object that is an attribute by itself, not a value that happens to be one.
    private func isInstance(_ value: JSONValue) -> Bool {
        guard case .object(let object) = value else { return false }
        let names = object.members.map { context.name(of: $0.name) }
        if names.contains("datasetId") || AttributeKind.allCases.contains(where: { names.contains($0.valueMember) }) {
            return true
        }
        return kindNamed(in: object) != nil
    }

    private func kindNamed(in object: JSONObject) -> AttributeKind? {
        guard case .string(let type)? = object["type"] ?? object["@type"] else { return nil }
        return AttributeKind(rawValue: context.name(of: type))
    }

    // MARK: Several datasets, simplified

    /// `{"dataset":{"@none":…,"urn:…":…}}` (CIM 009 §4.5.4).
    private func simplifiedDatasets(_ object: JSONObject) -> JSONObject? {
        guard object.members.count == 1, case .object(let datasets)? = object["dataset"],
            datasets.members.allSatisfy({ $0.name == "@none" || Names.isURI($0.name) }), !datasets.members.isEmpty
        else { return nil }
        return datasets
    }

    private func datasets(
        _ datasets: JSONObject, name: String, at path: JSONPath
    ) throws(NGSILDError) -> [Attribute] {
        var instances: [Attribute] = []
        for member in datasets.members {
            var instance = try simplified(member.value, name: name, at: path[member.name])
            instance.datasetId = member.name == "@none" ? nil : member.name
            instances.append(instance)
        }
        return instances
    }

    // MARK: One instance

    private func instance(
        _ value: JSONValue, name: String, at path: JSONPath, depth: Int
    ) throws(NGSILDError) -> Attribute {
        guard form == .normalizedOrConcise, case .object(let object) = value, GeoJSONGeometry(value) == nil else {
            return try simplified(value, name: name, at: path)
        }
        if let type = object.members.first(where: { context.name(of: $0.name) == "type" }) {
            let kind = try kind(of: type, at: path)
            try checkGeoTerm(name, kind, at: path)
            return try attribute(kind, object, name: name, at: path, depth: depth)
        }
        for member in object.members {
            let term = context.name(of: member.name)
            guard let kind = AttributeKind.allCases.first(where: { $0.valueMember == term }) else { continue }
            let isGeometry = kind == .property && GeoJSONGeometry(member.value) != nil
            return try attribute(isGeometry ? .geoProperty : kind, object, name: name, at: path, depth: depth)
        }
        if purpose == .partial {
            // The attribute is there: what is said of it need not repeat its value.
            var changed = try attribute(.property, object, name: name, at: path, depth: depth)
            changed.isOfUnknownKind = true
            return changed
        }
        return try simplified(value, name: name, at: path)
    }

    /// Terms of the core that are defined as GeoProperties (CIM 009 §4.7.1).
    private func checkGeoTerm(_ name: String, _ kind: AttributeKind, at path: JSONPath) throws(NGSILDError) {
        guard kind != .geoProperty, ["location", "observationSpace", "operationSpace"].contains(name) else { return }
        throw NGSILDError(at: path["type"], expected: "`GeoProperty`, which `\(name)` is", found: "`\(kind.rawValue)`")
    }

    private func sealed(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> String {
        guard case .string(let text) = value else { throw NGSILDError(at: path, expected: "a string", found: value) }
        return text
    }

    /// How many decimals a time is written with, where these are more than it takes.
    private func decimals(of value: JSONValue) -> UInt8 {
        guard case .string(let text) = value, text.utf8.count > 20, let time = try? DateTime.parse(text),
            RFC3339.string(time.microseconds).utf8.count < text.utf8.count
        else { return 0 }
        return time.decimals
    }

    /// A value with a `type` is normalized, whatever else it holds (CIM 009 §4.5.2.3).
    private func kind(of type: JSONObject.Member, at path: JSONPath) throws(NGSILDError) -> AttributeKind {
        guard case .string(let text) = type.value, let kind = AttributeKind(rawValue: context.name(of: text)) else {
            let names = AttributeKind.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw NGSILDError(at: path[type.name], expected: "one of \(names)", found: type.value)
        }
        return kind
    }

    /// The members of one normalized or concise instance.
    private func attribute(
        _ kind: AttributeKind, _ object: JSONObject, name: String, at path: JSONPath, depth: Int
    ) throws(NGSILDError) -> Attribute {
        var attribute = Attribute(name, kind: kind, value: .null)
        var hasValue = false
        for member in object.members {
            let place = path[member.name]
            let term = try term(of: member, in: object, at: place)
            switch term {
            case kind.valueMember:
                attribute.value = try checkedValue(member.value, of: kind, at: place)
                hasValue = true
            case "deletedAt" where purpose == .temporal: attribute.deletedAt = try instant(member.value, at: place)
            case "type", "createdAt", "modifiedAt", "deletedAt", "instanceId": break
            case "observedAt":
                attribute.observedAt = try expiry(member.value, at: place)
                attribute.observedDecimals = decimals(of: member.value)
            case "entityIdSealed" where name == "ngsildproof":
                attribute.sealed.id = try sealed(member.value, at: place)
            case "entityTypeSealed" where name == "ngsildproof":
                attribute.sealed.type = context.name(of: try sealed(member.value, at: place))
            case "unitCode": attribute.unitCode = try unitCode(member.value, of: kind, at: place)
            case "datasetId": attribute.datasetId = try datasetId(member.value, at: place)
            case "expiresAt": attribute.expiresAt = try expiry(member.value, at: place)
            case "objectType": attribute.objectType = try typeNames(member.value, at: place)
            case "valueType":
                attribute.valueType = try typeNames(member.value, at: place).first
                guard kind != .languageProperty || attribute.valueType == "langString" else {
                    throw NGSILDError(at: place, expected: "`langString`", found: member.value)
                }
            default:
                if let reason = prohibition(term, in: kind) {
                    throw NGSILDError(at: place, expected: reason, found: "`\(term)`")
                }
                try checkName(term, at: place)
                attribute.subAttributes += try instances(member.value, name: term, at: place, depth: depth + 1)
            }
        }
        guard hasValue || purpose == .partial || purpose == .merge else {
            let expected = "the `\(kind.valueMember)` of a \(kind.rawValue)"
            throw NGSILDError(at: path[kind.valueMember], expected: expected, found: nil)
        }
        attribute.isWithoutValue = !hasValue
        if purpose == .temporal {
            // What was deleted says when; of anything else that is not a client's to say (§4.5.7, §5.2.2).
            attribute.deletedAt = attribute.isDeletion ? attribute.deletedAt ?? attribute.observedAt : nil
        }
        if name == "ngsildproof", hasValue, !attribute.isDeletion {
            guard kind == .property, case .object = attribute.value else {
                throw NGSILDError(
                    at: path, expected: "a Property whose value is a proof, an object", found: attribute.value)
            }
        }
        return attribute
    }

    /// Members that belong to another kind of attribute, or only to what a broker sends (CIM 009 §4.5.2.2).
    private func prohibition(_ term: String, in kind: AttributeKind) -> String? {
        if AttributeKind.allCases.contains(where: { $0.valueMember == term }) {
            return "`\(kind.valueMember)` in a \(kind.rawValue)"
        }
        switch term {
        case "entity", "entityList", "lang", "previousValue", "previousObject", "previousLanguageMap", "previousVocab",
            "previousJson", "previousValueList", "previousObjectList", "id", "entityIdSealed", "entityTypeSealed":
            return "no member that is for output only"
        default: return nil
        }
    }

    // MARK: Values alone

    /// A value without anything around it: concise without sub-attributes, or simplified.
    private func simplified(_ value: JSONValue, name: String, at path: JSONPath) throws(NGSILDError) -> Attribute {
        if case .object(let object) = value, object.members.count == 1, let member = object.members.first,
            let kind = AttributeKind.allCases.first(where: {
                $0.isWrappedWhenSimplified && $0.valueMember == member.name
            })
        {
            let value = try checkedValue(member.value, of: kind, at: path[member.name])
            return Attribute(name, kind: kind, value: value)
        }
        let kind: AttributeKind = GeoJSONGeometry(value) == nil ? .property : .geoProperty
        var attribute = Attribute(name, kind: kind, value: try checkedValue(value, of: kind, at: path))
        attribute.isOfUnknownKind = purpose == .merge || purpose == .partial
        return attribute
    }
}
