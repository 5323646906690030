/// What a shape other than a point is made of. Immutable, and shared by all copies of the shape.
final class Outline: Sendable {
    /// A stretch of the positions: from the end of the piece before it to `end`.
    struct Piece: Sendable, Hashable {
        /// What the positions are to one another. A hole belongs to the outer ring before it.
        enum Role: UInt8, Sendable {
            case points, line, ring, hole
        }

        var role: Role
        var end: Int32

        /// 0 for points, 1 for lines, 2 for areas.
        var dimension: Int {
            switch role {
            case .points: 0
            case .line: 1
            case .ring, .hole: 2
            }
        }
    }

    let kind: Shape.Kind
    let positions: [Position]
    let pieces: [Piece]
    let envelope: Envelope
    /// Which dimensions its pieces have, ascending; one but for collections and mended polygons.
    let dimensions: [Int]

    /// - Precondition: There is a position, and the last piece ends with the last.
    init(_ kind: Shape.Kind, _ parts: OutlineParts) {
        self.kind = kind
        positions = parts.positions
        pieces = parts.pieces
        envelope = Envelope(around: parts.positions[...])
        dimensions = (0...2).filter { dimension in parts.pieces.contains { $0.dimension == dimension } }
    }

    /// Segments that lie on a line or a ring; none for points.
    var segmentCount: Int { pieces.reduce(positions.count) { $0 - ($1.role == .points ? 0 : 1) } }

    /// Points, lines and rings.
    var memberCount: Int {
        stretches.reduce(0) { $0 + ($1.role == .points ? $1.positions.count : 1) }
    }

    /// Each piece with its positions.
    var stretches: some Sequence<(role: Piece.Role, positions: ArraySlice<Position>)> {
        pieces.indices.lazy.map { index in
            let start = index == 0 ? 0 : Int(self.pieces[index - 1].end)
            return (self.pieces[index].role, self.positions[start..<Int(self.pieces[index].end)])
        }
    }
}

extension Outline: Hashable {
    static func == (left: Outline, right: Outline) -> Bool {
        left === right
            || left.kind == right.kind && left.pieces == right.pieces && left.positions == right.positions
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(pieces)
        hasher.combine(positions)
    }
}

extension Envelope {
    /// - Precondition: There is a position.
    init(around positions: ArraySlice<Position>) {
        var (west, south, east, north) = (180.0, 90.0, -180.0, -90.0)
        for position in positions {
            west = min(west, position.longitude)
            south = min(south, position.latitude)
            east = max(east, position.longitude)
            north = max(north, position.latitude)
        }
        self.init(checked: west, south, east, north)
    }
}

/// Pieces as they are put together.
struct OutlineParts {
    private(set) var positions: [Position] = []
    private(set) var pieces: [Outline.Piece] = []
    /// Where the piece that is being added begins.
    private var start = 0

    /// Takes in a position of the piece that is ended next.
    mutating func append(_ position: Position) {
        positions.append(position)
    }

    /// Ends a piece. Points follow one another in one piece; a line that stays where it is becomes a point.
    ///
    /// - Returns: How many positions it has.
    @discardableResult
    mutating func end(_ role: Outline.Piece.Role) -> Int {
        let count = positions.count - start
        guard count > 0 else { return 0 }
        var role = role
        if role == .line, positions[start...].allSatisfy({ $0 == positions[start] }) {
            positions.removeLast(count - 1)
            role = .points
        }
        if role == .points, pieces.last?.role == .points {
            pieces[pieces.count - 1].end = Int32(positions.count)
        } else {
            pieces.append(Outline.Piece(role: role, end: Int32(positions.count)))
        }
        start = positions.count
        return count
    }
}
