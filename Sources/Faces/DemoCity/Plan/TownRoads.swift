/// The named roads: old-town grid, boulevard, ring, radials and bridges. Quarters add their own streets.
struct TownRoads: Sendable {
    static func trunk(of skeleton: TownSkeleton) -> [TownRoad] {
        oldTown() + boulevards() + ring(skeleton) + radials(skeleton) + quays(skeleton)
    }

    private static let columnNames = [
        "Rue du Rempart Ouest", "Rue des Cordeliers", "Rue des Pénitents", "Rue du Pont", "Rue des Consuls",
        "Rue du Temple", "Rue des Écus", "Rue du Rempart Est",
    ]

    private static let rowNames = [
        "Rue des Tanneurs", "Rue de la Monnaie", "Grand-Rue Basse", "Grand-Rue Haute", "Rue de la Halle",
        "Rue du Chapitre",
    ]

    private static func oldTown() -> [TownRoad] {
        let reach = OldTownFrame.half
        let columns = zip(OldTownFrame.columns, columnNames).map { u, name in
            TownRoad(
                name: name, roadClass: abs(u) < 50 ? .secondary : .street,
                line: Polyline([OldTownFrame.point(u, -reach.y), OldTownFrame.point(u, reach.y)]))
        }
        let rows = zip(OldTownFrame.rows, rowNames).map { v, name in
            TownRoad(
                name: name, roadClass: abs(v) < 50 ? .secondary : .street,
                line: Polyline([OldTownFrame.point(-reach.x, v), OldTownFrame.point(reach.x, v)]))
        }
        // Lanes behind the lots, between every other pair of streets: too narrow for cars.
        let lanes = [(-245.0, "Carrérot des Chats"), (245, "Carrérot du Puits"), (-85, "Carrérot Saint-Jean")].map {
            u, name in
            TownRoad(
                name: name, roadClass: .pedestrian,
                line: Polyline([OldTownFrame.point(u, 40), OldTownFrame.point(u, 190)]))
        }
        return columns + rows + lanes
    }

    private static func boulevards() -> [TownRoad] {
        let line = OldTownFrame.boulevard
        let half = OldTownFrame.half
        // Half of a rounded corner: an eighth of a circle of 60 m.
        let quarter = 2 * Double.pi * 60 / 8
        let south = 2 * half.x - 120 + 2 * quarter
        let east = 2 * half.y - 120 + 2 * quarter
        let cuts = [quarter, quarter + south, quarter + south + east, quarter + 2 * south + east]
        let names = ["Boulevard des Quais", "Boulevard de l'Est", "Boulevard du Nord"]
        let parts = zip(names, zip(cuts, cuts.dropFirst())).map { name, cut in
            TownRoad(name: name, roadClass: .primary, line: line.slice(from: cut.0, to: cut.1))
        }
        let west =
            line.slice(from: cuts[3], to: line.length).points + line.slice(from: 0, to: cuts[0]).points.dropFirst()
        return parts + [TownRoad(name: "Boulevard de l'Ouest", roadClass: .primary, line: Polyline(west))]
    }

    private static func ring(_ skeleton: TownSkeleton) -> [TownRoad] {
        let ring = skeleton.rocade
        let corner = { (other: Polyline) -> [Double] in ring.crossings(with: other).map(\.here) }
        let crossings = corner(skeleton.river).sorted()
        guard let bordeaux = corner(skeleton.bordeaux).first, let cahors = corner(skeleton.cahors).first,
            let toulouse = corner(skeleton.toulouse).first, let midi = corner(skeleton.midi).first,
            let west = crossings.first, let east = crossings.last
        else { preconditionFailure("the ring must cross its radials") }
        let bridge = 75.0
        let south = ring.slice(from: east + bridge, to: midi)
        // Beyond the Avenue du Midi the ring dwindles and stops short of the ferry.
        let ferry = ring.slice(from: midi, to: ring.length - 1)
        return [
            TownRoad(name: "Chemin du Bac", roadClass: .secondary, line: ferry),
            TownRoad(name: "Rocade Ouest", roadClass: .ring, line: ring.slice(from: west + 90, to: bordeaux)),
            TownRoad(name: "Rocade Nord", roadClass: .ring, line: ring.slice(from: bordeaux, to: cahors)),
            TownRoad(name: "Rocade Est", roadClass: .ring, line: ring.slice(from: cahors, to: toulouse)),
            TownRoad(name: "Rocade Est", roadClass: .ring, line: ring.slice(from: toulouse, to: east - bridge)),
            TownRoad(name: "Pont Neuf", roadClass: .bridge, line: ring.slice(from: east - bridge, to: east + bridge)),
            TownRoad(name: "Rocade Sud", roadClass: .ring, line: south),
        ]
    }

    private static func radials(_ skeleton: TownSkeleton) -> [TownRoad] {
        let gate = { (line: Polyline) -> Double in line.crossings(with: skeleton.boulevard).first?.here ?? 0 }
        let outside = { (line: Polyline) in line.slice(from: gate(line), to: line.length) }
        let toQuay = { (line: Polyline) -> Polyline in
            guard let water = line.crossings(with: skeleton.river).first else { return outside(line) }
            return line.slice(from: gate(line), to: water.here - skeleton.riverHalfWidth(at: water.there) - 22)
        }
        let bridge = skeleton.midi.crossings(with: skeleton.river).first?.here ?? 0
        let midi = skeleton.midi
        return [
            TownRoad(name: "Avenue de Toulouse", roadClass: .primary, line: outside(skeleton.toulouse)),
            TownRoad(name: "Route de Montauban", roadClass: .primary, line: outside(skeleton.montauban)),
            TownRoad(name: "Avenue de la Gare", roadClass: .primary, line: outside(skeleton.cahors)),
            TownRoad(name: "Route d'Agen", roadClass: .primary, line: outside(skeleton.agen)),
            TownRoad(name: "Avenue de Bordeaux", roadClass: .primary, line: outside(skeleton.bordeaux)),
            TownRoad(name: "Rue du Port", roadClass: .secondary, line: toQuay(skeleton.port)),
            TownRoad(name: "Rue des Minimes", roadClass: .secondary, line: toQuay(skeleton.minimes)),
            TownRoad(name: "Avenue du Pont", roadClass: .primary, line: midi.slice(from: gate(midi), to: bridge - 45)),
            TownRoad(name: "Pont Vieux", roadClass: .bridge, line: midi.slice(from: bridge - 45, to: bridge + 45)),
            TownRoad(name: "Avenue du Midi", roadClass: .primary, line: midi.slice(from: bridge + 45, to: midi.length)),
        ]
    }

    /// Along the river's northern bank, from the western end of the ring to the island.
    private static func quays(_ skeleton: TownSkeleton) -> [TownRoad] {
        let river = skeleton.river
        let bank = { (from: Double, to: Double) -> Polyline in
            Polyline(
                stride(from: from, through: to, by: 40).map { distance in
                    let side = river.direction(at: distance).left
                    return river.point(at: distance) + side * (skeleton.riverHalfWidth(at: distance) + 22)
                })
        }
        let west = river.crossings(with: skeleton.rocade).first?.here ?? 0
        let bridge = river.crossings(with: skeleton.midi).first?.here ?? 0
        let ring = skeleton.rocade
        let ringEnd = ring.point(at: (ring.crossings(with: river).map(\.here).min() ?? 0) + 90)
        return [
            TownRoad(
                name: "Quai des Tanneries", roadClass: .secondary,
                line: Polyline([ringEnd] + bank(west + 70, bridge - 500).points)),
            TownRoad(name: "Quai Saint-Jacques", roadClass: .secondary, line: bank(bridge - 500, bridge)),
            TownRoad(
                name: "Quai des Moulins", roadClass: .secondary, line: bank(bridge, skeleton.islandPosition + 420)),
        ]
    }
}
