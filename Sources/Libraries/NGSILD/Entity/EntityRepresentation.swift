/// How entities are written in output (CIM 009 §4.5, §6.3.7).
public enum EntityRepresentation: Sendable, Hashable, CaseIterable {
    /// Everything in full: `{"type":"Property","value":1}`.
    case normalized
    /// Everything, without what follows from the rest: `{"value":1,"unitCode":"CEL"}`, or `1` alone.
    case concise
    /// Values alone, also called simplified. Loses units, times and sub-attributes.
    case keyValues
}

/// How entities are written: what the `options` and `format` parameters of a request ask for, and what goes along.
public struct EntityOptions: Sendable {
    /// Normalized unless asked otherwise.
    public var representation = EntityRepresentation.normalized
    /// Whether `createdAt` and `modifiedAt` are written.
    public var includesSystemAttributes = false
    /// How names are written.
    public var context = JSONLDContext.core
    /// Which language of a LanguageProperty is written, as a Property; nil for all of them (CIM 009 §4.15).
    public var languages: LanguageFilter?
    /// Entities are written as GeoJSON features with the geometry of this property, a canonical name (§4.5.16).
    public var geometryProperty: String?
    /// Which members are written (§4.21).
    public var projection = Projection.all
    /// Entities that relationships point to, where they are to be written, too (§4.5.23).
    public var linked: LinkedEntities?

    /// Normalized, without system attributes.
    public init() {}

    /// Reads the two parameters.
    ///
    /// - Parameters:
    ///   - options: Words between commas, such as `keyValues,sysAttrs`; nil if absent.
    ///   - format: One representation, which overrides the one in `options`; nil if absent.
    /// - Throws: ``ProblemCode/invalidRequest`` for words that the standard does not know here.
    public init(parsingOptions options: String?, format: String?) throws(NGSILDError) {
        for word in (options ?? "").split(separator: ",") {
            switch word {
            case "sysAttrs": includesSystemAttributes = true
            case "normalized": representation = .normalized
            case "concise": representation = .concise
            case "keyValues", "simplified": representation = .keyValues
            default:
                let known = "`normalized`, `concise`, `keyValues`, `simplified` and `sysAttrs`"
                throw NGSILDError(.invalidRequest, "unknown option \(NGSILDError.quoted(word)); known are \(known)")
            }
        }
        switch format {
        case nil: break
        case "normalized": representation = .normalized
        case "concise": representation = .concise
        case "keyValues", "simplified": representation = .keyValues
        case let word?:
            let known = "`normalized`, `concise`, `keyValues` and `simplified`"
            throw NGSILDError(.invalidRequest, "unknown format \(NGSILDError.quoted(word)); known are \(known)")
        }
    }
}
