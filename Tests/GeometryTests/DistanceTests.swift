import Geometry
import Testing

@Suite("Distances")
struct DistanceTests {
    @Test(
        "between positions, as Vincenty's formula has them",
        arguments: [
            (0, 0, 1, 0, 111_319.491), (0, 0, 0, 1, 110_574.389), (0, 89, 0, 90, 111_693.865),
            (21.0122287, 52.2296756, 16.9251681, 52.406374, 279_352.902),
            (-5.7147222222, 50.0663888889, -3.07, 58.6438888889, 969_932.988),
            (-73.7781, 40.6413, -0.4543, 51.47, 5_554_908.791),
        ])
    func known(west: Double, south: Double, east: Double, north: Double, metres: Double) throws {
        let (from, to) = (try position(west, south), try position(east, north))
        #expect((from.metres(to: to) - metres).magnitude < 0.001 + metres * 2e-6)
        #expect(from.metres(to: to) == to.metres(to: from))
    }

    @Test("across the antimeridian, over the pole, to the antipode, to itself")
    func around() throws {
        #expect(try (position(179.9, 0).metres(to: position(-179.9, 0)) - 22_263.9).magnitude < 0.1)
        #expect(try (position(0, 89.9).metres(to: position(180, 89.9)) - 22_338.8).magnitude < 0.1)
        #expect(try (20_000_000...20_040_000).contains(position(10, 20).metres(to: position(-170, -20))))
        #expect(try (20_000_000...20_040_000).contains(position(0, 90).metres(to: position(0, -90))))
        #expect(try position(13.4, 52.5).metres(to: position(13.4, 52.5)) == 0)
        #expect(try position(-180, 10).metres(to: position(180, 10)) < 1e-6)
    }

    @Test("to the foot on a line, to the edge of an area, to nothing inside it")
    func shapes() throws {
        let line = try shape("LineString", "[[0,60],[10,60]]")
        #expect(try (point(10, 60.009).metres(to: line) - 1_002.7).magnitude < 1)
        #expect(try (line.metres(to: point(5, 61)) - 111_420).magnitude < 50)
        let square = try box(2, 41, 3, 42)
        #expect(try square.metres(to: point(2.5, 41.5)) == 0)
        #expect(try point(2.5, 41.5).metres(to: square) == 0)
        #expect(try (square.metres(to: point(3.1, 41.5)) - 8_352).magnitude < 20)
        #expect(try square.metres(to: box(2.2, 41.2, 2.3, 41.3)) == 0)
        #expect(try box(2.2, 41.2, 2.3, 41.3).metres(to: square) == 0)
        #expect(try square.metres(to: shape("LineString", "[[1,41.5],[4,41.5]]")) == 0)
        let holed = try shape(
            "Polygon", "[[[0,0],[1,0],[1,1],[0,1],[0,0]],[[0.4,0.4],[0.6,0.4],[0.6,0.6],[0.4,0.6],[0.4,0.4]]]")
        #expect(try (holed.metres(to: point(0.5, 0.5)) - 11_057.4).magnitude < 0.1)
    }

    @Test("shapes across the antimeridian and near the pole take the short way")
    func shapesAround() throws {
        let (east, west) = (try box(179, -1, 180, 1), try box(-179.9, -1, -179, 1))
        #expect((east.metres(to: west) - 11_130).magnitude < 5)
        #expect((west.metres(to: east) - 11_130).magnitude < 5)
        #expect(try (point(179.9, 0).metres(to: west) - 22_263.9).magnitude < 1)
        #expect(try east.metres(to: shape("LineString", "[[-180,0],[-179,0]]")) < 0.01)
        // 1 degree of longitude is nearer than 0.6 of latitude there.
        let line = try shape("LineString", "[[1,85],[0,85.6]]")
        #expect(try (9_400...9_800).contains(point(0, 85).metres(to: line)))
        #expect(try point(0, 90).metres(to: shape("Polygon", "[[[0,89],[90,89],[90,88],[0,88],[0,89]]]")) < 112_000)
    }

    @Test("the nearest is found as densely walking both finds it", arguments: [(0.3, 1.00001), (4, 1.002)])
    func nearest(degrees: Double, tolerance: Double) throws {
        for seed in UInt64(1)...60 {
            var generator = SeededGenerator(seed: seed)
            let (west, south) = (generator.number(-180...180 - 2 * degrees), generator.number(-70...60))
            func line(_ generator: inout SeededGenerator) -> [(Double, Double)] {
                (0..<3).map { _ in
                    (west + generator.number(0...(2 * degrees)), south + generator.number(0...(2 * degrees)))
                }
            }
            let (one, other) = (line(&generator), line(&generator))
            let place = try position(west + generator.number(0...degrees), south + generator.number(0...degrees))
            let found = try shape(.lineString, of: one).metres(to: Shape(place))
            var least = Double.infinity
            for walked in try walk(one) { least = min(least, walked.metres(to: place)) }
            #expect(found <= least * tolerance + 0.01, "seed \(seed)")
            #expect(least <= found * 1.000001 + 300 * degrees, "seed \(seed)")
            #expect(found == Shape(place).metres(to: try shape(.lineString, of: one)), "seed \(seed)")
            let between = try shape(.lineString, of: one).metres(to: shape(.lineString, of: other))
            for walked in try walk(other) {
                let metres = Shape(walked).metres(to: try shape(.lineString, of: one))
                #expect(between <= metres * tolerance + 1, "seed \(seed)")
            }
        }
    }

    /// Many positions along a line.
    private func walk(_ line: [(Double, Double)]) throws -> [Position] {
        var positions: [Position] = []
        for (from, to) in zip(line, line.dropFirst()) {
            for step in 0...300 {
                let part = Double(step) / 300
                positions.append(try position(from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)))
            }
        }
        return positions
    }

    @Test("a reference with many positions answers as one by one")
    func many() throws {
        var generator = SeededGenerator(seed: 11)
        let places = try (0..<2_000).map { _ in try generator.position(longitude: 2...3, latitude: 41...42) }
        let cloud = PreparedShape(try shape(.multiPoint, of: places.map { ($0.longitude, $0.latitude) }))
        for _ in 0..<200 {
            let place = try generator.position(longitude: 1...4, latitude: 40...43)
            let least = places.reduce(Double.infinity) { min($0, $1.metres(to: place)) }
            #expect((cloud.metres(to: Shape(place)) - least).magnitude <= least * 1e-4)
        }
    }
}

@Suite("Envelopes")
struct EnvelopeTests {
    @Test("boxes: order, range, touching sides")
    func boxes() throws {
        #expect(Envelope(west: 2, south: 0, east: 1, north: 1) == nil)
        #expect(Envelope(west: 0, south: 0, east: 181, north: 1) == nil)
        #expect(Envelope(west: 0, south: .nan, east: 1, north: 1) == nil)
        let one = try #require(Envelope(west: 0, south: 0, east: 1, north: 1))
        let next = try #require(Envelope(west: 1, south: 1, east: 2, north: 2))
        let inner = try #require(Envelope(west: 0, south: 0.5, east: 0.5, north: 1))
        #expect(one.intersects(next) && next.intersects(one))
        #expect(one.contains(inner) && !inner.contains(one) && one.contains(one))
        #expect(one.union(next) == Envelope(west: 0, south: 0, east: 2, north: 2))
    }

    @Test("grown across the antimeridian they are two; over a pole, a band; far enough, the world")
    func wrapping() throws {
        let east = try Envelope(position(179.99, 0)).grown(byMetres: 10_000)
        #expect(east.count == 2)
        #expect(east.first?.east == 180 && east.last?.west == -180)
        #expect(try Envelope(position(-179.99, 0)).grown(byMetres: 10_000).count == 2)
        let pole = try Envelope(position(30, 89.99)).grown(byMetres: 10_000)
        #expect(pole.count == 1 && pole.first?.west == -180 && pole.first?.east == 180 && pole.first?.north == 90)
        #expect(Envelope.world.grown(byMetres: 5) == [.world])
        #expect(try Envelope(position(0, 0)).grown(byMetres: 1e300) == [.world])
        #expect(try Envelope(position(10, 10)).grown(byMetres: 0) == [Envelope(position(10, 10))])
    }

    @Test("grown by a distance they hold whatever is no farther")
    func growing() throws {
        for seed in UInt64(1)...20_000 {
            var generator = SeededGenerator(seed: seed)
            let from = try generator.position()
            let reach = [0.1, 2, 30, 360][generator.below(4)]
            let to = try position(
                min(180, max(-180, from.longitude + generator.number(-reach...reach))),
                min(90, max(-90, from.latitude + generator.number(-reach...reach))))
            let grown = Envelope(from).grown(byMetres: from.metres(to: to))
            #expect(grown.contains { $0.contains(Envelope(to)) }, "seed \(seed)")
        }
    }
}
