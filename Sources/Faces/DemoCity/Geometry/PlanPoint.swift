import Foundation

/// A position, or a displacement, in metres east (`x`) and north (`y`) of the town's central square.
struct PlanPoint: Hashable, Sendable {
    var x: Double
    var y: Double

    init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    /// The point at `radius` metres from the origin, `angle` radians counterclockwise from east.
    init(angle: Double, radius: Double) {
        self.init(cos(angle) * radius, sin(angle) * radius)
    }

    var length: Double { (x * x + y * y).squareRoot() }

    /// The same direction, one metre long; zero stays zero.
    var unit: PlanPoint {
        let length = length
        return length > 0 ? PlanPoint(x / length, y / length) : self
    }

    /// A quarter turn to the left.
    var left: PlanPoint { PlanPoint(-y, x) }

    func rotated(by angle: Double) -> PlanPoint {
        PlanPoint(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
    }

    func distance(to other: PlanPoint) -> Double { (self - other).length }

    /// Distance to the segment from `start` to `end`.
    func distance(toSegment start: PlanPoint, _ end: PlanPoint) -> Double {
        let along = end - start
        let squared = along.x * along.x + along.y * along.y
        guard squared > 0 else { return distance(to: start) }
        let offset = self - start
        let fraction = min(1, max(0, (offset.x * along.x + offset.y * along.y) / squared))
        return distance(to: start + along * fraction)
    }

    static func + (a: PlanPoint, b: PlanPoint) -> PlanPoint { PlanPoint(a.x + b.x, a.y + b.y) }
    static func - (a: PlanPoint, b: PlanPoint) -> PlanPoint { PlanPoint(a.x - b.x, a.y - b.y) }
    static func * (a: PlanPoint, factor: Double) -> PlanPoint { PlanPoint(a.x * factor, a.y * factor) }
}
