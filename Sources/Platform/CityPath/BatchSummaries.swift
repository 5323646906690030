public import CityModel
public import CityStorage
import JSONBytes

/// A batch of the journal as the ledger's leaf states it.
public struct BatchSummary: Sendable, Hashable {
    /// Its number, from 1.
    public let sequence: UInt64
    /// When it became durable.
    public let committedAt: Timestamp
    /// How many entries it holds.
    public let entryCount: Int
    /// The root of its entries' tree, base64.
    public let readingsRoot: String
}

extension City {
    /// The newest batches, newest first. Reads the journal: not for an event loop.
    ///
    /// - Parameter limit: The most batches.
    /// - Throws: ``StorageError`` when the journal cannot be read.
    /// - Returns: At most `limit` of them.
    public func newestBatches(_ limit: Int) throws(StorageError) -> [BatchSummary] {
        let size = ledger.size
        let start = size > UInt64(limit) ? size - UInt64(limit) : 0
        var summaries: [BatchSummary] = []
        for stored in try journal.batches(after: start, limit: limit) {
            guard let leaf = try? JSONValue(parsing: stored.leafText),
                let entries = try? leaf.integer(at: ["entries"]), let root = try? leaf.string(at: ["readingsRoot"])
            else { throw StorageError(.damaged, "the leaf of batch \(stored.sequence) cannot be read") }
            summaries.append(
                BatchSummary(
                    sequence: stored.sequence, committedAt: stored.committedAt, entryCount: Int(entries),
                    readingsRoot: root))
        }
        return summaries.reversed()
    }
}
