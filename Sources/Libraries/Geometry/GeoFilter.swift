import CGEOS
import Foundation

/// How a shape must stand to a reference (OGC Simple Features §6.1.15).
public enum SpatialRelation: Sendable, Hashable {
    /// At most so many metres away.
    case nearAtMost(metres: Double)
    /// At least so many metres away.
    case nearAtLeast(metres: Double)
    /// It lies in the reference.
    case within
    /// It has the reference in it.
    case contains
    /// Some of each lies in the other, and some does not.
    case overlaps
    /// They have a point in common.
    case intersects
    /// They are the same.
    case equals
    /// They have no point in common.
    case disjoint
}

/// One reference, held against many shapes.
public struct GeoFilter: Sendable {
    private let reference: Shape
    private let relation: SpatialRelation
    private let envelope: Envelope

    /// A filter.
    public init(_ relation: SpatialRelation, _ reference: Shape) {
        self.reference = reference
        self.relation = relation
        envelope = reference.envelope
    }

    /// Where shapes that match must have a part, in one or two boxes; nil when they may be anywhere.
    public var searchEnvelopes: [Envelope]? {
        switch relation {
        case .nearAtLeast, .disjoint: return nil
        case .within, .contains, .overlaps, .intersects, .equals: return [envelope]
        case .nearAtMost(let metres): return grown(by: metres)
        }
    }

    private func grown(by metres: Double) -> [Envelope]? {
        let degrees = metres / GeometryLimits.earthRadiusMetres * 180 / .pi
        let (south, north) = (envelope.minimumLatitude - degrees, envelope.maximumLatitude + degrees)
        // Around a pole every longitude is near.
        guard south > -89, north < 89 else {
            return [Envelope(west: -180, south: max(south, -90), east: 180, north: min(north, 90))]
        }
        let shrink = cos(max(abs(south), abs(north)) * .pi / 180)
        let wide = degrees / shrink
        let (west, east) = (envelope.minimumLongitude - wide, envelope.maximumLongitude + wide)
        guard east - west < 360 else { return [Envelope(west: -180, south: south, east: 180, north: north)] }
        var boxes = [Envelope(west: max(west, -180), south: south, east: min(east, 180), north: north)]
        if west < -180 { boxes.append(Envelope(west: west + 360, south: south, east: 180, north: north)) }
        if east > 180 { boxes.append(Envelope(west: -180, south: south, east: east - 360, north: north)) }
        return boxes
    }

    /// Whether a shape stands to the reference as it must.
    public func matches(_ shape: Shape) -> Bool {
        switch relation {
        case .nearAtMost(let metres): return shape.metres(to: reference) <= metres
        case .nearAtLeast(let metres): return shape.metres(to: reference) >= metres
        case .disjoint: return !envelope.intersects(shape.envelope) || holds(shape, GEOSDisjoint_r)
        case .within: return meets(shape) && holds(shape, GEOSWithin_r)
        case .contains: return meets(shape) && holds(shape, GEOSContains_r)
        case .overlaps: return meets(shape) && holds(shape, GEOSOverlaps_r)
        case .intersects: return meets(shape) && holds(shape, GEOSIntersects_r)
        case .equals: return shape == reference || meets(shape) && holds(shape, GEOSEquals_r)
        }
    }

    private func meets(_ shape: Shape) -> Bool { envelope.intersects(shape.envelope) }

    private func holds(
        _ shape: Shape, _ predicate: (GEOSContextHandle_t?, OpaquePointer?, OpaquePointer?) -> CChar
    ) -> Bool {
        GEOSGeometry.with(shape, reference) { context, target, reference in
            // 2 is an exception: an invalid geometry stands in no relation.
            predicate(context, target, reference) == 1
        } ?? false
    }
}
