import Foundation

/// Puts houses along streets, and rows of them around the blocks of the old town.
struct TownBuildings {
    /// One footprint.
    struct Building: Sendable {
        let district: String
        /// The feature's `class`: house, terrace, block, industrial, public, church, hall.
        let kind: String
        let footprint: PlanPolygon
    }

    /// What is usual along the streets of one kind of quarter, in metres.
    private struct Habit {
        let kind: String
        let width: ClosedRange<Double>
        let depth: ClosedRange<Double>
        let gap: ClosedRange<Double>
        let setback: Double
        /// Share of the lots that are built on.
        let density: Double

        static func of(_ district: TownDistrict.Class) -> Habit {
            switch district {
            case .historic, .faubourg:
                Habit(kind: "terrace", width: 38...74, depth: 11...14, gap: 6...26, setback: 2, density: 0.76)
            case .residential:
                Habit(kind: "house", width: 12...19, depth: 10...13, gap: 44...104, setback: 7, density: 0.6)
            case .estate:
                Habit(kind: "block", width: 44...78, depth: 12...14, gap: 30...60, setback: 12, density: 0.75)
            case .industrial:
                Habit(kind: "industrial", width: 40...80, depth: 28...48, gap: 30...75, setback: 12, density: 0.72)
            case .countryside:
                Habit(kind: "house", width: 13...20, depth: 9...12, gap: 200...420, setback: 14, density: 0.5)
            }
        }
    }

    private(set) var buildings: [Building] = []
    private var random: SeededRandom
    private let roads: SegmentIndex
    private let isFree: (PlanPoint) -> Bool
    private var taken = SegmentIndex()

    /// Nothing built yet; `roads` is every street to keep clear of, `isFree` says whether a corner may stand somewhere.
    init(seed: UInt64, roads: [TownRoad], isFree: @escaping (PlanPoint) -> Bool) {
        random = SeededRandom(seed: seed)
        var index = SegmentIndex()
        for road in roads { index.insert(road.line, clearance: road.roadClass.clearance) }
        self.roads = index
        self.isFree = isFree
    }

    /// Adds one building of its own, such as a church, before the streets are lined.
    mutating func place(_ building: Building) {
        taken.insert(building.footprint.outline, clearance: 1)
        buildings.append(building)
    }

    /// Lines both sides of a street.
    mutating func line(_ road: TownRoad, in districts: [TownDistrict]) {
        for side in [1.0, -1.0] {
            var distance = random.within(8...22)
            while distance < road.line.length - 8 {
                let place = road.line.point(at: distance) + road.line.direction(at: distance).left * (side * 20)
                guard let district = districts.first(where: { $0.polygon.contains(place) }) else {
                    distance += 40
                    continue
                }
                let habit = Habit.of(district.districtClass)
                let (width, depth) = (random.within(habit.width), random.within(habit.depth))
                if random.unit() < habit.density {
                    let forward = road.line.direction(at: distance + width / 2)
                    let offset = road.roadClass.clearance + habit.setback + depth / 2
                    let centre = road.line.point(at: distance + width / 2) + forward.left * (side * offset)
                    let footprint = PlanPolygon(centre: centre, width: width, depth: depth, along: forward)
                    tryToBuild(Building(district: district.name, kind: habit.kind, footprint: footprint))
                }
                distance += width + random.within(habit.gap)
            }
        }
    }

    private mutating func tryToBuild(_ building: Building) {
        let ring = building.footprint.ring
        let middles = ring.indices.map { (ring[$0] + ring[($0 + 1) % ring.count]) * 0.5 }
        let probes = ring + middles + [building.footprint.centroid]
        guard
            probes.allSatisfy({ isFree($0) && roads.isClear($0, margin: 0.5) && taken.isClear($0, margin: 0.8) })
        else { return }
        // Half a house wide, so that nothing is built inside another footprint either.
        taken.insert(building.footprint.outline, clearance: 4)
        buildings.append(building)
    }

    /// Fills the blocks of the old town with rows of houses around their courtyards.
    mutating func fillOldTown() {
        let columns = [-OldTownFrame.half.x + 4] + OldTownFrame.columns + [OldTownFrame.half.x - 4]
        let rows = [-OldTownFrame.half.y + 4] + OldTownFrame.rows + [OldTownFrame.half.y - 4]
        for (west, east) in zip(columns, columns.dropFirst()) {
            for (south, north) in zip(rows, rows.dropFirst()) {
                let isSquare = west == -45 && south == -40
                let isCathedral = west == 125 && south == 40
                guard !isSquare, !isCathedral else { continue }
                fillBlock(low: PlanPoint(west + 4.5, south + 4.5), high: PlanPoint(east - 4.5, north - 4.5))
            }
        }
        placeMonuments()
    }

    private mutating func fillBlock(low: PlanPoint, high: PlanPoint) {
        for (edge, inwards) in [(low.y, 1.0), (high.y, -1.0)] {
            var u = low.x
            while u < high.x - 6 {
                let width = min(random.within(24...42), high.x - u)
                let depth = random.within(13...21)
                addLot(u...(u + width), min(edge, edge + inwards * depth)...max(edge, edge + inwards * depth))
                u += width + 0.6
            }
        }
        for (edge, inwards) in [(low.x, 1.0), (high.x, -1.0)] where random.unit() < 0.85 {
            let depth = random.within(11...17)
            addLot(
                min(edge, edge + inwards * depth)...max(edge, edge + inwards * depth), (low.y + 21.5)...(high.y - 21.5))
        }
    }

    private mutating func addLot(_ u: ClosedRange<Double>, _ v: ClosedRange<Double>, kind: String = "terrace") {
        guard u.upperBound - u.lowerBound > 4 else { return }
        let corners = [
            (u.lowerBound, v.lowerBound), (u.upperBound, v.lowerBound), (u.upperBound, v.upperBound),
            (u.lowerBound, v.upperBound),
        ].map { OldTownFrame.point($0.0, $0.1) }
        guard corners.allSatisfy({ PlanPolygon(OldTownFrame.boulevard.points).contains($0) }) else { return }
        place(Building(district: "La Cité", kind: kind, footprint: PlanPolygon(corners)))
    }

    /// Station, hospital, school, works and the parish churches outside the old town.
    mutating func placeLandmarks() {
        let landmarks: [(district: String, kind: String, at: (Double, Double), size: (Double, Double), angle: Double)] =
            [
                ("La Gare", "public", (40, 788), (120, 16), 0.02), ("Le Plateau", "public", (760, 1060), (26, 26), 0.4),
                ("Les Moulins", "public", (1290, -190), (110, 24), -0.3),
                ("Les Moulins", "public", (1350, -240), (90, 22), -0.3),
                ("Saint-Martin", "public", (-720, 355), (140, 18), 0.16),
                ("Saint-Martin", "public", (-765, 315), (20, 60), 0.16),
                ("Saint-Martin", "church", (-1120, 330), (38, 15), 0.16),
                ("Belle-Rive", "church", (-150, -880), (36, 14), 0.3),
                ("Les Capucins", "church", (440, 585), (40, 16), -0.14),
                ("Les Prairies", "public", (-2020, -470), (70, 40), -0.1),
                ("La Plaine", "public", (2200, -930), (44, 44), -0.1),
                ("La Plaine", "public", (2270, -935), (44, 44), -0.1),
                ("Les Quais", "hall", (-190, -345), (60, 26), -0.16),
                ("Les Tanneries", "public", (-1270, -130), (150, 18), 0.1),
            ]
        for item in landmarks {
            let direction = PlanPoint(angle: item.angle, radius: 1)
            let footprint = PlanPolygon(
                centre: PlanPoint(item.at.0, item.at.1), width: item.size.0, depth: item.size.1, along: direction)
            place(clearOfStreets(Building(district: item.district, kind: item.kind, footprint: footprint)))
        }
    }

    /// The same building, moved no further than needed to stand beside the streets that grew there.
    private func clearOfStreets(_ building: Building) -> Building {
        for radius in stride(from: 0.0, through: 70, by: 7) {
            for turn in 0..<(radius == 0 ? 1 : 12) {
                let move = PlanPoint(angle: Double(turn) * .pi / 6, radius: radius)
                let ring = building.footprint.ring.map { $0 + move }
                let edges = ring.indices.map { (ring[$0] + ring[($0 + 1) % ring.count]) * 0.5 }
                if (ring + edges).allSatisfy({ roads.isClear($0, margin: 2) }) {
                    return Building(district: building.district, kind: building.kind, footprint: PlanPolygon(ring))
                }
            }
        }
        return building
    }

    /// Market hall in the square, cathedral beside it.
    private mutating func placeMonuments() {
        addLot(-19...19, -13...13, kind: "hall")
        let nave: [(Double, Double)] = [
            (137, 68), (170, 68), (170, 56), (182, 56), (182, 68), (190, 70), (195, 77.5), (190, 85), (182, 87),
            (182, 99), (170, 99), (170, 87), (137, 87),
        ]
        let footprint = PlanPolygon(nave.map { OldTownFrame.point($0.0, $0.1) })
        place(Building(district: "La Cité", kind: "church", footprint: footprint))
    }
}
