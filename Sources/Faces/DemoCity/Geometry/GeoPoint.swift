import Foundation

/// A WGS 84 position in degrees, in GeoJSON's order: longitude first (RFC 7946 §3.1.1).
public struct GeoPoint: Hashable, Sendable {
    /// Degrees east of Greenwich.
    public let longitude: Double
    /// Degrees north of the equator.
    public let latitude: Double

    /// A position on the globe.
    ///
    /// - Parameters:
    ///   - longitude: Degrees east.
    ///   - latitude: Degrees north.
    public init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

extension GeoPoint {
    /// Where the plan's origin, the central square, lies.
    static let townCentre = GeoPoint(longitude: 0.6520, latitude: 43.9480)

    private static let metresPerDegree = 111_195.0

    /// Places a plan point on the globe: equirectangular around the centre, good to a metre over the town.
    init(_ point: PlanPoint) {
        let centre = GeoPoint.townCentre
        let parallel = cos(centre.latitude * .pi / 180)
        self.init(
            longitude: centre.longitude + point.x / (GeoPoint.metresPerDegree * parallel),
            latitude: centre.latitude + point.y / GeoPoint.metresPerDegree)
    }
}
