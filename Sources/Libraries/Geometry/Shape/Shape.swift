/// A geometry on the Earth, checked: every position is in range, every ring closed, every polygon valid in the sense of
/// OGC 06-103r4 §6.1.11.
///
/// A value. A point is 24 bytes and nothing else; other shapes share what they are made of, 16 bytes for each position.
/// Two shapes are equal (`==`) when they are of the same kind and have the same positions in the same order; whether
/// they cover the same ground, ``SpatialRelation/equals`` says.
public struct Shape: Sendable, Hashable {
    /// The kinds of GeoJSON geometries (RFC 7946 §1.4), by their names there.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// One position.
        case point = "Point"
        /// Positions.
        case multiPoint = "MultiPoint"
        /// Two or more positions.
        case lineString = "LineString"
        /// Lines.
        case multiLineString = "MultiLineString"
        /// An outer ring and its holes.
        case polygon = "Polygon"
        /// Polygons.
        case multiPolygon = "MultiPolygon"
        /// Any of these together.
        case geometryCollection = "GeometryCollection"
    }

    enum Storage: Sendable, Hashable {
        case point(Position)
        case outline(Outline)
    }

    let storage: Storage

    /// A point.
    ///
    /// - Parameter position: Where it is.
    public init(_ position: Position) {
        storage = .point(position)
    }

    init(_ outline: Outline) {
        storage = .outline(outline)
    }

    /// What its GeoJSON said it is.
    public var kind: Kind {
        switch storage {
        case .point: .point
        case .outline(let outline): outline.kind
        }
    }

    /// Where it is, if it is a point.
    public var position: Position? {
        if case .point(let position) = storage { position } else { nil }
    }

    /// The least box around it.
    public var envelope: Envelope {
        switch storage {
        case .point(let position): Envelope(position)
        case .outline(let outline): outline.envelope
        }
    }

    /// How many positions it has, 1 or more: a measure of what comparing it costs.
    public var positionCount: Int {
        switch storage {
        case .point: 1
        case .outline(let outline): outline.positions.count
        }
    }

    /// How far it is to another shape; see ``PreparedShape/metres(to:)``, which is for one shape and many others.
    ///
    /// - Parameter other: Where to.
    /// - Returns: Metres between their nearest positions, 0 where they intersect.
    public func metres(to other: Shape) -> Double {
        if case .point(let from) = storage, case .point(let to) = other.storage { return from.metres(to: to) }
        return PreparedShape(self).metres(to: other)
    }
}
