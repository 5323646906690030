import Synchronization

/// What GEOS has of a prepared shape, all in one context. For one thread at a time.
struct PreparedParts {
    private let shape: Shape
    private let context = GEOSContext()
    /// Its parts in the plane of degrees, one for each dimension that it has, ascending.
    private(set) lazy var own: [GEOSPrepared] = Self.parts(of: shape, in: context).compactMap(GEOSPrepared.init)

    /// What finds the nearest of its positions.
    private(set) lazy var nearest = NearestSearch(shape)

    init(_ shape: Shape) {
        self.shape = shape
    }

    /// The geometries of a target, one for each dimension that it has, ascending; none when GEOS cannot make them.
    func targets(_ target: Shape) -> [GEOSGeometry] { Self.parts(of: target, in: context) }

    private static func parts(of shape: Shape, in context: GEOSContext) -> [GEOSGeometry] {
        guard case .outline(let outline) = shape.storage, outline.dimensions.count > 1 else {
            return GEOSGeometry(shape, in: context).map { [$0] } ?? []
        }
        let parts = outline.dimensions.compactMap { GEOSGeometry(outline, dimension: $0, in: context) }
        return parts.count == outline.dimensions.count ? parts : []
    }
}

/// How GEOS finds what lies where.
enum GEOSSearch {
    /// In the indexes of the prepared shape.
    case index
    /// By walking one shape for each part of the other, at least where the indexes do not decide.
    case walk
}

extension PreparedShape {
    /// Lets one thread at a time at what GEOS has of the shape.
    func inParts<Result: Sendable>(_ ask: (inout PreparedParts) -> Result) -> Result {
        inGEOS.withLock { state in
            var parts = state.take() ?? PreparedParts(shape)
            let result = ask(&parts)
            state = parts
            return result
        }
    }

    /// Holds a target against the shape, part by part; false for a pair that is too entangled to tell, or that
    /// GEOS cannot make.
    ///
    /// - Parameters:
    ///   - target: What is looked at.
    ///   - search: How GEOS finds what lies where.
    ///   - holds: The relation.
    /// - Returns: What `holds` says.
    func ask(
        _ target: Shape, by search: GEOSSearch, _ holds: ([GEOSPrepared], [GEOSGeometry]) -> Bool
    ) -> Bool {
        guard isAffordable(target, by: search) else { return false }
        return inParts { parts in
            let targets = parts.targets(target)
            let own = parts.own
            return !own.isEmpty && !targets.isEmpty && holds(own, targets)
        }
    }

    /// Whether comparing target and shape takes a bounded time; found without GEOS.
    private func isAffordable(_ target: Shape, by search: GEOSSearch) -> Bool {
        guard case .outline(let own) = shape.storage, case .outline(let other) = target.storage else { return true }
        if search == .walk {
            let walked = own.memberCount * other.positions.count + other.memberCount * own.positions.count
            guard walked <= GeometryLimits.walkedPositions else { return false }
        }
        guard own.segmentCount * other.segmentCount > GeometryLimits.segmentPairs else { return true }
        let segments =
            Entanglement.segments(of: own, owner: 0, in: other.envelope)
            + Entanglement.segments(of: other, owner: 1, in: own.envelope)
        return Entanglement.isBounded(segments, limit: GeometryLimits.segmentPairs) { $0.owner != $1.owner }
    }
}
