import Glibc

/// The ellipsoid of WGS 84 (NIMA TR8350.2).
enum Ellipsoid {
    /// Semi-major axis, in metres.
    static let equatorialRadiusMetres = 6_378_137.0
    static let flattening = 1 / 298.257223563
    /// Below every radius of curvature (the least is 6,335,439 m, along the meridian at the equator). A sphere of this
    /// radius makes every distance shorter than it is.
    static let leastRadiusMetres = 6_330_000.0

    /// How long a degree of longitude is at a latitude in degrees, in degrees of latitude: the cosine, or up to 0.7 %
    /// more.
    static func longitudeScale(at latitude: Double) -> Double {
        let (sine, cosine) = (sin(latitude * .pi / 180), cos(latitude * .pi / 180))
        let squaredEccentricity = flattening * (2 - flattening)
        return max(0, cosine) * (1 - squaredEccentricity * sine * sine) / (1 - squaredEccentricity)
    }
}

extension Position {
    /// How far it is to another position along the surface of the WGS 84 ellipsoid, the short way round: Lambert's
    /// formula.
    ///
    /// Within 0.001 % or 1 m up to some thousand kilometres, within 0.2 % to the antipode. Never NaN. Costs about 150
    /// ns.
    ///
    /// - Parameter other: Where to.
    /// - Returns: Metres, 0 or more.
    public func metres(to other: Position) -> Double {
        let (from, to) = (reducedLatitude, other.reducedLatitude)
        let (sinHalfSum, cosHalfSum) = (sin((from + to) / 2), cos((from + to) / 2))
        let sinHalfDifference = sin((to - from) / 2)
        let sinHalfLongitude = sin((other.longitude - longitude) * .pi / 360)
        let across = cos(from) * cos(to) * sinHalfLongitude * sinHalfLongitude
        let haversine = min(1, sinHalfDifference * sinHalfDifference + across)
        guard haversine > 0 else { return 0 }
        let angle = 2 * asin(haversine.squareRoot())
        let sinAngle = 2 * (haversine * (1 - haversine)).squareRoot()
        // At the antipode itself both are nought, and so is the quotient's part in the result.
        let sum = sinHalfSum * sinHalfSum * (1 - sinHalfDifference * sinHalfDifference) / max(1 - haversine, 1e-12)
        let difference = cosHalfSum * cosHalfSum * sinHalfDifference * sinHalfDifference / haversine
        let correction = (angle - sinAngle) * sum + (angle + sinAngle) * difference
        return Ellipsoid.equatorialRadiusMetres * (angle - Ellipsoid.flattening / 2 * correction)
    }

    /// The latitude on the auxiliary sphere, in radians.
    private var reducedLatitude: Double {
        atan((1 - Ellipsoid.flattening) * tan(latitude * .pi / 180))
    }
}
