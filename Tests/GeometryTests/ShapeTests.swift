import Geometry
import JSONBytes
import Testing

@Suite("Shapes from GeoJSON (RFC 7946)")
struct ShapeTests {
    @Test(
        "every kind of geometry",
        arguments: [
            (.point, "[8,40]", 1), (.multiPoint, "[[8,40],[9,41,120.5]]", 2), (.lineString, "[[8,40],[9,41]]", 2),
            (.multiLineString, "[[[8,40],[9,41]],[[1,2],[3,4],[5,6]]]", 5),
            (.polygon, "[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[1,1]]]", 9),
            (.multiPolygon, "[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]", 8),
        ] as [(Shape.Kind, String, Int)])
    func kinds(kind: Shape.Kind, coordinates: String, count: Int) throws {
        let shape = try shape(kind.rawValue, coordinates)
        #expect(shape.kind == kind)
        #expect(shape.positionCount == count)
        #expect((shape.position != nil) == (kind == .point))
    }

    @Test("collections, also inside each other (§3.1.8)")
    func collections() throws {
        let inner = #"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[3,7]}]}"#
        let line = #"{"type":"LineString","coordinates":[[0,1],[2,3]]}"#
        let collection = try shape(#"{"type":"GeometryCollection","geometries":[\#(line),\#(inner)]}"#)
        #expect(collection.kind == .geometryCollection)
        #expect(collection.envelope == Envelope(west: 0, south: 1, east: 3, north: 7))
    }

    @Test("altitude plays no part (§3.1.1); extremes are in range")
    func extremes() throws {
        #expect(try shape("Point", "[180,-90,8848]") == point(180, -90))
        #expect(try shape("Point", "[-180,90]").envelope == Envelope(west: -180, south: 90, east: -180, north: 90))
        #expect(Position(longitude: 180.000001, latitude: 0) == nil)
        #expect(Position(longitude: 0, latitude: .nan) == nil)
    }

    @Test(
        "what is wrong is told with its path",
        arguments: [
            ("5", .notAGeometry, "$"), ("[]", .notAGeometry, "$"), ("{}", .notAGeometry, "$.type"),
            (#"{"type":"Circle","coordinates":[1,2]}"#, .notAGeometry, "$.type"),
            (#"{"type":7,"coordinates":[1,2]}"#, .notAGeometry, "$.type"),
            (#"{"type":"Point"}"#, .notAGeometry, "$.coordinates"),
            (#"{"type":"Point","coordinates":{}}"#, .notAGeometry, "$.coordinates"),
            (#"{"type":"Point","coordinates":[]}"#, .notAGeometry, "$.coordinates"),
            (#"{"type":"Point","coordinates":[1]}"#, .notAGeometry, "$.coordinates"),
            (#"{"type":"Point","coordinates":[1,2,3,4]}"#, .notAGeometry, "$.coordinates"),
            (#"{"type":"Point","coordinates":[1,"2"]}"#, .notAGeometry, "$.coordinates[1]"),
            (#"{"type":"Point","coordinates":[1,2,null]}"#, .notAGeometry, "$.coordinates[2]"),
            (#"{"type":"Point","coordinates":[181,2]}"#, .outOfRange, "$.coordinates[0]"),
            (#"{"type":"Point","coordinates":[1,-90.5]}"#, .outOfRange, "$.coordinates[1]"),
            (#"{"type":"MultiPoint","coordinates":[]}"#, .tooFewPositions, "$.coordinates"),
            (#"{"type":"MultiPoint","coordinates":[[1,2],[1,91]]}"#, .outOfRange, "$.coordinates[1][1]"),
            (#"{"type":"LineString","coordinates":[[1,2]]}"#, .tooFewPositions, "$.coordinates"),
            (
                #"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[1,2]]]}"#, .tooFewPositions,
                "$.coordinates[1]"
            ),
            (#"{"type":"Polygon","coordinates":[]}"#, .tooFewPositions, "$.coordinates"),
            (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#, .tooFewPositions, "$.coordinates[0]"),
            (#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#, .openRing, "$.coordinates[0]"),
            (#"{"type":"MultiPolygon","coordinates":[[]]}"#, .tooFewPositions, "$.coordinates[0]"),
            (
                #"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,7]]]]}"#, .openRing,
                "$.coordinates[0][0]"
            ),
            (#"{"type":"GeometryCollection","geometries":[]}"#, .tooFewPositions, "$.geometries"),
            (
                #"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]},{"type":"Point"}]}"#,
                .notAGeometry, "$.geometries[1].coordinates"
            ),
        ] as [(String, GeometryError.Code, String)])
    func refusals(json: String, code: GeometryError.Code, path: String) throws {
        let value = try JSONValue(parsing: json)
        let error = #expect(throws: GeometryError.self) { try Shape(geoJSON: value) }
        #expect(error?.code == code)
        #expect(error.map { "\($0.path)" } == path)
        #expect(error?.message.hasPrefix("at `\(path)`: expected ") == true)
    }

    @Test("limits: positions, and collections inside each other")
    func limits() throws {
        let places = (0..<GeometryLimits.positions).map { (Double($0 % 360) - 180, 0.0) }
        #expect(try shape(.multiPoint, of: places).positionCount == GeometryLimits.positions)
        let many = #expect(throws: GeometryError.self) { try shape(.multiPoint, of: places + [(0, 0)]) }
        #expect(many?.code == .tooLarge)

        var nested: JSONValue = ["type": "Point", "coordinates": [1, 2]]
        for _ in 0..<GeometryLimits.collectionDepth { nested = ["type": "GeometryCollection", "geometries": [nested]] }
        #expect(try Shape(geoJSON: nested).kind == .geometryCollection)
        let deeper: JSONValue = ["type": "GeometryCollection", "geometries": [nested]]
        let deep = #expect(throws: GeometryError.self) { try Shape(geoJSON: deeper) }
        #expect(deep?.code == .tooLarge)
    }

    @Test("equal is what has the same positions in the same order")
    func equality() throws {
        #expect(try box(0, 0, 1, 1) == box(0, 0, 1, 1))
        #expect(try box(0, 0, 1, 1).hashValue == box(0, 0, 1, 1).hashValue)
        #expect(try box(0, 0, 1, 1) != box(0, 0, 1, 2))
        #expect(try shape("MultiPoint", "[[1,2]]") != point(1, 2))
    }

    @Test("a point is small")
    func size() {
        #expect(MemoryLayout<Shape>.stride <= 24)
    }
}

@Suite("Polygons that are not valid (OGC 06-103r4 §6.1.11)")
struct MendingTests {
    @Test("a bow tie is its two triangles")
    func bowTie() throws {
        let bow = try filter(.within, shape("Polygon", "[[[0,0],[2,2],[2,0],[0,2],[0,0]]]"))
        #expect(try bow.matches(point(0.2, 1)))
        #expect(try bow.matches(point(1.8, 1)))
        #expect(try !bow.matches(point(1, 0.2)))
        #expect(bow.shape.kind == .polygon)
    }

    @Test("polygons that lie over each other are their union")
    func union() throws {
        let two = try shape(
            "MultiPolygon", "[[[[0,0],[2,0],[2,2],[0,2],[0,0]]],[[[1,1],[3,1],[3,3],[1,3],[1,1]]]]")
        #expect(try filter(.within, two).matches(box(0.5, 0.5, 1.9, 1.9)))
        #expect(try filter(.within, two).matches(point(1.5, 1.5)))
    }

    @Test("a hole outside its ring is ground of its own; the hole of a ring is not part of it")
    func holes() throws {
        let outside = try shape("Polygon", "[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]")
        #expect(try filter(.within, outside).matches(point(1, 1)))
        #expect(try filter(.within, outside).matches(point(5.9, 5.5)))
        let inside = try shape("Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]")
        #expect(try !filter(.within, inside).matches(point(5, 5)))
        #expect(try filter(.within, inside).matches(point(2, 2)))
    }

    @Test("rings without area are lines and points, and do not trap")
    func collapsed() throws {
        let line = try shape("Polygon", "[[[0,0],[1,1],[2,2],[0,0]]]")
        #expect(try filter(.intersects, line).matches(point(1, 1)))
        #expect(try !filter(.intersects, line).matches(point(1, 1.5)))
        let point = try shape("Polygon", "[[[3,4],[3,4],[3,4],[3,4]]]")
        #expect(try filter(.intersects, point).matches(Shape(position(3, 4))))
        #expect(try filter(.equals, shape("LineString", "[[3,4],[3,4]]")).matches(Shape(position(3, 4))))
    }

    @Test("the way round plays no part (RFC 7946 §3.1.6); repeated positions neither")
    func winding() throws {
        let clockwise = try shape("Polygon", "[[[0,0],[0,0],[0,2],[2,2],[2,2],[2,0],[0,0]]]")
        #expect(try filter(.equals, clockwise).matches(box(0, 0, 2, 2)))
        #expect(try filter(.within, clockwise).matches(point(1, 1)))
    }

    @Test("what crosses itself without end is refused, and fast")
    func entangled() throws {
        var generator = SeededGenerator(seed: 7)
        var scribble: [(Double, Double)] = []
        for _ in 0..<9_999 { scribble.append((generator.number(0...10), generator.number(0...10))) }
        for kind in [Shape.Kind.polygon, .lineString] {
            let error = #expect(throws: GeometryError.self) { try shape(kind, of: scribble) }
            #expect(error?.code == .tooEntangled)
        }
        // Few enough segments to look at, too many crossings to mend.
        let error = #expect(throws: GeometryError.self) { try shape(.polygon, of: Array(scribble.prefix(300))) }
        #expect(error?.code == .tooEntangled)
        #expect(try shape(.lineString, of: Array(scribble.prefix(300))).positionCount == 300)
        #expect(try shape(.polygon, of: Array(scribble.prefix(20))).positionCount > 20)
    }

    @Test("thousands of rings around one another are refused, side by side they are welcome")
    func rings() throws {
        func polygon(_ west: Int, _ south: Int, _ size: Int) -> JSONValue {
            let (west, south, size) = (Int64(west), Int64(south), Int64(size))
            let corners = [(west, south), (west + size, south), (west + size, south + size), (west, south)]
            return [.array(corners.map { x, y in [.number(JSONNumber(x)), .number(JSONNumber(y))] })]
        }
        func shape(_ polygons: [JSONValue]) throws -> Shape {
            try Shape(geoJSON: ["type": "MultiPolygon", "coordinates": .array(polygons)])
        }
        let error = #expect(throws: GeometryError.self) { try shape((0..<2_000).map { _ in polygon(0, 0, 1) }) }
        #expect(error?.code == .tooEntangled)
        let tiles = (0..<2_000).map { polygon($0 % 50 * 2, $0 / 50 * 2, 1) }
        #expect(try shape(tiles).positionCount == 8_000)
    }

    @Test("large and orderly is welcome")
    func large() throws {
        #expect(try shape(.polygon, of: comb(2_499)).positionCount == 9_999)
        #expect(try shape(.polygon, of: comb(2_499, isTurned: true)).positionCount == 9_999)
    }
}
