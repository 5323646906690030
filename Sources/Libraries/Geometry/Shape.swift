public import JSONBytes

/// A geometry that was checked.
public enum Shape: Sendable, Hashable {
    /// One position.
    case point(Position)
    /// Several positions.
    case multiPoint([Position])
    /// A line through two positions or more.
    case lineString([Position])
    /// Several lines.
    case multiLineString([[Position]])
    /// Rings, the first around the others; each closed, of four positions or more.
    case polygon([[Position]])
    /// Several polygons.
    case multiPolygon([[[Position]]])

    /// Reads a GeoJSON geometry.
    ///
    /// - Returns: nil when it is none, has too many positions, or one that is not on the earth.
    public init?(geoJSON value: JSONValue) {
        guard case .object(let object) = value, case .string(let type)? = object["type"],
            let coordinates = object["coordinates"]
        else { return nil }
        var reader = PositionReader()
        switch type {
        case "Point": self = .point(reader.position(coordinates))
        case "MultiPoint": self = .multiPoint(reader.positions(coordinates, atLeast: 1))
        case "LineString": self = .lineString(reader.positions(coordinates, atLeast: 2))
        case "MultiLineString":
            self = .multiLineString(reader.list(coordinates) { $1.positions($0, atLeast: 2) })
        case "Polygon": self = .polygon(reader.rings(coordinates))
        case "MultiPolygon": self = .multiPolygon(reader.list(coordinates) { $1.rings($0) })
        default: return nil
        }
        guard !reader.failed else { return nil }
    }

    /// All positions of it.
    var positions: [Position] {
        switch self {
        case .point(let position): [position]
        case .multiPoint(let positions), .lineString(let positions): positions
        case .multiLineString(let lines), .polygon(let lines): lines.flatMap { $0 }
        case .multiPolygon(let polygons): polygons.flatMap { $0.flatMap { $0 } }
        }
    }

    /// The smallest box around it.
    public var envelope: Envelope {
        if case .point(let position) = self {
            return Envelope(
                west: position.longitude, south: position.latitude, east: position.longitude, north: position.latitude)
        }
        var box: Envelope?
        for position in positions {
            let one = Shape.point(position).envelope
            box = box?.union(one) ?? one
        }
        // A shape has one position at least.
        return box ?? Envelope(west: 0, south: 0, east: 0, north: 0)
    }
}

/// Reads coordinates; remembers whether anything was wrong.
private struct PositionReader {
    private(set) var failed = false
    private var count = 0

    mutating func position(_ value: JSONValue) -> Position {
        count += 1
        guard case .array(let numbers) = value, numbers.count >= 2, count <= GeometryLimits.positions,
            case .number(let longitude) = numbers[0], case .number(let latitude) = numbers[1],
            (-180...180).contains(longitude.double), (-90...90).contains(latitude.double)
        else { return fail(Position(longitude: 0, latitude: 0)) }
        return Position(longitude: longitude.double, latitude: latitude.double)
    }

    mutating func positions(_ value: JSONValue, atLeast minimum: Int) -> [Position] {
        let positions = list(value) { $1.position($0) }
        return positions.count >= minimum ? positions : fail(positions)
    }

    mutating func rings(_ value: JSONValue) -> [[Position]] {
        let rings = list(value) { $1.positions($0, atLeast: 4) }
        return rings.allSatisfy { $0.first == $0.last } ? rings : fail(rings)
    }

    mutating func list<Element>(
        _ value: JSONValue, _ read: (JSONValue, inout PositionReader) -> Element
    ) -> [Element] {
        guard case .array(let elements) = value, !elements.isEmpty, elements.count <= GeometryLimits.positions else {
            return fail([])
        }
        var result: [Element] = []
        for element in elements where !failed { result.append(read(element, &self)) }
        return result
    }

    private mutating func fail<Result>(_ result: Result) -> Result {
        failed = true
        return result
    }
}
