public import CityModel
import Foundation

/// Events to and from the JSON text that the journal keeps and the ledger proves.
///
/// Keys are sorted and nothing is escaped without need, so equal events have equal text.
public enum EventCoding {
    /// The JSON text of an event.
    public static func encode(_ event: CityEvent) -> [UInt8] {
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
        do {
            return try JSONDecoder().decode(CityEvent.self, from: Data(json))
        } catch {
            throw StorageError(.damaged, "one of its events cannot be read", cause: error)
        }
    }
}
