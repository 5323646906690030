import Testing
import TransparencyLog

@Suite("The published eight-leaf tree of RFC 6962")
struct ReferenceVectorTests {
    @Test("every size has the published root, in memory, incrementally and from stored hashes", arguments: 0...8)
    func roots(size: Int) throws {
        let expected = try ReferenceTree.root(size: size)
        let log = ReferenceTree.log(size: size)
        #expect(MerkleTree.root(ofLeafHashes: log.leaves.map { MerkleHash.leaf($0) }) == expected)
        #expect(log.frontier.rootHash == expected)
        #expect(try ReferenceTree.log(size: 8).rootHash(size: UInt64(size)) == expected)
    }

    @Test("inclusion proofs are the published ones and verify", arguments: ReferenceTree.inclusions)
    func inclusion(_ vector: ReferenceTree.Inclusion) throws {
        let log = ReferenceTree.log(size: 8)
        let proof = try log.inclusionProof(of: vector.index, in: vector.size)
        #expect(try proof.hashes == ReferenceTree.digests(vector.hashes))
        let leafHashes = log.leaves.prefix(Int(vector.size)).map { MerkleHash.leaf($0) }
        #expect(MerkleTree.inclusionProof(of: Int(vector.index), leafHashes: leafHashes) == proof)
        try proof.verify(
            leafHash: MerkleHash.leaf(log.leaves[Int(vector.index)]),
            rootHash: ReferenceTree.root(size: Int(vector.size)))
    }

    @Test("consistency proofs are the published ones and verify", arguments: ReferenceTree.consistencies)
    func consistency(_ vector: ReferenceTree.Consistency) throws {
        let proof = try ReferenceTree.log(size: 8).consistencyProof(from: vector.oldSize, to: vector.newSize)
        #expect(try proof.hashes == ReferenceTree.digests(vector.hashes))
        try proof.verify(
            oldRootHash: ReferenceTree.root(size: Int(vector.oldSize)),
            newRootHash: ReferenceTree.root(size: Int(vector.newSize)))
    }
}
