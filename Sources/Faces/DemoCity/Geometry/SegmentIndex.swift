/// Line pieces sorted into squares, to answer "is anything nearer than this?" quickly.
struct SegmentIndex: Sendable {
    private struct Cell: Hashable {
        let column: Int
        let row: Int
    }

    private struct Segment: Sendable {
        let start: PlanPoint
        let end: PlanPoint
        /// Half the width of what runs along the piece, in metres.
        let clearance: Double
    }

    private static let cellSize = 50.0
    private var cells: [Cell: [Segment]] = [:]

    /// Adds every piece of `line`, which claims `clearance` metres on both sides.
    mutating func insert(_ line: Polyline, clearance: Double) {
        for (start, end) in zip(line.points, line.points.dropFirst()) {
            let segment = Segment(start: start, end: end, clearance: clearance)
            let steps = max(1, Int((start.distance(to: end) / (SegmentIndex.cellSize / 2)).rounded(.up)))
            var seen: Set<Cell> = []
            for step in 0...steps {
                let cell = cell(of: start + (end - start) * (Double(step) / Double(steps)))
                if seen.insert(cell).inserted { cells[cell, default: []].append(segment) }
            }
        }
    }

    /// Whether `point` keeps `margin` metres, at most 50, from the edge of every line.
    func isClear(_ point: PlanPoint, margin: Double) -> Bool {
        let centre = cell(of: point)
        for row in (centre.row - 1)...(centre.row + 1) {
            for column in (centre.column - 1)...(centre.column + 1) {
                for segment in cells[Cell(column: column, row: row)] ?? []
                where point.distance(toSegment: segment.start, segment.end) < margin + segment.clearance {
                    return false
                }
            }
        }
        return true
    }

    private func cell(of point: PlanPoint) -> Cell {
        Cell(
            column: Int((point.x / SegmentIndex.cellSize).rounded(.down)),
            row: Int((point.y / SegmentIndex.cellSize).rounded(.down)))
    }
}
