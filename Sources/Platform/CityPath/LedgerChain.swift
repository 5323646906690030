import TransparencyLog

/// The ledger's tree grown leaf by leaf over hashes that may be missing: what is known is computed and held against
/// what is stored, what is not known is taken from there where a later row has it.
struct LedgerChain {
    /// Number of leaves so far.
    private(set) var size: UInt64 = 0
    /// The complete subtrees from left to right, as in `LogFrontier`; nil where a lost leaf leaves one unknown.
    private var subtrees: [Digest?] = []

    /// The tree before its first leaf.
    init() {}

    /// The tree as far as it is stored. Zeros stand for a hash that a salvage did not know.
    init(_ frontier: LogFrontier) {
        size = frontier.size
        subtrees = frontier.subtreeHashes.map { $0 == .zero ? nil : $0 }
    }

    /// Appends a leaf.
    ///
    /// - Parameters:
    ///   - leaf: Its hash; nil when it is lost.
    ///   - stored: The hashes its row says it completes; empty when the row is lost.
    /// - Returns: The hashes that it completes, as far as they are known, and whether those stored agree with them.
    mutating func append(_ leaf: Digest?, stored: [Digest]) -> (completed: [Digest?], agrees: Bool) {
        var completed: [Digest?] = [leaf]
        var hash = leaf
        for level in 1..<(1 + (~size).trailingZeroBitCount) {
            let left = subtrees.removeLast()
            if let left, let right = hash {
                hash = MerkleHash.node(left, right)
            } else {
                hash = level < stored.count ? stored[level] : nil
            }
            completed.append(hash)
        }
        subtrees.append(hash)
        size += 1
        let agrees = stored.count == completed.count && zip(stored, completed).allSatisfy { $1 == nil || $0 == $1 }
        return (completed, agrees)
    }

    /// Whether the tree can go on growing: every subtree on its right edge is known.
    var isKnown: Bool { subtrees.allSatisfy { $0 != nil } }

    /// The root of the tree so far; nil when it is not known.
    var rootHash: Digest? {
        let known = subtrees.compactMap(\.self)
        guard known.count == subtrees.count else { return nil }
        return LogFrontier(size: size, subtreeHashes: known)?.rootHash
    }
}
