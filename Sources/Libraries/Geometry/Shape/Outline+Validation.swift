extension Outline {
    /// This outline, if it is not too entangled, with its polygons mended where they are not valid.
    func validated() throws(GeometryError) -> Outline {
        try checkEntanglement()
        guard dimensions.contains(2) else { return self }
        let context = GEOSContext()
        guard let areas = GEOSGeometry(self, dimension: 2, in: context) else { throw Self.unusable }
        if areas.isValid { return self }
        let rings = Entanglement.segments(of: self, areasOnly: true)
        guard
            pieces.count(where: { $0.dimension == 2 }) <= GeometryLimits.mendedRings,
            Entanglement.isBounded(rings, limit: GeometryLimits.mendedCrossings, counts: Entanglement.cross),
            let mended = areas.mended()
        else { throw Self.unusable }
        return try replacingAreas(with: mended)
    }

    private static let unusable = GeometryError(
        .tooEntangled,
        expected: "polygons that do not cross themselves or each other, or do so in at most "
            + "\(GeometryLimits.mendedCrossings) places of at most \(GeometryLimits.mendedRings) rings",
        found: "others")

    private func checkEntanglement() throws(GeometryError) {
        let limit = GeometryLimits.segmentPairs
        // So few have not so many pairs.
        guard segmentCount * segmentCount / 2 > limit else { return }
        guard
            Entanglement.isBounded(Entanglement.ringDiagonals(of: self), limit: limit),
            Entanglement.isBounded(Entanglement.segments(of: self), limit: limit)
        else {
            let expected = "at most \(limit) pairs of segments, and of rings, whose boxes touch"
            throw GeometryError(.tooEntangled, expected: expected, found: "more")
        }
    }

    private func replacingAreas(with mended: GEOSGeometry) throws(GeometryError) -> Outline {
        var parts = OutlineParts()
        for (role, positions) in stretches where role == .points || role == .line {
            positions.forEach { parts.append($0) }
            parts.end(role)
        }
        mended.collect(into: &parts)
        let count = parts.positions.count
        guard 1...GeometryLimits.positions ~= count else {
            let expected = "polygons of at most \(GeometryLimits.positions) positions once they do not cross themselves"
            throw GeometryError(.tooLarge, expected: expected, found: "\(count)")
        }
        let outline = Outline(kind, parts)
        try outline.checkEntanglement()
        return outline
    }
}
