/// A quarter of the town.
struct TownDistrict: Sendable {
    /// What grows there; the raw value is the feature's `class`.
    enum Class: String, Sendable {
        case historic, faubourg, residential, estate, industrial, countryside
    }

    let name: String
    let districtClass: Class
    let polygon: PlanPolygon
}

/// Cuts the town into quarters along the skeleton's lines, so that neighbours share their edges exactly.
struct TownDistricts: Sendable {
    private struct Sketch {
        let name: String
        let districtClass: TownDistrict.Class
        /// Somewhere inside: picks among the places where two lines cross.
        let inside: PlanPoint
        /// The lines around it, in order.
        let edges: [Polyline]
    }

    static func cut(from skeleton: TownSkeleton) -> [TownDistrict] {
        let oldTown = TownDistrict(
            name: "La Cité", districtClass: .historic, polygon: PlanPolygon(skeleton.boulevard.points))
        let sketches = innerSketches(skeleton) + outerSketches(skeleton)
        return [oldTown]
            + sketches.map { sketch in
                TownDistrict(name: sketch.name, districtClass: sketch.districtClass, polygon: polygon(of: sketch))
            }
    }

    private static func polygon(of sketch: Sketch) -> PlanPolygon {
        var ring: [PlanPoint] = []
        let count = sketch.edges.count
        for (index, edge) in sketch.edges.enumerated() {
            let before = sketch.edges[(index + count - 1) % count]
            let after = sketch.edges[(index + 1) % count]
            guard let start = corner(of: edge, with: before, near: sketch.inside),
                let end = corner(of: edge, with: after, near: sketch.inside)
            else { preconditionFailure("the lines around \(sketch.name) do not meet") }
            ring += edge.slice(from: start, to: end).simplified(tolerance: 2).points.dropLast()
        }
        return PlanPolygon(ring)
    }

    /// Where `edge` meets `other`: the crossing nearest to `hint`.
    private static func corner(of edge: Polyline, with other: Polyline, near hint: PlanPoint) -> Double? {
        edge.crossings(with: other).map(\.here)
            .min { edge.point(at: $0).distance(to: hint) < edge.point(at: $1).distance(to: hint) }
    }

    private static func innerSketches(_ s: TownSkeleton) -> [Sketch] {
        [
            sketch("Les Quais", .faubourg, (0, -400), [s.boulevard, s.port, s.river, s.minimes]),
            sketch("Les Tanneries", .faubourg, (-1000, -200), [s.port, s.boulevard, s.bordeaux, s.rocade, s.river]),
            sketch("Saint-Martin", .residential, (-950, 200), [s.boulevard, s.agen, s.rocade, s.bordeaux]),
            sketch("La Gare", .faubourg, (-500, 600), [s.boulevard, s.cahors, s.railway, s.rocade, s.agen]),
            sketch("Les Capucins", .faubourg, (350, 600), [s.boulevard, s.montauban, s.railway, s.cahors]),
            sketch(
                "Les Minimes", .residential, (1000, 350), [s.boulevard, s.montauban, s.railway, s.rocade, s.toulouse]),
            sketch("Les Moulins", .residential, (1000, -300), [s.minimes, s.boulevard, s.toulouse, s.rocade, s.river]),
            sketch("Les Ateliers", .industrial, (1250, 800), [s.montauban, s.rocade, s.railway]),
            sketch("Le Plateau", .estate, (500, 1150), [s.railway, s.cahors, s.rocade, s.montauban]),
            sketch("Les Vergers", .residential, (-700, 1100), [s.railway, s.cahors, s.rocade]),
            sketch("Belle-Rive", .residential, (-700, -950), [s.river, s.midi, s.rocade]),
            sketch("Les Coteaux", .residential, (850, -1150), [s.river, s.midi, s.rocade]),
        ]
    }

    private static func outerSketches(_ s: TownSkeleton) -> [Sketch] {
        [
            sketch("Zone de la Save", .industrial, (-2150, 450), [s.rocade, s.bordeaux, s.boundary, s.agen]),
            sketch("La Lande", .countryside, (-1300, 1500), [s.rocade, s.agen, s.boundary, s.cahors]),
            sketch("Les Hauts de Lys", .residential, (600, 1800), [s.rocade, s.cahors, s.boundary, s.montauban]),
            sketch("Parc du Levant", .industrial, (2100, 700), [s.rocade, s.montauban, s.boundary, s.toulouse]),
            sketch("La Plaine", .countryside, (2200, -650), [s.rocade, s.toulouse, s.boundary, s.river]),
            sketch("Les Vignes", .countryside, (1300, -1850), [s.rocade, s.river, s.boundary, s.midi]),
            sketch("Le Causse", .countryside, (-1000, -1700), [s.rocade, s.midi, s.boundary, s.river]),
            sketch("Les Prairies", .countryside, (-2250, -200), [s.rocade, s.river, s.boundary, s.bordeaux]),
        ]
    }

    private static func sketch(
        _ name: String, _ districtClass: TownDistrict.Class, _ inside: (Double, Double), _ edges: [Polyline]
    ) -> Sketch {
        Sketch(name: name, districtClass: districtClass, inside: PlanPoint(inside.0, inside.1), edges: edges)
    }
}
