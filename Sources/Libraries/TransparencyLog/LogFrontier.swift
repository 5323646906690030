/// The right edge of a growing log: all that is needed to append and to know the root.
///
/// A value of at most 63 hashes. It holds one hash for each complete subtree, largest first: one for each bit set in
/// ``size``.
public struct LogFrontier: Hashable, Sendable {
    /// Number of leaves appended.
    public private(set) var size: UInt64
    /// The hashes of the complete subtrees, from left (largest) to right: what to keep besides ``size``.
    public private(set) var subtreeHashes: [Digest]

    /// The empty log.
    public init() {
        size = 0
        subtreeHashes = []
    }

    /// A frontier that was kept.
    ///
    /// - Parameters:
    ///   - size: Number of leaves appended.
    ///   - subtreeHashes: As many hashes as `size` has bits set; with any other count there is no frontier.
    public init?(size: UInt64, subtreeHashes: [Digest]) {
        guard size <= LogLimits.treeSize, subtreeHashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.subtreeHashes = subtreeHashes
    }

    /// The frontier of the log of `size` leaves, from its stored hashes: at most 63 reads.
    ///
    /// - Parameters:
    ///   - size: Number of leaves; all of them are stored.
    ///   - reader: The log's stored hashes.
    /// - Throws: ``ProofError/Code/outsideTree`` for a size beyond ``LogLimits/treeSize``; what `reader` throws.
    public init(size: UInt64, reader: some StoredHashReader) throws {
        try requireTreeSize(size)
        self.size = size
        subtreeHashes = try completeSubtrees(of: 0..<size).map { try reader.hash(level: $0.level, index: $0.index) }
    }

    /// Appends a leaf.
    ///
    /// The result is what to store for this leaf, as with `StoredHashes` of Go's `sumdb/tlog`: see
    /// ``StoredHashPlace``.
    ///
    /// - Parameter leafHash: The leaf's hash.
    /// - Returns: The hashes this leaf completes, level 0 (`leafHash` itself) first: 2 on average, 64 at most.
    ///   Precondition: the log holds fewer than ``LogLimits/treeSize`` leaves.
    @discardableResult
    public mutating func append(_ leafHash: Digest) -> [Digest] {
        precondition(size < LogLimits.treeSize, "a log holds at most 2^63 - 1 leaves")
        var completed = [leafHash]
        var hash = leafHash
        // Each one at the end of the old size is a complete left neighbour, waiting for this leaf.
        for _ in 0..<(~size).trailingZeroBitCount {
            hash = MerkleHash.node(subtreeHashes.removeLast(), hash)
            completed.append(hash)
        }
        subtreeHashes.append(hash)
        size += 1
        return completed
    }

    /// The root of the tree over all leaves appended; ``MerkleHash/emptyRoot`` before the first.
    public var rootHash: Digest { foldSubtrees(subtreeHashes) }
}

/// Joins neighbouring complete subtrees, largest first, to the root above them.
func foldSubtrees(_ hashes: [Digest]) -> Digest {
    guard let last = hashes.last else { return MerkleHash.emptyRoot }
    return hashes.dropLast().reversed().reduce(last) { MerkleHash.node($1, $0) }
}

func requireTreeSize(_ size: UInt64) throws(ProofError) {
    guard size <= LogLimits.treeSize else {
        throw ProofError(.outsideTree, "a tree has at most \(LogLimits.treeSize) leaves, not \(size)")
    }
}
