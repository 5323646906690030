import CGEOS

/// Shapes as GEOS has them, for as long as one question takes. Each question has a context of its own, so that any
/// thread may ask.
enum GEOSGeometry {
    /// Runs `body` with a shape.
    ///
    /// - Returns: nil when GEOS does not take the shape.
    static func with<Result>(
        _ shape: Shape, _ body: (GEOSContextHandle_t, OpaquePointer) -> Result
    ) -> Result? {
        guard let context = GEOS_init_r() else { return nil }
        defer { GEOS_finish_r(context) }
        guard let geometry = make(shape, context) else { return nil }
        defer { GEOSGeom_destroy_r(context, geometry) }
        return body(context, geometry)
    }

    /// Runs `body` with two shapes.
    static func with<Result>(
        _ left: Shape, _ right: Shape, _ body: (GEOSContextHandle_t, OpaquePointer, OpaquePointer) -> Result
    ) -> Result? {
        with(left) { context, geometry -> Result? in
            guard let other = make(right, context) else { return nil }
            defer { GEOSGeom_destroy_r(context, other) }
            return body(context, geometry, other)
        } ?? nil
    }

    static func make(_ shape: Shape, _ context: GEOSContextHandle_t) -> OpaquePointer? {
        switch shape {
        case .point(let position):
            return GEOSGeom_createPointFromXY_r(context, position.longitude, position.latitude)
        case .multiPoint(let positions):
            return collection(GEOS_MULTIPOINT, positions.map { make(.point($0), context) }, context)
        case .lineString(let positions):
            guard let sequence = sequence(positions, context) else { return nil }
            return GEOSGeom_createLineString_r(context, sequence)
        case .multiLineString(let lines):
            return collection(GEOS_MULTILINESTRING, lines.map { make(.lineString($0), context) }, context)
        case .polygon(let rings):
            let made = rings.map { ring in
                sequence(ring, context).flatMap { GEOSGeom_createLinearRing_r(context, $0) }
            }
            guard let shell = made.first ?? nil, made.allSatisfy({ $0 != nil }) else {
                for ring in made { if let ring { GEOSGeom_destroy_r(context, ring) } }
                return nil
            }
            var holes = made.dropFirst().map { $0 }
            return GEOSGeom_createPolygon_r(context, shell, &holes, UInt32(holes.count))
        case .multiPolygon(let polygons):
            return collection(GEOS_MULTIPOLYGON, polygons.map { make(.polygon($0), context) }, context)
        }
    }

    private static func sequence(_ positions: [Position], _ context: GEOSContextHandle_t) -> OpaquePointer? {
        guard let sequence = GEOSCoordSeq_create_r(context, UInt32(positions.count), 2) else { return nil }
        for (index, position) in positions.enumerated() {
            GEOSCoordSeq_setXY_r(context, sequence, UInt32(index), position.longitude, position.latitude)
        }
        return sequence
    }

    /// Takes what it is made of, whether it succeeds or not.
    private static func collection(
        _ type: GEOSGeomTypes, _ parts: [OpaquePointer?], _ context: GEOSContextHandle_t
    ) -> OpaquePointer? {
        guard parts.allSatisfy({ $0 != nil }) else {
            for part in parts { if let part { GEOSGeom_destroy_r(context, part) } }
            return nil
        }
        var parts = parts
        return GEOSGeom_createCollection_r(context, Int32(type.rawValue), &parts, UInt32(parts.count))
    }
}
