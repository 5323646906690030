import Geometry
import Testing

@Suite("The spatial index")
struct SpatialIndexTests {
    /// Multiples of a 64th of a degree, which the index keeps exactly.
    private static func envelope(
        _ generator: inout SeededGenerator, spread: Int, size: Int
    ) throws -> Envelope {
        let (west, south) = (Double(generator.below(spread)) / 64, Double(generator.below(spread)) / 64)
        let (width, height) = (Double(generator.below(size)) / 64, Double(generator.below(size)) / 64)
        return try #require(Envelope(west: west, south: south, east: west + width, north: south + height))
    }

    private static func found(_ index: SpatialIndex<Int>, _ envelopes: [Envelope]) -> [Int] {
        var found: [Int] = []
        index.search(envelopes) { id in
            found.append(id)
            return .goOn
        }
        return found.sorted()
    }

    /// Spreads and sizes, in 64ths of a degree: much in few places, points, and everything over everything.
    static let worlds = [(3, 1), (640, 1), (2_000, 40), (1_000, 1_000), (1, 1)]

    @Test("it finds what a plain list finds, whatever is put in, moved and taken out", arguments: worlds)
    func model(spread: Int, size: Int) throws {
        for seed in UInt64(1)...12 {
            var generator = SeededGenerator(seed: seed)
            var index = SpatialIndex<Int>()
            var model: [Int: Envelope] = [:]
            for _ in 0..<generator.below(4) * 150 {
                model[generator.below(700)] = try Self.envelope(&generator, spread: spread, size: size)
            }
            if seed % 2 == 0 {
                index = SpatialIndex(model.map { (id: $0.key, envelope: $0.value) })
            } else {
                for (id, envelope) in model { index.update(id, to: envelope) }
            }
            // At first more comes than goes, then the other way round.
            for step in 0..<3_000 {
                let id = generator.below(700)
                if generator.below(10) < (step < 1_500 ? 3 : 8) {
                    let (removed, expected) = (index.remove(id), model.removeValue(forKey: id) != nil)
                    #expect(removed == expected, "seed \(seed), step \(step)")
                } else {
                    let envelope = try Self.envelope(&generator, spread: spread, size: size)
                    index.update(id, to: envelope)
                    model[id] = envelope
                }
                guard step % 20 == 0 else { continue }
                let envelopes = try (0...generator.below(2)).map { _ in
                    try Self.envelope(&generator, spread: spread, size: size * 4)
                }
                let expected = model.filter { entry in envelopes.contains { $0.intersects(entry.value) } }.keys.sorted()
                #expect(Self.found(index, envelopes) == expected, "seed \(seed), step \(step)")
                #expect(index.count == model.count)
            }
            for id in model.keys { index.remove(id) }
            #expect(index.isEmpty && Self.found(index, [.world]).isEmpty, "seed \(seed)")
            index.update(1, to: .world)
            #expect(Self.found(index, [.world]) == [1])
        }
    }

    @Test("it misses nothing for being kept as Float, and shows nothing that is farther beside than 2 m")
    func rounding() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let place = try generator.position()
            var index = SpatialIndex<Int>()
            index.update(1, to: Envelope(place))
            #expect(Self.found(index, [Envelope(place)]) == [1])
            let aside = try position(
                place.longitude > 0 ? place.longitude - 0.0001 : place.longitude + 0.0001, place.latitude)
            #expect(Self.found(index, [Envelope(aside)]).isEmpty, "\(place)")
        }
    }

    @Test("packed from many, each is found by its own envelope, and of one id the last stays")
    func packing() throws {
        var generator = SeededGenerator(seed: 4)
        for count in [0, 1, 15, 16, 17, 255, 256, 257, 5_000] {
            let places = try (0..<count).map { _ in try generator.position() }
            let entries = places.enumerated().map { (id: $0.offset, envelope: Envelope($0.element)) }
            let index = SpatialIndex(entries + entries)
            #expect(index.count == count)
            #expect(Self.found(index, [.world]) == Array(0..<count))
            for (id, envelope) in entries.prefix(300) {
                #expect(index.contains(id) && Self.found(index, [envelope]).contains(id))
            }
        }
    }

    @Test("a visitor stops the search, or ends it with an error")
    func stopping() throws {
        struct Enough: Error {}
        let index = SpatialIndex((0..<1_000).map { (id: $0, envelope: Envelope.world) })
        var seen = 0
        index.search(.world) { _ in
            seen += 1
            return seen == 3 ? .stop : .goOn
        }
        #expect(seen == 3)
        #expect(throws: Enough.self) { try index.search(.world) { _ throws(Enough) in throw Enough() } }
        index.search([]) { _ in
            Issue.record("nothing was asked for")
            return .stop
        }
    }

    @Test("a copy stays as it was")
    func copies() throws {
        var index = SpatialIndex((0..<100).map { (id: "entity \($0)", envelope: Envelope.world) })
        let copy = index
        index.removeAll()
        #expect(index.isEmpty && copy.count == 100)
        var found = 0
        copy.search(.world) { _ in
            found += 1
            return .goOn
        }
        #expect(found == 100)
    }

    @Test("with a filter it finds what the filter alone finds, on both sides of the antimeridian")
    func withFilter() throws {
        var generator = SeededGenerator(seed: 5)
        var shapes: [Shape] = []
        for _ in 0..<3_000 {
            let place = try generator.position(latitude: -20...20)
            let longitude = place.longitude > 0 ? 180 - place.longitude / 20 : -180 - place.longitude / 20
            shapes.append(try point(longitude, place.latitude))
        }
        let index = SpatialIndex(shapes.enumerated().map { (id: $0.offset, envelope: $0.element.envelope) })
        let filters = try [
            near(500_000, point(179, 3)), near(500_000, box(-179, 3, -178, 4)), filter(.within, box(175, -5, 180, 5)),
            filter(.intersects, shape("LineString", "[[170,0],[180,0]]")),
        ]
        for filter in filters {
            var found: [Int] = []
            index.search(try #require(filter.searchEnvelopes)) { id in
                if filter.matches(shapes[id]) { found.append(id) }
                return .goOn
            }
            #expect(found.sorted() == shapes.indices.filter { filter.matches(shapes[$0]) })
        }
    }
}
