import CityModel
import JSONBytes
import NGSILD

extension AttributeValue {
    /// The value of an NGSI-LD attribute, or why the city cannot keep it: what it would drop, it refuses.
    static func reading(_ attribute: Attribute) -> Result<AttributeValue, Refusal> {
        let path = "$.\(attribute.name)"
        guard attribute.datasetId == nil else {
            return .failure(.unsupported("at `\(path).datasetId`: one instance of an attribute is kept, the default one"))
        }
        if let sub = attribute.subAttributes.first {
            return .failure(.unsupported("at `\(path).\(sub.name)`: attributes of attributes are not kept; leave it out"))
        }
        guard !attribute.isDeletion else {
            return .failure(.unsupported("at `\(path)`: an attribute cannot be deleted: the journal keeps what was said"))
        }
        switch attribute.kind {
        case .property:
            switch attribute.value {
            case .number(let number): return .success(.number(number.double))
            case .bool(let flag): return .success(.boolean(flag))
            case .string(let text): return .success(.text(text))
            case .null, .array, .object: return .success(.structured(json: attribute.value.description))
            }
        case .relationship:
            guard case .string(let target) = attribute.value else {
                return .failure(.unsupported("at `\(path).object`: one target is kept, not a list of them"))
            }
            return .success(.relationship(target))
        case .geoProperty: return .success(.geometry(json: attribute.value.description))
        case .languageProperty, .vocabProperty, .jsonProperty, .listProperty, .listRelationship:
            return .failure(.unsupported("at `\(path).type`: \(attribute.kind.rawValue) is not kept yet; use Property"))
        }
    }
}

extension Refusal {
    static func unsupported(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .unsupported, message: message)
    }
}
