/// How much GEOS would have to do where segments lie across one another; found by a sweep that itself costs little.
enum Entanglement {
    /// A part of a line or a ring.
    struct Segment {
        let start: SIMD2<Double>
        let end: SIMD2<Double>
        /// Which of two outlines it belongs to.
        let owner: UInt8

        var low: SIMD2<Double> { pointwiseMin(start, end) }
        var high: SIMD2<Double> { pointwiseMax(start, end) }
    }

    /// Comparisons of one sweep, about 1 ns each, before it gives up.
    static let sweepSteps = 50_000_000

    /// The segments of an outline that touch a box.
    static func segments(of outline: Outline, owner: UInt8 = 0, areasOnly: Bool = false, in box: Envelope? = nil)
        -> [Segment]
    {
        var segments: [Segment] = []
        segments.reserveCapacity(outline.positions.count)
        for (role, positions) in outline.stretches where role != .points && !(areasOnly && role == .line) {
            for (from, to) in zip(positions, positions.dropFirst()) {
                let segment = Segment(
                    start: SIMD2(from.longitude, from.latitude), end: SIMD2(to.longitude, to.latitude), owner: owner)
                if let box {
                    let (low, high) = (segment.low, segment.high)
                    guard low.x <= box.east, high.x >= box.west, low.y <= box.north, high.y >= box.south else {
                        continue
                    }
                }
                segments.append(segment)
            }
        }
        return segments
    }

    /// A segment from corner to corner of each ring's box.
    static func ringDiagonals(of outline: Outline) -> [Segment] {
        outline.stretches.filter { $0.role == .ring || $0.role == .hole }.map { _, positions in
            let box = Envelope(around: positions)
            return Segment(start: SIMD2(box.west, box.south), end: SIMD2(box.east, box.north), owner: 0)
        }
    }

    /// Whether at most `limit` pairs of segments count.
    ///
    /// Sweeps along the axis on which the segments are short, so that a comb's teeth cost as little as a coast.
    ///
    /// - Parameters:
    ///   - segments: In any order.
    ///   - limit: How many pairs may count.
    ///   - counts: Whether a pair whose boxes touch counts.
    /// - Returns: False also when the sweep takes more than ``sweepSteps``.
    static func isBounded(
        _ segments: [Segment], limit: Int, counts: (Segment, Segment) -> Bool = { _, _ in true }
    ) -> Bool {
        var extent = SIMD2<Double>.zero
        for segment in segments { extent += segment.high - segment.low }
        let axis = extent.x <= extent.y ? 0 : 1
        let sorted = segments.sorted { $0.low[axis] < $1.low[axis] }
        var (pairs, steps) = (0, 0)
        return sorted.withUnsafeBufferPointer { sorted in
            for (index, segment) in sorted.enumerated() {
                let (low, high) = (segment.low[1 - axis], segment.high[1 - axis])
                let reach = segment.high[axis]
                for other in sorted[(index + 1)...] {
                    guard other.low[axis] <= reach else { break }
                    steps += 1
                    guard other.low[1 - axis] <= high, other.high[1 - axis] >= low, counts(segment, other) else {
                        continue
                    }
                    pairs += 1
                    if pairs > limit { return false }
                }
                if steps > sweepSteps { return false }
            }
            return true
        }
    }

    /// Whether two segments have a position in common that ends neither of them, or only one.
    static func cross(_ one: Segment, _ other: Segment) -> Bool {
        if one.start == other.start || one.start == other.end || one.end == other.start || one.end == other.end {
            return false
        }
        return side(one, other.start) * side(one, other.end) <= 0 && side(other, one.start) * side(other, one.end) <= 0
    }

    /// On which side of a segment a position lies: the sign.
    private static func side(_ segment: Segment, _ position: SIMD2<Double>) -> Double {
        let (along, to) = (segment.end - segment.start, position - segment.start)
        let product = along.x * to.y - along.y * to.x
        return product == 0 ? 0 : product > 0 ? 1 : -1
    }
}
