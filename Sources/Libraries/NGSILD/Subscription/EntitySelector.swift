import JSONBytes

/// Which entities are subscribed to (CIM 009 §5.2.33).
public struct EntitySelector: Sendable, Hashable {
    /// Types of canonical names; nil stands for `*`, all entities that are held locally.
    public var types: TypeSelection?
    /// Any of these; if there are none, ``idPattern`` decides.
    public var ids: [String]
    /// What identifiers must match; of no effect beside ``ids``.
    public var idPattern: TextPattern?

    /// A selector.
    ///
    /// - Parameters:
    ///   - types: Types of canonical names; nil for `*`.
    ///   - ids: Any of these; empty for any identifier.
    ///   - idPattern: What identifiers must match; of no effect beside `ids`.
    public init(types: TypeSelection?, ids: [String] = [], idPattern: TextPattern? = nil) {
        self.types = types
        self.ids = ids
        self.idPattern = idPattern
    }

    /// Whether an entity is selected.
    ///
    /// - Parameters:
    ///   - id: The entity's URI.
    ///   - types: All its types, canonical names.
    ///   - budget: What may be spent on patterns.
    /// - Returns: True if type and identifier are selected.
    /// - Throws: ``ProblemCode/tooComplexQuery`` when the budget is spent.
    public func matches(id: String, types: [String], within budget: inout QueryBudget) throws(NGSILDError) -> Bool {
        if let selection = self.types, !selection.matches(types) { return false }
        guard ids.isEmpty else { return ids.contains(id) }
        return try idPattern?.matches(id, within: &budget) ?? true
    }
}

extension EntitySelector {
    init(reading field: DocumentField, purpose: DocumentPurpose) throws(NGSILDError) {
        let members = try DocumentMembers(
            field.value, at: field.path, known: ["type", "id", "idPattern", "alternatives"],
            expected: "an entity selector, as a JSON object", context: field.context, purpose: purpose)
        if purpose == .storage {
            self.init(types: try members["alternatives"]?.storedAlternatives())
        } else {
            let type = try members.required("type", "a selection of entity types, or `*`")
            self.init(types: type.value == "*" ? nil : try type.typeSelection())
        }
        for element in try members["id"]?.oneOrMore("one or more URIs", atMost: DocumentLimits.names) ?? [] {
            ids.append(try element.uri("an entity's URI"))
        }
        idPattern = try members["idPattern"]?.pattern()
    }

    func json(_ builder: DocumentBuilder) -> JSONValue {
        var builder = builder
        switch builder.audience {
        case .client: builder.add("type", types?.text(terms: builder.context) ?? "*")
        case .storage:
            builder.add("alternatives", types.map { .array($0.alternatives.map { .array($0.map { .string($0) }) }) })
        }
        builder.add("id", oneOrMore: ids)
        builder.add("idPattern", idPattern?.source)
        return builder.value
    }
}

extension DocumentField {
    fileprivate func typeSelection() throws(NGSILDError) -> TypeSelection {
        guard case .string(let text) = value else { throw error(expected: "a selection of entity types, or `*`") }
        do throws(NGSILDError) {
            return try TypeSelection(parsing: text, context: context)
        } catch {
            throw inside(error)
        }
    }

    fileprivate func storedAlternatives() throws(NGSILDError) -> TypeSelection {
        var alternatives: [[String]] = []
        for together in try elements("an array of arrays", atMost: NGSILDLimits.queryBytes) {
            var names: [String] = []
            for name in try together.elements("an array of names", atMost: NGSILDLimits.queryBytes) {
                names.append(try name.name("an entity type name"))
            }
            alternatives.append(names)
        }
        return TypeSelection(alternatives: alternatives)
    }

    func pattern() throws(NGSILDError) -> TextPattern {
        guard case .string(let text) = value else { throw error(expected: "a regular expression") }
        do throws(NGSILDError) {
            return try TextPattern(parsing: text)
        } catch {
            throw inside(error)
        }
    }

    /// An error in the text that stands here, with the place of the text.
    func inside(_ error: NGSILDError) -> NGSILDError {
        NGSILDError(error.code, "at `\(path)`: \(error.message)")
    }
}
