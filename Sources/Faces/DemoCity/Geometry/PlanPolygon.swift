/// A filled area on the plan: one ring, its last point joined to its first.
struct PlanPolygon: Sendable {
    let ring: [PlanPoint]
    let bounds: (low: PlanPoint, high: PlanPoint)

    init(_ ring: [PlanPoint]) {
        precondition(ring.count >= 3, "an area needs three corners")
        let open = ring.first == ring.last ? Array(ring.dropLast()) : ring
        self.ring = PlanPolygon.signedArea(open) < 0 ? open.reversed() : open
        var (low, high) = (ring[0], ring[0])
        for point in ring {
            low = PlanPoint(min(low.x, point.x), min(low.y, point.y))
            high = PlanPoint(max(high.x, point.x), max(high.y, point.y))
        }
        bounds = (low, high)
    }

    /// A rectangle around `centre`, its width along `direction`.
    init(centre: PlanPoint, width: Double, depth: Double, along direction: PlanPoint) {
        let half = direction * (width / 2)
        let side = direction.left * (depth / 2)
        self.init([centre - half - side, centre + half - side, centre + half + side, centre - half + side])
    }

    /// A smooth blob through `radii`, spread evenly around `centre`, stretched along east by `stretch`.
    init(centre: PlanPoint, radii: [Double], stretch: Double = 1) {
        let controls = radii.enumerated().map { index, radius in
            let point = PlanPoint(angle: Double(index) / Double(radii.count) * 2 * .pi, radius: radius)
            return centre + PlanPoint(point.x * stretch, point.y)
        }
        self.init(Polyline.smooth(controls, closed: true, steps: 5).points)
    }

    private static func signedArea(_ ring: [PlanPoint]) -> Double {
        var doubled = 0.0
        for index in ring.indices {
            let (a, b) = (ring[index], ring[(index + 1) % ring.count])
            doubled += a.x * b.y - b.x * a.y
        }
        return doubled / 2
    }

    /// Square metres.
    var area: Double { PlanPolygon.signedArea(ring) }

    var centroid: PlanPoint {
        var sum = PlanPoint(0, 0)
        for index in ring.indices {
            let (a, b) = (ring[index], ring[(index + 1) % ring.count])
            let cross = a.x * b.y - b.x * a.y
            sum = sum + (a + b) * cross
        }
        return area > 0 ? sum * (1 / (6 * area)) : ring[0]
    }

    /// The outline as a closed line.
    var outline: Polyline { Polyline(ring, closed: true) }

    /// Whether `point` is inside (even-odd rule).
    func contains(_ point: PlanPoint) -> Bool {
        guard point.x >= bounds.low.x, point.x <= bounds.high.x, point.y >= bounds.low.y, point.y <= bounds.high.y
        else { return false }
        var inside = false
        var previous = ring[ring.count - 1]
        for corner in ring {
            if (corner.y > point.y) != (previous.y > point.y) {
                let cut = (previous.x - corner.x) * (point.y - corner.y) / (previous.y - corner.y) + corner.x
                if point.x < cut { inside.toggle() }
            }
            previous = corner
        }
        return inside
    }
}
