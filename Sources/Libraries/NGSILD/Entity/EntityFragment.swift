public import JSONBytes

/// How the attributes of an entity are written in input.
public enum EntityForm: Sendable, Hashable {
    /// `{"type":"Property","value":1}`, `{"value":1}` or `1`; told apart attribute by attribute (CIM 009 §4.5.2.3).
    case normalizedOrConcise
    /// The value alone; objects are values too (CIM 009 §4.5.4).
    case keyValues
}

/// What an entity in input is for, and so what it must and may contain.
public enum EntityPurpose: Sendable, Hashable {
    /// A whole entity: `id` and `type` are required.
    case create
    /// Attributes for an entity: `id` and `type` may be absent.
    case update
    /// As ``update``, and `urn:ngsi-ld:null` deletes an attribute as a whole (CIM 009 §5.5.8).
    case updateOrDelete
    /// As ``update``, and `urn:ngsi-ld:null` deletes at any depth (CIM 009 §5.5.12).
    case merge
    /// What attributes have been: instances of one name may be alike in all but their times (CIM 009 §5.6.11).
    case temporal
    /// What an attribute that is there is to become: it need not repeat its value (CIM 009 §5.6.4).
    case partial

    /// Whether `urn:ngsi-ld:null` may stand for a deletion.
    var takesNulls: Bool {
        switch self {
        case .create, .update: false
        case .updateOrDelete, .merge, .partial, .temporal: true
        }
    }

    /// Whether `urn:ngsi-ld:null` may also remove a member that is no attribute. What an attribute has been may be that it
    /// was deleted, and no more (CIM 009 §5.5.4).
    var erasesMembers: Bool { takesNulls && self != .temporal }
}

/// An entity, or a part of one, as it came in: checked, with short names, not yet stored.
public struct EntityFragment: Sendable, Hashable {
    /// A URI.
    public var id: String?
    /// Short names, in the order they came; empty if there was no `type`.
    public var types: [String]
    /// In the order they came. Instances of one name stand side by side, each with its own `datasetId`.
    public var attributes: [Attribute]
    /// In the order they came (CIM 009 §4.18); nil if there was no `scope`.
    public var scopes: [String]?
    /// When the entity is to be forgotten, in microseconds since 1970 (CIM 009 §4.22).
    public var expiresAt: Int64?
    /// The `@context` as it came: a string, an object, or an array of these.
    public var context: JSONValue?

    /// A fragment.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - types: Short names.
    ///   - attributes: Instances of one name side by side.
    public init(id: String? = nil, types: [String] = [], attributes: [Attribute] = []) {
        self.id = id
        self.types = types
        self.attributes = attributes
        scopes = nil
        context = nil
    }

    /// Whether `expiresAt` is to be removed.
    public var erasesExpiry: Bool { expiresAt == Attribute.erasedInstant }

    /// Reads an entity or a part of one.
    ///
    /// - Parameters:
    ///   - value: A JSON object.
    ///   - purpose: What it must and may contain.
    ///   - form: How its attributes are written.
    ///   - context: What its terms stand for.
    ///   - path: Where it stands, for messages.
    /// - Throws: ``ProblemCode/badRequestData``, with the path of what is wrong and what was expected.
    public init(
        parsing value: JSONValue, purpose: EntityPurpose = .create, form: EntityForm = .normalizedOrConcise,
        context: JSONLDContext = .core, at path: JSONPath = .root
    ) throws(NGSILDError) {
        self = try EntityParser(purpose: purpose, form: form, context: context).entity(value, at: path)
    }

    /// Reads an entity or a part of one.
    ///
    /// - Parameters:
    ///   - bytes: A JSON object, UTF-8.
    ///   - purpose: What it must and may contain.
    ///   - form: How its attributes are written.
    ///   - limits: Depth and size of the JSON.
    /// - Throws: ``ProblemCode/invalidRequest`` for what is not JSON; ``ProblemCode/badRequestData`` for what is no
    ///   entity.
    public init(
        parsing bytes: some Sequence<UInt8>, purpose: EntityPurpose = .create, form: EntityForm = .normalizedOrConcise,
        limits: JSONLimits = .standard
    ) throws(NGSILDError) {
        try self.init(parsing: JSONValue.ngsild(bytes, limits: limits), purpose: purpose, form: form)
    }
}

extension Attribute {
    /// Reads what stands under one attribute's name: one instance, or an array of them.
    ///
    /// - Parameters:
    ///   - value: The attribute in any representation.
    ///   - name: Its name.
    ///   - purpose: Whether `urn:ngsi-ld:null` may stand for a deletion.
    ///   - form: How it is written.
    ///   - context: What terms stand for.
    /// - Returns: One or more instances with different dataset identifiers.
    /// - Throws: ``ProblemCode/badRequestData``, with the path below `$`, which is `value`.
    public static func instances(
        parsing value: JSONValue, name: String, purpose: EntityPurpose = .update,
        form: EntityForm = .normalizedOrConcise, context: JSONLDContext = .core
    ) throws(NGSILDError) -> [Attribute] {
        let term = context.name(of: name)
        guard Names.isName(term) else {
            throw NGSILDError(.badRequestData, "\(NGSILDError.quoted(name)) is no attribute name")
        }
        return try EntityParser(purpose: purpose, form: form, context: context).instances(
            value, name: term, at: .root, depth: 1)
    }
}

extension JSONValue {
    /// Text that is not JSON is an invalid request (CIM 009 §5.5.2).
    static func ngsild(_ bytes: some Sequence<UInt8>, limits: JSONLimits) throws(NGSILDError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw NGSILDError(error)
        }
    }
}
