import CityContext
import CityModel
import Foundation

/// An entity as it is now.
struct EntityView: Sendable, Encodable {
    /// An attribute and its current value.
    struct Attribute: Sendable, Encodable {
        var name: String
        var value: PlainJSON
        var unitCode: String?
        var observedAt: String?
    }

    var id: String
    var type: String
    var attributes: [Attribute]
}

extension EntityView {
    /// An entity of a closed city, without what is above a class.
    ///
    /// - Throws: When a structured value is not JSON.
    init(_ entity: CityContext.EntityState, upTo highest: DataClass) throws {
        let visible = entity.attributes.filter { $0.definition.label.dataClass <= highest }
        self.init(
            id: entity.id.text, type: entity.type,
            attributes: try visible.map { attribute in
                Attribute(
                    name: attribute.definition.attribute, value: try PlainJSON(attribute.current.value),
                    unitCode: attribute.definition.unitCode, observedAt: attribute.current.observedAt.text)
            }.sorted { $0.name < $1.name })
    }
}

/// As NGSI-LD writes it (CIM 009 §4.5.1, normalised): every member but a few is an attribute.
extension EntityView: Decodable {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    private struct Member: Decodable {
        var value: PlainJSON?
        var object: PlainJSON?
        var unitCode: String?
        var observedAt: String?
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Name.self)
        id = try members.decode(String.self, forKey: Name(stringValue: "id"))
        type = try members.decode(String.self, forKey: Name(stringValue: "type"))
        attributes = try members.allKeys.filter { !["id", "type", "@context", "scope"].contains($0.stringValue) }
            .map { name in
                let member = try members.decode(Member.self, forKey: name)
                return Attribute(
                    name: name.stringValue, value: member.value ?? member.object ?? .null, unitCode: member.unitCode,
                    observedAt: member.observedAt)
            }.sorted { $0.name < $1.name }
    }
}

/// A value of any kind.
enum PlainJSON: Sendable, Codable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case list([PlainJSON])
    case object([String: PlainJSON])

    /// - Throws: When a structured value is not JSON.
    init(_ value: AttributeValue) throws {
        self =
            switch value {
            case .number(let number): .number(number)
            case .boolean(let boolean): .boolean(boolean)
            case .text(let text), .relationship(let text): .text(text)
            case .structured(let json), .geometry(let json):
                try JSONDecoder().decode(PlainJSON.self, from: Data(json.utf8))
            }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let boolean = try? container.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([PlainJSON].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: PlainJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let boolean): try container.encode(boolean)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    /// For people: text as it is, all else as JSON on one line.
    func shown() throws -> String {
        if case .text(let text) = self { text } else { try JSONText.line(self) }
    }
}
