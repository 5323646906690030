/// Learns the shape of a stream of integers, most of them near zero, and codes each by how usual it is.
///
/// An integer is folded to a natural number (0, -1, 1, -2, ... to 0, 1, 2, 3, ...) and coded as: is it zero; if not, its
/// length in bits; then the bits below its highest. Numbers below 256 are learnt one by one; of longer ones the length
/// and the next three bits are learnt and the rest is written as it is.
struct IntegerModel {
    /// Whether zero, after a zero and after anything else.
    private var isNotZero = [AdaptiveBit](repeating: AdaptiveBit(), count: 2)
    /// A binary tree of six levels over the index of the highest bit.
    private var length = [AdaptiveBit](repeating: AdaptiveBit(), count: 64)
    /// For each index of the highest bit a tree over the bits below: whole up to index 7, else three levels.
    private var mantissa = [AdaptiveBit](repeating: AdaptiveBit(), count: 256 + 56 * 8)
    private var previousWasNotZero = 0

    private static let wholeTrees = 7
    private static let learntBits = 3

    mutating func encode(_ integer: Int64, to encoder: inout RangeEncoder) {
        let folded = UInt64(bitPattern: (integer << 1) ^ (integer >> 63))
        encoder.encode(folded != 0, &isNotZero[previousWasNotZero])
        previousWasNotZero = folded != 0 ? 1 : 0
        guard folded != 0 else { return }

        let top = 63 - folded.leadingZeroBitCount
        var node = 1
        for level in stride(from: 5, through: 0, by: -1) {
            let answer = top >> level & 1
            encoder.encode(answer == 1, &length[node])
            node = node << 1 | answer
        }
        let (base, learnt) = Self.tree(below: top)
        node = 1
        for level in stride(from: top - 1, through: top - learnt, by: -1) {
            let answer = Int(truncatingIfNeeded: folded >> UInt64(level) & 1)
            encoder.encode(answer == 1, &mantissa[base + node])
            node = node << 1 | answer
        }
        encoder.encodeRaw(folded, width: top - learnt)
    }

    mutating func decode(from decoder: inout RangeDecoder) -> Int64 {
        let notZero = decoder.decode(&isNotZero[previousWasNotZero])
        previousWasNotZero = notZero ? 1 : 0
        guard notZero else { return 0 }

        var top = 1
        for _ in 0..<6 { top = top << 1 | (decoder.decode(&length[top]) ? 1 : 0) }
        top &= 63
        let (base, learnt) = Self.tree(below: top)
        var node = 1
        for _ in 0..<learnt { node = node << 1 | (decoder.decode(&mantissa[base + node]) ? 1 : 0) }
        let raw = top - learnt
        let folded = UInt64(node) << UInt64(raw) | decoder.decodeRaw(width: raw)
        return Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
    }

    /// Where the tree for numbers whose highest bit is `top` begins, and how many levels it has.
    @inline(__always)
    private static func tree(below top: Int) -> (base: Int, levels: Int) {
        top <= wholeTrees ? (1 << top, top) : (256 + (top - wholeTrees - 1) << learntBits, learntBits)
    }
}
