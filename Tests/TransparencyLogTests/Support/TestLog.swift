import TransparencyLog

/// A log in memory that stores what `append` returned, leaf by leaf, as a database would.
struct TestLog: StoredHashReader {
    struct Missing: Error {}

    private(set) var leaves: [[UInt8]] = []
    private(set) var rows: [[Digest]] = []
    private(set) var frontier = LogFrontier()

    init(leafCount: Int = 0) {
        for index in 0..<leafCount { append(Array("leaf \(index)".utf8)) }
    }

    mutating func append(_ leaf: [UInt8]) {
        leaves.append(leaf)
        rows.append(frontier.append(MerkleHash.leaf(leaf)))
    }

    func hash(level: Int, index: UInt64) throws -> Digest {
        let place = StoredHashPlace(level: level, index: index)
        guard place.leaf < rows.count, level < rows[Int(place.leaf)].count else { throw Missing() }
        return rows[Int(place.leaf)][level]
    }
}
