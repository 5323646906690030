import struct Crypto.SHA256
import Testing
import TransparencyLog

/// RFC 6962 §2.1 word for word: recursive, from leaf bytes, sharing no code with what it judges but the digest type.
final class NaiveLog {
    private let leaves: [[UInt8]]
    private var hashes: [Range<Int>: Digest] = [:]

    init(leaves: [[UInt8]]) {
        self.leaves = leaves
    }

    /// MTH(D[range]).
    func root(_ range: Range<Int>) throws -> Digest {
        if let known = hashes[range] { return known }
        let bytes: [UInt8]
        switch range.count {
        case 0: bytes = []
        case 1: bytes = [0x00] + leaves[range.lowerBound]
        default:
            let middle = range.lowerBound + split(range.count)
            bytes = [0x01] + (try root(range.lowerBound..<middle)).bytes + (try root(middle..<range.upperBound)).bytes
        }
        let hash = try #require(Digest(Array(SHA256.hash(data: bytes))))
        hashes[range] = hash
        return hash
    }

    /// PATH(index, D[range]), `index` counted from the beginning of the range.
    func path(_ index: Int, _ range: Range<Int>) throws -> [Digest] {
        guard range.count > 1 else { return [] }
        let k = split(range.count)
        let left = range.lowerBound..<range.lowerBound + k
        let right = range.lowerBound + k..<range.upperBound
        return index < k ? try path(index, left) + [root(right)] : try path(index - k, right) + [root(left)]
    }

    /// PROOF(oldSize, D[0..<newSize]).
    func proof(_ oldSize: Int, _ newSize: Int) throws -> [Digest] {
        try subproof(oldSize, 0..<newSize, isWhole: true)
    }

    private func subproof(_ m: Int, _ range: Range<Int>, isWhole: Bool) throws -> [Digest] {
        if m == range.count { return isWhole ? [] : [try root(range)] }
        let k = split(range.count)
        let left = range.lowerBound..<range.lowerBound + k
        let right = range.lowerBound + k..<range.upperBound
        return m <= k
            ? try subproof(m, left, isWhole: isWhole) + [root(right)]
            : try subproof(m - k, right, isWhole: false) + [root(left)]
    }

    /// The largest power of two smaller than n.
    private func split(_ n: Int) -> Int {
        var k = 1
        while k * 2 < n { k *= 2 }
        return k
    }
}
