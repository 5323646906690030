/// The drinking-water network: trunk mains from the works and the water tower, distribution under the larger streets.
enum WaterMains {
    static func lines(of skeleton: TownSkeleton, roads: [TownRoad]) -> [TownFeature] {
        let ring = skeleton.rocade
        let trunks = [
            ("Feeder Ouest", [PlanPoint(-2020, -470), PlanPoint(-1880, -250), skeleton.bordeaux.point(at: 1_450)]),
            ("Feeder du Plateau", [PlanPoint(760, 1060), PlanPoint(560, 1180), PlanPoint(500, 1490)]),
        ].map { TownFeature.line(.watermain, $0.0, kind: "trunk", Polyline.smooth($0.1)) }
        let river = ring.crossings(with: skeleton.river).map(\.here).sorted()
        guard let west = river.first, let east = river.last else {
            preconditionFailure("the ring must cross the river")
        }
        let loop = TownFeature.line(
            .watermain, "Boucle de ceinture", kind: "trunk",
            ring.slice(from: west + 130, to: (west + east) / 2).offset(by: 9).simplified(tolerance: 2))
        let loopEast = TownFeature.line(
            .watermain, "Boucle de ceinture", kind: "trunk",
            ring.slice(from: (west + east) / 2, to: east + 900).offset(by: 9).simplified(tolerance: 2))
        let distribution = roads.filter(carriesMain).map { road in
            TownFeature.line(
                .watermain, road.name, kind: "distribution", road.line.offset(by: -4).simplified(tolerance: 5))
        }
        return trunks + [loop, loopEast] + distribution
    }

    /// Whether a main lies under the street.
    static func carriesMain(_ road: TownRoad) -> Bool {
        road.roadClass == .primary || (road.roadClass == .secondary && road.line.length > 380)
    }
}
