extension ContextSourceRegistration {
    /// Headers of the requests that the source is sent (CIM 009 §4.3.6.5, §4.14): what the registrant asked for, and
    /// the tenant of the source. What the connection decides, and what §4.3.6.6 gives another meaning, is left out.
    ///
    /// - Parameter triggering: Headers of the request that is passed on, for pairs whose value is
    ///   ``KeyValuePair/fromRequest``; those it does not have are left out.
    /// - Returns: Names and values, which may be written as they are.
    public func headers(
        triggeredBy triggering: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for pair in contextSourceInfo where !pair.isReserved && !Self.directives.contains(pair.key) {
            guard pair.value == KeyValuePair.fromRequest else {
                headers.append((pair.key, pair.value))
                continue
            }
            let name = pair.key.lowercased()
            if let found = triggering.first(where: { $0.name.lowercased() == name }),
                KeyValuePair(pair.key, found.value).isHeader
            {
                headers.append((pair.key, found.value))
            }
        }
        if let tenant { headers.append(("NGSILD-Tenant", tenant)) }
        return headers
    }

    private static let directives: Set<String> = ["accept", "contentType", "jsonldContext", "ngsildConformance"]

    /// What one of the keys `accept`, `contentType`, `jsonldContext` and `ngsildConformance` says (§4.3.6.6).
    ///
    /// - Parameter key: One of the four.
    /// - Returns: Nil if the registrant did not say.
    public func directive(_ key: String) -> String? {
        contextSourceInfo.first { $0.key == key && $0.value != KeyValuePair.fromRequest }?.value
    }
}

extension Subscription {
    /// The subscription as it is passed on to a context source (CIM 009 §5.8.1.4): reduced to what is registered, and
    /// with notifications that come back here.
    ///
    /// - Parameters:
    ///   - id: The URI of the copy.
    ///   - registration: Whose source is meant.
    ///   - match: What of it concerns this subscription.
    ///   - endpoint: Where notifications come back to.
    ///   - splitsEntities: What counts where the subscription does not say whether one entity may be spread over
    ///     several sources: then nothing can be filtered before all is together.
    /// - Returns: A subscription of its own, without counters.
    public func copy(
        id: String, for registration: ContextSourceRegistration, _ match: RegistrationMatch,
        notifying endpoint: Endpoint,
        splitsEntities: Bool
    ) -> Subscription {
        var copy = self
        copy.id = id
        copy.notification.endpoint = endpoint
        copy.deliveries = DeliveryRecord()
        copy.entities = reducedEntities(to: match)
        let attributes = match.attributes
        if !attributes.isEmpty, timeInterval == nil {
            let common = watchedAttributes.filter(attributes.contains)
            copy.watchedAttributes = watchedAttributes.isEmpty ? attributes : common
        }
        if registration.isLocalOnly { copy.localOnly = true }
        if splitEntities ?? splitsEntities {
            copy.q = nil
            copy.geoQ = nil
            copy.scopeQ = nil
            copy.notification.attributes = []
            copy.notification.pick = []
            copy.notification.omit = []
        }
        return copy
    }

    /// Selectors for entities that both the subscription and the registration name. Where these would be too many,
    /// those of the subscription: the source has nothing else to tell of anyway.
    private func reducedEntities(to match: RegistrationMatch) -> [EntitySelector] {
        guard !match.parts.contains(where: \.entities.isEmpty) else { return entities }
        var reduced: [EntitySelector] = []
        var seen: Set<EntitySelector> = []
        for info in match.parts.flatMap(\.entities) {
            for selector in reducedSelectors(to: info) where seen.insert(selector).inserted {
                guard reduced.count < DocumentLimits.selectors else { return entities }
                reduced.append(selector)
            }
        }
        return reduced
    }

    private func reducedSelectors(to info: EntityInfo) -> [EntitySelector] {
        let types = TypeSelection(alternatives: [info.types])
        if let id = info.id { return [EntitySelector(types: types, ids: [id])] }
        guard !entities.isEmpty else { return [EntitySelector(types: types, idPattern: info.idPattern)] }
        // Of two patterns only one can be passed on: that of the source, which is bound to it (§4.3.6.1).
        return entities.filter { $0.types?.matches(info.types) ?? true }.map { selector in
            EntitySelector(types: types, ids: selector.ids, idPattern: info.idPattern ?? selector.idPattern)
        }
    }
}
