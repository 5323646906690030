/// Where things are: geometries on the Earth, how they lie to one another, and which of many are in a place.
///
/// - Takes: GeoJSON geometries (RFC 7946) as parsed JSON, and positions in degrees of WGS 84.
/// - Gives: ``Shape``, which is checked and always valid in the sense of OGC 06-103r4 (simple features);
///   ``PreparedShape``, one shape that is held against many; ``GeoFilter``, the relations of NGSI-LD's geoqueries
///   (CIM 009 §4.10); ``SpatialIndex``, which finds the few of many shapes that can be meant.
/// - Owns: memory of GEOS, behind values that free it.
/// - Relies on: `JSONBytes`; GEOS 3.10 or newer through `CGEOS`, by its re-entrant functions alone.
///
/// **The plane.** Topology is decided in the plane of longitude and latitude, as RFC 7946 §3.1.1 draws lines: straight
/// from position to position. Shapes do not reach across the antimeridian; RFC 7946 §3.1.9 cuts them there, and the
/// positions ±180 are not the same to topology. Distances know better: they are measured on the WGS 84 ellipsoid, the
/// short way round.
///
/// **Distances.** Between two positions: Lambert's formula, within 0.001 % up to 10,000 km and 0.2 % to the antipode.
/// Between others: the two nearest positions are looked for in a plane whose longitudes are scaled by the cosine of the
/// latitude half-way, and what is found is measured as above. So the result is never too short but by the formula, and
/// hardly too long: less than 0.01 % within 100 km, 0.5 % within 1,000 km; more within some hundred kilometres of a
/// pole, and between continents.
///
/// **Cost.** Whoever writes a geometry may mean no good. ``GeometryLimits`` bounds what one shape may be, and what one
/// comparison may take: pairs that are too entangled are left undecided, which is no match.
public enum GeometryLimits {
    /// Positions of one shape. The detailed boundary of a large city has some thousand.
    public static let positions = 10_000
    /// Collections inside each other; RFC 7946 §3.1.8 advises against any.
    public static let collectionDepth = 4
    /// Pairs of segments whose boxes touch, within one shape and between two that are compared; and pairs of rings in
    /// one shape. GEOS takes 100 to 400 ns for each: 100 ms at worst. Boundaries of 10,000 positions that coincide have
    /// about 40,000.
    public static let segmentPairs = 250_000
    /// Places where the rings of a polygon may cross one another and still be mended: about 30 µs each.
    public static let mendedCrossings = 1_000
    /// Rings of polygons that are still mended; many of them around one another cost much more than side by side.
    public static let mendedRings = 250
    /// Parts of one shape times positions of the other, where GEOS looks for each part by walking the other: at most
    /// 100 ns each. Intersections and distances do not need that.
    public static let walkedPositions = 4_000_000
    /// What a search for the nearest position looks at, some nanoseconds each, before it takes what it has.
    public static let nearestSteps = 20_000_000
}
