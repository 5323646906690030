extension PreparedShape {
    /// How far it is from this shape to the target, along the surface of the ellipsoid.
    ///
    /// Between points as exact as ``Position/metres(to:)``; else the nearest positions are looked for in a scaled
    /// plane. What that costs in accuracy, ``GeometryLimits`` says.
    ///
    /// - Parameter target: Where to.
    /// - Returns: Metres between their nearest positions, 0 where they intersect; finite. For a pair that is too
    ///   entangled to tell (``GeometryLimits``), hardly too much.
    public func metres(to target: Shape) -> Double {
        if let here = shape.position, let there = target.position { return here.metres(to: there) }
        if intersects(target) { return 0 }
        // From here on there is no need for GEOS, or for its lock.
        let nearest = inParts { $0.nearest }
        let direct = nearest.metres(to: target, shift: 0)
        let (here, there) = (shape.envelope, target.envelope)
        let both = here.union(there)
        guard both.east - both.west > 180 else { return direct }
        // The short way may lead across the antimeridian: the target is looked for on the other side, too.
        let aside: Double = there.west + there.east > here.west + here.east ? -360 : 360
        return min(direct, nearest.metres(to: target, shift: aside))
    }
}
