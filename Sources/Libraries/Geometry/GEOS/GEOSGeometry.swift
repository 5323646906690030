import CGEOS

/// A geometry of GEOS, freed with the last reference to it. It keeps its context.
final class GEOSGeometry {
    let context: GEOSContext
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - pointer: What nobody else frees; nil where GEOS could not make it.
    ///   - context: Where it was made.
    init?(owning pointer: OpaquePointer?, in context: GEOSContext) {
        guard let pointer else { return nil }
        self.context = context
        self.pointer = pointer
    }

    deinit {
        GEOSGeom_destroy_r(context.handle, pointer)
    }

    /// Whether it is valid in the sense of OGC 06-103r4; false, too, when GEOS cannot tell.
    var isValid: Bool { GEOSisValid_r(context.handle, pointer) == 1 }

    /// The valid geometry that is nearest in meaning: outer rings as united areas, less holes; rings without area
    /// become lines or points.
    func mended() -> GEOSGeometry? {
        guard let parameters = GEOSMakeValidParams_create_r(context.handle) else { return nil }
        defer { GEOSMakeValidParams_destroy_r(context.handle, parameters) }
        _ = GEOSMakeValidParams_setMethod_r(context.handle, parameters, GEOS_MAKE_VALID_STRUCTURE)
        _ = GEOSMakeValidParams_setKeepCollapsed_r(context.handle, parameters, 1)
        return GEOSGeometry(
            owning: GEOSMakeValidWithParams_r(context.handle, pointer, parameters), in: context)
    }
}
