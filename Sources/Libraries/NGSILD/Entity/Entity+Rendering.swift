public import JSONBytes

extension Entity {
    /// Writes the entity as one JSON object.
    ///
    /// - Parameters:
    ///   - writer: Where to write; may stand inside an array.
    ///   - options: Representation, names and what goes along.
    public func write(to writer: inout JSONWriter, options: EntityOptions = EntityOptions()) {
        writer.beginObject()
        writeMembers(to: &writer, options)
        writer.endObject()
    }

    /// Writes the members of the entity into an object that is open already.
    ///
    /// - Parameters:
    ///   - writer: Where to write.
    ///   - options: Representation, names and what goes along.
    public func writeMembers(to writer: inout JSONWriter, _ options: EntityOptions) {
        guard options.projection.isEverything else {
            // Applied once: what is left is written as it is, but for members that are no attributes.
            return options.projection.apply(to: self).writeKept(to: &writer, options)
        }
        writeKept(to: &writer, options)
    }

    private func writeKept(to writer: inout JSONWriter, _ options: EntityOptions) {
        guard options.geometryProperty == nil else { return writeFeature(to: &writer, options) }
        if options.projection.keeps("id") {
            writer.key("id")
            writer.string(id)
        }
        writeContents(to: &writer, options)
    }

    /// All but the id.
    private func writeContents(to writer: inout JSONWriter, _ options: EntityOptions) {
        if options.projection.keeps("type") {
            writer.key("type")
            writer.names(types, options.context)
        }
        if !scopes.isEmpty {
            writer.key("scope")
            writer.oneOrMore(scopes)
        }
        if options.includesSystemAttributes {
            if let expiresAt { writer.member("expiresAt", instant: expiresAt) }
            writer.systemTimes(createdAt, modifiedAt)
        }
        if let deletedAt { writer.member("deletedAt", instant: deletedAt) }
        writer.attributes(attributes, options)
    }

    /// A GeoJSON Feature (CIM 009 §4.5.16, §4.5.17).
    private func writeFeature(to writer: inout JSONWriter, _ options: EntityOptions) {
        writer.key("id")
        writer.string(id)
        writer.key("type")
        writer.string("Feature")
        writer.key("geometry")
        writer.value(geometry(options) ?? .null)
        writer.key("properties")
        var inner = options
        inner.geometryProperty = nil
        writer.beginObject()
        writeContents(to: &writer, inner)
        writer.endObject()
    }

    /// The geometry of the property that is asked for (§4.5.16.1): of the default instance, or of the one that is left.
    private func geometry(_ options: EntityOptions) -> JSONValue? {
        let candidates = attributes.filter { $0.name == options.geometryProperty }
        guard
            let chosen = candidates.first(where: { $0.datasetId == nil })
                ?? (candidates.count == 1 ? candidates[0] : nil),
            GeoJSONGeometry(chosen.value) != nil
        else { return nil }
        return chosen.value
    }
}

extension Attribute {
    /// Writes this one instance, as it stands under its name.
    ///
    /// - Parameters:
    ///   - writer: Where to write; after a name, or inside an array.
    ///   - options: Representation, names and what goes along.
    public func write(to writer: inout JSONWriter, options: EntityOptions = EntityOptions()) {
        writer.attribute(self, options)
    }
}

extension Attribute {
    /// Writes the members of an instance of a temporal evolution, with its id.
    func writeTemporalMembers(to writer: inout JSONWriter, _ options: EntityOptions) {
        writer.fullMembers(self, options)
        guard let instanceId else { return }
        writer.key("instanceId")
        writer.string(instanceId)
    }
}

extension JSONWriter {
    /// The members that every temporal representation begins with.
    mutating func header(id: String, types: [String], scopes: [String]) {
        key("id")
        string(id)
        key("type")
        oneOrMore(types)
        guard !scopes.isEmpty else { return }
        key("scope")
        oneOrMore(scopes)
    }

    /// One string as it is, several as an array.
    mutating func oneOrMore(_ strings: [String]) {
        if strings.count == 1 { return string(strings[0]) }
        beginArray()
        for element in strings { string(element) }
        endArray()
    }

    /// Names as the context writes them.
    mutating func names(_ names: [String], _ context: JSONLDContext) {
        if names.count == 1 { return string(context.term(for: names[0])) }
        beginArray()
        for name in names { string(context.term(for: name)) }
        endArray()
    }

    mutating func member(_ name: String, instant: Int64) {
        key(name)
        timestamp(instant)
    }

    mutating func systemTimes(_ createdAt: Int64?, _ modifiedAt: Int64?) {
        if let createdAt { member("createdAt", instant: createdAt) }
        if let modifiedAt { member("modifiedAt", instant: modifiedAt) }
    }

    /// Attributes with their names; neighbours of one name become one member (CIM 009 §4.5.5).
    fileprivate mutating func attributes(_ attributes: [Attribute], _ options: EntityOptions) {
        var start = 0
        while start < attributes.count {
            var end = start + 1
            while end < attributes.count, attributes[end].name == attributes[start].name { end += 1 }
            key(options.context.term(for: attributes[start].name))
            if end - start == 1, options.representation != .keyValues || attributes[start].datasetId == nil {
                attribute(attributes[start], options)
            } else if options.representation == .keyValues {
                datasets(attributes[start..<end], options)
            } else {
                beginArray()
                for instance in attributes[start..<end] { attribute(instance, options) }
                endArray()
            }
            start = end
        }
    }

    /// `{"dataset":{"@none":…,"urn:…":…}}` (CIM 009 §4.5.4).
    private mutating func datasets(_ instances: ArraySlice<Attribute>, _ options: EntityOptions) {
        beginObject()
        key("dataset")
        beginObject()
        for instance in instances {
            key(instance.datasetId ?? "@none")
            attribute(instance, options)
        }
        endObject()
        endObject()
    }

    fileprivate mutating func attribute(_ attribute: Attribute, _ options: EntityOptions) {
        if let languages = options.languages, attribute.kind == .languageProperty {
            return chosen(attribute, languages.choose(from: attribute.value), options)
        }
        switch options.representation {
        case .keyValues: simplified(attribute, options)
        case .concise where attribute.isBareWhenConcise(options): value(attribute.value)
        case .concise, .normalized: full(attribute, options)
        }
    }

    private mutating func simplified(_ attribute: Attribute, _ options: EntityOptions) {
        if attribute.kind.isRelationship, let linked = options.linked, linked.isInline {
            return linkedEntities(attribute, linked, options)
        }
        guard attribute.kind.isWrappedWhenSimplified else {
            return content(attribute.value, of: attribute.kind, options)
        }
        beginObject()
        key(attribute.kind.valueMember)
        content(attribute.value, of: attribute.kind, options)
        endObject()
    }

    /// A value; terms of a vocabulary as the context writes them.
    private mutating func content(_ value: JSONValue, of kind: AttributeKind, _ options: EntityOptions) {
        guard kind == .vocabProperty else { return self.value(value) }
        switch value {
        case .string(let name): string(options.context.term(for: name))
        case .array(let names):
            beginArray()
            for name in names { content(name, of: kind, options) }
            endArray()
        default: self.value(value)
        }
    }

    /// The strings of a LanguageProperty in one language, as a Property (CIM 009 §4.15).
    private mutating func chosen(
        _ attribute: Attribute, _ choice: (language: String, value: JSONValue)?, _ options: EntityOptions
    ) {
        guard let choice else { return options.representation == .keyValues ? null() : full(attribute, options) }
        guard options.representation != .keyValues else { return value(choice.value) }
        var property = attribute
        property.kind = .property
        property.value = choice.value
        full(property, options, language: choice.language)
    }

    private mutating func full(_ attribute: Attribute, _ options: EntityOptions, language: String? = nil) {
        beginObject()
        fullMembers(attribute, options, language: language)
        endObject()
    }

    fileprivate mutating func fullMembers(_ attribute: Attribute, _ options: EntityOptions, language: String? = nil) {
        if options.representation == .normalized || attribute.needsTypeWhenConcise {
            key("type")
            string(attribute.kind.rawValue)
        }
        key(attribute.kind.valueMember)
        if attribute.kind == .listRelationship {
            objects(attribute)
        } else {
            content(attribute.value, of: attribute.kind, options)
        }
        if let language {
            key("lang")
            string(language)
        }
        annotations(of: attribute, options)
        if let previous = attribute.previous {
            key(attribute.kind.previousMember)
            content(previous, of: attribute.kind, options)
        }
        if let deletedAt = attribute.deletedAt { member("deletedAt", instant: deletedAt) }
        if options.includesSystemAttributes { systemTimes(attribute.createdAt, attribute.modifiedAt) }
        if attribute.kind.isRelationship, let linked = options.linked, linked.isInline {
            entityMember(attribute, linked, options)
        }
        if !attribute.subAttributes.isEmpty { attributes(attribute.subAttributes, options) }
    }

    /// `[{"object":…}]` (CIM 009 §4.5.22.2).
    private mutating func objects(_ attribute: Attribute) {
        beginArray()
        for uri in attribute.targets {
            beginObject()
            key("object")
            string(uri)
            endObject()
        }
        endArray()
    }

    private mutating func annotations(of attribute: Attribute, _ options: EntityOptions) {
        if let unitCode = attribute.unitCode {
            key("unitCode")
            string(unitCode)
        }
        if let observedAt = attribute.observedAt {
            key("observedAt")
            if attribute.observedDecimals == 0 {
                timestamp(observedAt)
            } else {
                string(DateTime.text(observedAt, decimals: attribute.observedDecimals))
            }
        }
        if let datasetId = attribute.datasetId {
            key("datasetId")
            string(datasetId)
        }
        if !attribute.objectType.isEmpty {
            key("objectType")
            names(attribute.objectType, options.context)
        }
        if let id = attribute.sealed.id {
            key("entityIdSealed")
            string(id)
        }
        if let type = attribute.sealed.type {
            key("entityTypeSealed")
            string(options.context.term(for: type))
        }
        if let valueType = attribute.valueType {
            key("valueType")
            string(options.context.term(for: valueType))
        }
        if let expiresAt = attribute.expiresAt, options.includesSystemAttributes {
            member("expiresAt", instant: expiresAt)
        }
    }

    // MARK: Linked entities

    /// `entity` or `entityList` beside the URIs (CIM 009 §4.5.23.2).
    private mutating func entityMember(_ attribute: Attribute, _ linked: LinkedEntities, _ options: EntityOptions) {
        let found = attribute.targets.compactMap(linked.entity)
        guard !found.isEmpty else { return }
        key(attribute.kind == .listRelationship ? "entityList" : "entity")
        if found.count == 1, attribute.kind == .relationship {
            linkedEntity(found[0], attribute.name, linked, options)
        } else {
            beginArray()
            for entity in found { linkedEntity(entity, attribute.name, linked, options) }
            endArray()
        }
    }

    /// Entities in the place of the URIs that lead to them (CIM 009 §4.5.4).
    private mutating func linkedEntities(_ attribute: Attribute, _ linked: LinkedEntities, _ options: EntityOptions) {
        guard case .array(let elements) = attribute.value else {
            return target(attribute.value, attribute.name, linked, options)
        }
        beginArray()
        for element in elements { target(element, attribute.name, linked, options) }
        endArray()
    }

    private mutating func target(
        _ element: JSONValue, _ relationship: String, _ linked: LinkedEntities, _ options: EntityOptions
    ) {
        guard case .string(let uri) = element, let entity = linked.entity(uri) else { return value(element) }
        linkedEntity(entity, relationship, linked, options)
    }

    private mutating func linkedEntity(
        _ entity: Entity, _ relationship: String, _ linked: LinkedEntities, _ options: EntityOptions
    ) {
        var inner = options
        inner.linked = linked.following(entity.id)
        inner.projection = options.projection.inside(relationship)
        entity.write(to: &self, options: inner)
    }
}

extension Attribute {
    /// The URIs of a relationship, in order.
    public var targets: [String] {
        guard kind.isRelationship else { return [] }
        switch value {
        case .string(let uri): return [uri]
        case .array(let elements): return elements.compactMap { if case .string(let uri) = $0 { uri } else { nil } }
        default: return []
        }
    }

    /// A property whose value alone says all there is to say, and cannot be taken for anything else (§4.5.2.3).
    fileprivate func isBareWhenConcise(_ options: EntityOptions) -> Bool {
        guard kind == .property || kind == .geoProperty, unitCode == nil, observedAt == nil, datasetId == nil,
            objectType.isEmpty, valueType == nil, deletedAt == nil, previous == nil,
            subAttributes.isEmpty
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
