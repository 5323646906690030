/// Which shapes a geoquery asks for (CIM 009 §4.10): a relation to a reference shape.
///
/// A store asks ``SpatialIndex`` for what may match, by ``searchEnvelopes``, and then ``matches(_:)`` for each of it:
/// ```swift
/// let filter = try GeoFilter(.near(.maxDistance(metres: 2_000)), of: square)
/// guard let envelopes = filter.searchEnvelopes else { return everything.filter(filter.matches) }
/// index.search(envelopes) { id in if filter.matches(shapes[id]) { found.append(id) }; return .goOn }
/// ```
/// Copies share the prepared reference, and with it a lock: see ``PreparedShape``.
public struct GeoFilter: Sendable {
    /// How the target shall lie to the reference.
    public let relation: SpatialRelation
    /// Where whatever matches has its envelope: each match intersects one of these boxes. One, or two at the
    /// antimeridian; nil when a match can be anywhere.
    public let searchEnvelopes: [Envelope]?

    /// Boxes outside of which the distance is greater than the one asked for.
    private let reach: [Envelope]
    private let reference: PreparedShape

    /// The reference shape.
    public var shape: Shape { reference.shape }

    /// A filter. Cheap: what GEOS prepares, it prepares when it is needed first.
    ///
    /// - Parameters:
    ///   - relation: How the target shall lie to the reference.
    ///   - shape: The reference.
    /// - Throws: ``GeometryError/Code/outOfRange`` when a distance is not finite, or not above zero.
    public init(_ relation: SpatialRelation, of shape: Shape) throws(GeometryError) {
        self.relation = relation
        reference = PreparedShape(shape)
        switch relation {
        case .near(.maxDistance(let metres)):
            reach = shape.envelope.grown(byMetres: try Self.checked(metres))
            searchEnvelopes = reach
        case .near(.minDistance(let metres)):
            reach = shape.envelope.grown(byMetres: try Self.checked(metres))
            searchEnvelopes = nil
        case .disjoint:
            reach = []
            searchEnvelopes = nil
        case .within, .contains, .intersects, .equals, .overlaps:
            reach = []
            searchEnvelopes = [shape.envelope]
        }
    }

    /// Whether a target lies so. For points near a point about 0.2 µs; else some microseconds and more, by their
    /// positions.
    ///
    /// - Parameter target: What is looked at.
    /// - Returns: False also for a pair that is too entangled to tell (``GeometryLimits``).
    public func matches(_ target: Shape) -> Bool {
        switch relation {
        case .near(.maxDistance(let metres)): isInReach(target) && reference.metres(to: target) <= metres
        case .near(.minDistance(let metres)):
            !isInReach(target) || reference.metres(to: target) > metres
        case .within: reference.contains(target)
        case .contains: reference.isWithin(target)
        case .intersects: reference.intersects(target)
        case .equals: reference.equals(target)
        case .disjoint: reference.isDisjoint(from: target)
        case .overlaps: reference.overlaps(target)
        }
    }

    /// How far a target is from the reference, to put matches in order; see ``PreparedShape/metres(to:)``.
    ///
    /// - Parameter target: Where to.
    /// - Returns: Metres, 0 or more.
    public func metres(to target: Shape) -> Double { reference.metres(to: target) }

    private func isInReach(_ target: Shape) -> Bool {
        let envelope = target.envelope
        return reach.contains { $0.intersects(envelope) }
    }

    private static func checked(_ metres: Double) throws(GeometryError) -> Double {
        guard metres.isFinite, metres > 0 else {
            throw GeometryError(.outOfRange, expected: "a distance in metres, above 0", found: "`\(metres)`")
        }
        return metres
    }
}
