/// A line of straight pieces on the plan, measured in metres from its first point.
///
/// A closed line repeats its first point at the end.
struct Polyline: Sendable {
    let points: [PlanPoint]
    let isClosed: Bool
    /// Distance from the first point to each point.
    private let distances: [Double]

    /// A line through `points`, at least two; a closed one is closed here if it is not already.
    init(_ points: [PlanPoint], closed: Bool = false) {
        var points = points
        if closed, let first = points.first, first != points.last { points.append(first) }
        precondition(points.count >= 2, "a line needs two points")
        var distances = [0.0]
        for (start, end) in zip(points, points.dropFirst()) {
            distances.append(distances[distances.count - 1] + start.distance(to: end))
        }
        self.points = points
        self.isClosed = closed
        self.distances = distances
    }

    /// A curve through `controls` (uniform Catmull-Rom).
    static func smooth(_ controls: [PlanPoint], closed: Bool = false, steps: Int = 10) -> Polyline {
        let count = controls.count
        func control(_ index: Int) -> PlanPoint {
            closed ? controls[((index % count) + count) % count] : controls[min(count - 1, max(0, index))]
        }
        var points: [PlanPoint] = []
        for piece in 0..<(closed ? count : count - 1) {
            let (a, b, c, d) = (control(piece - 1), control(piece), control(piece + 1), control(piece + 2))
            for step in 0..<steps {
                let t = Double(step) / Double(steps)
                let linear = (c - a) * t
                let square = (a * 2 - b * 5 + c * 4 - d) * (t * t)
                let cube = (b * 3 - a - c * 3 + d) * (t * t * t)
                points.append(b + (linear + square + cube) * 0.5)
            }
        }
        if !closed { points.append(control(count - 1)) }
        return Polyline(points, closed: closed)
    }

    var length: Double { distances[distances.count - 1] }

    /// The point `distance` metres from the start, held at the ends.
    func point(at distance: Double) -> PlanPoint {
        let piece = piece(at: distance)
        let span = distances[piece + 1] - distances[piece]
        guard span > 0 else { return points[piece] }
        let fraction = min(1, max(0, (distance - distances[piece]) / span))
        return points[piece] + (points[piece + 1] - points[piece]) * fraction
    }

    /// Where the line is heading `distance` metres from the start.
    func direction(at distance: Double) -> PlanPoint {
        let piece = piece(at: distance)
        return (points[piece + 1] - points[piece]).unit
    }

    private func piece(at distance: Double) -> Int {
        var low = 0
        var high = distances.count - 2
        while low < high {
            let middle = (low + high + 1) / 2
            if distances[middle] <= distance { low = middle } else { high = middle - 1 }
        }
        return low
    }

    func distance(to point: PlanPoint) -> Double {
        zip(points, points.dropFirst()).reduce(.infinity) { min($0, point.distance(toSegment: $1.0, $1.1)) }
    }

    /// How far along the line its nearest point to `point` lies, to the nearest four metres.
    func position(nearest point: PlanPoint) -> Double {
        var best = (position: 0.0, distance: Double.infinity)
        for position in stride(from: 0, through: length, by: 4) {
            let distance = self.point(at: position).distance(to: point)
            if distance < best.distance { best = (position, distance) }
        }
        return best.position
    }
}

extension Polyline {
    /// The part between two distances; backwards when `start > end`, and the shorter way round when the line is closed.
    func slice(from start: Double, to end: Double) -> Polyline {
        guard isClosed, abs(end - start) > length / 2 else { return openSlice(from: start, to: end) }
        let (head, tail) = start > end ? (length, 0.0) : (0.0, length)
        let first = openSlice(from: start, to: head).points
        let second = openSlice(from: tail, to: end).points
        return Polyline(first + second.dropFirst())
    }

    private func openSlice(from start: Double, to end: Double) -> Polyline {
        let (low, high) = (min(start, end), max(start, end))
        var inner = [point(at: low)]
        for (point, distance) in zip(points, distances) where distance > low + 0.01 && distance < high - 0.01 {
            inner.append(point)
        }
        inner.append(point(at: high))
        return Polyline(start > end ? inner.reversed() : inner)
    }

    /// Where this line meets `other`: the distance along each, in order along this one.
    func crossings(with other: Polyline) -> [(here: Double, there: Double)] {
        var found: [(here: Double, there: Double)] = []
        for (index, (a, b)) in zip(points, points.dropFirst()).enumerated() {
            let first = b - a
            for (otherIndex, (c, d)) in zip(other.points, other.points.dropFirst()).enumerated() {
                let second = d - c
                let determinant = first.x * second.y - first.y * second.x
                guard abs(determinant) > 1e-9 else { continue }
                let between = c - a
                let t = (between.x * second.y - between.y * second.x) / determinant
                let u = (between.x * first.y - between.y * first.x) / determinant
                guard (0...1).contains(t), (0...1).contains(u) else { continue }
                found.append((distances[index] + t * first.length, other.distances[otherIndex] + u * second.length))
            }
        }
        return found
    }

    /// The line drawn `offset` metres to the left of this one.
    func offset(by offset: Double) -> Polyline {
        Polyline(points.indices.map { points[$0] + normal(at: $0) * offset }, closed: isClosed)
    }

    /// The left-hand direction at a point, averaged over the pieces that meet there.
    func normal(at index: Int) -> PlanPoint {
        let wraps = isClosed && (index == 0 || index == points.count - 1)
        let before = wraps ? points[points.count - 2] : points[max(0, index - 1)]
        let after = wraps ? points[1] : points[min(points.count - 1, index + 1)]
        return (after - before).unit.left
    }

    /// The same line with fewer points, none of the dropped ones further than `tolerance` metres from it.
    func simplified(tolerance: Double) -> Polyline {
        guard points.count > 2 else { return self }
        var kept = Array(repeating: false, count: points.count)
        kept[0] = true
        kept[points.count - 1] = true
        var pending = [(0, points.count - 1)]
        if isClosed {
            kept[points.count / 2] = true
            pending = [(0, points.count / 2), (points.count / 2, points.count - 1)]
        }
        while let (first, last) = pending.popLast() {
            guard last > first + 1 else { continue }
            let inner = (first + 1)..<last
            let distances = inner.map { points[$0].distance(toSegment: points[first], points[last]) }
            guard let far = inner.max(by: { distances[$0 - first - 1] < distances[$1 - first - 1] }) else { continue }
            guard distances[far - first - 1] > tolerance else { continue }
            kept[far] = true
            pending += [(first, far), (far, last)]
        }
        return Polyline(points.indices.filter { kept[$0] }.map { points[$0] }, closed: isClosed)
    }
}
