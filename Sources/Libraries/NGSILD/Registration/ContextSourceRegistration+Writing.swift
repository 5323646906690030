public import JSONBytes

extension ContextSourceRegistration {
    /// Writes the registration as one JSON object (CIM 009 §5.2.9).
    ///
    /// - Parameters:
    ///   - writer: Where to write; may stand inside an array.
    ///   - context: What the reader's terms stand for.
    ///   - contextDocument: Written as `@context` where the answer is JSON-LD; nil where it is JSON.
    ///   - sysAttrs: Whether `createdAt` and `modifiedAt` are written.
    ///   - typesAsArrays: Whether the type of an entity info is an array even if it is one; both forms are allowed
    ///     (§5.2.8).
    public func write(
        to writer: inout JSONWriter, context: JSONLDContext = .core, contextDocument: JSONValue? = nil,
        sysAttrs: Bool = false, typesAsArrays: Bool = false
    ) {
        var builder = DocumentBuilder(context: context, audience: .client)
        addMembers(to: &builder, typesAsArrays: typesAsArrays)
        if sysAttrs {
            builder.add("createdAt", instant: createdAt)
            builder.add("modifiedAt", instant: modifiedAt)
        }
        for member in properties { builder.add(context.term(for: member.name), member.value) }
        builder.add("@context", contextDocument)
        writer.value(builder.value)
    }

    /// The registration as canonical JSON, with all that the broker knows of it. ``init(storage:)`` reads it back.
    public var storageJSON: JSONValue {
        var builder = DocumentBuilder(context: .core, audience: .storage)
        addMembers(to: &builder, typesAsArrays: false)
        builder.add("createdAt", instant: createdAt)
        builder.add("modifiedAt", instant: modifiedAt)
        if !properties.isEmpty { builder.add("properties", .object(JSONObject(properties))) }
        builder.add("@context", context)
        return builder.value
    }

    /// Reads what ``storageJSON`` wrote.
    ///
    /// - Parameter storage: A JSON object.
    /// - Throws: ``ProblemCode/badRequestData`` for anything else.
    public init(storage: JSONValue) throws(NGSILDError) {
        let members = try DocumentMembers(
            storage, at: .root, known: [], expected: "a stored registration", context: .core, purpose: .storage)
        try self.init(reading: members)
        createdAt = try members["createdAt"]?.instant()
        modifiedAt = try members["modifiedAt"]?.instant()
        context = members["@context"]?.value
        deliveries = try DeliveryRecord(reading: members)
        properties = []
        if case .object(let object)? = members["properties"]?.value { properties = object.members }
    }

    private func addMembers(to builder: inout DocumentBuilder, typesAsArrays: Bool) {
        if !id.isEmpty { builder.add("id", id) }
        builder.add("type", Self.type)
        builder.add("registrationName", registrationName)
        builder.add("description", description)
        builder.add(
            "information", .array(information.map { $0.json(builder.nested, typesAsArrays: typesAsArrays) }))
        builder.add("endpoint", endpoint)
        builder.add("contextSourceInfo", pairs: contextSourceInfo)
        builder.add("contextSourceAlias", contextSourceAlias)
        builder.add("tenant", tenant)
        builder.add("mode", mode?.rawValue)
        builder.add("operations", strings: operationNames)
        builder.add("datasetId", strings: datasetId)
        builder.add("expiresAt", instant: expiresAt)
        builder.add("location", location)
        builder.add("observationSpace", observationSpace)
        builder.add("operationSpace", operationSpace)
        builder.add("observationInterval", observationInterval?.json(builder.nested))
        builder.add("managementInterval", managementInterval?.json(builder.nested))
        builder.add("management", management?.json(builder.nested))
        builder.add("refreshRate", refreshRate)
        builder.add("scope", oneOrMore: scopes)
        deliveries.add(to: &builder)
    }
}
