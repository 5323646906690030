public import CityModel
public import JSONBytes
public import NGSILD

extension AttributeValue {
    /// Kind and value as the standard has them.
    public var ngsiLD: (kind: AttributeKind, value: JSONValue) {
        switch self {
        case .number(let number): (.property, JSONValue(number) ?? .null)
        case .boolean(let flag): (.property, .bool(flag))
        case .text(let text): (.property, .string(text))
        case .structured(let json): (.property, AttributeValue.parsed(json))
        case .geometry(let json): (.geoProperty, AttributeValue.parsed(json))
        case .relationship(let target): (.relationship, .string(target))
        }
    }

    /// What the city keeps was checked when it came in.
    private static func parsed(_ json: String) -> JSONValue { (try? JSONValue(parsing: json)) ?? .null }
}

extension EntityState.Attribute {
    /// The attribute as the standard writes it.
    public var ngsiLD: Attribute {
        let (kind, value) = current.value.ngsiLD
        return NGSILD.Attribute(
            definition.attribute, kind: kind, value: value, unitCode: kind == .property ? definition.unitCode : nil,
            observedAt: current.observedAt.microseconds)
    }
}
