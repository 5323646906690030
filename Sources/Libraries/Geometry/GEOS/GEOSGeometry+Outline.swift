import CGEOS

extension GEOSGeometry {
    /// The geometry of a shape.
    ///
    /// - Parameters:
    ///   - shape: A shape.
    ///   - context: Where it lives.
    convenience init?(_ shape: Shape, in context: GEOSContext) {
        switch shape.storage {
        case .point(let position):
            let point = GEOSGeom_createPointFromXY_r(context.handle, position.longitude, position.latitude)
            self.init(owning: point, in: context)
        case .outline(let outline):
            self.init(outline, dimension: outline.dimensions[0], in: context)
        }
    }

    /// The pieces of one dimension of an outline.
    ///
    /// - Parameters:
    ///   - outline: An outline that has such pieces.
    ///   - dimension: 0 for its points, 1 for its lines, 2 for its areas.
    ///   - context: Where it lives.
    convenience init?(_ outline: Outline, dimension: Int, in context: GEOSContext) {
        let assembly = GEOSAssembly(handle: context.handle)
        self.init(owning: assembly.geometry(of: outline, dimension: dimension), in: context)
    }
}

/// Makes geometries of GEOS from outlines. Whoever gets a pointer owns it; GEOS takes over what it is handed.
private struct GEOSAssembly {
    let handle: GEOSContextHandle_t

    func geometry(of outline: Outline, dimension: Int) -> OpaquePointer? {
        switch dimension {
        case 0: joined(points(of: outline), GEOS_MULTIPOINT)
        case 1: joined(lines(of: outline), GEOS_MULTILINESTRING)
        default: joined(polygons(of: outline), GEOS_MULTIPOLYGON)
        }
    }

    private func points(of outline: Outline) -> [OpaquePointer?] {
        outline.stretches.filter { $0.role == .points }.flatMap(\.positions).map { position in
            GEOSGeom_createPointFromXY_r(handle, position.longitude, position.latitude)
        }
    }

    private func lines(of outline: Outline) -> [OpaquePointer?] {
        outline.stretches.filter { $0.role == .line }.map { line in
            sequence(of: line.positions).flatMap { GEOSGeom_createLineString_r(handle, $0) }
        }
    }

    private func polygons(of outline: Outline) -> [OpaquePointer?] {
        var polygons: [OpaquePointer?] = []
        var rings: [OpaquePointer?] = []
        for (role, positions) in outline.stretches where role == .ring || role == .hole {
            if role == .ring, !rings.isEmpty {
                polygons.append(polygon(of: rings))
                rings.removeAll()
            }
            rings.append(sequence(of: positions).flatMap { GEOSGeom_createLinearRing_r(handle, $0) })
        }
        polygons.append(polygon(of: rings))
        return polygons
    }

    private func polygon(of rings: [OpaquePointer?]) -> OpaquePointer? {
        guard var rings = whole(rings) else { return nil }
        let shell = rings.removeFirst()
        return rings.withUnsafeMutableBufferPointer { holes in
            holes.withMemoryRebound(to: OpaquePointer?.self) { holes in
                GEOSGeom_createPolygon_r(handle, shell, holes.baseAddress, UInt32(holes.count))
            }
        }
    }

    /// One geometry as it is, several as a collection.
    private func joined(_ members: [OpaquePointer?], _ type: GEOSGeomTypes) -> OpaquePointer? {
        guard var members = whole(members) else { return nil }
        if members.count == 1 { return members[0] }
        return members.withUnsafeMutableBufferPointer { members in
            members.withMemoryRebound(to: OpaquePointer?.self) { members in
                GEOSGeom_createCollection_r(handle, Int32(type.rawValue), members.baseAddress, UInt32(members.count))
            }
        }
    }

    /// All of them, or none: then those that were made are freed.
    private func whole(_ members: [OpaquePointer?]) -> [OpaquePointer]? {
        let made = members.compactMap(\.self)
        guard made.count < members.count || made.isEmpty else { return made }
        for geometry in made { GEOSGeom_destroy_r(handle, geometry) }
        return nil
    }

    /// Two `Double`s for each position, as they lie in memory.
    private func sequence(of positions: ArraySlice<Position>) -> OpaquePointer? {
        positions.withUnsafeBytes { bytes in
            let numbers = bytes.assumingMemoryBound(to: Double.self)
            return GEOSCoordSeq_copyFromBuffer_r(handle, numbers.baseAddress, UInt32(positions.count), 0, 0)
        }
    }
}

extension GEOSGeometry {
    /// Takes everything in it into an outline.
    func collect(into parts: inout OutlineParts) {
        var waiting: [OpaquePointer] = [pointer]
        while let geometry = waiting.popLast() {
            switch UInt32(bitPattern: GEOSGeomTypeId_r(context.handle, geometry)) {
            case GEOS_POINT.rawValue: collect(geometry, .points, into: &parts)
            case GEOS_LINESTRING.rawValue, GEOS_LINEARRING.rawValue: collect(geometry, .line, into: &parts)
            case GEOS_POLYGON.rawValue:
                collect(GEOSGetExteriorRing_r(context.handle, geometry), .ring, into: &parts)
                for index in 0..<max(0, GEOSGetNumInteriorRings_r(context.handle, geometry)) {
                    collect(GEOSGetInteriorRingN_r(context.handle, geometry, index), .hole, into: &parts)
                }
            default:
                for index in 0..<max(0, GEOSGetNumGeometries_r(context.handle, geometry)) {
                    if let member = GEOSGetGeometryN_r(context.handle, geometry, index) { waiting.append(member) }
                }
            }
        }
    }

    private func collect(_ line: OpaquePointer?, _ role: Outline.Piece.Role, into parts: inout OutlineParts) {
        var count: UInt32 = 0
        guard let line, let sequence = GEOSGeom_getCoordSeq_r(context.handle, line),
            GEOSCoordSeq_getSize_r(context.handle, sequence, &count) == 1
        else { return }
        for index in 0..<count {
            var (x, y) = (0.0, 0.0)
            guard GEOSCoordSeq_getXY_r(context.handle, sequence, index, &x, &y) == 1,
                let position = Position(longitude: x, latitude: y)
            else { continue }
            parts.append(position)
        }
        parts.end(role)
    }
}
