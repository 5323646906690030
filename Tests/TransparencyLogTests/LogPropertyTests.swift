import Testing
import TransparencyLog

/// Every size up to a little over two times 64, every index and every pair, against the recursive definition.
@Suite("The log agrees with the recursive definition of RFC 6962 §2.1")
struct LogPropertyTests {
    static let largest = 130
    let log = TestLog(leafCount: largest)
    let model: NaiveLog

    init() {
        model = NaiveLog(leaves: log.leaves)
    }

    @Test("roots of every size")
    func roots() throws {
        var frontier = LogFrontier()
        for size in 0...Self.largest {
            let expected = try model.root(0..<size)
            #expect(frontier.rootHash == expected, "size \(size)")
            #expect(try log.rootHash(size: UInt64(size)) == expected, "size \(size)")
            #expect(MerkleTree.root(ofLeafHashes: try leafHashes(size)) == expected, "size \(size)")
            if size < Self.largest { frontier.append(MerkleHash.leaf(log.leaves[size])) }
        }
    }

    @Test("inclusion proofs of every index in every size")
    func inclusion() throws {
        for size in 1...Self.largest {
            let root = try model.root(0..<size)
            let hashes = try leafHashes(size)
            for index in 0..<size {
                let expected = try model.path(index, 0..<size)
                let proof = try log.inclusionProof(of: UInt64(index), in: UInt64(size))
                #expect(proof.hashes == expected, "leaf \(index) of \(size)")
                #expect(MerkleTree.inclusionProof(of: index, leafHashes: hashes) == proof, "leaf \(index) of \(size)")
                try proof.verify(leafHash: hashes[index], rootHash: root)
            }
        }
    }

    @Test("consistency proofs of every pair of sizes")
    func consistency() throws {
        for newSize in 1...Self.largest {
            let newRoot = try model.root(0..<newSize)
            for oldSize in 1...newSize {
                let proof = try log.consistencyProof(from: UInt64(oldSize), to: UInt64(newSize))
                #expect(try proof.hashes == model.proof(oldSize, newSize), "from \(oldSize) to \(newSize)")
                try proof.verify(oldRootHash: model.root(0..<oldSize), newRootHash: newRoot)
            }
        }
    }

    @Test("every tree begins with the empty tree")
    func consistencyWithNothing() throws {
        for size in 0...Self.largest {
            let proof = try log.consistencyProof(from: 0, to: UInt64(size))
            #expect(proof.hashes.isEmpty)
            try proof.verify(oldRootHash: MerkleHash.emptyRoot, newRootHash: model.root(0..<size))
        }
    }

    @Test("leaves hashed in bulk are leaves hashed one by one, also empty ones")
    func bulk() {
        var random = SeededRandom(seed: 1)
        let leaves = (0..<300).map { _ in (0..<Int.random(in: 0...200, using: &random)).map { UInt8($0 & 0xFF) } }
        var ends: [Int] = []
        for leaf in leaves { ends.append((ends.last ?? 0) + leaf.count) }
        #expect(
            MerkleHash.leaves(concatenated: Array(leaves.joined()), ends: ends) == leaves.map { MerkleHash.leaf($0) })
        #expect(MerkleHash.leaves(concatenated: [1, 2], ends: []).isEmpty)
    }

    private func leafHashes(_ size: Int) throws -> [Digest] {
        try (0..<size).map { try model.root($0..<$0 + 1) }
    }
}
