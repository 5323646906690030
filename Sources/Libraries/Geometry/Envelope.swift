import Glibc

/// A box of degrees, its sides part of it. It never reaches across the antimeridian: `west <= east`.
public struct Envelope: Sendable, Hashable {
    /// Least longitude.
    public let west: Double
    /// Least latitude.
    public let south: Double
    /// Greatest longitude.
    public let east: Double
    /// Greatest latitude.
    public let north: Double

    /// All there is.
    public static let world = Envelope(checked: -180, -90, 180, 90)

    /// A box; nil when the numbers are out of range or out of order.
    ///
    /// - Parameters:
    ///   - west: Least longitude, -180 or more.
    ///   - south: Least latitude, -90 or more.
    ///   - east: Greatest longitude, `west` to 180.
    ///   - north: Greatest latitude, `south` to 90.
    public init?(west: Double, south: Double, east: Double, north: Double) {
        guard -180 <= west, west <= east, east <= 180, -90 <= south, south <= north, north <= 90 else { return nil }
        self.init(checked: west, south, east, north)
    }

    /// The box of one position.
    ///
    /// - Parameter position: West and east, south and north.
    public init(_ position: Position) {
        self.init(checked: position.longitude, position.latitude, position.longitude, position.latitude)
    }

    init(checked west: Double, _ south: Double, _ east: Double, _ north: Double) {
        self.west = west
        self.south = south
        self.east = east
        self.north = north
    }

    /// Whether two boxes have a position in common.
    ///
    /// - Parameter other: Another box.
    /// - Returns: True, too, where only their sides touch.
    public func intersects(_ other: Envelope) -> Bool {
        west <= other.east && other.west <= east && south <= other.north && other.south <= north
    }

    /// Whether all of another box lies in this.
    ///
    /// - Parameter other: Another box.
    /// - Returns: True, too, where sides touch, and for the same box.
    public func contains(_ other: Envelope) -> Bool {
        west <= other.west && other.east <= east && south <= other.south && other.north <= north
    }

    /// The box around two.
    ///
    /// - Parameter other: Another box.
    /// - Returns: The least that contains both.
    public func union(_ other: Envelope) -> Envelope {
        Envelope(
            checked: min(west, other.west), min(south, other.south), max(east, other.east), max(north, other.north))
    }

    /// Boxes that hold every position within a distance of this one: one, or two where that reaches across the
    /// antimeridian. Near a pole it is the whole band of longitudes. Somewhat too large, never too small.
    ///
    /// - Parameter metres: 0 or more.
    /// - Returns: One or two boxes; two touch each other at ±180 only.
    public func grown(byMetres metres: Double) -> [Envelope] {
        let angle = metres / Ellipsoid.leastRadiusMetres
        guard angle < .pi else { return [.world] }
        let degrees = angle * 180 / .pi
        let (low, high) = (max(-90, south - degrees), min(90, north + degrees))
        guard low > -90, high < 90 else { return [Envelope(checked: -180, low, 180, high)] }
        // Where the circle of that radius around the position nearest to a pole is widest.
        let latitude = max(south.magnitude, north.magnitude) * .pi / 180
        let sideways = asin(min(1, sin(angle) / cos(latitude))) * 180 / .pi
        let (left, right) = (west - sideways, east + sideways)
        guard right - left < 360 else { return [Envelope(checked: -180, low, 180, high)] }
        if left < -180 {
            return [Envelope(checked: -180, low, right, high), Envelope(checked: left + 360, low, 180, high)]
        }
        if right > 180 {
            return [Envelope(checked: left, low, 180, high), Envelope(checked: -180, low, right - 360, high)]
        }
        return [Envelope(checked: left, low, right, high)]
    }
}
