import Glibc

/// Finds the position of a shape that is nearest to another shape which does not intersect it.
///
/// Nearness is judged in degrees of latitude, longitudes scaled as they are half-way: within 0.5 % for positions 10
/// degrees apart, and ever better for nearer ones. What is found is then measured on the ellipsoid.
struct NearestSearch: Sendable {
    /// From position to position in degrees. A point goes nowhere.
    struct Segment: Sendable {
        let start: SIMD2<Double>
        let end: SIMD2<Double>
        /// How long a degree of longitude is at the start, in degrees of latitude.
        let startScale: Double
        /// The same at the end.
        let endScale: Double

        var box: IndexBox {
            let (low, high) = (pointwiseMin(start, end), pointwiseMax(start, end))
            return IndexBox(Envelope(checked: low.x, low.y, high.x, high.y))
        }
    }

    /// The nearest pair so far.
    struct Pair {
        /// In square degrees, scaled.
        var squaredDistance = Double.infinity
        var here = SIMD2<Double>.zero
        var there = SIMD2<Double>.zero
        /// Segments and boxes that may still be looked at. What is hardly nearer than the pair so far may be left out,
        /// then.
        var steps = GeometryLimits.nearestSteps

        var metres: Double { Position(checked: here.x, here.y).metres(to: Position(checked: there.x, there.y)) }
    }

    private let segments: [Segment]
    private let tree: BoxTree

    init(_ shape: Shape) {
        var segments: [Segment] = []
        Self.forEachSegment(of: shape, shift: 0) { segments.append($0) }
        self.segments = segments
        tree = BoxTree(packing: segments.map(\.box))
    }

    /// - Parameters:
    ///   - target: A shape that does not intersect this one.
    ///   - shift: Degrees that are added to its longitudes.
    /// - Returns: Metres between their nearest positions.
    func metres(to target: Shape, shift: Double) -> Double {
        var pair = Pair()
        Self.forEachSegment(of: target, shift: shift) { improve(&pair, with: $0) }
        return pair.metres
    }

    /// Looks for a position that is nearer to a segment of the target than the nearest pair so far.
    private func improve(_ pair: inout Pair, with target: Segment) {
        let box = target.box
        var waiting: [(node: Int32, bound: Double)] = [(tree.root, 0)]
        while let (node, bound) = waiting.popLast(), pair.steps > 0 {
            guard bound < pair.squaredDistance else { continue }
            let isLeaf = tree.levels[Int(node)] == 0
            let first = waiting.count
            for place in tree.places(of: node) {
                pair.steps -= 1
                let bound = Self.leastSquaredDistance(tree.boxes[place], box)
                guard bound < pair.squaredDistance else { continue }
                let child = tree.children[place]
                if isLeaf {
                    Self.measure(segments[Int(child)], target, &pair)
                } else {
                    waiting.append((child, bound))
                }
            }
            // The nearest is looked into first: then most others need not be.
            if let nearest = (first..<waiting.count).min(by: { waiting[$0].bound < waiting[$1].bound }) {
                waiting.swapAt(nearest, waiting.count - 1)
            }
        }
    }

    /// What the scaled distance between positions in two boxes is at least, squared.
    @inline(__always)
    private static func leastSquaredDistance(_ one: IndexBox, _ other: IndexBox) -> Double {
        // South and west are lower bounds, north and east negated ones; `.nothing` is never among them.
        let gaps = pointwiseMax(pointwiseMax(one.lowHalf + other.highHalf, other.lowHalf + one.highHalf), .zero)
        let latitude = max(max(-one.y, -one.w), max(-other.y, -other.w))
        let (across, along) = (Double(gaps.x) * cosines[min(90, Int(latitude.rounded(.up)))], Double(gaps.y))
        return across * across + along * along
    }

    /// The cosine of each whole degree: from there to the equator, no degree of longitude is shorter.
    private static let cosines = (0...90).map { max(0, cos(Double($0) * .pi / 180)) }

    private static func measure(_ here: Segment, _ there: Segment, _ pair: inout Pair) {
        // Where segments do not cross, one of the nearest positions ends one of them.
        measure(there.start, there.startScale, to: here) { pair.offer($0, here: $2, there: $1) }
        if there.end != there.start {
            measure(there.end, there.endScale, to: here) { pair.offer($0, here: $2, there: $1) }
            measure(here.start, here.startScale, to: there) { pair.offer($0, here: $1, there: $2) }
            if here.end != here.start {
                measure(here.end, here.endScale, to: there) { pair.offer($0, here: $1, there: $2) }
            }
        }
    }

    /// Finds the foot of a position on a segment, at first with the scale at the position, then with that half-way.
    @inline(__always)
    private static func measure(
        _ position: SIMD2<Double>, _ ownScale: Double, to segment: Segment,
        offer: (Double, SIMD2<Double>, SIMD2<Double>) -> Void
    ) {
        let (along, to) = (segment.end - segment.start, position - segment.start)
        var scale = ownScale
        var part = 0.0
        for _ in 0..<2 {
            let squared = scale * scale
            let length = along.x * along.x * squared + along.y * along.y
            part = length > 0 ? min(1, max(0, (to.x * along.x * squared + to.y * along.y) / length)) : 0
            scale = (ownScale + segment.startScale + part * (segment.endScale - segment.startScale)) / 2
        }
        let foot = segment.start + part * along
        let apart = (foot - position) * SIMD2(scale, 1)
        offer(apart.x * apart.x + apart.y * apart.y, position, foot)
    }

    private static func forEachSegment(of shape: Shape, shift: Double, _ body: (Segment) -> Void) {
        func end(_ position: Position) -> (SIMD2<Double>, Double) {
            (
                SIMD2(position.longitude + shift, position.latitude),
                Ellipsoid.longitudeScale(at: position.latitude)
            )
        }
        func point(_ position: Position) {
            let (place, scale) = end(position)
            body(Segment(start: place, end: place, startScale: scale, endScale: scale))
        }
        switch shape.storage {
        case .point(let position): point(position)
        case .outline(let outline):
            for (role, positions) in outline.stretches {
                if role == .points {
                    positions.forEach(point)
                } else if let first = positions.first {
                    var last = end(first)
                    for position in positions.dropFirst() {
                        let next = end(position)
                        body(Segment(start: last.0, end: next.0, startScale: last.1, endScale: next.1))
                        last = next
                    }
                }
            }
        }
    }
}

extension NearestSearch.Pair {
    @inline(__always)
    mutating func offer(_ distance: Double, here: SIMD2<Double>, there: SIMD2<Double>) {
        guard distance < squaredDistance else { return }
        squaredDistance = distance
        self.here = here
        self.there = there
    }
}
