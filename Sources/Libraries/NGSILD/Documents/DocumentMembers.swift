import JSONBytes

/// What a document is for, and so what null means in it.
enum DocumentPurpose {
    /// A whole: null is nothing, and the NGSI-LD null is refused (CIM 009 §5.5.4).
    case create
    /// A fragment: either null removes a member (§5.5.8).
    case update
    /// What was stored: written by ourselves, output members included.
    case storage
}

/// The members of one JSON object of a document, by the names that the API gives them.
struct DocumentMembers {
    let path: JSONPath
    let context: JSONLDContext
    let purpose: DocumentPurpose
    /// In the order they came; without those that say nothing.
    let fields: [(name: String, field: DocumentField)]

    /// Reads an object.
    ///
    /// - Parameters:
    ///   - value: What should be an object.
    ///   - path: Where it stands.
    ///   - known: Names that the API gives; all others are terms of the user's `@context`.
    ///   - expected: What should stand here, for messages.
    ///   - context: What the terms stand for.
    ///   - purpose: What null means.
    /// - Throws: ``ProblemCode/badRequestData`` for what is no object, for names that come twice, and for the NGSI-LD
    ///   null where nothing can be removed.
    init(
        _ value: JSONValue, at path: JSONPath, known: Set<String>, expected: String, context: JSONLDContext,
        purpose: DocumentPurpose
    ) throws(NGSILDError) {
        guard case .object(let object) = value else {
            throw NGSILDError(at: path, expected: expected, found: value)
        }
        var names: Set<String> = []
        var fields: [(name: String, field: DocumentField)] = []
        for member in object.members {
            let field = DocumentField(value: member.value, path: path[member.name], context: context)
            let name = Self.name(of: member.name, known: known, context: context)
            guard names.insert(name).inserted else {
                throw NGSILDError(at: field.path, expected: "each name once", found: "`\(name)` again")
            }
            if purpose != .update {
                guard member.value != .null else { continue }
                guard member.value != .string(CoreContext.null) else {
                    throw NGSILDError(at: field.path, expected: "a value", found: member.value)
                }
            }
            fields.append((name, field))
        }
        self.path = path
        self.context = context
        self.purpose = purpose
        self.fields = fields
    }

    private static func name(of written: String, known: Set<String>, context: JSONLDContext) -> String {
        if known.contains(written) { return written }
        switch written {
        case "@id": return "id"
        case "@type": return "type"
        default: return context.name(of: written)
        }
    }

    /// The member of a name, unless it is absent or to be removed.
    subscript(name: String) -> DocumentField? {
        fields.first { $0.name == name && !$0.field.isRemoval }?.field
    }

    /// The member of a name, which must be there.
    func required(_ name: String, _ expected: String) throws(NGSILDError) -> DocumentField {
        guard let field = self[name] else { throw NGSILDError(at: path[name], expected: expected, found: nil) }
        return field
    }

    /// Checks the `type` of a document; a fragment need not have one, yet cannot remove or change it.
    func checkType(_ type: String) throws(NGSILDError) {
        let field = fields.first { $0.name == "type" }?.field
        guard let field else {
            if purpose == .update { return }
            throw NGSILDError(at: path["type"], expected: "`\(type)`", found: nil)
        }
        guard case .string(let text) = field.value, text == type || context.name(of: text) == type else {
            throw field.error(expected: "`\(type)`")
        }
    }
}
