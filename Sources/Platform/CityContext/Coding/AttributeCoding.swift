import CityModel
import JSONBytes
import NGSILD

// Attributes as the journal and the views keep them: JSON by canonical names, times in microseconds since 1970.
//
//     {"name":"speed","type":"Property","value":55,"unitCode":"KMH","observedAt":…,"createdAt":…,"modifiedAt":…}

extension JSONWriter {
    /// One instance of an attribute.
    ///
    /// - Parameters:
    ///   - attribute: The instance.
    ///   - at: Times of creation and change that are this are left out.
    ///   - label: Whose it is, and how sensitive; nil for attributes of attributes.
    mutating func stored(_ attribute: Attribute, at: Int64, label: AttributeLabel? = nil) {
        beginObject()
        key("name")
        string(attribute.name)
        key("type")
        string(attribute.kind.rawValue)
        key("value")
        value(attribute.value)
        text("unitCode", attribute.unitCode)
        number("observedAt", attribute.observedAt)
        if attribute.observedDecimals > 0 { number("observedDecimals", Int64(attribute.observedDecimals)) }
        text("datasetId", attribute.datasetId)
        text("entityIdSealed", attribute.sealed.id)
        text("entityTypeSealed", attribute.sealed.type)
        if attribute.createdAt != at { number("createdAt", attribute.createdAt) }
        if attribute.modifiedAt != at { number("modifiedAt", attribute.modifiedAt) }
        number("deletedAt", attribute.deletedAt)
        number("expiresAt", attribute.expiresAt)
        text("instanceId", attribute.instanceId)
        texts("objectType", attribute.objectType)
        text("valueType", attribute.valueType)
        if let label {
            if label.dataClass != .public { text("dataClass", label.dataClass.rawValue) }
            text("agency", label.agency?.text)
        }
        if !attribute.subAttributes.isEmpty {
            key("attributes")
            beginArray()
            for sub in attribute.subAttributes { stored(sub, at: at) }
            endArray()
        }
        endObject()
    }

    mutating func text(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    mutating func number(_ name: String, _ number: Int64?) {
        guard let number else { return }
        key(name)
        integer(number)
    }

    mutating func texts(_ name: String, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}

extension JSONObject {
    func text(_ name: String) -> String? {
        if case .string(let text)? = self[name] { text } else { nil }
    }

    func instant(_ name: String) -> Int64? {
        if case .number(let number)? = self[name] { number.integer } else { nil }
    }

    func texts(_ name: String) -> [String] {
        guard case .array(let elements)? = self[name] else { return [] }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    func objects(_ name: String) -> [JSONObject] {
        guard case .array(let elements)? = self[name] else { return [] }
        return elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
    }
}

extension Attribute {
    /// Reads what `stored` wrote.
    ///
    /// - Returns: nil when it is none.
    init?(stored object: JSONObject, at: Int64) {
        guard let name = object.text("name"), let kind = object.text("type").flatMap(AttributeKind.init(rawValue:)),
            let value = object["value"]
        else { return nil }
        self.init(
            name, kind: kind, value: value, unitCode: object.text("unitCode"), observedAt: object.instant("observedAt"),
            datasetId: object.text("datasetId"))
        createdAt = object.instant("createdAt") ?? at
        modifiedAt = object.instant("modifiedAt") ?? at
        deletedAt = object.instant("deletedAt")
        expiresAt = object.instant("expiresAt")
        observedDecimals = UInt8(clamping: object.instant("observedDecimals") ?? 0)
        sealed.id = object.text("entityIdSealed")
        sealed.type = object.text("entityTypeSealed")
        instanceId = object.text("instanceId")
        objectType = object.texts("objectType")
        valueType = object.text("valueType")
        for sub in object.objects("attributes") {
            guard let sub = Attribute(stored: sub, at: at) else { return nil }
            subAttributes.append(sub)
        }
    }
}

extension AttributeLabel {
    init(stored object: JSONObject) {
        self.init(
            dataClass: object.text("dataClass").flatMap(DataClass.init(rawValue:)) ?? .public,
            agency: object.text("agency").map { AgencyID($0) })
    }
}
