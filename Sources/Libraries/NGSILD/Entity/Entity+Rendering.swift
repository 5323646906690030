public import JSONBytes

extension Entity {
    /// Writes the entity as one JSON object.
    ///
    /// - Parameters:
    ///   - writer: Where to write; may stand inside an array.
    ///   - options: Representation and system attributes.
    public func write(to writer: inout JSONWriter, options: EntityOptions = EntityOptions()) {
        writer.beginObject()
        writer.header(id: id, types: types, scopes: scopes)
        if options.includesSystemAttributes { writer.systemTimes(createdAt, modifiedAt) }
        writer.attributes(attributes, options)
        writer.endObject()
    }
}

extension Attribute {
    /// Writes this one instance, as it stands under its name.
    ///
    /// - Parameters:
    ///   - writer: Where to write; after a name, or inside an array.
    ///   - options: Representation and system attributes.
    public func write(to writer: inout JSONWriter, options: EntityOptions = EntityOptions()) {
        writer.attribute(self, options)
    }
}

extension JSONWriter {
    /// The members that every representation begins with.
    mutating func header(id: String, types: [String], scopes: [String]) {
        key("id")
        string(id)
        key("type")
        strings(types)
        guard !scopes.isEmpty else { return }
        key("scope")
        strings(scopes)
    }

    /// One string as it is, several as an array.
    fileprivate mutating func strings(_ strings: [String]) {
        if strings.count == 1 { return string(strings[0]) }
        beginArray()
        for element in strings { string(element) }
        endArray()
    }

    mutating func systemTimes(_ createdAt: Int64?, _ modifiedAt: Int64?) {
        if let createdAt {
            key("createdAt")
            timestamp(createdAt)
        }
        if let modifiedAt {
            key("modifiedAt")
            timestamp(modifiedAt)
        }
    }

    /// Attributes with their names; neighbours of one name become one member (CIM 009 §4.5.5).
    fileprivate mutating func attributes(_ attributes: [Attribute], _ options: EntityOptions) {
        var start = 0
        while start < attributes.count {
            var end = start + 1
            while end < attributes.count, attributes[end].name == attributes[start].name { end += 1 }
            key(attributes[start].name)
            if end - start == 1, options.representation != .keyValues || attributes[start].datasetId == nil {
                attribute(attributes[start], options)
            } else if options.representation == .keyValues {
                datasets(attributes[start..<end])
            } else {
                beginArray()
                for instance in attributes[start..<end] { attribute(instance, options) }
                endArray()
            }
            start = end
        }
    }

    /// `{"dataset":{"@none":…,"urn:…":…}}` (CIM 009 §4.5.4).
    private mutating func datasets(_ instances: ArraySlice<Attribute>) {
        beginObject()
        key("dataset")
        beginObject()
        for instance in instances {
            key(instance.datasetId ?? "@none")
            simplified(instance)
        }
        endObject()
        endObject()
    }

    fileprivate mutating func attribute(_ attribute: Attribute, _ options: EntityOptions) {
        switch options.representation {
        case .keyValues: simplified(attribute)
        case .concise where attribute.isBareWhenConcise(options): value(attribute.value)
        case .concise, .normalized: full(attribute, options)
        }
    }

    private mutating func simplified(_ attribute: Attribute) {
        guard attribute.kind.isWrappedWhenSimplified else { return value(attribute.value) }
        beginObject()
        key(attribute.kind.valueMember)
        value(attribute.value)
        endObject()
    }

    private mutating func full(_ attribute: Attribute, _ options: EntityOptions) {
        beginObject()
        if options.representation == .normalized || attribute.needsTypeWhenConcise {
            key("type")
            string(attribute.kind.rawValue)
        }
        key(attribute.kind.valueMember)
        value(attribute.value)
        if let unitCode = attribute.unitCode {
            key("unitCode")
            string(unitCode)
        }
        if let observedAt = attribute.observedAt {
            key("observedAt")
            timestamp(observedAt)
        }
        if let datasetId = attribute.datasetId {
            key("datasetId")
            string(datasetId)
        }
        if !attribute.objectType.isEmpty {
            key("objectType")
            strings(attribute.objectType)
        }
        if let valueType = attribute.valueType {
            key("valueType")
            string(valueType)
        }
        if let expiresAt = attribute.expiresAt {
            key("expiresAt")
            timestamp(expiresAt)
        }
        if options.includesSystemAttributes { systemTimes(attribute.createdAt, attribute.modifiedAt) }
        if !attribute.subAttributes.isEmpty { attributes(attribute.subAttributes, options) }
        endObject()
    }
}

extension Attribute {
    /// A property whose value alone says all there is to say, and cannot be taken for anything else (§4.5.2.3).
    fileprivate func isBareWhenConcise(_ options: EntityOptions) -> Bool {
        guard kind == .property || kind == .geoProperty, unitCode == nil, observedAt == nil, datasetId == nil,
            objectType.isEmpty,
            valueType == nil, expiresAt == nil, subAttributes.isEmpty
        else { return false }
        if options.includesSystemAttributes, createdAt != nil || modifiedAt != nil { return false }
        switch value {
        case .object(let object):
            return kind == .geoProperty
                || object.members.allSatisfy { !Self.telling.contains(CoreContext.term($0.name)) }
        case .array(let elements):
            return elements.allSatisfy { element in
                if case .object = element { false } else { true }
            }
        default: return true
        }
    }

    /// Members that would make a reader take a value for an attribute.
    private static let telling: Set<String> = [
        "type", "value", "object", "languageMap", "vocab", "json", "valueList", "objectList", "dataset", "@value",
    ]

    /// A property that holds a geometry would be read as a GeoProperty.
    fileprivate var needsTypeWhenConcise: Bool { kind == .property && GeoJSONGeometry(value) != nil }
}
