import Geometry
import Testing

@Suite("Relations of geoqueries (CIM 009 §4.10)")
struct GeoFilterTests {
    @Test("near a point: maxDistance includes, minDistance excludes")
    func nearPoints() throws {
        let centre = try point(13.38893, 52.534473)
        let (close, far) = (try point(13.3986, 52.5547), try point(13.509818, 52.363457))
        let most = try near(15_000, centre)
        let least = try filter(.near(.minDistance(metres: 15_000)), centre)
        #expect(most.matches(close) && !most.matches(far))
        #expect(!least.matches(close) && least.matches(far))
        let metres = most.metres(to: close)
        #expect(try near(metres, centre).matches(close))
        #expect(try !filter(.near(.minDistance(metres: metres)), centre).matches(close))
        #expect(least.searchEnvelopes == nil)
    }

    @Test("near any shape: by its nearest position, also across the antimeridian")
    func nearShapes() throws {
        let line = try near(2_000, shape("LineString", "[[0,60],[10,60]]"))
        #expect(try line.matches(point(10, 60.009)))
        #expect(try !line.matches(point(10, 60.03)))
        #expect(try line.matches(box(5, 60.01, 5.1, 61)))
        #expect(try near(20_000, point(0, 85)).matches(shape("LineString", "[[1,85],[0,85.6]]")))
        #expect(try !near(5_000, point(0, 85)).matches(shape("LineString", "[[1,85],[0,85.6]]")))
        let date = try near(30_000, point(179.9, 0))
        #expect(date.searchEnvelopes?.count == 2)
        #expect(try date.matches(point(-179.9, 0)))
        #expect(try date.matches(box(-179.9, -1, -179, 1)))
        #expect(try !date.matches(point(-179.5, 0)))
        #expect(try filter(.near(.minDistance(metres: 1)), box(0, 0, 1, 1)).matches(point(2, 2)))
        #expect(try !filter(.near(.minDistance(metres: 1)), box(0, 0, 1, 1)).matches(point(0.5, 0.5)))
    }

    @Test("a distance is a positive, finite number", arguments: [0, -1, .infinity, .nan, -.infinity] as [Double])
    func distances(metres: Double) throws {
        let point = try point(1, 2)
        for nearness in [SpatialRelation.Nearness.maxDistance(metres: metres), .minDistance(metres: metres)] {
            let error = #expect(throws: GeometryError.self) { try GeoFilter(.near(nearness), of: point) }
            #expect(error?.code == .outOfRange)
        }
    }

    static let square = "[[[0,0],[4,0],[4,4],[0,4],[0,0]]]"
    static let names = ["within", "contains", "intersects", "equals", "disjoint", "overlaps"]
    static let relations: [SpatialRelation] = [.within, .contains, .intersects, .equals, .disjoint, .overlaps]

    /// Reference, target, and which relations hold.
    static let cases: [(String, String, String, String, Set<String>)] = [
        ("Point", "[1,1]", "Point", "[1,1]", ["within", "contains", "intersects", "equals"]),
        ("Point", "[1,1]", "Point", "[1,2]", ["disjoint"]),
        ("Polygon", square, "Point", "[1,1]", ["within", "intersects"]),
        ("Polygon", square, "Point", "[4,1]", ["intersects"]),
        ("Polygon", square, "Point", "[5,1]", ["disjoint"]),
        ("Point", "[1,1]", "Polygon", square, ["contains", "intersects"]),
        ("Point", "[0,0]", "Polygon", square, ["intersects"]),
        ("Polygon", square, "Polygon", "[[[1,1],[2,1],[2,2],[1,1]]]", ["within", "intersects"]),
        ("Polygon", "[[[1,1],[2,1],[2,2],[1,1]]]", "Polygon", square, ["contains", "intersects"]),
        (
            "Polygon", square, "Polygon", "[[[4,4],[4,0],[2,0],[0,0],[0,4],[4,4]]]",
            ["within", "contains", "intersects", "equals"]
        ),
        ("Polygon", square, "Polygon", "[[[2,2],[6,2],[6,6],[2,6],[2,2]]]", ["intersects", "overlaps"]),
        ("Polygon", square, "Polygon", "[[[4,0],[6,0],[6,4],[4,4],[4,0]]]", ["intersects"]),
        (
            "Polygon", square, "MultiPolygon", "[[[[9,9],[10,9],[10,10],[9,9]]],[[[1,1],[2,1],[2,2],[1,1]]]]",
            ["intersects", "overlaps"]
        ),
        ("Polygon", square, "LineString", "[[1,1],[2,2]]", ["within", "intersects"]),
        ("Polygon", square, "LineString", "[[0,0],[4,0]]", ["intersects"]),
        ("Polygon", square, "LineString", "[[-1,1],[5,1]]", ["intersects"]),
        ("Polygon", square, "MultiPoint", "[[1,1],[3,3]]", ["within", "intersects"]),
        ("Polygon", square, "MultiPoint", "[[1,1],[4,4]]", ["within", "intersects"]),
        ("Polygon", square, "MultiPoint", "[[0,0],[4,4]]", ["intersects"]),
        ("Polygon", square, "MultiPoint", "[[1,1],[9,9]]", ["intersects"]),
        ("LineString", "[[0,0],[4,4]]", "LineString", "[[0,4],[4,0]]", ["intersects"]),
        ("LineString", "[[0,0],[4,4]]", "LineString", "[[2,2],[6,6]]", ["intersects", "overlaps"]),
        (
            "LineString", "[[0,0],[4,4]]", "LineString", "[[4,4],[1,1],[0,0]]",
            ["within", "contains", "intersects", "equals"]
        ),
        ("LineString", "[[0,0],[4,4]]", "Point", "[2,2]", ["within", "intersects"]),
        ("LineString", "[[0,0],[4,4]]", "Point", "[0,0]", ["intersects"]),
        ("MultiPoint", "[[1,1],[2,2]]", "MultiPoint", "[[2,2],[3,3]]", ["intersects", "overlaps"]),
        ("MultiPoint", "[[1,1],[2,2]]", "MultiPoint", "[[2,2],[1,1]]", ["within", "contains", "intersects", "equals"]),
        ("MultiPoint", "[[1,1]]", "Point", "[1,1]", ["within", "contains", "intersects", "equals"]),
        (
            "MultiLineString", "[[[0,0],[2,2]],[[2,2],[4,4]]]", "LineString", "[[0,0],[4,4]]",
            ["within", "contains", "intersects", "equals"]
        ),
    ]

    @Test("relations hold as in OGC 06-103r4 §6.1.15", arguments: cases)
    func relations(
        referenceType: String, referenceCoordinates: String, targetType: String, targetCoordinates: String,
        holding: Set<String>
    ) throws {
        let reference = try shape(referenceType, referenceCoordinates)
        let target = try shape(targetType, targetCoordinates)
        for (name, relation) in zip(Self.names, Self.relations) {
            let filter = try GeoFilter(relation, of: reference)
            #expect(filter.matches(target) == holding.contains(name), "\(name)")
            #expect(filter.matches(target) == holding.contains(name), "\(name), asked again")
        }
    }

    @Test("a mixed collection is taken apart by dimension")
    func collections() throws {
        let members = #"{"type":"Point","coordinates":[9,9]},{"type":"Polygon","coordinates":\#(Self.square)}"#
        let mixed = try shape(#"{"type":"GeometryCollection","geometries":[\#(members)]}"#)
        #expect(try filter(.within, mixed).matches(point(1, 1)))
        #expect(try filter(.intersects, mixed).matches(point(9, 9)))
        #expect(try filter(.disjoint, mixed).matches(point(6, 6)))
        #expect(try filter(.contains, point(9, 9)).matches(mixed))
        #expect(try filter(.within, box(-1, -1, 10, 10)).matches(mixed))
        #expect(try !filter(.within, box(-1, -1, 5, 5)).matches(mixed))
        #expect(try filter(.equals, mixed).matches(mixed))
        #expect(try !filter(.equals, mixed).matches(box(0, 0, 9, 9)))
        #expect(try near(1_000, mixed).matches(point(9.001, 9)))
    }

    @Test("whatever matches has its envelope in one of the search envelopes, and disjoint is not intersects")
    func searchEnvelopes() throws {
        for seed in UInt64(1)...1_500 {
            var generator = SeededGenerator(seed: seed)
            let (reference, target) = (try Self.anything(&generator), try Self.anything(&generator))
            let distance = generator.number(1_000...3_000_000)
            let relations =
                Self.relations + [.near(.maxDistance(metres: distance)), .near(.minDistance(metres: distance))]
            var results: [Bool] = []
            for relation in relations {
                let filter = try GeoFilter(relation, of: reference)
                let isMatch = filter.matches(target)
                results.append(isMatch)
                if isMatch, let envelopes = filter.searchEnvelopes {
                    #expect(envelopes.contains { $0.intersects(target.envelope) }, "seed \(seed), \(relation)")
                }
            }
            #expect(results[2] != results[4], "seed \(seed)")
            #expect(results[6] != results[7], "seed \(seed)")
            #expect(results[6] == (reference.metres(to: target) <= distance), "seed \(seed)")
            // Within one way round is contains the other way round.
            #expect(try results[0] == GeoFilter(.contains, of: target).matches(reference), "seed \(seed)")
        }
    }

    /// Points, lines, scribbles and boxes, near each other half of the time.
    private static func anything(_ generator: inout SeededGenerator) throws -> Shape {
        let isNear = generator.below(2) == 0
        let (west, south) =
            isNear
            ? (generator.number(-3...3), generator.number(50...52))
            : (generator.number(-180...174), generator.number(-90...84))
        func number(_ from: Double, _ generator: inout SeededGenerator) -> Double {
            from + Double(generator.below(13)) / 2
        }
        let positions = (0..<5).map { _ in (number(west, &generator), number(south, &generator)) }
        switch generator.below(5) {
        case 0: return try point(west, south)
        case 1: return try shape(.multiPoint, of: positions)
        case 2: return try shape(.lineString, of: positions)
        case 3: return try shape(.polygon, of: positions)
        default:
            return try box(west, south, west + 1 + Double(generator.below(5)), south + 1 + Double(generator.below(5)))
        }
    }

    @Test("what is too entangled to tell is no match, and is told fast")
    func entangled() throws {
        let standing = try shape(.polygon, of: comb(2_499))
        let lying = try shape(.polygon, of: comb(2_499, isTurned: true))
        #expect(try !filter(.intersects, standing).matches(lying))
        #expect(try !filter(.disjoint, standing).matches(lying))
        // As each is with itself.
        let same = try shape(.polygon, of: comb(2_499).reversed())
        #expect(try filter(.equals, standing).matches(same))
        #expect(try filter(.within, standing).matches(same))
        #expect(standing.metres(to: same) == 0)
        #expect(standing.metres(to: lying) < 1_000)
    }

    @Test("many points in a polygon of many positions are looked up, not walked for")
    func manyPoints() throws {
        let places = (0..<5_000).map { number -> (Double, Double) in
            let (column, row) = (Double(number % 100), Double(number / 100))
            return (column / 10 + 0.0001, row / 10 + 1.0001)
        }
        let (points, comb) = (try shape(.multiPoint, of: places), try shape(.polygon, of: comb(1_000)))
        #expect(try filter(.intersects, comb).matches(points))
        #expect(try !filter(.disjoint, comb).matches(points))
        #expect(try filter(.equals, points).matches(points))
        #expect(try !filter(.overlaps, comb).matches(points))
    }

    @Test("many may ask one filter at once")
    func concurrency() async throws {
        let polygon = try shape(.polygon, of: comb(50))
        var filters = try Self.relations.map { relation in try GeoFilter(relation, of: polygon) }
        filters.append(try near(50_000, box(2, 2, 3, 3)))
        let targets = try (0..<400).map { number in
            let (west, south) = (Double(number % 20), Double(number / 20))
            return try box(west, south, west + 0.3, south + 0.3)
        }
        var alone: [[Bool]] = []
        for filter in filters {
            let own = try GeoFilter(filter.relation, of: filter.shape)
            alone.append(targets.map { own.matches($0) })
        }
        await withTaskGroup(of: [[Bool]].self) { [filters] group in
            for _ in 0..<8 {
                group.addTask { filters.map { filter in targets.map { filter.matches($0) } } }
            }
            for await results in group { #expect(results == alone) }
        }
    }
}
