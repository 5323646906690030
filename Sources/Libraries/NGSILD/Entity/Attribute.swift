public import JSONBytes

/// The kinds of attributes (CIM 009 §4.5.2, §4.5.3, §4.5.18 to §4.5.22). The raw value is the `type` in JSON.
public enum AttributeKind: String, Sendable, Hashable, CaseIterable {
    /// A value of any JSON type.
    case property = "Property"
    /// A URI of another entity, or several.
    case relationship = "Relationship"
    /// A GeoJSON geometry.
    case geoProperty = "GeoProperty"
    /// Strings by natural language.
    case languageProperty = "LanguageProperty"
    /// A term of a vocabulary, or several.
    case vocabProperty = "VocabProperty"
    /// JSON that is opaque to JSON-LD.
    case jsonProperty = "JsonProperty"
    /// An ordered array of values.
    case listProperty = "ListProperty"
    /// An ordered array of URIs.
    case listRelationship = "ListRelationship"

    /// The member that holds the value in the normalized representation.
    public var valueMember: String {
        switch self {
        case .property, .geoProperty: "value"
        case .relationship: "object"
        case .languageProperty: "languageMap"
        case .vocabProperty: "vocab"
        case .jsonProperty: "json"
        case .listProperty: "valueList"
        case .listRelationship: "objectList"
        }
    }

    /// The member that holds the value before a change (CIM 009 §4.5.2.2).
    var previousMember: String {
        switch self {
        case .property, .geoProperty: "previousValue"
        case .relationship: "previousObject"
        case .languageProperty: "previousLanguageMap"
        case .vocabProperty: "previousVocab"
        case .jsonProperty: "previousJson"
        case .listProperty: "previousValueList"
        case .listRelationship: "previousObjectList"
        }
    }

    /// The member that holds all values in the simplified temporal representation (CIM 009 §4.5.9).
    public var seriesMember: String {
        switch self {
        case .property, .geoProperty: "values"
        case .relationship: "objects"
        case .languageProperty: "languageMaps"
        case .vocabProperty: "vocabs"
        case .jsonProperty: "jsons"
        case .listProperty: "valueLists"
        case .listRelationship: "objectLists"
        }
    }

    /// Whether the simplified representations wrap the value in an object, as `{"languageMap":{…}}` (CIM 009 §4.5.4).
    var isWrappedWhenSimplified: Bool {
        switch self {
        case .languageProperty, .vocabProperty, .jsonProperty: true
        case .property, .geoProperty, .relationship, .listProperty, .listRelationship: false
        }
    }

    /// Whether the value is one or more URIs of entities.
    public var isRelationship: Bool { self == .relationship || self == .listRelationship }
}

/// What a proof is of.
public struct SealedSubject: Sendable, Hashable {
    /// The URI of an entity.
    public var id: String?
    /// The canonical name of its type.
    public var type: String?

    /// Nothing in particular.
    public init() {}
}

/// One instance of a property or a relationship, of an entity or of another attribute.
///
/// Names are canonical (``JSONLDContext``). Times are in microseconds since 1970.
public struct Attribute: Sendable, Hashable {
    /// A canonical name.
    public var name: String
    /// What ``value`` means.
    public var kind: AttributeKind
    /// The value, object, languageMap, vocab, json, valueList or objectList; terms of a vocabulary are canonical names.
    public var value: JSONValue
    /// UN/CEFACT common code of the unit; properties only.
    public var unitCode: String?
    /// When the value was observed.
    public var observedAt: Int64?
    /// How many decimals that time is written with at least, as it came.
    public var observedDecimals: UInt8 = 0
    /// Which of several instances of this name; nil for the default instance (CIM 009 §4.5.5).
    public var datasetId: String?
    /// When it was entered; kept by the broker, ignored in input.
    public var createdAt: Int64?
    /// When it was last changed; kept by the broker, ignored in input.
    public var modifiedAt: Int64?
    /// When it was deleted; in notifications and in temporal evolutions.
    public var deletedAt: Int64?
    /// When it is to be forgotten (§4.22).
    public var expiresAt: Int64?
    /// Which instance of a temporal evolution, a URI (§4.5.7).
    public var instanceId: String?
    /// Types of the entities that a relationship points to, canonical names.
    public var objectType: [String]
    /// The datatype of the value, a canonical name; properties only.
    public var valueType: String?
    /// The value before the change that a notification is about (`previousValue` and the like); output only.
    public var previous: JSONValue?
    /// What a proof is of (`ngsildproof`, ETSI GS CIM 019): an entity, and its type by its canonical name.
    public var sealed = SealedSubject()
    /// Properties and relationships of this attribute. Instances of one name stand side by side.
    public var subAttributes: [Attribute]
    /// In a fragment alone: nothing is said of the value, which stays as it is.
    public var isWithoutValue = false
    /// In a fragment alone: ``kind`` was guessed from a value without a type, and another may be meant.
    public var isOfUnknownKind = false

    /// An attribute.
    ///
    /// - Parameters:
    ///   - name: A canonical name.
    ///   - kind: What `value` means.
    ///   - value: The value; not checked.
    ///   - unitCode: UN/CEFACT common code of the unit.
    ///   - observedAt: In microseconds since 1970.
    ///   - datasetId: Which of several instances; nil for the default instance.
    ///   - subAttributes: Properties and relationships of this attribute.
    public init(
        _ name: String, kind: AttributeKind = .property, value: JSONValue, unitCode: String? = nil,
        observedAt: Int64? = nil, datasetId: String? = nil, subAttributes: [Attribute] = []
    ) {
        self.name = name
        self.kind = kind
        self.value = value
        self.unitCode = unitCode
        self.observedAt = observedAt
        self.datasetId = datasetId
        self.subAttributes = subAttributes
        objectType = []
    }

    /// In a fragment, a time that is to be removed.
    static let erasedInstant = Int64.min

    /// Whether the value is the NGSI-LD null, which in a merge asks for the attribute to be deleted (CIM 009 §4.5.0).
    public var isDeletion: Bool {
        switch value {
        case .string(let string): string == CoreContext.null
        case .object(let map) where kind == .languageProperty:
            map.members.count == 1 && map["@none"] == .string(CoreContext.null)
        case .array(let elements) where kind == .listProperty || kind == .listRelationship:
            elements == [.string(CoreContext.null)]
        default: false
        }
    }
}
