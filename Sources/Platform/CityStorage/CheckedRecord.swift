import Foundation
import TransparencyLog

/// A record in the views with a checksum behind it.
///
/// What series mean and who devices are goes into the leaves of the ledger. Damage that can still be read must not pass
/// for another meaning there: it would be signed.
///
///     record      any number of bytes
///     checksum    8 bytes             the beginning of the SHA-256 of a ledger's leaf (RFC 6962 §2.1) of the record
enum CheckedRecord {
    private static let checksumBytes = 8

    /// The record with its checksum.
    static func seal(_ record: [UInt8]) -> Data { Data(record + checksum(of: record[...])) }

    /// The record alone.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when the checksum is another's.
    static func open(_ bytes: [UInt8]) throws(StorageError) -> [UInt8] {
        guard bytes.count >= checksumBytes else { throw .unreadable("a record is too short for its checksum") }
        let record = bytes[..<(bytes.count - checksumBytes)]
        guard bytes[record.endIndex...].elementsEqual(checksum(of: record)) else {
            throw .unreadable("a record is not what its checksum says")
        }
        return Array(record)
    }

    private static func checksum(of record: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        MerkleHash.leaf(record).bytes[..<checksumBytes]
    }
}
