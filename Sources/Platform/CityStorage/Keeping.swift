/// Something that the city must remember and nobody has to prove: a session of an MQTT client, a message that waits for it.
///
/// Keepings stand beside the journal's batches and change in the same transaction as one, so that an acknowledgement
/// covers both. They are no part of the ledger, and no view is made of them; who keeps something gives it a key of its own.
public struct Keeping: Sendable, Hashable {
    /// Under which it is kept: a prefix of the keeper's, then whatever finds it again. At most 66,000 bytes.
    public var key: [UInt8]
    /// What is kept; nil to forget what was.
    public var value: [UInt8]?

    /// Keeps `value` under `key`, in the place of what was kept there.
    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

extension Keeping {
    /// What remains to be done of `keepings`, in the order of their keys: of several about one key, the last counts.
    static func settled(_ keepings: [Keeping]) -> [Keeping] {
        guard keepings.count > 1 else { return keepings }
        var last: [[UInt8]: Int] = [:]
        last.reserveCapacity(keepings.count)
        for (index, keeping) in keepings.enumerated() { last[keeping.key] = index }
        return last.values.map { keepings[$0] }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// The least key that is greater than every key with `prefix`; nil when there is none.
    static func end(of prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let byte = end.popLast() {
            if byte < .max { return end + [byte + 1] }
        }
        return nil
    }
}
