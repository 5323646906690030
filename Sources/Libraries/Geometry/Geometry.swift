/// Geometries on the earth (WGS 84, longitude and latitude in degrees) and how two of them stand to each other.
///
/// - Takes: GeoJSON geometries (RFC 7946 §3.1) but GeometryCollection.
/// - Gives: ``Shape``, its ``Envelope``, distances in metres; ``GeoFilter``, one reference held against many shapes;
///   ``SpatialIndex``, which finds those that may match.
/// - Owns: nothing that outlives a value.
/// - Relies on: GEOS for the predicates of OGC Simple Features. Knows nothing of NGSI-LD, storage or HTTP.
public enum GeometryLimits {
    /// Most positions of one geometry.
    public static let positions = 100_000
    /// The earth's mean radius in metres (IUGG): what distances are measured on.
    public static let earthRadiusMetres = 6_371_008.8
}

/// A position in degrees.
public struct Position: Sendable, Hashable {
    /// East is positive.
    public var longitude: Double
    /// North is positive.
    public var latitude: Double

    /// A position.
    public init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

/// The smallest box around something, in degrees.
public struct Envelope: Sendable, Hashable {
    /// West.
    public var minimumLongitude: Double
    /// South.
    public var minimumLatitude: Double
    /// East.
    public var maximumLongitude: Double
    /// North.
    public var maximumLatitude: Double

    /// A box.
    public init(west: Double, south: Double, east: Double, north: Double) {
        minimumLongitude = west
        minimumLatitude = south
        maximumLongitude = east
        maximumLatitude = north
    }

    /// Whether two boxes have a point in common.
    @inlinable
    public func intersects(_ other: Envelope) -> Bool {
        minimumLongitude <= other.maximumLongitude && other.minimumLongitude <= maximumLongitude
            && minimumLatitude <= other.maximumLatitude && other.minimumLatitude <= maximumLatitude
    }

    /// The smallest box around both.
    @inlinable
    public func union(_ other: Envelope) -> Envelope {
        Envelope(
            west: min(minimumLongitude, other.minimumLongitude), south: min(minimumLatitude, other.minimumLatitude),
            east: max(maximumLongitude, other.maximumLongitude), north: max(maximumLatitude, other.maximumLatitude))
    }

    /// Square degrees.
    @inlinable
    public var area: Double {
        (maximumLongitude - minimumLongitude) * (maximumLatitude - minimumLatitude)
    }
}
