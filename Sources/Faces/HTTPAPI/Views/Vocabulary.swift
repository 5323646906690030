import CityContext
import CityModel
import JSONBytes
import WebConsole

/// How people write what the data models write in codes; from the same file that the browser reads.
struct Vocabulary: Sendable {
    private var units: [String: String] = [:]
    private var names: [String: String] = [:]

    /// Reads `vocabulary.json`; what cannot be read is written as it stands in the data.
    init(json: [UInt8]) {
        guard let value = try? JSONValue(parsing: json) else { return }
        units = Vocabulary.table(value, "units")
        names = Vocabulary.table(value, "names")
    }

    private static func table(_ value: JSONValue, _ name: String) -> [String: String] {
        guard let object = try? value.object(at: [.member(name)]) else { return [:] }
        var table: [String: String] = [:]
        for member in object.members {
            if case .string(let words) = member.value { table[member.name] = words }
        }
        return table
    }

    /// The name of an attribute as words.
    func words(for attribute: String) -> String { names[attribute.lowercased()] ?? attribute.spacedWords }

    /// An entity's most telling observations: `Temperature 21.4 °C · PM10 18 µg/m³`.
    func summary(of entity: VisibleEntity) -> String {
        var parts: [String] = []
        for attribute in entity.attributes where parts.count < 3 {
            guard attribute.definition.attribute != "name" else { continue }
            let value: String
            switch attribute.current.value {
            case .number(let number):
                let unit = attribute.definition.unitCode.map { units[$0] ?? $0 } ?? ""
                value = NumberWords.measured(number) + (unit.isEmpty ? "" : " \(unit)")
            case .boolean(let flag): value = flag ? "yes" : "no"
            case .text(let text): value = String(text.prefix(40))
            case .structured, .geometry, .relationship: continue
            }
            parts.append("\(words(for: attribute.definition.attribute)) \(value)")
        }
        return parts.joined(separator: " · ")
    }

    /// What an alert is about, in a few words.
    func title(of alert: AlertRecord) -> String {
        let kind = alert.kind.spacedWords
        return alert.attribute.map { "\(kind): \(words(for: $0))" } ?? kind
    }
}
