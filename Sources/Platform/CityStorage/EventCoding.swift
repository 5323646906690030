public import CityModel
import Foundation

/// Events to and from the JSON text that the journal keeps and the ledger proves.
///
/// Keys are sorted and nothing is escaped without need, so equal events have equal text.
public enum EventCoding {
    private static let contextHead = Array(#"{"context":"#.utf8)

    /// The JSON text of an event.
    public static func encode(_ event: CityEvent) -> [UInt8] {
        // These have their text already, and are many.
        if case .context(let record) = event { return contextHead + record.json + [UInt8(ascii: "}")] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(event))
        } catch {
            preconditionFailure("events hold finite numbers and text, which JSON can always say: \(error)")
        }
    }

    /// The event that `json` is the text of.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when it is none.
    public static func decode(_ json: [UInt8]) throws(StorageError) -> CityEvent {
        if json.starts(with: contextHead), json.last == UInt8(ascii: "}") {
            return .context(ContextRecord(json: Array(json[contextHead.count..<(json.count - 1)])))
        }
        do {
            return try JSONDecoder().decode(CityEvent.self, from: Data(json))
        } catch {
            throw StorageError(.damaged, "one of its events cannot be read", cause: error)
        }
    }
}
