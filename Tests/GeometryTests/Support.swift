import Geometry
import JSONBytes
import Testing

/// SplitMix64: a failing test prints its seed, and the seed gives the same failure again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }

    mutating func position(
        longitude: ClosedRange<Double> = -180...180, latitude: ClosedRange<Double> = -90...90
    ) throws -> Position {
        try #require(Position(longitude: number(longitude), latitude: number(latitude)))
    }
}

func position(_ longitude: Double, _ latitude: Double) throws -> Position {
    try #require(Position(longitude: longitude, latitude: latitude))
}

func point(_ longitude: Double, _ latitude: Double) throws -> Shape { Shape(try position(longitude, latitude)) }

/// A geometry of a type, its coordinates given as JSON.
func shape(_ type: String, _ coordinates: String) throws -> Shape {
    try shape(#"{"type":"\#(type)","coordinates":\#(coordinates)}"#)
}

func shape(_ json: String) throws -> Shape { try Shape(geoJSON: JSONValue(parsing: json)) }

/// The polygon of a box.
func box(_ west: Double, _ south: Double, _ east: Double, _ north: Double) throws -> Shape {
    try shape(
        "Polygon", "[[[\(west),\(south)],[\(east),\(south)],[\(east),\(north)],[\(west),\(north)],[\(west),\(south)]]]")
}

/// A shape of these positions, as fast as they can be handed over.
func shape(_ kind: Shape.Kind, of positions: [(Double, Double)]) throws -> Shape {
    var places: [JSONValue] = []
    for (x, y) in positions { places.append([try #require(JSONValue(x)), try #require(JSONValue(y))]) }
    let coordinates: JSONValue = kind == .polygon ? .array([.array(places + places.prefix(1))]) : .array(places)
    return try Shape(geoJSON: ["type": .string(kind.rawValue), "coordinates": coordinates])
}

/// The outline of a comb with that many teeth, ten degrees wide and high; `isTurned` has its teeth lie.
func comb(_ teeth: Int, isTurned: Bool = false) -> [(Double, Double)] {
    var outline: [(Double, Double)] = []
    let width = 10 / Double(teeth)
    for tooth in 0..<teeth {
        let left = Double(tooth) * width
        outline += [(left, 1), (left, 10), (left + width / 2, 10), (left + width / 2, 1)]
    }
    outline += [(10, 0), (0, 0)]
    return isTurned ? outline.map { ($1, $0) } : outline
}

func filter(_ relation: SpatialRelation, _ shape: Shape) throws -> GeoFilter { try GeoFilter(relation, of: shape) }

func near(_ metres: Double, _ shape: Shape) throws -> GeoFilter {
    try GeoFilter(.near(.maxDistance(metres: metres)), of: shape)
}
