public import JSONBytes

extension Subscription {
    static let type = "Subscription"

    private static let members: Set<String> = [
        "id", "type", "subscriptionName", "description", "entities", "watchedAttributes", "notificationTrigger",
        "timeInterval", "q", "geoQ", "scopeQ", "csf", "temporalQ", "isActive", "status", "expiresAt", "throttling",
        "lang", "datasetId", "jsonKeys", "expandValues", "splitEntities", "localOnly", "ngsildConformance",
        "jsonldContext", "notification", "@context", "createdAt", "modifiedAt",
    ]

    /// Reads a subscription (CIM 009 §5.8.1, §5.11.2). Members that the standard does not know, and those that are the
    /// broker's to write, are left out.
    ///
    /// - Parameters:
    ///   - value: A JSON object.
    ///   - context: What its terms stand for.
    ///   - contextDocument: That `@context` as JSON where it came beside the document; an `@context` inside comes
    ///     first.
    ///   - now: In microseconds since 1970, to tell whether it has expired already.
    /// - Throws: ``ProblemCode/badRequestData`` with the path of what is wrong and what was expected;
    ///   ``ProblemCode/tooComplexQuery`` for queries and patterns beyond ``NGSILDLimits``.
    public init(
        parsing value: JSONValue, context: JSONLDContext = .core, contextDocument: JSONValue? = nil, at now: Int64
    ) throws(NGSILDError) {
        let members = try DocumentMembers(
            value, at: .root, known: Self.members, expected: "a subscription, as a JSON object", context: context,
            purpose: .create)
        try self.init(reading: members, contextDocument: contextDocument)
        try checkRestrictions()
        if members["expiresAt"] != nil { try checkExpiry(at: now) }
    }

    /// The subscription with a fragment applied (§5.8.2, §5.11.3): each member of the fragment takes the place of the
    /// one that is there (§5.5.8), null removes it. Counters, and the time of creation, stay.
    ///
    /// - Parameters:
    ///   - fragment: A JSON object.
    ///   - context: What its terms stand for.
    ///   - contextDocument: That `@context` as JSON where it came beside the fragment; an `@context` inside comes
    ///     first. Queries in the fragment are kept with it; notifications go on with the one of the subscription.
    ///   - now: In microseconds since 1970.
    /// - Returns: The subscription as it shall be from now on.
    /// - Throws: ``ProblemCode/badRequestData`` when the fragment is wrong in itself, removes what must be there,
    ///   changes `id` or `type`, or does not go with the rest; ``ProblemCode/tooComplexQuery``.
    public func updated(
        by fragment: JSONValue, context: JSONLDContext = .core, contextDocument: JSONValue? = nil, at now: Int64
    ) throws(NGSILDError) -> Subscription {
        let members = try DocumentMembers(
            fragment, at: .root, known: Self.members, expected: "a subscription fragment, as a JSON object",
            context: context, purpose: .update)
        try members.checkType(Self.type)
        var updated = self
        let source = members["@context"]?.value ?? contextDocument
        for (name, field) in members.fields { try updated.apply(name, field, members.purpose, source) }
        try updated.checkRestrictions()
        if members["expiresAt"] != nil { try updated.checkExpiry(at: now) }
        updated.modifiedAt = now
        return updated
    }

    init(reading members: DocumentMembers, contextDocument: JSONValue?) throws(NGSILDError) {
        try members.checkType(Self.type)
        let notification = try members.required("notification", "notification parameters, as a JSON object")
        self.init(id: "", notification: try notification.notificationParameters(purpose: members.purpose))
        id = try members["id"]?.uri("the subscription's URI") ?? ""
        context = members["@context"]?.value ?? contextDocument
        for (name, field) in members.fields { try apply(name, field, members.purpose, context) }
    }

    /// Takes over one member, or removes it.
    private mutating func apply(
        _ name: String, _ given: DocumentField, _ purpose: DocumentPurpose, _ source: JSONValue?
    ) throws(NGSILDError) {
        let field = given.isRemoval ? nil : given
        switch name {
        case "id": try checkIdentity(given)
        case "subscriptionName": subscriptionName = try field?.text()
        case "description": description = try field?.text()
        case "entities": entities = try field?.selectors(purpose: purpose) ?? []
        case "watchedAttributes": watchedAttributes = try field?.names() ?? []
        case "notificationTrigger": notificationTrigger = try field?.triggers()
        case "timeInterval": timeInterval = try field?.period(in: .seconds)
        case "q": q = try field?.query(purpose, source)
        case "geoQ": geoQ = if let field { try GeoQueryDocument(reading: field) } else { nil }
        case "scopeQ": scopeQ = try field?.scopeQuery()
        case "csf": csf = try field?.query(purpose, source)
        case "temporalQ": temporalQ = if let field { try TemporalQuery(reading: field) } else { nil }
        case "isActive": isActive = try field?.bool()
        case "expiresAt": expiresAt = try field?.instant()
        case "throttling": throttling = try field?.period(in: .seconds)
        case "lang": lang = try field?.languages()
        case "datasetId": datasetId = try field?.datasetIds() ?? []
        case "jsonKeys": jsonKeys = try field?.listedNames() ?? []
        case "expandValues": expandValues = try field?.listedNames() ?? []
        case "splitEntities": splitEntities = try field?.bool()
        case "localOnly": localOnly = try field?.bool()
        case "ngsildConformance": ngsildConformance = try field?.version()
        case "jsonldContext": jsonldContext = try field?.uri("the URL of a JSON-LD @context")
        case "notification":
            guard let field else { throw given.error(expected: "notification parameters, as a JSON object") }
            notification = try field.notificationParameters(purpose: purpose)
        default: break
        }
    }

    private func checkIdentity(_ field: DocumentField) throws(NGSILDError) {
        let given = try field.uri("the subscription's URI")
        guard given == id else { throw field.error(expected: "the subscription's own URI, `\(id)`") }
    }

    // MARK: What goes together (table 5.2.12-1)

    private func checkRestrictions() throws(NGSILDError) {
        let path = JSONPath.root
        if timeInterval != nil {
            if !watchedAttributes.isEmpty {
                throw NGSILDError(
                    at: path["watchedAttributes"], expected: "nothing beside `timeInterval`", found: "attributes")
            }
            if throttling != nil {
                throw NGSILDError(
                    at: path["throttling"], expected: "nothing beside `timeInterval`", found: "a number")
            }
        }
        if localOnly == false, entities.contains(where: { $0.types == nil }) {
            throw NGSILDError(
                at: path["localOnly"], expected: "`true`, as the type `*` stands for local entities", found: "`false`")
        }
        guard entities.isEmpty, localOnly != true else { return }
        if timeInterval != nil {
            throw NGSILDError(at: path["entities"], expected: "entity selectors beside `timeInterval`", found: nil)
        }
        if watchedAttributes.isEmpty {
            throw NGSILDError(
                at: path["entities"], expected: "entity selectors, unless there are `watchedAttributes`", found: nil)
        }
    }

    private func checkExpiry(at now: Int64) throws(NGSILDError) {
        guard let expiresAt, expiresAt <= now else { return }
        let found = "`\(RFC3339.string(expiresAt))`"
        throw NGSILDError(at: .root["expiresAt"], expected: "an instant in the future", found: found)
    }
}

extension DocumentField {
    /// Text for people, which may be empty.
    func text() throws(NGSILDError) -> String {
        guard case .string(let text) = value, text.utf8.count <= DocumentLimits.textBytes else {
            throw error(expected: "a string of at most \(DocumentLimits.textBytes) bytes")
        }
        return text
    }

    fileprivate func notificationParameters(purpose: DocumentPurpose) throws(NGSILDError) -> NotificationParameters {
        try NotificationParameters(
            reading: DocumentMembers(
                value, at: path, known: NotificationParameters.members,
                expected: "notification parameters, as a JSON object", context: context,
                purpose: purpose == .storage ? .storage : .create))
    }

    fileprivate func selectors(purpose: DocumentPurpose) throws(NGSILDError) -> [EntitySelector] {
        var selectors: [EntitySelector] = []
        for element in try someElements(
            "an array of one or more entity selectors", atMost: DocumentLimits.selectors)
        {
            selectors.append(try EntitySelector(reading: element, purpose: purpose == .storage ? .storage : .create))
        }
        return selectors
    }

    fileprivate func triggers() throws(NGSILDError) -> [NotificationTrigger] {
        var triggers: [NotificationTrigger] = []
        for element in try someElements(
            "an array of one or more notification triggers", atMost: DocumentLimits.names)
        {
            let trigger = try element.choice(of: NotificationTrigger.self)
            if !triggers.contains(trigger) { triggers.append(trigger) }
        }
        return triggers
    }

    /// A query whose form is checked; what is stored was checked before.
    fileprivate func query(_ purpose: DocumentPurpose, _ source: JSONValue?) throws(NGSILDError) -> Subscription.Query {
        if purpose == .storage, case .object(let object) = value, case .string(let text)? = object["text"] {
            return Subscription.Query(text, context: object["context"])
        }
        guard case .string(let text) = value else { throw error(expected: "a query such as `speed>50`") }
        do throws(NGSILDError) {
            _ = try QueryExpression(parsing: text, context: context)
        } catch {
            throw inside(error)
        }
        return Subscription.Query(text, context: source)
    }

    fileprivate func scopeQuery() throws(NGSILDError) -> String {
        guard case .string(let text) = value else { throw error(expected: "a scope query such as `/Madrid/#`") }
        do throws(NGSILDError) {
            _ = try ScopeQuery(parsing: text)
        } catch {
            throw inside(error)
        }
        return text
    }

    fileprivate func languages() throws(NGSILDError) -> String {
        let text = try string("language tags such as `en`")
        do throws(NGSILDError) {
            _ = try LanguageFilter(parsing: text)
        } catch {
            throw inside(error)
        }
        return text
    }

    /// A version of the standard, `1.9`.
    func version() throws(NGSILDError) -> String {
        guard case .string(let text) = value, Self.isVersion(text) else {
            throw error(expected: "a version of the standard such as `1.9`")
        }
        return text
    }

    static func isVersion(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                1...4 ~= part.count && part.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            }
    }
}

extension TemporalQuery {
    /// A temporal query as a subscription holds it (CIM 009 §5.2.21).
    init(reading field: DocumentField) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path,
            known: ["timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration"],
            expected: "a temporal query, as a JSON object", context: field.context, purpose: .create)
        let timerel = try members.required("timerel", "`before`, `after` or `between`").string()
        let timeAt = try members.required("timeAt", "an RFC 3339 date-time").string()
        let endTimeAt = try members["endTimeAt"]?.string("an RFC 3339 date-time")
        let timeproperty = try members["timeproperty"]?.string("the name of a temporal property")
        let lastN = try members["lastN"]?.positiveInteger()
        do throws(NGSILDError) {
            try self.init(
                parsingTimerel: timerel, timeAt: timeAt, endTimeAt: endTimeAt, timeproperty: timeproperty,
                lastN: lastN.map { String($0) })
        } catch {
            throw field.inside(error)
        }
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        switch relation {
        case .always: break
        case .before(let instant):
            builder.add("timerel", "before")
            builder.add("timeAt", instant: instant)
        case .after(let instant):
            builder.add("timerel", "after")
            builder.add("timeAt", instant: instant)
        case .between(let start, let end):
            builder.add("timerel", "between")
            builder.add("timeAt", instant: start)
            builder.add("endTimeAt", instant: end)
        }
        if timeProperty != .observedAt { builder.add("timeproperty", timeProperty.rawValue) }
        builder.add("lastN", count: lastN)
        return builder.value
    }
}
