import CGEOS

/// A geometry of GEOS with the indexes that GEOS makes for it at first use; so it is for one thread at a time.
final class GEOSPrepared {
    private let geometry: GEOSGeometry
    private let prepared: OpaquePointer

    private var handle: GEOSContextHandle_t { geometry.context.handle }

    init?(_ geometry: GEOSGeometry) {
        guard let prepared = GEOSPrepare_r(geometry.context.handle, geometry.pointer) else { return nil }
        self.geometry = geometry
        self.prepared = prepared
    }

    deinit {
        // Before the geometry that it refers to, which is freed after this.
        GEOSPreparedGeom_destroy_r(handle, prepared)
    }

    // GEOS answers 2 when it cannot tell, and that is no match.

    func intersects(_ other: GEOSGeometry) -> Bool {
        GEOSPreparedIntersects_r(handle, prepared, other.pointer) == 1
    }

    func isDisjoint(from other: GEOSGeometry) -> Bool {
        GEOSPreparedDisjoint_r(handle, prepared, other.pointer) == 1
    }

    func contains(_ other: GEOSGeometry) -> Bool {
        GEOSPreparedContains_r(handle, prepared, other.pointer) == 1
    }

    func isWithin(_ other: GEOSGeometry) -> Bool {
        GEOSPreparedWithin_r(handle, prepared, other.pointer) == 1
    }

    func overlaps(_ other: GEOSGeometry) -> Bool {
        GEOSPreparedOverlaps_r(handle, prepared, other.pointer) == 1
    }

    func equals(_ other: GEOSGeometry) -> Bool {
        GEOSEquals_r(handle, geometry.pointer, other.pointer) == 1
    }
}
