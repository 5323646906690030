import Foundation

/// How people write what the data models write in codes: units by UN/CEFACT Recommendation 20, names of properties.
///
/// Read from the same file that the browser reads, `static/vocabulary.json`, so that both write the same.
struct Vocabulary: Sendable, Decodable {
    /// Unit codes and their symbols: `CEL` is °C.
    private let units: [String: String]
    /// Names that spacing alone does not make readable: `no2` is NO₂.
    private let names: [String: String]

    /// Reads the table.
    ///
    /// - Throws: ``ConsoleResourceError`` when it is malformed.
    init(json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(Vocabulary.self, from: Data(json))
        } catch {
            throw ConsoleResourceError(path: "static/vocabulary.json", problem: "is malformed: \(error)")
        }
    }

    /// The symbol of a unit; a code nobody knows is its own symbol.
    func symbol(ofUnit code: String?) -> String? { code.map { units[$0] ?? $0 } }

    /// The name of a property as words.
    func words(for name: String) -> String { names[name.lowercased()] ?? name.spacedWords }
}
