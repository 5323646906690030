import JSONBytes

extension QueryExpression {
    /// Whether an entity is asked for.
    ///
    /// - Parameter entity: With all attributes named in ``attributeNames``.
    /// - Returns: True if it meets the conditions.
    public func matches(_ entity: Entity) -> Bool {
        var budget = QueryBudget.unlimited
        return matches(entity.attributes, EntityTimes(entity), { _ in nil }, &budget)
    }

    /// Whether an entity is asked for, at a cost that is limited.
    ///
    /// - Parameters:
    ///   - entity: With all attributes named in ``attributeNames``.
    ///   - linked: The entity behind a URI; nil when there is none.
    ///   - budget: What may be spent, for all entities of one request.
    /// - Returns: True if it meets the conditions.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(
        _ entity: Entity, linked: (String) -> Entity?, within budget: inout QueryBudget
    ) throws(NGSILDError) -> Bool {
        let isMatch = matches(entity.attributes, EntityTimes(entity), linked, &budget)
        try budget.check()
        return isMatch
    }

    /// Whether an entity with these attributes is asked for.
    ///
    /// - Parameter attributes: All attributes named in ``attributeNames``, in any order.
    /// - Returns: True if they meet the conditions.
    public func matches(_ attributes: [Attribute]) -> Bool {
        var budget = QueryBudget.unlimited
        return matches(attributes, EntityTimes(createdAt: nil, modifiedAt: nil), { _ in nil }, &budget)
    }

    /// Whether an entity with these attributes is asked for, at a cost that is limited.
    ///
    /// - Parameters:
    ///   - attributes: All attributes named in ``attributeNames``, in any order.
    ///   - budget: What may be spent, for all entities of one request.
    /// - Returns: True if they meet the conditions.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(_ attributes: [Attribute], within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        let isMatch = matches(attributes, EntityTimes(createdAt: nil, modifiedAt: nil), { _ in nil }, &budget)
        try budget.check()
        return isMatch
    }

    /// Of no meaning when the budget is spent afterwards.
    private func matches(
        _ attributes: [Attribute], _ times: EntityTimes, _ linked: (String) -> Entity?, _ budget: inout QueryBudget
    ) -> Bool {
        switch self {
        case .all(let parts): return parts.allSatisfy { $0.matches(attributes, times, linked, &budget) }
        case .any(let parts): return parts.contains { $0.matches(attributes, times, linked, &budget) }
        case .absent(let path):
            guard budget.spend(1 + attributes.count) else { return false }
            return !path.hasTarget(among: attributes[...], times: times) { _ in true }
        case .linked(let relationship, let types, let inner):
            for attribute in attributes where attribute.name == relationship {
                for uri in attribute.targets {
                    guard budget.spend(16), let entity = linked(uri) else { continue }
                    if !types.isEmpty, !types.contains(where: entity.types.contains) { continue }
                    if inner.matches(entity.attributes, EntityTimes(entity), linked, &budget) { return true }
                }
            }
            return false
        case .term(let path, let condition):
            guard budget.spend(1 + attributes.count) else { return false }
            return path.hasTarget(among: attributes[...], times: times) { condition.holds(for: $0, &budget) }
        }
    }
}

/// The times of the entity itself, which `q` addresses as if they were attributes.
private struct EntityTimes {
    var createdAt: Int64?
    var modifiedAt: Int64?
    var expiresAt: Int64?

    init(createdAt: Int64?, modifiedAt: Int64?) {
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
    }

    init(_ entity: Entity) {
        createdAt = entity.createdAt
        modifiedAt = entity.modifiedAt
        expiresAt = entity.expiresAt
    }
}

/// What a path leads to, in the terms of CIM 009 §4.9.
private enum QueryTarget {
    /// The value of a property, or a part of it.
    case value(JSONValue)
    /// The object or objects of a relationship, to which only `==` and `!=` apply.
    case object(JSONValue)
    /// The strings of a LanguageProperty, in whatever language.
    case anyLanguage([JSONValue])
    /// Terms of a vocabulary, by their canonical names.
    case vocabulary(JSONValue)
    /// A time of an attribute.
    case instant(Int64)
}

extension AttributePath {
    /// Whether any instance that the path leads to meets a condition.
    fileprivate func hasTarget(
        among attributes: ArraySlice<Attribute>, times: EntityTimes, where holds: (QueryTarget) -> Bool
    ) -> Bool {
        guard let first = names.first else { return false }
        if attributes.contains(where: { $0.name == first && hasTarget(in: $0, from: 1, where: holds) }) { return true }
        guard names.count == 1, members.isEmpty else { return false }
        switch first {
        case "createdAt": return times.createdAt.map { holds(.instant($0)) } ?? false
        case "modifiedAt": return times.modifiedAt.map { holds(.instant($0)) } ?? false
        case "expiresAt": return times.expiresAt.map { holds(.instant($0)) } ?? false
        default: return false
        }
    }

    /// The same, from a name inside an attribute on.
    private func hasTarget(in attribute: Attribute, from index: Int, where holds: (QueryTarget) -> Bool) -> Bool {
        guard index < names.count else { return target(in: attribute).map(holds) ?? false }
        let name = names[index]
        let isInside = attribute.subAttributes.contains {
            $0.name == name && hasTarget(in: $0, from: index + 1, where: holds)
        }
        if isInside { return true }
        guard index == names.count - 1, members.isEmpty else { return false }
        return nonReified(name, of: attribute).map(holds) ?? false
    }

    /// Members of an attribute that are not attributes themselves.
    private func nonReified(_ name: String, of attribute: Attribute) -> QueryTarget? {
        switch name {
        case "observedAt": attribute.observedAt.map { .instant($0) }
        case "createdAt": attribute.createdAt.map { .instant($0) }
        case "modifiedAt": attribute.modifiedAt.map { .instant($0) }
        case "unitCode": attribute.unitCode.map { .value(.string($0)) }
        case "datasetId": attribute.datasetId.map { .value(.string($0)) }
        case "expiresAt": attribute.expiresAt.map { .instant($0) }
        case "objectType":
            attribute.objectType.isEmpty ? nil : .value(.array(attribute.objectType.map { .string($0) }))
        case "valueType": attribute.valueType.map { .value(.string($0)) }
        default: nil
        }
    }

    private func target(in attribute: Attribute) -> QueryTarget? {
        if attribute.kind == .languageProperty, members.isEmpty || members == ["*"] {
            guard case .object(let map) = attribute.value else { return nil }
            return .anyLanguage(
                map.members.flatMap { member in
                    if case .array(let strings) = member.value { strings } else { [member.value] }
                })
        }
        if attribute.kind.isRelationship { return members.isEmpty ? .object(attribute.value) : nil }
        if attribute.kind == .vocabProperty { return members.isEmpty ? .vocabulary(attribute.value) : nil }
        return attribute.value[JSONPath(steps: members.map { .member($0) })].map { .value($0) }
    }
}

extension QueryCondition {
    fileprivate func holds(for target: QueryTarget, _ budget: inout QueryBudget) -> Bool {
        guard budget.spend(target.count * cost) else { return false }
        switch self {
        case .exists: return true
        case .equal(let operand): return operand.includes(target)
        case .unequal(let operand): return !operand.includes(target)
        case .less(let value): return target.isOrdered(against: value) { $0 < 0 }
        case .lessOrEqual(let value): return target.isOrdered(against: value) { $0 <= 0 }
        case .greater(let value): return target.isOrdered(against: value) { $0 > 0 }
        case .greaterOrEqual(let value): return target.isOrdered(against: value) { $0 >= 0 }
        case .matches(let pattern): return target.texts.contains { pattern.matches($0, &budget) }
        case .doesNotMatch(let pattern):
            let texts = target.texts
            return !texts.isEmpty && !texts.contains { pattern.matches($0, &budget) }
        }
    }

    /// Steps to hold it against one value; what a pattern takes is counted as it is matched.
    private var cost: Int {
        switch self {
        case .exists, .matches, .doesNotMatch: 1
        case .equal(.values(let values)), .unequal(.values(let values)): values.reduce(0) { $0 + $1.cost }
        case .equal(.range(let low, let high)), .unequal(.range(let low, let high)): low.cost + high.cost
        case .less(let value), .lessOrEqual(let value), .greater(let value), .greaterOrEqual(let value): value.cost
        }
    }
}

extension QueryTarget {
    /// How many values are compared.
    fileprivate var count: Int {
        switch self {
        case .value(.array(let elements)), .object(.array(let elements)), .vocabulary(.array(let elements)),
            .anyLanguage(let elements):
            max(elements.count, 1)
        case .value, .object, .vocabulary, .instant: 1
        }
    }

    /// The text that a pattern is held against: strings only, never arrays of them (CIM 009 §4.9).
    fileprivate var texts: [String] {
        switch self {
        case .value(.string(let text)): [text]
        case .anyLanguage(let values): values.compactMap { if case .string(let text) = $0 { text } else { nil } }
        case .vocabulary(.string(let name)): [CoreContext.iri(of: name)]
        case .value, .object, .vocabulary, .instant: []
        }
    }

    /// Whether the target stands to `value` as `holds` says of minus one, zero or one. Other kinds do not match.
    fileprivate func isOrdered(against value: QueryValue, holds: (Int) -> Bool) -> Bool {
        switch self {
        case .value(let target): value.order(of: target).map(holds) ?? false
        case .instant(let instant): value.order(of: instant).map(holds) ?? false
        case .anyLanguage(let values): values.contains { value.order(of: $0).map(holds) ?? false }
        case .object, .vocabulary: false
        }
    }
}

extension QueryOperand {
    /// Whether the target, or an element of it if it is an array, equals a value or lies in the range.
    fileprivate func includes(_ target: QueryTarget) -> Bool {
        switch target {
        case .instant(let instant): includes { $0.order(of: instant) }
        case .anyLanguage(let values): values.contains(where: includes)
        case .value(.array(let elements)), .object(.array(let elements)): elements.contains(where: includes)
        case .value(let value), .object(let value): includes(value)
        case .vocabulary(.array(let names)): names.contains(where: isTerm)
        case .vocabulary(let name): isTerm(name)
        }
    }

    private func includes(_ value: JSONValue) -> Bool {
        includes { $0.order(of: value) }
    }

    /// A term is compared as the IRI that it stands for (CIM 009 §4.9).
    private func isTerm(_ value: JSONValue) -> Bool {
        guard case .string(let name) = value else { return false }
        return includes { operand in
            switch operand {
            case .vocabulary(let wanted): wanted == name ? 0 : 1
            case .string(let text), .uri(let text):
                text == CoreContext.iri(of: name) || text == name && name.contains(":") ? 0 : 1
            case .number, .bool, .dateTime, .date, .time: nil
            }
        }
    }

    private func includes(order: (QueryValue) -> Int?) -> Bool {
        switch self {
        case .values(let values): return values.contains { order($0) == 0 }
        case .range(let low, let high):
            guard let aboveLow = order(low), let belowHigh = order(high) else { return false }
            return aboveLow >= 0 && belowHigh <= 0
        }
    }
}

extension QueryValue {
    /// Steps of one comparison: text is read as a time before it is compared with one.
    fileprivate var cost: Int {
        switch self {
        case .number, .bool: 1
        case .string, .uri, .vocabulary: 4
        case .dateTime, .date, .time: 16
        }
    }

    /// How a target stands to this value: minus one, zero or one; nil if they are of different kinds.
    fileprivate func order(of target: JSONValue) -> Int? {
        switch (self, target) {
        case (.number(let value), .number(let target)): Self.order(target, value)
        case (.bool(let value), .bool(let target)): value == target ? 0 : 1
        case (.string(let value), .string(let target)), (.uri(let value), .string(let target)),
            (.vocabulary(let value), .string(let target)):
            Self.order(target, value)
        case (.dateTime(let value), .string(let target)):
            (try? RFC3339.microseconds(parsing: target)).map { Self.order($0, value) }
        case (.date(let value), .string(let target)): QueryParser.isDate(target) ? Self.order(target, value) : nil
        case (.time(let value), .string(let target)): QueryParser.isTime(target) ? Self.order(target, value) : nil
        // A JSON-LD typed value, {"@type":"DateTime","@value":"…"}, is its value.
        case (_, .object(let object)): object["@value"].flatMap { order(of: $0) }
        default: nil
        }
    }

    fileprivate func order(of instant: Int64) -> Int? {
        switch self {
        case .dateTime(let value): Self.order(instant, value)
        case .string(let text): (try? RFC3339.microseconds(parsing: text)).map { Self.order(instant, $0) }
        case .number, .bool, .date, .time, .uri, .vocabulary: nil
        }
    }

    private static func order<Value: Comparable>(_ target: Value, _ value: Value) -> Int {
        target < value ? -1 : target == value ? 0 : 1
    }
}
