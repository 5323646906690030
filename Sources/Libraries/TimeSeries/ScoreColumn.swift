/// The scores of a block in steps of 1/255: nothing but a stream of integers, most of them zero.
///
/// A block without a score above zero has no such column.
enum ScoreColumn {
    static func encode(_ scores: [UInt8]) -> [UInt8] {
        var encoder = RangeEncoder()
        var model = IntegerModel()
        // Folding gives even numbers to what is not negative: negating every second one leaves small scores small.
        for score in scores { model.encode(unfold(score), to: &encoder) }
        return encoder.finish()
    }

    /// The integer that ``IntegerModel`` folds to `score` itself.
    private static func unfold(_ score: UInt8) -> Int64 {
        Int64(score >> 1) ^ -Int64(score & 1)
    }

    /// Gives the scores one after the other.
    struct Decoder {
        private var decoder: RangeDecoder
        private var model = IntegerModel()

        init(_ bytes: [UInt8], in range: Range<Int>) {
            decoder = RangeDecoder(bytes, in: range)
        }

        mutating func next() -> UInt8 {
            let integer = model.decode(from: &decoder)
            return UInt8(truncatingIfNeeded: (integer << 1) ^ (integer >> 63))
        }
    }
}
