import Testing
import TransparencyLog

@Suite("Proofs that were tampered with do not hold")
struct TamperingTests {
    static let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33]

    @Test("any flipped bit of leaf, root or path spoils an inclusion proof", arguments: sizes)
    func inclusionBits(size: Int) throws {
        let log = TestLog(leafCount: size)
        let root = log.frontier.rootHash
        for index in Set([0, size / 2, size - 1]) {
            let proof = try log.inclusionProof(of: UInt64(index), in: UInt64(size))
            let leaf = MerkleHash.leaf(log.leaves[index])
            for bit in 0..<256 {
                expect(.wrongRoot) { () throws(ProofError) in
                    try proof.verify(leafHash: leaf.flipping(bit), rootHash: root)
                }
                expect(.wrongRoot) { () throws(ProofError) in
                    try proof.verify(leafHash: leaf, rootHash: root.flipping(bit))
                }
                for position in proof.hashes.indices {
                    let forged = proof.with(proof.hashes.replacing(position) { $0.flipping(bit) })
                    expect(.wrongRoot) { () throws(ProofError) in try forged.verify(leafHash: leaf, rootHash: root) }
                }
            }
        }
    }

    @Test("any flipped bit of roots or path spoils a consistency proof", arguments: sizes)
    func consistencyBits(size: Int) throws {
        let log = TestLog(leafCount: size)
        let newRoot = log.frontier.rootHash
        for oldSize in Set([1, size / 2, size - 1]) where oldSize > 0 && oldSize < size {
            let proof = try log.consistencyProof(from: UInt64(oldSize), to: UInt64(size))
            let oldRoot = try log.rootHash(size: UInt64(oldSize))
            for bit in 0..<256 {
                expect(.wrongRoot) { () throws(ProofError) in
                    try proof.verify(oldRootHash: oldRoot.flipping(bit), newRootHash: newRoot)
                }
                expect(.wrongRoot) { () throws(ProofError) in
                    try proof.verify(oldRootHash: oldRoot, newRootHash: newRoot.flipping(bit))
                }
                for position in proof.hashes.indices {
                    let forged = proof.with(proof.hashes.replacing(position) { $0.flipping(bit) })
                    expect(.wrongRoot) { () throws(ProofError) in
                        try forged.verify(oldRootHash: oldRoot, newRootHash: newRoot)
                    }
                }
            }
        }
    }

    @Test("a proof with a hash too many or too few has the wrong length", arguments: sizes)
    func lengths(size: Int) throws {
        let log = TestLog(leafCount: size)
        let root = log.frontier.rootHash
        for index in 0..<size {
            let proof = try log.inclusionProof(of: UInt64(index), in: UInt64(size))
            let leaf = MerkleHash.leaf(log.leaves[index])
            for hashes in proof.hashes.withWrongLengths {
                expect(.wrongLength) { () throws(ProofError) in
                    try proof.with(hashes).verify(leafHash: leaf, rootHash: root)
                }
            }
            let consistency = try log.consistencyProof(from: UInt64(index), to: UInt64(size))
            let oldRoot = try log.rootHash(size: UInt64(index))
            for hashes in consistency.hashes.withWrongLengths {
                expect(.wrongLength) { () throws(ProofError) in
                    try consistency.with(hashes).verify(oldRootHash: oldRoot, newRootHash: root)
                }
            }
        }
    }

    @Test("a proof does not hold at another index", arguments: sizes)
    func otherIndex(size: Int) throws {
        let log = TestLog(leafCount: size)
        for index in 0..<size {
            let proof = try log.inclusionProof(of: UInt64(index), in: UInt64(size))
            for other in 0...size + 1 where other != index {
                let forged = InclusionProof(index: UInt64(other), treeSize: UInt64(size), hashes: proof.hashes)
                #expect(throws: ProofError.self, "leaf \(index) at \(other) of \(size)") {
                    try forged.verify(leafHash: MerkleHash.leaf(log.leaves[index]), rootHash: log.frontier.rootHash)
                }
            }
        }
    }

    @Test("a proof does not hold for the root of another size", arguments: sizes)
    func otherSize(size: Int) throws {
        let log = TestLog(leafCount: size + 5)
        let proof = try log.inclusionProof(of: 0, in: UInt64(size))
        for other in 0...size + 5 where other != size {
            let forged = InclusionProof(index: 0, treeSize: UInt64(other), hashes: proof.hashes)
            #expect(throws: ProofError.self, "size \(size) as \(other)") {
                try forged.verify(leafHash: MerkleHash.leaf(log.leaves[0]), rootHash: log.rootHash(size: UInt64(other)))
            }
        }
    }

    @Test("a rewritten log is not consistent with what it was")
    func rewritten() throws {
        let log = TestLog(leafCount: 20)
        var forged = TestLog(leafCount: 7)
        forged.append(Array("another leaf".utf8))
        for leaf in log.leaves.dropFirst(8) { forged.append(leaf) }
        let proof = try forged.consistencyProof(from: 10, to: 20)
        let oldRoot = try log.rootHash(size: 10)
        expect(.wrongRoot) { () throws(ProofError) in
            try proof.verify(oldRootHash: oldRoot, newRootHash: forged.frontier.rootHash)
        }
    }

    @Test("trees of no leaves or of the same size are compared by their roots")
    func withoutHashes() throws {
        let root = MerkleHash.leaf([1])
        expect(.wrongRoot) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 0, newSize: 1, hashes: []).verify(oldRootHash: .zero, newRootHash: root)
        }
        expect(.wrongRoot) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 0, newSize: 0, hashes: []).verify(
                oldRootHash: MerkleHash.emptyRoot, newRootHash: root)
        }
        expect(.wrongRoot) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 3, newSize: 3, hashes: []).verify(oldRootHash: root, newRootHash: .zero)
        }
        expect(.outsideTree) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 4, newSize: 3, hashes: []).verify(oldRootHash: root, newRootHash: root)
        }
    }

    @Test("numbers beyond every tree are refused, not computed with")
    func absurdNumbers() {
        for (index, size) in [(0, 0), (1, 1), (.max, .max), (0, .max), (.max - 1, .max)] as [(UInt64, UInt64)] {
            expect(.outsideTree) { () throws(ProofError) in
                try InclusionProof(index: index, treeSize: size, hashes: []).verify(leafHash: .zero, rootHash: .zero)
            }
        }
        expect(.outsideTree) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 1, newSize: .max, hashes: []).verify(oldRootHash: .zero, newRootHash: .zero)
        }
        expect(.wrongLength) { () throws(ProofError) in
            try ConsistencyProof(oldSize: 1, newSize: LogLimits.treeSize, hashes: []).verify(
                oldRootHash: .zero, newRootHash: .zero)
        }
    }

    private func expect(_ code: ProofError.Code, _ check: () throws(ProofError) -> Void) {
        do throws(ProofError) {
            try check()
            Issue.record("verified, expected \(code)")
        } catch {
            if error.code != code { Issue.record("\(error), expected \(code)") }
        }
    }
}

extension Digest {
    fileprivate func flipping(_ bit: Int) -> Digest {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        return Digest(changed) ?? self
    }
}

extension [Digest] {
    fileprivate func replacing(_ position: Int, by change: (Digest) -> Digest) -> [Digest] {
        var changed = self
        changed[position] = change(changed[position])
        return changed
    }

    fileprivate var withWrongLengths: [[Digest]] {
        let longer = [self + [.zero], [.zero] + self, self + self + [.zero]]
        return isEmpty ? longer : longer + [Array(dropLast()), Array(dropFirst())]
    }
}

extension InclusionProof {
    fileprivate func with(_ hashes: [Digest]) -> InclusionProof {
        InclusionProof(index: index, treeSize: treeSize, hashes: hashes)
    }
}

extension ConsistencyProof {
    fileprivate func with(_ hashes: [Digest]) -> ConsistencyProof {
        ConsistencyProof(oldSize: oldSize, newSize: newSize, hashes: hashes)
    }
}
