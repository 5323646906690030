/// The lines that everything else hangs on: river, railway, boundary, ring and radial roads.
///
/// Drawn by hand, in metres; the seed changes only what grows between them.
struct TownSkeleton: Sendable {
    let boundary = smooth(
        [
            (-2850, 300), (-2550, 1250), (-1750, 1950), (-600, 2250), (500, 2170), (1550, 1980), (2400, 1300),
            (2820, 300), (2780, -700), (2350, -1550), (1450, -2130), (300, -2280), (-900, -2020), (-1900, -1560),
            (-2680, -750),
        ], closed: true)
    let river = smooth([
        (-3150, -60), (-2850, -180), (-2400, -540), (-1850, -650), (-1300, -490), (-750, -440), (-250, -505),
        (200, -575), (650, -530), (1050, -640), (1400, -960), (1850, -1190), (2350, -1090), (2800, -1290),
        (3050, -1420),
    ])
    let stream = smooth([
        (-1520, 2250), (-1430, 1850), (-1180, 1560), (-1130, 1250), (-960, 980), (-1010, 700), (-880, 420),
        (-960, 120), (-900, -140), (-1010, -330), (-990, -455),
    ])
    let railway = smooth([
        (-3000, 720), (-2000, 850), (-1200, 800), (-500, 800), (-100, 825), (600, 800), (1300, 560), (2000, 400),
        (3000, 440),
    ])
    /// The whole ring; its reach over the river in the west was never built, see ``TownRoads``.
    let rocade = smooth(
        [
            (-1560, -820), (-1690, -420), (-1730, 120), (-1530, 830), (-980, 1370), (-250, 1560), (500, 1490),
            (1150, 1200), (1610, 650), (1770, -50), (1740, -620), (1640, -1120), (1300, -1500), (700, -1690),
            (100, -1640), (-600, -1520), (-1200, -1230),
        ], closed: true)

    let toulouse = radial([(125, 40), (285, 40)], [(520, 15), (950, 60), (1500, -70), (2100, -210), (2950, -140)])
    let montauban = radial([(285, 190)], [(480, 330), (820, 570), (1120, 880), (1450, 1250), (1950, 1900)])
    let cahors = radial([(-45, 115), (-45, 190)], [(10, 420), (-60, 690), (-130, 1000), (-230, 1500), (-420, 2380)])
    let agen = radial(
        [(-285, 190)], [(-520, 400), (-900, 470), (-1350, 560), (-1750, 640), (-2250, 930), (-2850, 1060)])
    let bordeaux = radial(
        [(-125, -40), (-285, -40)], [(-560, 20), (-950, -70), (-1500, -40), (-2100, 110), (-3000, 140)])
    let midi = radial(
        [(45, -115), (45, -190)], [(-30, -420), (10, -560), (30, -800), (-40, -1200), (90, -1650), (40, -2400)])
    let port = radial([(-285, -190)], [(-420, -300), (-520, -470)])
    let minimes = radial([(285, -190)], [(330, -390), (420, -560)])

    var boulevard: Polyline { OldTownFrame.boulevard }

    /// Half the river's breadth in metres, `distance` metres from its upper end.
    func riverHalfWidth(at distance: Double) -> Double {
        let island = distance - islandPosition
        return 27 + 7 * waver(distance / 410) + 44 * bump(island / 230)
    }

    /// Where the mill island splits the river, in metres from its upper end.
    let islandPosition = 4_060.0

    var island: PlanPoint { river.point(at: islandPosition) }

    private func waver(_ x: Double) -> Double { SmoothNoise(seed: 17).value(x) }

    private func bump(_ x: Double) -> Double { abs(x) < 1 ? (1 - x * x) * (1 - x * x) : 0 }

    private static func smooth(_ controls: [(Double, Double)], closed: Bool = false) -> Polyline {
        Polyline.smooth(controls.map { PlanPoint($0.0, $0.1) }, closed: closed)
    }

    /// A road out of the old town: first points on its grid, then points on the plan.
    private static func radial(_ gate: [(Double, Double)], _ controls: [(Double, Double)]) -> Polyline {
        Polyline.smooth(
            gate.map { OldTownFrame.point($0.0, $0.1) } + controls.map { PlanPoint($0.0, $0.1) }, steps: 9)
    }
}

extension TownSkeleton {
    /// The river as a polygon, and the island in it.
    var riverBanks: (water: PlanPolygon, island: PlanPolygon) {
        var left: [PlanPoint] = []
        var right: [PlanPoint] = []
        for distance in stride(from: 0, through: river.length, by: 45) {
            let side = river.direction(at: distance).left * riverHalfWidth(at: distance)
            left.append(river.point(at: distance) + side)
            right.append(river.point(at: distance) - side)
        }
        let island = stride(from: -150.0, through: 150, by: 25).map { along -> (PlanPoint, PlanPoint) in
            let distance = islandPosition + along
            let breadth = 26 * (1 - (along / 150) * (along / 150)).squareRoot()
            let side = river.direction(at: distance).left * breadth
            return (river.point(at: distance) + side, river.point(at: distance) - side)
        }
        return (
            PlanPolygon(left + right.reversed()),
            PlanPolygon(island.map(\.0) + island.reversed().dropFirst().dropLast().map(\.1))
        )
    }

    /// Whether `point` keeps `margin` metres from the water's edge.
    func isDry(_ point: PlanPoint, margin: Double) -> Bool {
        let abreast = riverPosition(atX: point.x)
        guard abs(point.y - river.point(at: abreast).y) < 260 else { return true }
        return !stride(from: abreast - 240, through: abreast + 240, by: 12).contains { position in
            river.point(at: position).distance(to: point) <= riverHalfWidth(at: position) + margin
        }
    }

    /// Where the river passes `x`: good enough, for the river always runs east.
    private func riverPosition(atX x: Double) -> Double {
        var (low, high) = (0.0, river.length)
        for _ in 0..<14 {
            let middle = (low + high) / 2
            if river.point(at: middle).x < x { low = middle } else { high = middle }
        }
        return low
    }
}
