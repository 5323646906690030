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
        /// As the message says; nil where it does not.
        let observedAt: Timestamp?
        let value: AttributeValue
    }

    let entity: EntityID
    let type: String
    var values: [Value]
}

extension Understand {
    /// Reads an NGSI-LD entity or fragment.
    ///
    /// - Parameters:
    ///   - bytes: The fragment.
    ///   - target: The entity it must be about; nil for the one that it names, or else the device's own.
    ///   - mapping: Whose entities it may be about.
    ///   - now: When it came.
    ///   - forbidding: Why nobody may write the entity, asked before anything is told of it.
    /// - Returns: What it says, or why it is refused.
    func entity(
        _ bytes: UnsafeRawBufferPointer, about target: EntityID?, by mapping: EntityMapping, at now: Timestamp,
        forbidding: (EntityID) -> Refusal?
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
        if let refusal = Understand.refusal(of: fragment) ?? forbidding(entity) { return .failure(refusal) }
        return settledType(of: entity, claimed: fragment.types.first, by: mapping).flatMap { type in
            var statement = EntityStatement(entity: entity, type: type, values: [])
            for attribute in fragment.attributes {
                switch value(of: attribute, in: statement, mapping, now) {
                case .success(let value): statement.values.append(value)
                case .failure(let refusal): return .failure(refusal)
                }
            }
            return .success(statement)
        }
    }

    /// What of a fragment as a whole cannot be kept: what the city would drop, it refuses.
    private static func refusal(of fragment: EntityFragment) -> Refusal? {
        guard !fragment.attributes.isEmpty else {
            return .malformed("at `$`: expected at least one attribute, found none")
        }
        guard fragment.attributes.count <= AttributeLimits.perFragment else {
            return Refusal(
                step: .understand, code: .attributeUnknown,
                message: "at `$`: expected at most \(AttributeLimits.perFragment) attributes, found "
                    + "\(fragment.attributes.count): send them in several fragments")
        }
        if fragment.types.count > 1 {
            return .unsupported("at `$.type`: one type is kept, found \(fragment.types.count)")
        }
        if fragment.scopes != nil { return .unsupported("at `$.scope`: scopes are not kept; leave it out") }
        return nil
    }

    /// The type of an entity. Neither device nor message chooses it anew: a type decides on classes, units and ranges.
    ///
    /// What small JSON is about is what the device's type says; another entity stays what it was first recorded as.
    private func settledType(
        of entity: EntityID, claimed: String?, by mapping: EntityMapping
    ) -> Result<String, Refusal> {
        let isFirst = mapping.device?.entities.first == entity
        let settled = (isFirst ? mapping.defaultType : nil) ?? entities.recordedType(of: entity)
        if let settled, let claimed, claimed != settled {
            return .failure(
                .malformed("at `$.type`: `\(entity)` is of type `\(settled)`, found `\(claimed.prefix(64))`"))
        }
        guard let type = settled ?? claimed ?? mapping.defaultType else {
            return .failure(.malformed("at `$.type`: expected the entity's type, found none"))
        }
        return .success(type)
    }

    /// The fourth step for a statement that is permitted: its values as observations of series that have labels.
    ///
    /// - Returns: The observations; or that there would be too many series, and then none was defined.
    func observations(
        of statement: EntityStatement, by mapping: EntityMapping, at now: Timestamp, _ arrivals: ArrivalClock
    ) -> Result<[Observation], Refusal> {
        entities.defining(statement.values.map(\.attribute), of: statement.entity, by: mapping.device) {
            let isTimed = statement.values.allSatisfy { $0.observedAt != nil }
            let arrival = isTimed ? now : arrivals.instant(at: now)
            return statement.values.map { value in
                let number = define(
                    value.attribute, of: statement.entity, type: statement.type, unit: value.unit,
                    device: mapping.device)
                return Observation(series: number, observedAt: value.observedAt ?? arrival, value: value.value)
            }
        }
    }

    private func value(
        of attribute: Attribute, in statement: EntityStatement, _ mapping: EntityMapping, _ now: Timestamp
    ) -> Result<EntityStatement.Value, Refusal> {
        let path = "$.\(attribute.name)"
        let specification = specification(of: attribute.name, in: statement.type, mapping.device)
        let expected = specification.unitCode ?? definition(of: attribute.name, of: statement.entity)?.unitCode
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
        let time = attribute.observedAt.map(Timestamp.init(microseconds:))
        if let time,
            case .failure(let refusal) = Understand.check(time: time, now: now, path: "\(path).observedAt")
        {
            return .failure(refusal)
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
        if let deviceType = device.flatMap({ catalogue.deviceTypes[$0.deviceType] }), deviceType.entityType == type {
            return catalogue.specification(of: attribute, in: deviceType)
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
        if let member = attribute.memberThatIsNotKept {
            return .failure(.unsupported("at `\(path).\(member)`: it is not kept; leave it out"))
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

extension Attribute {
    fileprivate var memberThatIsNotKept: String? {
        if expiresAt != nil { return "expiresAt" }
        if !objectType.isEmpty { return "objectType" }
        return valueType == nil ? nil : "valueType"
    }
}

extension Refusal {
    static func unsupported(_ message: String) -> Refusal {
        Refusal(step: .understand, code: .unsupported, message: message)
    }
}
