/// A change of what the context broker keeps, as the journal has it: JSON text that whoever holds a proof can read.
///
/// What the text says is `CityContext`'s; to the journal it is one event like another. Equal texts are equal records.
public struct ContextRecord: Sendable, Hashable, Codable {
    /// A JSON object, UTF-8.
    public let json: [UInt8]
    /// What the text says, as its writer has it already; nil for a record that was read. Spares reading it again.
    public let prepared: (any Sendable)?

    /// A record.
    ///
    /// - Parameters:
    ///   - json: A JSON object, UTF-8.
    ///   - prepared: What it says, as its writer has it.
    public init(json: [UInt8], prepared: (any Sendable)? = nil) {
        self.json = json
        self.prepared = prepared
    }

    /// Reads the text as a string.
    public init(from decoder: any Decoder) throws {
        json = Array(try decoder.singleValueContainer().decode(String.self).utf8)
        prepared = nil
    }

    /// Writes the text as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: json, as: UTF8.self))
    }

    /// Whether both say the same in the same words.
    public static func == (lhs: ContextRecord, rhs: ContextRecord) -> Bool { lhs.json == rhs.json }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
