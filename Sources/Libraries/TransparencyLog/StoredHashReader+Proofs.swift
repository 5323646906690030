extension StoredHashReader {
    /// The root of the tree over the first `size` leaves.
    ///
    /// - Parameter size: Number of leaves; all of them are stored.
    /// - Returns: The root; ``MerkleHash/emptyRoot`` for zero. Costs at most 63 reads.
    /// - Throws: ``ProofError/Code/outsideTree`` for a size beyond ``LogLimits/treeSize``; what reading throws.
    /// - SeeAlso: RFC 6962 §2.1.
    public func rootHash(size: UInt64) throws -> Digest {
        try requireTreeSize(size)
        return try rootHash(of: 0..<size)
    }

    /// The hashes that prove the leaf `index` to be in the tree of `size` leaves.
    ///
    /// - Parameters:
    ///   - index: Zero-based position of the leaf.
    ///   - size: Size of the tree, in leaves; all of them are stored.
    /// - Returns: A proof of at most 63 hashes.
    /// - Throws: ``ProofError/Code/outsideTree`` unless `index < size`; what reading throws.
    /// - SeeAlso: RFC 6962 §2.1.1.
    public func inclusionProof(of index: UInt64, in size: UInt64) throws -> InclusionProof {
        try requireTreeSize(size)
        guard index < size else {
            throw ProofError(.outsideTree, "leaf \(index) is not in a tree of \(size) leaves")
        }
        var hashes: [Digest] = []
        var tree = 0..<size
        while tree.count > 1 {
            let (left, right) = halves(of: tree)
            let (toward, away) = index < right.lowerBound ? (left, right) : (right, left)
            hashes.append(try rootHash(of: away))
            tree = toward
        }
        return InclusionProof(index: index, treeSize: size, hashes: hashes.reversed())
    }

    /// The hashes that prove the tree of `newSize` leaves to begin with the tree of `oldSize` leaves.
    ///
    /// - Parameters:
    ///   - oldSize: Size of the older tree, in leaves.
    ///   - newSize: Size of the newer tree, in leaves; all of them are stored.
    /// - Returns: A proof of at most 64 hashes; of none when the older tree is empty or the trees are the same.
    /// - Throws: ``ProofError/Code/outsideTree`` unless `oldSize <= newSize`; what reading throws.
    /// - SeeAlso: RFC 6962 §2.1.2.
    public func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws -> ConsistencyProof {
        try requireTreeSize(newSize)
        guard oldSize <= newSize else {
            throw ProofError(.outsideTree, "a tree of \(newSize) leaves does not begin with one of \(oldSize) leaves")
        }
        guard oldSize > 0 else { return ConsistencyProof(oldSize: oldSize, newSize: newSize, hashes: []) }
        var hashes: [Digest] = []
        var tree = 0..<newSize
        while tree.upperBound != oldSize {
            let (left, right) = halves(of: tree)
            let (toward, away) = oldSize <= right.lowerBound ? (left, right) : (right, left)
            hashes.append(try rootHash(of: away))
            tree = toward
        }
        // The older tree's last part is known to the verifier only when it is the whole older tree.
        if tree.lowerBound != 0 { hashes.append(try rootHash(of: tree)) }
        return ConsistencyProof(oldSize: oldSize, newSize: newSize, hashes: hashes.reversed())
    }

    private func rootHash(of leaves: Range<UInt64>) throws -> Digest {
        foldSubtrees(try completeSubtrees(of: leaves).map { try hash(level: $0.level, index: $0.index) })
    }
}

/// Divides a tree as RFC 6962 §2.1 does: on the left the largest power of two below its size. Precondition: two leaves.
private func halves(of tree: Range<UInt64>) -> (left: Range<UInt64>, right: Range<UInt64>) {
    let size = tree.upperBound - tree.lowerBound
    let leftSize: UInt64 = 1 << UInt64(UInt64.bitWidth - 1 - (size - 1).leadingZeroBitCount)
    let middle = tree.lowerBound + leftSize
    return (tree.lowerBound..<middle, middle..<tree.upperBound)
}
