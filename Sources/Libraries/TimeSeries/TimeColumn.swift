/// The times of a block: steps from one to the next, counted in their greatest common divisor and told as the
/// difference from the usual step.
///
/// ```
/// unit         variable length   greatest common divisor of all steps, in µs; 1 when there is none
/// usual step   8 bytes           the median step, in units
/// stream       the rest          one integer for each reading after the first
/// ```
///
/// The first time is in the block's header. All arithmetic wraps, so that any times, even unsorted ones, come back exactly.
enum TimeColumn {
    static func encode(_ times: [Microseconds]) -> [UInt8] {
        var steps = zip(times.dropFirst(), times).map { next, previous in next &- previous }
        let unit = commonUnit(of: steps)
        if unit > 1 {
            for index in steps.indices { steps[index] /= unit }
        }
        let usual = steps.sorted().dropFirst(steps.count / 2).first ?? 0

        var bytes: [UInt8] = []
        bytes.append(variableLength: UInt64(unit))
        bytes.append(littleEndian: usual)
        var encoder = RangeEncoder()
        var model = IntegerModel()
        for step in steps { model.encode(step &- usual, to: &encoder) }
        return bytes + encoder.finish()
    }

    /// The greatest number that divides every step; 1 when no `Int64` above 1 does.
    private static func commonUnit(of steps: [Int64]) -> Int64 {
        var divisor: UInt64 = 0
        for step in steps where step != 0 {
            var other = step.magnitude
            while other != 0 { (divisor, other) = (other, divisor % other) }
            if divisor == 1 { break }
        }
        return max(Int64(exactly: divisor) ?? 1, 1)
    }

    /// Gives the times one after the other. State: the time last given.
    struct Decoder {
        private let unit: Int64
        private let usual: Int64
        private var decoder: RangeDecoder
        private var model = IntegerModel()
        private var time: Microseconds

        init(_ bytes: [UInt8], in range: Range<Int>, first: Microseconds) throws(BlockError) {
            var fields = FieldReader(bytes, in: range)
            guard let unit = Int64(exactly: try fields.variableLength()), unit > 0 else { throw .malformed }
            self.unit = unit
            usual = try fields.littleEndian(Int64.self)
            decoder = RangeDecoder(bytes, in: fields.position..<range.upperBound)
            time = first
        }

        /// The time after the last one given. The first time of the block is known without asking.
        mutating func next() -> Microseconds {
            time &+= unit &* (usual &+ model.decode(from: &decoder))
            return time
        }
    }
}
