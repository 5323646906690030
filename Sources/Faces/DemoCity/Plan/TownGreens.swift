import Foundation

/// Parks, sports grounds and the fields around the town.
enum TownGreens {
    static func parks(in skeleton: TownSkeleton) -> [TownFeature] {
        let stream = skeleton.stream
        let valley = stride(from: stream.length * 0.34, through: stream.length - 60, by: 55).map { distance in
            let side = stream.direction(at: distance).left
            let width = 34 + 16 * SmoothNoise(seed: 5).value(distance / 190)
            return (stream.point(at: distance) + side * width, stream.point(at: distance) + side * -(width + 8))
        }
        let square = [(-44.0, -39.0), (44, -39), (44, 39), (-44, 39)].map { OldTownFrame.point($0.0, $0.1) }
        let rampart = [
            (130.0, 278.0), (250, 280), (330, 262), (372, 190), (402, 196), (380, 290), (270, 330), (140, 322),
        ]
        .map { OldTownFrame.point($0.0, $0.1) }
        return [
            .area(.park, "Coulée verte", kind: "park", PlanPolygon(valley.map(\.0) + valley.reversed().map(\.1))),
            .area(.park, "Place Royale", kind: "square", PlanPolygon(square)),
            .area(.park, "Île des Moulins", kind: "wood", skeleton.riverBanks.island),
            .area(.park, "Jardin des Remparts", kind: "garden", PlanPolygon(rampart)),
            .area(
                .park, "Parc de Belle-Rive", kind: "park",
                blob((-330, -720), [120, 150, 110, 95, 130, 160, 120, 85], 1.5)),
            .area(.park, "Parc du Château d'Eau", kind: "park", blob((760, 1060), [105, 90, 120, 100, 80, 115])),
            .area(.park, "Bois de la Combe", kind: "wood", blob((1010, -1300), [150, 110, 130, 170, 120, 140])),
            .area(.park, "Stade Jean-Bouin", kind: "sport", rectangle((-1270, -215), 230, 150, 0.1)),
            .area(.park, "Terrain d'honneur", kind: "pitch", rectangle((-1270, -215), 105, 68, 0.1)),
            .area(.park, "Cimetière Saint-Martin", kind: "cemetery", rectangle((-1240, 400), 170, 130, 0.14)),
            .area(.park, "Square de la Gare", kind: "garden", rectangle((30, 745), 110, 50, -0.05)),
            .area(.park, "Jardin des Capucins", kind: "garden", rectangle((520, 540), 130, 90, -0.14)),
            .area(.park, "Parc des Minimes", kind: "park", blob((1240, 260), [90, 120, 80, 105, 85, 95])),
        ]
    }

    /// Ground of the railway and of industry.
    static func grounds() -> [TownFeature] {
        [
            .area(.landuse, "Gare de Bastide-sur-Lys", kind: "railway", rectangle((60, 818), 520, 46, 0.02)),
            .area(.landuse, "Station d'épuration", kind: "utility", rectangle((2230, -930), 210, 130, -0.1)),
            .area(.landuse, "Usine d'eau potable", kind: "utility", rectangle((-2020, -470), 130, 90, -0.1)),
            .area(.landuse, "Hôpital Saint-Jacques", kind: "hospital", rectangle((1320, -210), 190, 140, -0.3)),
            .area(.landuse, "Lycée des Consuls", kind: "school", rectangle((-720, 330), 170, 110, 0.16)),
        ]
    }

    /// A patchwork of fields and vineyards over the open country.
    static func fields(in districts: [TownDistrict], isFree: (PlanPoint) -> Bool, seed: UInt64) -> [TownFeature] {
        var fields: [String: [PlanPolygon]] = [:]
        var count: UInt64 = 0
        let kinds = ["field", "field", "meadow", "vineyard", "field", "meadow", "wood"]
        let noise = SmoothNoise(seed: seed)
        for (index, district) in districts.enumerated() where district.districtClass == .countryside {
            let centre = district.polygon.centroid
            let angle = SeededRandom.unit(SeededRandom.mix(seed, UInt64(index))) * 1.2 - 0.6
            for x in stride(from: -1900.0, to: 1900, by: 205) {
                for y in stride(from: -1900.0, to: 1900, by: 150) {
                    let patch = [(7.0, 7.0), (198, 7), (198, 143), (7, 143)].map { dx, dy in
                        let corner = PlanPoint(x + dx, y + dy)
                        let bend = PlanPoint(
                            noise.value(corner.x / 500, corner.y / 400), noise.value(corner.y / 450, corner.x / 450))
                        return centre + (corner + bend * 85).rotated(by: angle)
                    }
                    guard patch.allSatisfy({ district.polygon.contains($0) && isFree($0) }) else { continue }
                    count += 1
                    let pick = Int(SeededRandom.mix(seed, count) % UInt64(kinds.count))
                    fields[kinds[pick], default: []].append(PlanPolygon(patch))
                }
            }
        }
        return fields.keys.sorted().map { kind in
            TownFeature(layer: .landuse, name: "", kind: kind, shape: .polygons(fields[kind] ?? []))
        }
    }

    private static func blob(_ centre: (Double, Double), _ radii: [Double], _ stretch: Double = 1) -> PlanPolygon {
        PlanPolygon(centre: PlanPoint(centre.0, centre.1), radii: radii, stretch: stretch)
    }

    private static func rectangle(
        _ centre: (Double, Double), _ width: Double, _ depth: Double, _ angle: Double
    ) -> PlanPolygon {
        PlanPolygon(
            centre: PlanPoint(centre.0, centre.1), width: width, depth: depth, along: PlanPoint(angle: angle, radius: 1)
        )
    }
}
