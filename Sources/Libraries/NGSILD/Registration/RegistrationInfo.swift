import JSONBytes

/// Entities and attributes that a context source may have (CIM 009 §5.2.10).
public struct RegistrationInfo: Sendable, Hashable {
    /// Any of these; empty for all entities that have the attributes.
    public var entities: [EntityInfo]
    /// Properties, canonical names.
    public var propertyNames: [String]
    /// Relationships, canonical names. Without these and properties, all attributes are meant.
    public var relationshipNames: [String]

    /// What a source may have.
    ///
    /// - Parameters:
    ///   - entities: Any of these; empty for all.
    ///   - propertyNames: Canonical names.
    ///   - relationshipNames: Canonical names.
    public init(entities: [EntityInfo] = [], propertyNames: [String] = [], relationshipNames: [String] = []) {
        self.entities = entities
        self.propertyNames = propertyNames
        self.relationshipNames = relationshipNames
    }

    /// Properties and relationships together; empty for all attributes.
    public var attributeNames: [String] { propertyNames + relationshipNames }
}

/// An entity, or a group of them, that a context source may have (CIM 009 §5.2.8).
public struct EntityInfo: Sendable, Hashable {
    /// Types that the entities have, all of them; canonical names, one or more.
    public var types: [String]
    /// The one entity; nil for a group.
    public var id: String?
    /// What identifiers match; of no effect beside ``id``.
    public var idPattern: TextPattern?

    /// An entity or a group.
    ///
    /// - Parameters:
    ///   - types: Canonical names, one or more.
    ///   - id: The one entity; nil for a group.
    ///   - idPattern: What identifiers match.
    public init(types: [String], id: String? = nil, idPattern: TextPattern? = nil) {
        self.types = types
        self.id = id
        self.idPattern = idPattern
    }

    /// Whether an entity of this identifier may be meant.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - budget: What may be spent on patterns.
    /// - Returns: True if there is neither identifier nor pattern.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(id: String, within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        if let own = self.id { return own == id }
        return try idPattern?.matches(id, within: &budget) ?? true
    }
}

extension RegistrationInfo {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["entities", "propertyNames", "relationshipNames"],
            expected: "registration information, as a JSON object", context: field.context, purpose: .create)
        self.init()
        for element in try members["entities"]?.someElements(
            "an array of one or more entity infos", atMost: DocumentLimits.selectors) ?? []
        {
            entities.append(try EntityInfo(reading: element))
        }
        propertyNames = try members["propertyNames"]?.names() ?? []
        relationshipNames = try members["relationshipNames"]?.names() ?? []
        if entities.isEmpty, propertyNames.isEmpty, relationshipNames.isEmpty {
            let expected = "at least one of `entities`, `propertyNames` and `relationshipNames`"
            throw NGSILDError(at: field.path, expected: expected, found: "none of them")
        }
    }

    func json(_ builder: DocumentBuilder, typesAsArrays: Bool) -> JSONValue {
        var builder = builder
        if !entities.isEmpty {
            builder.add("entities", .array(entities.map { $0.json(builder.nested, typesAsArrays: typesAsArrays) }))
        }
        builder.add("propertyNames", names: propertyNames)
        builder.add("relationshipNames", names: relationshipNames)
        return builder.value
    }
}

extension EntityInfo {
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["type", "id", "idPattern"],
            expected: "an entity info, as a JSON object", context: field.context, purpose: .create)
        var types = UniqueStrings()
        for element in try members.required("type", "an entity type name").oneOrMore(
            "one or more entity type names", atMost: DocumentLimits.names)
        {
            types.insert(try element.name("an entity type name"))
        }
        self.init(
            types: types.strings, id: try members["id"]?.uri("an entity's URI"),
            idPattern: try members["idPattern"]?.pattern())
    }

    func json(_ builder: DocumentBuilder, typesAsArrays: Bool) -> JSONValue {
        var builder = builder
        builder.add("id", id)
        if typesAsArrays {
            builder.add("type", names: types)
        } else {
            builder.add("type", oneOrMore: types.map(builder.context.term))
        }
        builder.add("idPattern", idPattern?.source)
        return builder.value
    }
}
