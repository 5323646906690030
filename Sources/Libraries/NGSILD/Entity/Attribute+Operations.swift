import JSONBytes

extension Attribute {
    /// The attribute as it is kept: with the times of the broker, and without what only a fragment has.
    ///
    /// - Parameters:
    ///   - now: When it is entered.
    ///   - created: When it was first entered; nil when that is now.
    /// - Returns: The attribute, its sub-attributes likewise.
    func entered(at now: Int64, since created: Int64?) -> Attribute {
        var kept = self
        kept.createdAt = created ?? now
        kept.modifiedAt = now
        kept.isWithoutValue = false
        kept.isOfUnknownKind = false
        if kept.observedAt == Attribute.erasedInstant { kept.observedAt = nil }
        if kept.expiresAt == Attribute.erasedInstant { kept.expiresAt = nil }
        if kept.unitCode == CoreContext.null { kept.unitCode = nil }
        if kept.valueType == CoreContext.null { kept.valueType = nil }
        if kept.objectType == [CoreContext.null] { kept.objectType = [] }
        if !kept.subAttributes.isEmpty {
            kept.subAttributes = kept.subAttributes.filter { !$0.isDeletion }.map {
                $0.entered(at: now, since: $0.createdAt)
            }
        }
        return kept
    }

    /// Overwrites what is said and leaves the rest (CIM 009 §5.5.8, example 1).
    ///
    /// - Throws: ``ProblemCode/badRequestData`` when the fragment says that it is of another type.
    mutating func updatePartially(by fragment: Attribute, at now: Int64) throws(NGSILDError) {
        try takeKind(of: fragment)
        if !fragment.isWithoutValue { value = fragment.value }
        takeMembers(of: fragment)
        for sub in fragment.subAttributes {
            let index = subAttributes.firstIndex { $0.name == sub.name && $0.datasetId == sub.datasetId }
            switch (index, sub.isDeletion) {
            case (let index?, true): subAttributes.remove(at: index)
            case (let index?, false): subAttributes[index] = sub.entered(at: now, since: subAttributes[index].createdAt)
            case (nil, true): break
            case (nil, false): subAttributes.append(sub.entered(at: now, since: nil))
            }
        }
    }

    /// Merges at any depth (CIM 009 §5.5.12).
    ///
    /// - Throws: ``ProblemCode/badRequestData`` when a simplified value does not fit.
    mutating func merge(_ fragment: Attribute, _ options: MergeOptions, at now: Int64) throws(NGSILDError) {
        if options.isSimplified || fragment.isOfUnknownKind {
            try mergeValue(fragment.value, of: fragment, options.language)
        } else {
            let isSameKind = kind == fragment.kind
            kind = fragment.kind
            if !fragment.isWithoutValue { value = isSameKind ? value.merged(with: fragment.value) : fragment.value }
        }
        let hadTime = observedAt != nil
        takeMembers(of: fragment)
        if hadTime, fragment.observedAt == nil, let common = options.observedAt { observedAt = common }
        for sub in fragment.subAttributes {
            let index = subAttributes.firstIndex { $0.name == sub.name && $0.datasetId == sub.datasetId }
            switch (index, sub.isDeletion) {
            case (let index?, true): subAttributes.remove(at: index)
            case (let index?, false): try subAttributes[index].merge(sub, MergeOptions(), at: now)
            case (nil, true): break
            case (nil, false): subAttributes.append(sub.entered(at: now, since: nil))
            }
        }
    }

    /// The type stays, whatever the value looks like.
    private mutating func mergeValue(
        _ new: JSONValue, of fragment: Attribute, _ language: String?
    ) throws(NGSILDError) {
        switch kind {
        case .languageProperty:
            switch new {
            case .object: value = value.merged(with: new)
            case .string, .array:
                guard let language else {
                    throw NGSILDError(
                        .badRequestData,
                        "\(NGSILDError.quoted(name)) is a LanguageProperty: say in which language with `lang`")
                }
                value = value.merged(with: .object(JSONObject([.init(name: language, value: new)])))
            default: throw misfit("strings by language")
            }
        case .relationship:
            guard case .string(let uri) = new, Names.isURI(uri) else {
                guard case .array(let elements) = new, elements.allSatisfy({ $0.isURI }) else { throw misfit("a URI") }
                value = new
                return
            }
            value = new
        case .geoProperty:
            guard GeoJSONGeometry(new) != nil else { throw misfit("a GeoJSON geometry") }
            value = new
        case .listProperty:
            guard case .array = new else { throw misfit("an array") }
            value = new
        case .listRelationship:
            guard case .array(let elements) = new, elements.allSatisfy({ $0.isURI }) else {
                throw misfit("an array of URIs")
            }
            value = new
        case .property, .vocabProperty, .jsonProperty: value = value.merged(with: new)
        }
    }

    private func misfit(_ expected: String) -> NGSILDError {
        NGSILDError(
            .badRequestData,
            "\(NGSILDError.quoted(name)) is a \(kind.rawValue), and its type stays: expected \(expected)")
    }

    private func takesKind(of fragment: Attribute) -> Bool {
        // Two of them are told apart by their values alone when no type is given.
        fragment.isOfUnknownKind || kind == fragment.kind
    }

    private mutating func takeKind(of fragment: Attribute) throws(NGSILDError) {
        guard takesKind(of: fragment) else {
            throw NGSILDError(
                .badRequestData,
                "\(NGSILDError.quoted(name)) is a \(kind.rawValue), and its type stays: found \(fragment.kind.rawValue)"
            )
        }
    }

    /// Members that are no attributes; the NGSI-LD null removes them.
    private mutating func takeMembers(of fragment: Attribute) {
        if let new = fragment.unitCode { unitCode = new == CoreContext.null ? nil : new }
        if let new = fragment.observedAt {
            observedAt = new == Attribute.erasedInstant ? nil : new
            observedDecimals = fragment.observedDecimals
        }
        if let new = fragment.expiresAt { expiresAt = new == Attribute.erasedInstant ? nil : new }
        if let new = fragment.valueType { valueType = new == CoreContext.null ? nil : new }
        if !fragment.objectType.isEmpty {
            objectType = fragment.objectType == [CoreContext.null] ? [] : fragment.objectType
        }
    }
}

extension JSONValue {
    fileprivate var isURI: Bool {
        if case .string(let text) = self { Names.isURI(text) } else { false }
    }

    /// RFC 7396, where the NGSI-LD null stands for null (CIM 009 §5.5.12).
    func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        // A value that says what it is, is one value.
        guard changes["@type"] == nil, changes["@value"] == nil, GeoJSONGeometry(patch) == nil else { return patch }
        var members: [JSONObject.Member] = []
        if case .object(let own) = self { members = own.members }
        for change in changes.members {
            let index = members.firstIndex { $0.name == change.name }
            if change.value == .string(CoreContext.null) || change.value == .null {
                if let index { members.remove(at: index) }
            } else if let index {
                members[index] = .init(name: change.name, value: members[index].value.merged(with: change.value))
            } else {
                members.append(
                    .init(name: change.name, value: JSONValue.object(JSONObject()).merged(with: change.value)))
            }
        }
        return .object(JSONObject(members))
    }
}
