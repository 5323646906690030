public import JSONBytes

extension Subscription {
    /// Writes the subscription as one JSON object (CIM 009 §5.2.12).
    ///
    /// - Parameters:
    ///   - writer: Where to write; may stand inside an array.
    ///   - context: What the reader's terms stand for.
    ///   - subject: Of a subscription to entities, the default triggers are written too; one to registrations has none.
    ///   - contextDocument: Written as `@context` where the answer is JSON-LD; nil where it is JSON.
    ///   - sysAttrs: Whether `createdAt` and `modifiedAt` are written.
    ///   - now: In microseconds since 1970; decides the `status`.
    public func write(
        to writer: inout JSONWriter, context: JSONLDContext = .core, as subject: Subject = .entities,
        contextDocument: JSONValue? = nil, sysAttrs: Bool = false, at now: Int64
    ) {
        var builder = DocumentBuilder(context: context, audience: .client)
        addMembers(to: &builder)
        if notificationTrigger == nil, subject == .entities {
            // In the order of the standard, which a set does not keep.
            let triggers = NotificationTrigger.allCases.filter(NotificationTrigger.defaults.contains)
            builder.add("notificationTrigger", strings: triggers.map(\.rawValue))
        }
        builder.add("status", status(at: now).rawValue)
        if sysAttrs {
            builder.add("createdAt", instant: createdAt)
            builder.add("modifiedAt", instant: modifiedAt)
        }
        builder.add("@context", contextDocument)
        writer.value(builder.value)
    }

    /// The subscription as canonical JSON, with all that the broker knows of it. ``init(storage:)`` reads it back.
    public var storageJSON: JSONValue {
        var builder = DocumentBuilder(context: .core, audience: .storage)
        addMembers(to: &builder)
        builder.add("createdAt", instant: createdAt)
        builder.add("modifiedAt", instant: modifiedAt)
        builder.add("@context", context)
        return builder.value
    }

    /// Reads what ``storageJSON`` wrote.
    ///
    /// - Parameter storage: A JSON object.
    /// - Throws: ``ProblemCode/badRequestData`` for anything else.
    public init(storage: JSONValue) throws(NGSILDError) {
        let members = try DocumentMembers(
            storage, at: .root, known: [], expected: "a stored subscription", context: .core, purpose: .storage)
        try self.init(reading: members, contextDocument: nil)
        createdAt = try members["createdAt"]?.instant()
        modifiedAt = try members["modifiedAt"]?.instant()
        let notification = try members.required("notification", "notification parameters")
        deliveries = try DeliveryRecord(
            reading: DocumentMembers(
                notification.value, at: notification.path, known: [], expected: "notification parameters",
                context: .core, purpose: .storage))
    }

    private func addMembers(to builder: inout DocumentBuilder) {
        if !id.isEmpty { builder.add("id", id) }
        builder.add("type", Self.type)
        builder.add("subscriptionName", subscriptionName)
        builder.add("description", description)
        if !entities.isEmpty { builder.add("entities", .array(entities.map { $0.json(builder.nested) })) }
        builder.add("watchedAttributes", names: watchedAttributes)
        builder.add("notificationTrigger", strings: notificationTrigger?.map(\.rawValue) ?? [])
        builder.add("timeInterval", timeInterval, in: .seconds)
        builder.add("q", q?.json(builder.audience))
        builder.add("geoQ", geoQ?.json(builder.nested))
        builder.add("scopeQ", scopeQ)
        builder.add("csf", csf?.json(builder.audience))
        builder.add("temporalQ", temporalQ?.json(builder.nested))
        builder.add("isActive", isActive)
        builder.add("expiresAt", instant: expiresAt)
        builder.add("throttling", throttling, in: .seconds)
        builder.add("lang", lang)
        builder.add("datasetId", strings: datasetId)
        builder.add("jsonKeys", listed: jsonKeys)
        builder.add("expandValues", listed: expandValues)
        builder.add("splitEntities", splitEntities)
        builder.add("localOnly", localOnly)
        builder.add("ngsildConformance", ngsildConformance)
        builder.add("jsonldContext", jsonldContext)
        builder.add("notification", notification.json(builder.nested, deliveries))
    }
}

extension Subscription.Query {
    fileprivate func json(_ audience: DocumentBuilder.Audience) -> JSONValue {
        switch audience {
        case .client: return .string(text)
        case .storage:
            var object = JSONObject([JSONObject.Member(name: "text", value: .string(text))])
            object["context"] = context
            return .object(object)
        }
    }
}
