/// Proves that a leaf is in a tree (RFC 6962 §2.1.1, an audit path).
public struct InclusionProof: Hashable, Sendable {
    /// Zero-based position of the leaf.
    public let index: UInt64
    /// Number of leaves in the tree.
    public let treeSize: UInt64
    /// From the leaf's sibling to the root's child: at most 63.
    public let hashes: [Digest]

    /// A proof as received; nothing is checked before ``verify(leafHash:rootHash:)``.
    ///
    /// - Parameters:
    ///   - index: Zero-based position of the leaf.
    ///   - treeSize: Number of leaves in the tree.
    ///   - hashes: From the leaf's sibling to the root's child.
    public init(index: UInt64, treeSize: UInt64, hashes: [Digest]) {
        self.index = index
        self.treeSize = treeSize
        self.hashes = hashes
    }

    /// Checks that the leaf is at ``index`` in the tree of ``treeSize`` leaves with the given root.
    ///
    /// - Parameters:
    ///   - leafHash: The leaf's hash: ``MerkleHash/leaf(_:)-(UnsafeRawBufferPointer)`` of its bytes.
    ///   - rootHash: The root to trust, from a verified ``Checkpoint``.
    /// - Throws: ``ProofError/Code/outsideTree``, ``ProofError/Code/wrongLength`` or ``ProofError/Code/wrongRoot``.
    public func verify(leafHash: Digest, rootHash: Digest) throws(ProofError) {
        guard index < treeSize, treeSize <= LogLimits.treeSize else {
            throw ProofError(.outsideTree, "leaf \(index) is not in a tree of \(treeSize) leaves")
        }
        let path = ProofPath(index: index, treeSize: treeSize)
        guard hashes.count == path.innerCount + path.borderCount else {
            let expected = path.innerCount + path.borderCount
            throw ProofError(.wrongLength, "expected \(expected) hashes, the proof has \(hashes.count)")
        }
        let inner = ProofPath.climbInner(from: leafHash, hashes[..<path.innerCount], index: index)
        guard ProofPath.climbBorder(from: inner, hashes[path.innerCount...]) == rootHash else {
            throw ProofError(.wrongRoot, "the leaf and the proof do not lead to the root hash of the tree")
        }
    }
}

/// How the way from a leaf to the root divides.
///
/// Below the point where it meets the right edge of the tree it has a sibling at every level, on either side: the inner
/// part. On the edge it has siblings on the left only, one for each complete subtree to the left: the border.
struct ProofPath {
    let innerCount: Int
    let borderCount: Int

    /// Precondition: `index < treeSize`.
    init(index: UInt64, treeSize: UInt64) {
        innerCount = UInt64.bitWidth - (index ^ (treeSize - 1)).leadingZeroBitCount
        borderCount = innerCount == UInt64.bitWidth ? 0 : (index >> UInt64(innerCount)).nonzeroBitCount
    }

    /// Climbs the inner part: bit n of `index` says whether we are a right child at level n.
    static func climbInner(from start: Digest, _ siblings: ArraySlice<Digest>, index: UInt64) -> Digest {
        var hash = start
        for (level, sibling) in siblings.enumerated() {
            let isRightChild = index >> UInt64(level) & 1 == 1
            hash = isRightChild ? MerkleHash.node(sibling, hash) : MerkleHash.node(hash, sibling)
        }
        return hash
    }

    /// Climbs along the right edge, where every sibling is on the left.
    static func climbBorder(from start: Digest, _ siblings: ArraySlice<Digest>) -> Digest {
        siblings.reduce(start) { MerkleHash.node($1, $0) }
    }
}
