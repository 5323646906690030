import Foundation

/// The surveyor's grid of the old town: `u` along the square's long side, `v` across, turned a little from north.
///
/// Streets run into the corners of the central square, as in every bastide: the square is what one block leaves out.
struct OldTownFrame: Sendable {
    static let rotation = -9.0 * .pi / 180
    /// Streets across `u`, in metres from the square's middle.
    static let columns: [Double] = [-285, -205, -125, -45, 45, 125, 205, 285]
    /// Streets across `v`.
    static let rows: [Double] = [-190, -115, -40, 40, 115, 190]
    /// The boulevard on the line of the old rampart: half its length and breadth.
    static let half = PlanPoint(368, 268)

    static func point(_ u: Double, _ v: Double) -> PlanPoint { PlanPoint(u, v).rotated(by: rotation) }

    /// The boulevard: a rectangle with rounded corners, counterclockwise from the south-west.
    static let boulevard: Polyline = {
        let radius = 60.0
        var points: [PlanPoint] = []
        let corners: [(PlanPoint, Double)] = [
            (PlanPoint(-half.x + radius, -half.y + radius), .pi),
            (PlanPoint(half.x - radius, -half.y + radius), 1.5 * .pi),
            (PlanPoint(half.x - radius, half.y - radius), 0), (PlanPoint(-half.x + radius, half.y - radius), 0.5 * .pi),
        ]
        for (centre, start) in corners {
            for step in 0...6 {
                let angle = start + Double(step) / 6 * .pi / 2
                let point = centre + PlanPoint(angle: angle, radius: radius)
                points.append(OldTownFrame.point(point.x, point.y))
            }
        }
        return Polyline(points, closed: true)
    }()
}
