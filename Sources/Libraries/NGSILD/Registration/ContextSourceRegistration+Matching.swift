extension ContextSourceRegistration {
    /// What of this registration concerns a request (CIM 009 §5.12), but for location, scope and context source filter.
    ///
    /// - Parameters:
    ///   - specification: What the request is about.
    ///   - operation: What the source would be asked to do; nil where registrations themselves are looked for.
    ///   - now: In microseconds since 1970: what has expired concerns nothing.
    ///   - budget: What may be spent on patterns, for all registrations that are asked.
    /// - Returns: The parts that match, reduced to what source and request have in common; nil if there are none.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func match(
        _ specification: EntitySpecification, for operation: ContextSourceOperation? = nil, at now: Int64,
        within budget: inout QueryBudget
    ) throws(NGSILDError) -> RegistrationMatch? {
        guard !isExpired(at: now), isConsidered(at: specification.time) else { return nil }
        if let operation, !operations.contains(operation) { return nil }
        if let contextSourceAlias, specification.encounteredAliases.contains(contextSourceAlias) { return nil }
        // Where only one side names datasets, nothing is said against a match.
        if !datasetId.isEmpty, !specification.datasetIds.isEmpty,
            Set(datasetId).isDisjoint(with: specification.datasetIds)
        {
            return nil
        }
        var parts: [RegistrationMatch.Part] = []
        let wanted = Set(specification.attributes)
        for (index, info) in information.enumerated() {
            guard let attributes = info.common(with: specification.attributes, wanted) else { continue }
            var part = RegistrationMatch.Part(index: index, entities: [], ids: [], attributes: attributes)
            guard try info.matchEntities(specification.selectors, into: &part, within: &budget) else { continue }
            parts.append(part)
        }
        return parts.isEmpty ? nil : RegistrationMatch(parts: parts)
    }

    /// Registrations of history and those of what is now are kept apart (§5.9.1, §5.10.2.4).
    private func isConsidered(at time: EntitySpecification.Time) -> Bool {
        switch time {
        case .latest: return observationInterval == nil && managementInterval == nil
        case .history: return observationInterval != nil || managementInterval != nil
        case .query(let query):
            let interval = query.timeProperty == .observedAt ? observationInterval : managementInterval
            return interval?.overlaps(query) ?? false
        }
    }

    /// The registration with nothing but the parts that concern a request (§5.10.2.5, §5.11.7).
    ///
    /// - Parameter match: From ``match(_:for:at:within:)`` of this registration.
    /// - Returns: The same registration with fewer registration infos.
    public func filtered(by match: RegistrationMatch) -> ContextSourceRegistration {
        var filtered = self
        filtered.information = match.parts.map(\.index).filter(information.indices.contains).map { information[$0] }
        return filtered
    }
}

extension RegistrationInfo {
    /// The attributes that are both asked for and registered, empty for all; nil if there are none.
    fileprivate func common(with asked: [String], _ wanted: Set<String>) -> [String]? {
        let registered = attributeNames
        if registered.isEmpty { return asked }
        if asked.isEmpty { return registered }
        let common = registered.filter(wanted.contains)
        return common.isEmpty ? nil : common
    }

    /// Whether any selector and any entity info match; notes those that do.
    fileprivate func matchEntities(
        _ selectors: [EntitySpecification.Selector], into part: inout RegistrationMatch.Part,
        within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        var ids = UniqueStrings()
        guard !entities.isEmpty else {
            for selector in selectors { selector.ids.forEach { ids.insert($0) } }
            part.ids = ids.strings
            return true
        }
        guard !selectors.isEmpty else {
            part.entities = entities
            return true
        }
        for entity in entities {
            var isMatch = false
            for selector in selectors {
                guard let matching = try entity.match(selector, within: &budget) else { continue }
                isMatch = true
                matching.forEach { ids.insert($0) }
            }
            if isMatch { part.entities.append(entity) }
        }
        part.ids = ids.strings
        return !part.entities.isEmpty
    }
}

extension EntityInfo {
    /// The identifiers asked for that may be meant, empty if none were asked for; nil if there is no match.
    fileprivate func match(
        _ selector: EntitySpecification.Selector, within budget: inout QueryBudget
    ) throws(NGSILDError) -> [String]? {
        switch selector.types {
        case .any: break
        case .selection(let selection): if !selection.matches(types) { return nil }
        case .known(let known): if !types.allSatisfy(known.contains) { return nil }
        }
        guard selector.ids.isEmpty else {
            var matching: [String] = []
            for asked in selector.ids where try matches(id: asked, within: &budget) { matching.append(asked) }
            return matching.isEmpty ? nil : matching
        }
        guard let pattern = selector.idPattern, let id else {
            // Two patterns may have identifiers in common: nobody can tell easily (§5.12).
            return []
        }
        return try pattern.matches(id, within: &budget) ? [] : nil
    }
}
