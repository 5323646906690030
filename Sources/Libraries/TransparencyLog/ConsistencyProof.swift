/// Proves that a tree holds an older one as its beginning: nothing was changed or taken away (RFC 6962 §2.1.2).
public struct ConsistencyProof: Hashable, Sendable {
    /// Number of leaves in the older tree.
    public let oldSize: UInt64
    /// Number of leaves in the newer tree.
    public let newSize: UInt64
    /// In the order of RFC 6962: from the largest subtree of the older tree upwards.
    public let hashes: [Digest]

    /// A proof as received; nothing is checked before ``verify(oldRootHash:newRootHash:)``.
    ///
    /// - Parameters:
    ///   - oldSize: Number of leaves in the older tree.
    ///   - newSize: Number of leaves in the newer tree.
    ///   - hashes: In the order of RFC 6962.
    public init(oldSize: UInt64, newSize: UInt64, hashes: [Digest]) {
        self.oldSize = oldSize
        self.newSize = newSize
        self.hashes = hashes
    }

    /// Checks that the newer tree begins with the older one.
    ///
    /// The empty tree is the beginning of any; a tree is the beginning of itself. Both proofs have no hashes.
    ///
    /// - Parameters:
    ///   - oldRootHash: Root of the older tree, from a verified ``Checkpoint``.
    ///   - newRootHash: Root of the newer tree, from a verified ``Checkpoint``.
    /// - Throws: ``ProofError/Code/outsideTree``, ``ProofError/Code/wrongLength`` or ``ProofError/Code/wrongRoot``.
    public func verify(oldRootHash: Digest, newRootHash: Digest) throws(ProofError) {
        guard oldSize <= newSize, newSize <= LogLimits.treeSize else {
            throw ProofError(.outsideTree, "a tree of \(newSize) leaves does not begin with one of \(oldSize) leaves")
        }
        guard oldSize != 0, oldSize != newSize else {
            return try verifyWithoutHashes(oldRootHash: oldRootHash, newRootHash: newRootHash)
        }
        try verifyBetween(oldRootHash: oldRootHash, newRootHash: newRootHash)
    }

    private func verifyWithoutHashes(oldRootHash: Digest, newRootHash: Digest) throws(ProofError) {
        try requireCount(0)
        if newSize == 0, newRootHash != MerkleHash.emptyRoot {
            throw ProofError(.wrongRoot, "the newer root hash is not that of an empty tree")
        }
        if oldSize == 0, oldRootHash != MerkleHash.emptyRoot {
            throw ProofError(.wrongRoot, "the older root hash is not that of an empty tree")
        }
        if oldSize == newSize, oldRootHash != newRootHash {
            throw ProofError(.wrongRoot, "two trees of \(newSize) leaves have different root hashes")
        }
    }

    /// Climbs from the last complete subtree of the older tree to both roots at once (0 < oldSize < newSize).
    private func verifyBetween(oldRootHash: Digest, newRootHash: Digest) throws(ProofError) {
        let path = ProofPath(index: oldSize - 1, treeSize: newSize)
        let seedLevel = oldSize.trailingZeroBitCount
        let innerCount = path.innerCount - seedLevel
        // A perfect older tree is the seed itself: its hash is known and not sent.
        let isPerfect = oldSize.nonzeroBitCount == 1
        try requireCount(innerCount + path.borderCount + (isPerfect ? 0 : 1))

        let seed = isPerfect ? oldRootHash : hashes[0]
        let siblings = isPerfect ? hashes[...] : hashes[1...]
        let inner = siblings.prefix(innerCount)
        let border = siblings.dropFirst(innerCount)
        let seedIndex = (oldSize - 1) >> UInt64(seedLevel)

        var oldHash = seed
        for (level, sibling) in inner.enumerated() where seedIndex >> UInt64(level) & 1 == 1 {
            oldHash = MerkleHash.node(sibling, oldHash)
        }
        guard ProofPath.climbBorder(from: oldHash, border) == oldRootHash else {
            throw ProofError(.wrongRoot, "the proof does not lead to the older root hash")
        }
        let newHash = ProofPath.climbInner(from: seed, inner, index: seedIndex)
        guard ProofPath.climbBorder(from: newHash, border) == newRootHash else {
            throw ProofError(.wrongRoot, "the proof does not lead to the newer root hash")
        }
    }

    private func requireCount(_ expected: Int) throws(ProofError) {
        guard hashes.count == expected else {
            throw ProofError(.wrongLength, "expected \(expected) hashes, the proof has \(hashes.count)")
        }
    }
}
