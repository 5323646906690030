/// The sheets of the town plan, in drawing order from the ground up.
public enum TownLayer: String, CaseIterable, Sendable {
    /// The edge of the municipality: one polygon.
    case boundary
    /// Fields, vineyards and woods, industrial and railway ground: polygons.
    case landuse
    /// Named quarters that share their edges: polygons.
    case district
    /// Parks, sports grounds, cemetery, squares: polygons.
    case park
    /// The river and the mill pond as polygons, streams as lines.
    case water
    /// Drinking-water mains: lines.
    case watermain
    /// Footprints, one multi-polygon for each district and class.
    case building
    /// Railway tracks: lines.
    case rail
    /// Streets and bridges: lines.
    case road
    /// Names of quarters and landmarks: points.
    case place
}

/// One thing on the town plan: becomes one GeoJSON `Feature` with the properties `layer`, `name` and `class`.
struct TownFeature: Sendable {
    /// Shapes in metres; see ``TownLayer`` for which layer uses which.
    enum Shape: Sendable {
        case point(PlanPoint)
        case line(Polyline)
        /// An outer ring, then holes.
        case polygon(PlanPolygon, holes: [PlanPolygon])
        case polygons([PlanPolygon])
    }

    let layer: TownLayer
    let name: String
    let kind: String
    let shape: Shape

    static func area(_ layer: TownLayer, _ name: String, kind: String, _ polygon: PlanPolygon) -> TownFeature {
        TownFeature(layer: layer, name: name, kind: kind, shape: .polygon(polygon, holes: []))
    }

    static func line(_ layer: TownLayer, _ name: String, kind: String, _ line: Polyline) -> TownFeature {
        TownFeature(layer: layer, name: name, kind: kind, shape: .line(line))
    }
}
