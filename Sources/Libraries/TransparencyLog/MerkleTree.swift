/// Trees that fit in memory, such as the items of one batch: all leaf hashes are at hand (RFC 6962 §2.1).
public enum MerkleTree {
    /// The root hash.
    ///
    /// - Parameter leafHashes: Hashes made by ``MerkleHash``, in the order of the leaves.
    /// - Returns: The root; ``MerkleHash/emptyRoot`` without leaves. Costs one hash a leaf.
    public static func root(ofLeafHashes leafHashes: [Digest]) -> Digest {
        var level = leafHashes
        while level.count > 1 { MerkleHash.ascend(&level) }
        return level.first ?? MerkleHash.emptyRoot
    }

    /// Proves that the leaf at `index` belongs to the tree over all given leaves.
    ///
    /// - Parameters:
    ///   - index: Zero-based position of the leaf.
    ///   - leafHashes: The hashes of all leaves of the tree, in order.
    /// - Returns: The proof; nothing when there is no leaf at `index`. Costs one hash a leaf.
    public static func inclusionProof(of index: Int, leafHashes: [Digest]) -> InclusionProof? {
        guard leafHashes.indices.contains(index) else { return nil }
        var hashes: [Digest] = []
        var level = leafHashes
        var position = index
        while level.count > 1 {
            let sibling = position ^ 1
            // The last hash of an odd level has no sibling: it moves up alone.
            if sibling < level.count { hashes.append(level[sibling]) }
            MerkleHash.ascend(&level)
            position /= 2
        }
        return InclusionProof(index: UInt64(index), treeSize: UInt64(leafHashes.count), hashes: hashes)
    }
}
