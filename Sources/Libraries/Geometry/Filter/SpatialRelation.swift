/// How a target geometry lies to a reference geometry: the relations of NGSI-LD's geoqueries (CIM 009 §4.10), with the
/// meaning of OGC 06-103r4 §6.1.15, or of a distance.
public enum SpatialRelation: Sendable, Hashable {
    /// How near is near.
    public enum Nearness: Sendable, Hashable {
        /// `maxDistance`: the target comes at least that near to the reference.
        case maxDistance(metres: Double)
        /// `minDistance`: the target is farther than that from the reference everywhere.
        case minDistance(metres: Double)
    }

    /// By the distance of the positions that are nearest to each other. CIM 009 would have the whole target within the
    /// buffer for `maxDistance`; brokers and their tests take a target that reaches into it, as `ST_DWithin` does.
    case near(Nearness)
    /// The target lies in the reference, and not on its border alone.
    case within
    /// The reference lies in the target, and not on its border alone.
    case contains
    /// They have a position in common.
    case intersects
    /// They cover the same ground, whatever they are made of.
    case equals
    /// They have nothing in common.
    case disjoint
    /// They are of one dimension, have ground of that dimension in common, and each has some for itself. So points
    /// never overlap.
    case overlaps
}
