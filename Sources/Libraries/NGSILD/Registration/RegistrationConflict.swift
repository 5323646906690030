extension ContextSourceRegistration {
    /// Whether this registration may stand beside another one (CIM 009 §4.3.6.3, §5.9.2.4).
    ///
    /// What an exclusive registration has must not be in another exclusive or redirect one. A redirect one must not
    /// name an entity whose attributes are registered exclusively; it may mean it as one of a group. Redirects may
    /// overlap.
    ///
    /// - Parameters:
    ///   - other: One that exists already.
    ///   - now: In microseconds since 1970: what has expired is no obstacle.
    ///   - budget: What may be spent on patterns.
    /// - Throws: ``ProblemCode/conflict`` with the URI of the other one; ``ProblemCode/tooComplexQuery``.
    public func checkConflict(
        with other: ContextSourceRegistration, at now: Int64, within budget: inout QueryBudget
    ) throws(NGSILDError) {
        guard other.id != id, !other.isExpired(at: now) else { return }
        guard effectiveMode.isProxied, other.effectiveMode.isProxied,
            effectiveMode == .exclusive || other.effectiveMode == .exclusive
        else { return }
        for info in information {
            for existing in other.information
            where info.sharesAttributes(with: existing) {
                guard let id = try info.sharedEntity(with: existing, within: &budget) else { continue }
                let mode = "\(other.effectiveMode.rawValue) registration"
                let detail = "attributes of \(NGSILDError.quoted(id)) are in the \(mode) `\(other.id)` already"
                throw NGSILDError(.conflict, detail)
            }
        }
    }

    /// Whether this registration may be made although an entity is held here (§5.9.2.4).
    ///
    /// - Parameters:
    ///   - entity: An entity that is held here.
    ///   - budget: What may be spent on patterns.
    /// - Throws: ``ProblemCode/conflict`` when this is an exclusive registration of an attribute that the entity has,
    ///   or a redirect one that the entity matches; ``ProblemCode/tooComplexQuery``.
    public func checkConflict(with entity: Entity, within budget: inout QueryBudget) throws(NGSILDError) {
        guard effectiveMode.isProxied else { return }
        let held = Set(entity.attributes.map(\.name))
        for info in information {
            let names = info.attributeNames
            guard names.isEmpty || names.contains(where: held.contains) else { continue }
            guard try info.covers(entity, within: &budget) else { continue }
            let what = names.isEmpty ? "it" : "attributes of it"
            let detail =
                "the entity `\(entity.id)` is held here, and the \(effectiveMode.rawValue) registration has \(what)"
            throw NGSILDError(.conflict, detail)
        }
    }
}

extension RegistrationInfo {
    fileprivate func sharesAttributes(with other: RegistrationInfo) -> Bool {
        let own = attributeNames
        let others = other.attributeNames
        return own.isEmpty || others.isEmpty || !Set(own).isDisjoint(with: others)
    }

    /// The URI of an entity that this one names and the other one means.
    fileprivate func sharedEntity(
        with other: RegistrationInfo, within budget: inout QueryBudget
    ) throws(NGSILDError) -> String? {
        if other.entities.isEmpty { return entities.lazy.compactMap(\.id).first }
        for entity in entities {
            for existing in other.entities {
                if let id = entity.id, try existing.includes(id, of: entity.types, within: &budget) { return id }
            }
        }
        return nil
    }

    fileprivate func covers(_ entity: Entity, within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        if entities.isEmpty { return true }
        for info in entities {
            if info.id == nil, !info.types.allSatisfy(entity.types.contains) { continue }
            if try info.matches(id: entity.id, within: &budget) { return true }
        }
        return false
    }
}

extension EntityInfo {
    /// Whether an entity that is registered with these types is meant; types tell only about groups.
    fileprivate func includes(
        _ id: String, of types: [String], within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        if self.id == nil, !self.types.allSatisfy(types.contains) { return false }
        return try matches(id: id, within: &budget)
    }
}
