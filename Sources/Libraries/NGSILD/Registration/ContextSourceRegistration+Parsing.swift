public import JSONBytes

extension ContextSourceRegistration {
    static let type = "ContextSourceRegistration"

    private static let members: Set<String> = DeliveryRecord.members.union([
        "id", "type", "registrationName", "description", "information", "endpoint", "contextSourceInfo",
        "contextSourceAlias", "tenant", "mode", "operations", "datasetId", "expiresAt", "location", "observationSpace",
        "operationSpace", "observationInterval", "managementInterval", "management", "refreshRate", "scope", "@context",
        "createdAt", "modifiedAt",
    ])

    /// Reads a registration (CIM 009 §5.9.2). Members that the standard does not know are properties of the source;
    /// those that are the broker's to write are left out.
    ///
    /// - Parameters:
    ///   - value: A JSON object.
    ///   - context: What its terms stand for.
    ///   - contextDocument: That `@context` as JSON where it came beside the document; an `@context` inside comes
    ///     first.
    ///   - now: In microseconds since 1970, to tell whether it has expired already.
    /// - Throws: ``ProblemCode/badRequestData`` with the path of what is wrong and what was expected;
    ///   ``ProblemCode/tooComplexQuery`` for patterns beyond ``NGSILDLimits``.
    public init(
        parsing value: JSONValue, context: JSONLDContext = .core, contextDocument: JSONValue? = nil, at now: Int64
    ) throws(NGSILDError) {
        let members = try DocumentMembers(
            value, at: .root, known: Self.members, expected: "a registration, as a JSON object", context: context,
            purpose: .create)
        try self.init(reading: members)
        self.context = members["@context"]?.value ?? contextDocument
        try checkRestrictions()
        if members["expiresAt"] != nil { try checkExpiry(at: now) }
    }

    /// The registration with a fragment applied (§5.9.3): each member of the fragment takes the place of the one that
    /// is there (§5.5.8), null removes it. Counters, and the time of creation, stay.
    ///
    /// - Parameters:
    ///   - fragment: A JSON object.
    ///   - context: What its terms stand for.
    ///   - now: In microseconds since 1970.
    /// - Returns: The registration as it shall be from now on.
    /// - Throws: ``ProblemCode/badRequestData`` when the fragment is wrong in itself, removes what must be there,
    ///   changes `id` or `type`, or does not go with the rest; ``ProblemCode/tooComplexQuery``.
    public func updated(
        by fragment: JSONValue, context: JSONLDContext = .core, at now: Int64
    ) throws(NGSILDError) -> ContextSourceRegistration {
        let members = try DocumentMembers(
            fragment, at: .root, known: Self.members, expected: "a registration fragment, as a JSON object",
            context: context, purpose: .update)
        try members.checkType(Self.type)
        var updated = self
        for (name, field) in members.fields { try updated.apply(name, field) }
        try updated.checkRestrictions()
        if members["expiresAt"] != nil { try updated.checkExpiry(at: now) }
        updated.modifiedAt = now
        return updated
    }

    init(reading members: DocumentMembers) throws(NGSILDError) {
        try members.checkType(Self.type)
        self.init(
            id: try members["id"]?.uri("the registration's URI") ?? "",
            endpoint: try members.required("endpoint", "the URI of the context source").sourceURI(),
            information: try members.required("information", "an array of registration information").information())
        for (name, field) in members.fields { try apply(name, field) }
    }

    /// Takes over one member, or removes it.
    private mutating func apply(_ name: String, _ given: DocumentField) throws(NGSILDError) {
        let field = given.isRemoval ? nil : given
        switch name {
        case "id": try checkIdentity(given)
        case "type", "@context", "createdAt", "modifiedAt": break
        case _ where DeliveryRecord.members.contains(name): break
        case "endpoint": endpoint = try given.sourceURI()
        case "information": information = try given.information()
        case "registrationName": registrationName = try field?.string()
        case "description": description = try field?.string()
        case "contextSourceInfo": contextSourceInfo = try field?.contextSourceInfo() ?? []
        case "contextSourceAlias": contextSourceAlias = try field?.pseudonym()
        case "tenant": tenant = try field?.tenant()
        case "mode": mode = try field?.choice(of: Mode.self)
        case "operations": operationNames = try field?.operationNames() ?? []
        case "datasetId": datasetId = try field?.datasetIds() ?? []
        case "expiresAt": expiresAt = try field?.instant()
        case "location": location = try field?.geometry()
        case "observationSpace": observationSpace = try field?.geometry()
        case "operationSpace": operationSpace = try field?.geometry()
        case "observationInterval": observationInterval = if let field { try TimeInterval(reading: field) } else { nil }
        case "managementInterval": managementInterval = if let field { try TimeInterval(reading: field) } else { nil }
        case "management": management = if let field { try RegistrationManagement(reading: field) } else { nil }
        case "refreshRate": refreshRate = try field?.isoDuration()
        case "scope": scopes = try field?.scopes() ?? []
        default: try setProperty(name, given)
        }
    }

    private func checkIdentity(_ field: DocumentField) throws(NGSILDError) {
        let given = try field.uri("the registration's URI")
        guard given == id else { throw field.error(expected: "the registration's own URI, `\(id)`") }
    }

    private mutating func setProperty(_ name: String, _ field: DocumentField) throws(NGSILDError) {
        properties.removeAll { $0.name == name }
        guard !field.isRemoval else { return }
        guard Names.isName(name) else {
            throw NGSILDError(
                at: field.path, expected: "the name of a property", found: NGSILDError.quoted(name))
        }
        guard properties.count < DocumentLimits.properties else {
            let expected = "at most \(DocumentLimits.properties) properties of the source"
            throw NGSILDError(at: field.path, expected: expected, found: "one more")
        }
        properties.append(JSONObject.Member(name: name, value: field.value))
    }

    // MARK: What goes together

    private func checkRestrictions() throws(NGSILDError) {
        switch effectiveMode {
        case .inclusive, .redirect: break
        case .exclusive: try checkExclusive()
        case .auxiliary: try checkAuxiliary()
        }
    }

    /// An exclusive registration is about attributes of single entities (§4.3.6.3).
    private func checkExclusive() throws(NGSILDError) {
        for (index, info) in information.enumerated() {
            let path = JSONPath.root["information"][index]
            let mode = "in a registration of mode `exclusive`"
            guard !info.entities.isEmpty else {
                throw NGSILDError(at: path["entities"], expected: "entities with their ids, \(mode)", found: nil)
            }
            for (index, entity) in info.entities.enumerated() {
                let path = path["entities"][index]
                guard entity.id != nil else {
                    throw NGSILDError(at: path["id"], expected: "the URI of one entity, \(mode)", found: nil)
                }
                guard entity.idPattern == nil else {
                    throw NGSILDError(at: path["idPattern"], expected: "no pattern, \(mode)", found: "one")
                }
            }
            guard !info.attributeNames.isEmpty else {
                throw NGSILDError(
                    at: path["propertyNames"], expected: "`propertyNames` or `relationshipNames`, \(mode)", found: nil)
            }
        }
    }

    /// An auxiliary source is only read (§5.9.2.4).
    private func checkAuxiliary() throws(NGSILDError) {
        for (index, name) in operationNames.enumerated()
        where !["retrieveOps", "retrieveEntity", "queryEntity"].contains(name) {
            let expected = "`retrieveOps`, `retrieveEntity` or `queryEntity`, in a registration of mode `auxiliary`"
            throw NGSILDError(at: .root["operations"][index], expected: expected, found: "`\(name)`")
        }
    }

    private func checkExpiry(at now: Int64) throws(NGSILDError) {
        guard let expiresAt, expiresAt <= now else { return }
        let found = "`\(RFC3339.string(expiresAt))`"
        throw NGSILDError(at: .root["expiresAt"], expected: "an instant in the future", found: found)
    }
}

extension DocumentField {
    fileprivate func sourceURI() throws(NGSILDError) -> String {
        let uri = try uri("the URI of the context source")
        guard HostAndPort.isHTTP(uri) else { throw error(expected: "a URI `http://host…` or `https://host…`") }
        return uri
    }

    fileprivate func information() throws(NGSILDError) -> [RegistrationInfo] {
        var information: [RegistrationInfo] = []
        for element in try someElements(
            "an array of registration information, not empty", atMost: DocumentLimits.information)
        {
            information.append(try RegistrationInfo(reading: element))
        }
        return information
    }

    fileprivate func operationNames() throws(NGSILDError) -> [String] {
        var names = UniqueStrings()
        for element in try someElements("an array of one or more operations", atMost: DocumentLimits.names) {
            guard case .string(let name) = element.value,
                ContextSourceOperation(rawValue: name) != nil || ContextSourceOperationGroup(rawValue: name) != nil
            else { throw element.error(expected: "an operation or a group of operations, such as `retrieveOps`") }
            names.insert(name)
        }
        return names.strings
    }

    /// A pseudonym of a `Via` header: a token (RFC 7230 §5.7.1).
    fileprivate func pseudonym() throws(NGSILDError) -> String {
        guard case .string(let text) = value, KeyValuePair(text, "").isHeader, text.utf8.count <= NGSILDLimits.nameBytes
        else { throw error(expected: "a pseudonym without blanks, such as `broker-1`") }
        return text
    }

    /// A tenant: goes into a header, and is nowhere given a form.
    fileprivate func tenant() throws(NGSILDError) -> String {
        let text = try string("the name of a tenant")
        guard KeyValuePair("tenant", text).isHeader else { throw error(expected: "the name of a tenant") }
        return text
    }

    fileprivate func scopes() throws(NGSILDError) -> [String] {
        var scopes = UniqueStrings()
        for element in try oneOrMore("one or more scopes", atMost: DocumentLimits.names) {
            guard case .string(let text) = element.value, Names.isScope(text) else {
                throw element.error(expected: "a scope such as `/Madrid/Gardens`")
            }
            scopes.insert(text)
        }
        return scopes.strings
    }

    /// Headers for the source; four keys have a meaning of their own (§4.3.6.6).
    fileprivate func contextSourceInfo() throws(NGSILDError) -> [KeyValuePair] {
        let pairs = try headerPairs()
        for (index, pair) in pairs.enumerated() where pair.value != KeyValuePair.fromRequest {
            let expected: String
            switch pair.key {
            case "accept", "contentType":
                if pair.value == "application/json" || pair.value == "application/ld+json" { continue }
                expected = "`application/json` or `application/ld+json`"
            case "jsonldContext":
                if Names.isURI(pair.value) { continue }
                expected = "the URL of a JSON-LD @context"
            case "ngsildConformance":
                if Self.isVersion(pair.value) { continue }
                expected = "a version of the standard such as `1.5`"
            default: continue
            }
            throw NGSILDError(at: path[index]["value"], expected: expected, found: NGSILDError.quoted(pair.value))
        }
        return pairs
    }
}
