import JSONBytes

/// The NGSI-LD null as it stands for a deleted attribute (CIM 009 §4.5.0, §5.8.6).
enum NGSILDNull {
    /// A URI; a map with it for strings by language, a list with it for lists.
    static func value(for kind: AttributeKind) -> JSONValue {
        let null = JSONValue.string(CoreContext.null)
        switch kind {
        case .languageProperty: return ["@none": null]
        case .listProperty, .listRelationship: return [null]
        case .property, .geoProperty, .relationship, .vocabProperty, .jsonProperty: return null
        }
    }
}
