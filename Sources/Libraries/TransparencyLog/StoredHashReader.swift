/// Reads the hashes of complete subtrees that a log has stored.
///
/// `hash(level: n, index: i)` is the root of the 2ⁿ leaves from i·2ⁿ on. ``LogFrontier/append(_:)`` returned it, at
/// position n, when the last of these leaves was appended. A store that keeps one row for each leaf, holding the
/// concatenation of what `append` returned, finds it in row ``StoredHashPlace/leaf`` at byte
/// ``StoredHashPlace/byteOffset``; a store that keeps one long sequence finds it at ``StoredHashPlace/position``.
public protocol StoredHashReader {
    /// The root of the complete subtree `index` at `level`.
    ///
    /// - Parameters:
    ///   - level: Height of the subtree: 0 for a leaf hash, 62 at most.
    ///   - index: Zero-based position among the subtrees of this height. All its leaves are in the log.
    /// - Returns: The stored hash.
    /// - Throws: When the hash cannot be read, or is not stored although it should be.
    func hash(level: Int, index: UInt64) throws -> Digest
}

/// Where the hash of a complete subtree is kept.
public struct StoredHashPlace: Hashable, Sendable {
    /// Height of the subtree: 0 for a leaf hash.
    public let level: Int
    /// Zero-based position among the subtrees of this height.
    public let index: UInt64

    /// The place of a subtree's hash.
    ///
    /// - Parameters:
    ///   - level: Height of the subtree. Precondition: 0...62.
    ///   - index: Zero-based position among the subtrees of this height. Precondition: all its leaves fit in a tree of
    ///     ``LogLimits/treeSize``.
    public init(level: Int, index: UInt64) {
        precondition((0..<63).contains(level), "a subtree is at most 62 levels high")
        precondition(index < LogLimits.treeSize >> UInt64(level), "a complete subtree fits in the largest tree")
        self.level = level
        self.index = index
    }

    /// The leaf whose append completes the subtree: the row to read.
    public var leaf: UInt64 { (index + 1) << UInt64(level) - 1 }

    /// Where the hash begins within the concatenation of the hashes its leaf completes, in bytes.
    public var byteOffset: Int { level * Digest.byteCount }

    /// Position in one long sequence of all stored hashes: `StoredHashIndex` of Go's `sumdb/tlog`.
    public var position: UInt64 {
        // Leaf n comes after n leaf hashes, n/2 hashes of pairs, n/4 of fours, and so on.
        var count: UInt64 = 0
        var leaves = leaf
        while leaves > 0 {
            count += leaves
            leaves >>= 1
        }
        return count + UInt64(level)
    }
}

/// The largest complete subtrees that make up a range of leaves, left to right.
///
/// Precondition: the range begins where a subtree at least as large as itself could begin, as all ranges in RFC 6962
/// do.
func completeSubtrees(of leaves: Range<UInt64>) -> [(level: Int, index: UInt64)] {
    var subtrees: [(level: Int, index: UInt64)] = []
    var start = leaves.lowerBound
    while start < leaves.upperBound {
        let level = UInt64.bitWidth - 1 - (leaves.upperBound - start).leadingZeroBitCount
        subtrees.append((level, start >> UInt64(level)))
        start += 1 << UInt64(level)
    }
    return subtrees
}
