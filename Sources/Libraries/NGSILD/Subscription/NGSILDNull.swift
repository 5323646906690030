import JSONBytes

/// The NGSI-LD null as it stands for a deleted attribute (CIM 009 §4.5.0, §5.8.6).
enum NGSILDNull {
    /// A URI; for strings by language a map with it.
    static func value(for kind: AttributeKind) -> JSONValue {
        kind == .languageProperty ? ["@none": .string(CoreContext.null)] : .string(CoreContext.null)
    }
}
