/// NGSI-LD (ETSI GS CIM 009, v1.8 and v1.9): what an entity looks like in JSON, and how one asks for entities.
///
/// - Takes: parsed or raw JSON from devices and HTTP clients, and the texts of query parameters, already URL-decoded.
/// - Gives: ``EntityFragment`` and ``Attribute`` from any of the three representations; ``Entity`` and
///   ``EntityEvolution`` as bytes in any of them; ``QueryExpression``, ``TypeSelection``, ``TextPattern`` and
///   ``TemporalQuery`` to choose entities and instants; ``Subscription`` and ``ContextSourceRegistration`` as documents;
///   ``ProblemDetails`` for refusals.
/// - Owns: nothing; every type is a value.
/// - Relies on: `JSONBytes`. Knows nothing of sockets, HTTP, storage or time.
/// - Leaves out: JSON-LD beyond what the standard needs of it: names are expanded and compacted by an `@context`
///   (``JSONLDContext``), documents are not.
public enum NGSILDLimits {
    /// Properties of properties of properties: CIM 009 draws no line, real data models stop at three.
    public static let attributeDepth = 8
    /// Longest identifier or name, in bytes of UTF-8.
    public static let nameBytes = 2048
    /// Longest `unitCode`, in bytes: UN/CEFACT codes have three; room for codes of one's own.
    public static let unitCodeBytes = 32
    /// Longest `q`, type selection or pattern, in bytes. URLs beyond 8 KiB do not survive common proxies either.
    public static let queryBytes = 4096
    /// Comparisons in one `q`, and values in all its lists together.
    public static let queryTerms = 128
    /// Parentheses inside each other in one `q`.
    public static let queryDepth = 16
    /// States of one compiled pattern. A match costs at most this many steps for each character.
    public static let patternStates = 1024
    /// Steps of all that one request asks for: some tenths of a second. A comparison of a number in each of 100,000
    /// entities takes a hundredth of them.
    public static let querySteps = 50_000_000
}

/// The terms and IRIs of the NGSI-LD core `@context` (CIM 009 §4.4).
enum CoreContext {
    static let namespace = "https://uri.etsi.org/ngsi-ld/"
    static let defaultContext = "https://uri.etsi.org/ngsi-ld/default-context/"
    /// Stands for JSON's `null`, which JSON-LD would drop: a deletion (CIM 009 §4.5.0).
    static let null = "urn:ngsi-ld:null"

    /// The short name of a member or a type; names outside the core namespace stay as they are.
    static func term(_ name: String) -> String {
        // Nearly all names are short already, and comparing strings is what costs.
        switch name.utf8.first {
        case UInt8(ascii: "@"): return name == "@id" ? "id" : name == "@type" ? "type" : name
        case UInt8(ascii: "h"), UInt8(ascii: "n"): break
        default: return name
        }
        if name.utf8.first == UInt8(ascii: "n") {
            return name.hasPrefix("ngsi-ld:") ? term(namespace + name.dropFirst(8)) : name
        }
        guard name.hasPrefix("http") else { return name }
        guard name.hasPrefix(namespace) else { return foreignNames[name] ?? name }
        let local = name.dropFirst(name.hasPrefix(defaultContext) ? defaultContext.count : namespace.count)
        return valueMembers[String(local)] ?? String(local)
    }

    /// The IRI of a short name; what has a prefix, or is an IRI already, stays as it is.
    static func iri(of name: String) -> String {
        if name.contains(":") { return name }
        return foreignTerms[name] ?? (coreTerms.contains(name) ? namespace : defaultContext) + name
    }

    private static let valueMembers = [
        "hasValue": "value", "hasObject": "object", "hasLanguageMap": "languageMap", "hasVocab": "vocab",
        "hasJSON": "json", "hasValueList": "valueList", "hasObjectList": "objectList", "hasObjectType": "objectType",
        "hasValueType": "valueType",
    ]

    /// Whether a term is the core's own: nobody else defines it (CIM 009 §5.5.7).
    static func isTerm(_ term: String) -> Bool {
        coreTerms.contains(term) || nonReified.contains(term) || structure.contains(term) || foreignTerms[term] != nil
    }

    /// What the core calls the parts of its own structure.
    private static let structure: Set<String> = [
        "id", "type", "scope", "Property", "Relationship", "GeoProperty", "LanguageProperty", "VocabProperty",
        "JsonProperty", "ListProperty", "ListRelationship", "DateTime", "Date", "Time", "dataset", "entityList",
        "properties", "features", "geometry", "coordinates", "bbox", "Feature", "FeatureCollection", "Point",
        "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
    ]

    /// Members of attributes that are no attributes: no attribute of an entity bears their names (CIM 009 §4.5.1).
    static let nonReified: Set<String> = [
        "datasetId", "instanceId", "observedAt", "unitCode", "lang", "objectType", "valueType", "previousValue",
        "previousObject", "previousLanguageMap", "previousVocab", "previousJson", "previousValueList",
        "previousObjectList", "value", "object", "languageMap", "vocab", "json", "valueList", "objectList",
    ]

    /// Terms of other vocabularies that the core `@context` borrows.
    private static let foreignTerms = [
        "description": "http://purl.org/dc/terms/description", "title": "http://purl.org/dc/terms/title",
    ]

    private static let foreignNames = Dictionary(uniqueKeysWithValues: foreignTerms.map { ($1, $0) })

    /// Terms that the core `@context` has in its own namespace, and that an attribute of somebody's data model may well
    /// bear (annex B). All others get the default context.
    private static let coreTerms: Set<String> = [
        "createdAt", "data", "deletedAt", "detail", "endAt", "endpoint", "entities", "entity", "error", "expiresAt",
        "format", "information", "isActive", "lang", "location", "management", "mode", "modifiedAt", "notification",
        "observationInterval", "observationSpace", "observedAt", "operationSpace", "operations", "reason", "scope",
        "startAt", "status", "success", "tenant", "throttling", "timeInterval", "timeout", "unchanged", "unitCode",
        "updated", "uri",
    ]
}
