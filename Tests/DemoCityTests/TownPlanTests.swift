import DemoCity
import Testing

@Suite("The map of the town")
struct TownPlanTests {
    private let map: [MapFeature]

    init() throws {
        map = try features(of: town.plan.geoJSON)
    }

    @Test("the same seed draws the same map, another seed another")
    func determinism() {
        #expect(TownPlan(seed: 7).geoJSON == town.plan.geoJSON)
        #expect(TownPlan(seed: 8).geoJSON != town.plan.geoJSON)
    }

    @Test("stays under 400 kB, whatever the seed", arguments: [0, 1, UInt64.max])
    func size(seed: UInt64) {
        #expect(TownPlan(seed: seed).geoJSON.count <= 400_000)
    }

    @Test("every feature names its layer, and every layer has features")
    func layers() {
        let known = Set(TownLayer.allCases.map(\.rawValue))
        #expect(!map.isEmpty)
        #expect(Set(map.map(\.layer)) == known)
        #expect(map.allSatisfy { !$0.kind.isEmpty && !$0.parts.isEmpty })
    }

    @Test("one sheet alone holds only its own features")
    func oneSheet() throws {
        let roads = try features(of: town.plan.geoJSON(layers: [.road]))
        #expect(roads.count == map.filter { $0.layer == "road" }.count)
        #expect(roads.allSatisfy { $0.layer == "road" && $0.geometryType == "LineString" && !$0.name.isEmpty })
        #expect(try features(of: town.plan.geoJSON(layers: [])).isEmpty)
    }

    @Test("rings are closed, outer ones counterclockwise and holes clockwise (RFC 7946 §3.1.6)")
    func rings() {
        for feature in map where feature.geometryType == "Polygon" {
            for (index, ring) in feature.parts.enumerated() {
                #expect(ring.count >= 4 && ring.first ?? (0, 0) == ring.last ?? (1, 1))
                #expect((doubledArea(ring) > 0) == (index == 0), "\(feature.name), ring \(index)")
            }
        }
    }

    @Test("quarters cover the town and do not overlap")
    func quarters() throws {
        let boundary = try #require(map.first { $0.layer == "boundary" }?.parts.first)
        let quarters = map.filter { $0.layer == "district" }
        #expect(quarters.map(\.name) == town.plan.districtNames)
        let (low, high) = town.plan.bounds
        var counts: [Int: Int] = [:]
        for column in 0..<60 {
            for row in 0..<60 {
                let x = low.longitude + (high.longitude - low.longitude) * (Double(column) + 0.5) / 60
                let y = low.latitude + (high.latitude - low.latitude) * (Double(row) + 0.5) / 60
                guard contains(boundary, x, y) else { continue }
                counts[quarters.filter { contains($0.parts[0], x, y) }.count, default: 0] += 1
            }
        }
        let total = Double(counts.values.reduce(0, +))
        // Neighbours are simplified apart by a metre or two: a few points may fall between.
        #expect(Double(counts[1] ?? 0) > 0.985 * total, "\(counts)")
    }

    @Test("two bridges cross the river, and no house stands in it")
    func river() throws {
        let river = try #require(map.first { $0.layer == "water" && $0.kind == "river" })
        #expect(Set(map.filter { $0.kind == "bridge" }.map(\.name)) == ["Pont Vieux", "Pont Neuf"])
        for building in map where building.layer == "building" {
            for corner in building.parts.flatMap({ $0 }) {
                #expect(!contains(river.parts[0], corner.0, corner.1), "\(building.name)")
            }
        }
    }

    @Test("looks like a town: hundreds of streets with names of their own, thousands of houses")
    func abundance() {
        let roads = map.filter { $0.layer == "road" }
        #expect(roads.count > 300)
        #expect(Double(Set(roads.map(\.name)).count) > 0.98 * Double(roads.count))
        #expect(map.filter { $0.layer == "building" }.reduce(0) { $0 + $1.parts.count } > 1_500)
    }
}
