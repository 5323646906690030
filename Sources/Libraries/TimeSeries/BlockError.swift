/// Why bytes are not a block.
public enum BlockError: Error, Hashable, Sendable, CaseIterable {
    /// Fewer bytes than the header, or than the columns the header announces.
    case truncated
    /// The version byte is not one this code reads.
    case unsupportedVersion
    /// The checksum does not match: the bytes were damaged.
    case checksumMismatch
    /// A field of the header or of a column holds a value that no encoder writes.
    case malformed
    /// The columns decode, but to other readings than the header describes.
    case inconsistent
}

extension BlockError: CustomStringConvertible {
    /// The reason in words, for a log.
    public var description: String {
        switch self {
        case .truncated: "the block ends early"
        case .unsupportedVersion: "the block has a version this program does not read"
        case .checksumMismatch: "the block is damaged: its checksum does not match"
        case .malformed: "the block has a field that no encoder writes"
        case .inconsistent: "the block holds other readings than its header describes"
        }
    }
}
