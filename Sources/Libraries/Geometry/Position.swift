/// A place on the Earth, WGS 84, in degrees (RFC 7946 §3.1.1). Altitude plays no part.
public struct Position: Sendable, Hashable {
    // In this order and nothing else: GEOS reads arrays of positions as they lie.

    /// East is positive: -180 to 180.
    public let longitude: Double
    /// North is positive: -90 to 90.
    public let latitude: Double

    /// A place; nil when a number is out of range, or none.
    ///
    /// - Parameters:
    ///   - longitude: In degrees, -180 to 180.
    ///   - latitude: In degrees, -90 to 90.
    public init?(longitude: Double, latitude: Double) {
        guard longitude.magnitude <= 180, latitude.magnitude <= 90 else { return nil }
        self.init(checked: longitude, latitude)
    }

    init(checked longitude: Double, _ latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}
