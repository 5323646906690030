import CGEOS
import Foundation

extension Position {
    /// The length of the great circle between two positions, in metres (haversine formula).
    public func metres(to other: Position) -> Double {
        let (phi1, phi2) = (latitude * .pi / 180, other.latitude * .pi / 180)
        let (dPhi, dLambda) = (phi2 - phi1, (other.longitude - longitude) * .pi / 180)
        let a = sin(dPhi / 2) * sin(dPhi / 2) + cos(phi1) * cos(phi2) * sin(dLambda / 2) * sin(dLambda / 2)
        return 2 * GeometryLimits.earthRadiusMetres * atan2(sqrt(a), sqrt(max(0, 1 - a)))
    }
}

extension Shape {
    /// The distance between two shapes, in metres: of their nearest points, found in the plane of longitude and latitude
    /// and measured on the sphere. Exact between points; for longer shapes a little too long where the nearest points
    /// in degrees are not the nearest on the ground.
    public func metres(to other: Shape) -> Double {
        if case .point(let here) = self, case .point(let there) = other { return here.metres(to: there) }
        return GEOSGeometry.with(self, other) { context, left, right in
            guard let nearest = GEOSNearestPoints_r(context, left, right) else { return .infinity }
            defer { GEOSCoordSeq_destroy_r(context, nearest) }
            func position(_ index: UInt32) -> Position {
                var (x, y) = (0.0, 0.0)
                GEOSCoordSeq_getX_r(context, nearest, index, &x)
                GEOSCoordSeq_getY_r(context, nearest, index, &y)
                return Position(longitude: x, latitude: y)
            }
            return position(0).metres(to: position(1))
        } ?? .infinity
    }
}
