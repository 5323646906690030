import CityModel
import CityStorage
import JSONBytes
import NGSILD

/// What an NGSI-LD fragment says of one entity: understood, not yet authorised, no series defined for it.
struct EntityStatement: Sendable {
    /// One attribute's value.
    struct Value: Sendable {
        let attribute: String
        let unit: String?
        let observedAt: Timestamp
        let value: AttributeValue
    }

    let entity: EntityID
    let type: String
    var values: [Value]
}

extension Understand {
    /// Reads an NGSI-LD entity or fragment.
    ///
    /// - Returns: What it says, or why it is refused.
    func entity(
        _ bytes: UnsafeRawBufferPointer, about target: EntityID?, by mapping: EntityMapping, at now: Timestamp
    ) -> Result<EntityStatement, Refusal> {
        let fragment: EntityFragment
        do {
            fragment = try EntityFragment(parsing: bytes, purpose: .update)
        } catch {
            return .failure(.malformed(error.message))
        }
        guard let entity = target ?? fragment.id.map({ EntityID($0) }) ?? mapping.device?.entities.first else {
            return .failure(.malformed("at `$.id`: expected the entity's id, found none"))
        }
        if let target, let id = fragment.id, id != target.text {
            return .failure(.malformed("at `$.id`: expected `\(target)`, found `\(id)`"))
        }
        guard let type = fragment.types.first ?? mapping.defaultType else {
            return .failure(.malformed("at `$.type`: expected the entity's type, found none"))
        }
        guard !fragment.attributes.isEmpty else {
            return .failure(.malformed("at `$`: expected at least one attribute, found none"))
        }
        var statement = EntityStatement(entity: entity, type: type, values: [])
        for attribute in fragment.attributes {
            switch value(of: attribute, in: statement, mapping, now) {
            case .success(let value): statement.values.append(value)
            case .failure(let refusal): return .failure(refusal)
            }
        }
        return .success(statement)
    }

    /// The fourth step for a statement that is permitted: its values as observations of series that have labels.
    func observations(of statement: EntityStatement, by mapping: EntityMapping) -> [Observation] {
        statement.values.map { value in
            let number = define(
                value.attribute, of: statement.entity, type: statement.type, unit: value.unit, device: mapping.device)
            return Observation(series: number, observedAt: value.observedAt, value: value.value)
        }
    }

    private func value(
        of attribute: Attribute, in statement: EntityStatement, _ mapping: EntityMapping, _ now: Timestamp
    ) -> Result<EntityStatement.Value, Refusal> {
        let path = "$.\(attribute.name)"
        let specification = specification(of: attribute.name, in: statement.type, mapping.device)
        let expected = specification.unitCode ?? knownUnit(of: attribute.name, of: statement.entity)
        if let unit = attribute.unitCode, let expected, unit != expected {
            return .failure(
                Refusal(
                    step: .understand, code: .unitMismatch,
                    message: "at `\(path).unitCode`: expected `\(expected)`, found `\(unit.prefix(16))`"))
        }
        let value: AttributeValue
        switch AttributeValue.reading(attribute) {
        case .success(let read): value = read
        case .failure(let refusal): return .failure(refusal)
        }
        if let number = value.number {
            let key = Array("\(attribute.name).value".utf8)
            if let refusal = Understand.check(number, specification, key) { return .failure(refusal) }
        } else if specification.isOfNumbers {
            return .failure(.malformed("at `\(path).value`: expected a number, found something else"))
        }
        var time = now
        if let given = attribute.observedAt {
            switch Understand.check(time: Timestamp(microseconds: given), now: now, path: "\(path).observedAt") {
            case .success(let checked): time = checked
            case .failure(let refusal): return .failure(refusal)
            }
        }
        return .success(
            EntityStatement.Value(
                attribute: attribute.name, unit: attribute.unitCode ?? specification.unitCode, observedAt: time,
                value: value))
    }

    /// What holds for an attribute: as the device's type says, where it has such a value, else as the data model does.
    private func specification(
        of attribute: String, in type: String, _ device: DeviceRecord?
    ) -> Catalogue.AttributeSpecification {
        if let deviceType = device.flatMap({ catalogue.deviceTypes[$0.deviceType] }), deviceType.entityType == type,
            let value = deviceType.values.sorted(by: { $0.key < $1.key }).first(where: { $1.attribute == attribute })
        {
            return catalogue.specification(of: value.value, in: type)
        }
        return catalogue.specification(of: attribute, in: type)
    }
}

extension AttributeValue {
    /// The value of an NGSI-LD attribute, or why the city cannot keep it: what it would drop, it refuses.
    static func reading(_ attribute: Attribute) -> Result<AttributeValue, Refusal> {
        let path = "$.\(attribute.name)"
        guard attribute.datasetId == nil else {
            return .failure(
                .unsupported("at `\(path).datasetId`: one instance of an attribute is kept, the default one"))
        }
        if let sub = attribute.subAttributes.first {
            return .failure(
                .unsupported("at `\(path).\(sub.name)`: attributes of attributes are not kept; leave it out"))
        }
        guard !attribute.isDeletion else {
            return .failure(
                .unsupported("at `\(path)`: an attribute cannot be deleted: the journal keeps what was said"))
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
