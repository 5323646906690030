import Testing
import TransparencyLog

@Suite("The right edge of a log")
struct LogFrontierTests {
    @Test("a leaf completes one hash for each subtree it ends, level 0 first")
    func completedHashes() throws {
        let log = TestLog(leafCount: 8)
        #expect(log.rows.map(\.count) == [1, 2, 1, 3, 1, 2, 1, 4])
        #expect(log.rows[7].last == log.frontier.rootHash)
        #expect(log.rows[5][0] == MerkleHash.leaf(log.leaves[5]))
        #expect(log.rows[5][1] == MerkleHash.node(log.rows[4][0], log.rows[5][0]))
    }

    @Test("a frontier rebuilt from stored hashes or from its kept parts goes on as the original", arguments: 0...40)
    func rebuilt(size: Int) throws {
        var original = TestLog(leafCount: size)
        var fromReader = try LogFrontier(size: UInt64(size), reader: original)
        var fromParts = try #require(
            LogFrontier(size: original.frontier.size, subtreeHashes: original.frontier.subtreeHashes))
        #expect(fromReader == original.frontier)
        for leaf in 0..<20 {
            original.append([UInt8(leaf)])
            let hash = MerkleHash.leaf([UInt8(leaf)])
            #expect(fromReader.append(hash) == original.rows.last)
            #expect(fromParts.append(hash) == original.rows.last)
        }
        #expect(fromReader.rootHash == original.frontier.rootHash)
        #expect(fromParts.rootHash == original.frontier.rootHash)
    }

    @Test("parts that do not fit together make no frontier")
    func mismatchedParts() {
        #expect(LogFrontier(size: 3, subtreeHashes: [.zero]) == nil)
        #expect(LogFrontier(size: 0, subtreeHashes: [.zero]) == nil)
        #expect(LogFrontier(size: .max, subtreeHashes: Array(repeating: .zero, count: 64)) == nil)
    }

    @Test("stored places number the hashes in the order in which appends return them")
    func places() {
        var position: UInt64 = 0
        let log = TestLog(leafCount: 70)
        for (leaf, row) in log.rows.enumerated() {
            for level in row.indices {
                let place = StoredHashPlace(level: level, index: UInt64(leaf) >> UInt64(level))
                #expect(place.leaf == leaf)
                #expect(place.byteOffset == level * 32)
                #expect(place.position == position)
                position += 1
            }
        }
    }

    @Test("a log of the largest size has a frontier, places and proofs without overflow")
    func largestSize() throws {
        struct Constant: StoredHashReader {
            func hash(level: Int, index: UInt64) throws -> Digest {
                // Every place asked for must be one that can exist.
                MerkleHash.leaf("\(level) \(StoredHashPlace(level: level, index: index).leaf)".utf8)
            }
        }
        let size = LogLimits.treeSize
        let frontier = try LogFrontier(size: size, reader: Constant())
        #expect(frontier.subtreeHashes.count == 63)
        #expect(try Constant().rootHash(size: size) == frontier.rootHash)
        #expect(try Constant().inclusionProof(of: size - 1, in: size).hashes.count == 62)
        #expect(try Constant().inclusionProof(of: 0, in: size).hashes.count == 63)
        #expect(try Constant().consistencyProof(from: size - 1, to: size).hashes.count == 63)
    }

    @Test("sizes and indexes outside the tree are refused")
    func outside() {
        let log = TestLog(leafCount: 5)
        #expect { try log.inclusionProof(of: 5, in: 5) } throws: { ($0 as? ProofError)?.code == .outsideTree }
        #expect { try log.inclusionProof(of: 0, in: 0) } throws: { ($0 as? ProofError)?.code == .outsideTree }
        #expect { try log.consistencyProof(from: 5, to: 4) } throws: { ($0 as? ProofError)?.code == .outsideTree }
        #expect { try log.rootHash(size: .max) } throws: { ($0 as? ProofError)?.code == .outsideTree }
        #expect { try LogFrontier(size: .max, reader: log) } throws: { ($0 as? ProofError)?.code == .outsideTree }
        #expect(MerkleTree.inclusionProof(of: 2, leafHashes: [.zero, .zero]) == nil)
        #expect(MerkleTree.inclusionProof(of: -1, leafHashes: [.zero]) == nil)
        #expect(MerkleTree.inclusionProof(of: 0, leafHashes: []) == nil)
    }

    @Test("what the store cannot read is the store's error")
    func missing() {
        #expect(throws: TestLog.Missing.self) { try TestLog(leafCount: 5).rootHash(size: 6) }
    }
}
