import Foundation

/// How the streets of one quarter are laid out.
struct QuarterLayout: Sendable {
    /// The two families of streets before they are bent.
    enum Pattern: Sendable {
        /// Parallel streets and cross streets, turned by `angle` radians.
        case grid(angle: Double)
        /// Arcs around `centre` and streets towards it.
        case crescents(centre: PlanPoint)
    }

    let pattern: Pattern
    /// Metres between parallel streets, and between cross streets.
    let spacing: PlanPoint
    /// How far the streets wander from the pattern, in metres.
    let bend: Double
    /// Share of the pieces between crossings that were never built.
    let gaps: Double
    /// Every so many parallel streets, one is a `secondary` road without gaps; zero for none.
    let collectorEvery: Int
    let streetClass: TownRoad.Class
    /// The words for the two families: "Rue", "Allée".
    let words: (along: String, across: String)
}

/// Grows the streets of one quarter inside its polygon.
struct QuarterStreets {
    let district: TownDistrict
    let layout: QuarterLayout
    let seed: UInt64
    /// Whether a street may pass here: not in the river, a park or on the railway.
    let isFree: (PlanPoint) -> Bool

    private var isCrescent: Bool {
        if case .crescents = layout.pattern { true } else { false }
    }

    /// Centre of the pattern.
    private var origin: PlanPoint {
        if case .crescents(let centre) = layout.pattern { centre } else { district.polygon.centroid }
    }

    func grow(names: inout StreetNames) -> [TownRoad] {
        var roads: [TownRoad] = []
        let reach = patternReach()
        for index in -reach.along...reach.along {
            guard !isCrescent || index > 0 else { continue }
            let isCollector =
                layout.collectorEvery > 0
                && index.quotientAndRemainder(dividingBy: layout.collectorEvery).remainder == 0
            let runs = runs(family: 0, index: index, crossings: reach.across, gaps: isCollector ? 0 : layout.gaps)
            roads += roadsOf(runs, word: layout.words.along, isCollector: isCollector, names: &names)
        }
        for index in -reach.across...reach.across {
            let runs = runs(family: 1, index: index, crossings: reach.along, gaps: layout.gaps)
            roads += roadsOf(runs, word: layout.words.across, isCollector: false, names: &names)
        }
        return roads
    }

    private func roadsOf(
        _ runs: [Polyline], word: String, isCollector: Bool, names: inout StreetNames
    ) -> [TownRoad] {
        runs.map { run in
            TownRoad(
                name: names.next(word), roadClass: isCollector ? .secondary : layout.streetClass,
                line: run.simplified(tolerance: layout.streetClass == .lane ? 5 : 1.4))
        }
    }

    /// How many lines of each family are needed to cover the quarter.
    private func patternReach() -> (along: Int, across: Int) {
        let bounds = district.polygon.bounds
        let corners = [
            bounds.low, bounds.high, PlanPoint(bounds.low.x, bounds.high.y), PlanPoint(bounds.high.x, bounds.low.y),
        ]
        let radius = corners.map { $0.distance(to: origin) }.max() ?? 0
        let across = isCrescent ? Int(.pi * crescentRadius / layout.spacing.x) : Int(radius / layout.spacing.x) + 1
        return (Int(radius / layout.spacing.y) + 1, across)
    }

    /// Radius at which streets towards the centre are `spacing.x` apart.
    private var crescentRadius: Double { 420 }

    /// Walks one line of the pattern and returns what of it can be built.
    private func runs(family: Int, index: Int, crossings: Int, gaps: Double) -> [Polyline] {
        var runs: [Polyline] = []
        var current: [PlanPoint] = []
        func finish() {
            if current.count > 1 { runs.append(Polyline(current)) }
            current = []
        }
        for crossing in -crossings..<crossings {
            guard !isCrescent || family == 0 || reachesInwards(index, to: crossing) else { continue }
            let key = SeededRandom.mix(seed, UInt64(bitPattern: Int64(family * 1_000_003 + index * 1_009 + crossing)))
            if SeededRandom.unit(key) < gaps {
                finish()
                continue
            }
            let (start, end) = (position(1 - family, crossing), position(1 - family, crossing + 1))
            let steps = max(2, Int((end - start) / 14))
            for step in 0...steps where step > 0 || current.isEmpty {
                let point = point(family, index, along: start + (end - start) * Double(step) / Double(steps))
                guard isBuildable(point) else {
                    if let last = current.last { current.append(edge(from: last, to: point)) }
                    finish()
                    continue
                }
                if current.isEmpty, step > 0 {
                    let before = start + (end - start) * Double(step - 1) / Double(steps)
                    current.append(edge(from: point, to: self.point(family, index, along: before)))
                }
                current.append(point)
            }
        }
        finish()
        let outline = district.polygon.outline
        return runs.filter { $0.length > 72 && !hugs($0, outline) }
    }

    /// Whether a street towards the centre of crescents is still there between arcs `crossing` and `crossing + 1`:
    /// none within the first arc, every other one within the third.
    private func reachesInwards(_ index: Int, to crossing: Int) -> Bool {
        crossing >= 3 || (crossing >= 1 && index.isMultiple(of: 2))
    }

    /// Position of line `index` of a family, in metres across it: even spacing, a little disturbed.
    private func position(_ family: Int, _ index: Int) -> Double {
        let spacing = family == 0 ? layout.spacing.y : layout.spacing.x
        let noise = SeededRandom.unit(SeededRandom.mix(seed &+ UInt64(family), UInt64(bitPattern: Int64(index)))) - 0.5
        return (Double(index) + noise * 0.3) * spacing
    }

    /// The plan point `along` metres down line `index` of `family`.
    private func point(_ family: Int, _ index: Int, along: Double) -> PlanPoint {
        let across = position(family, index)
        let (a, b) = family == 0 ? (along, across) : (across, along)
        let bent = PlanPoint(
            a + layout.bend * SmoothNoise(seed: seed &+ 11).value(a / 260, b / 260),
            b + layout.bend * SmoothNoise(seed: seed &+ 12).value(a / 260, b / 260))
        switch layout.pattern {
        case .grid(let angle): return origin + bent.rotated(by: angle)
        case .crescents(let centre):
            return centre + PlanPoint(angle: bent.x / crescentRadius, radius: max(20, bent.y))
        }
    }

    private func isBuildable(_ point: PlanPoint) -> Bool {
        district.polygon.contains(point) && isFree(point)
    }

    /// The last buildable point on the way from a buildable point to one that is not, to half a metre.
    private func edge(from inside: PlanPoint, to outside: PlanPoint) -> PlanPoint {
        var (near, far) = (inside, outside)
        while near.distance(to: far) > 0.5 {
            let middle = (near + far) * 0.5
            if isBuildable(middle) { near = middle } else { far = middle }
        }
        return near
    }

    /// Whether a street only runs alongside the quarter's edge, where there is a road already.
    private func hugs(_ run: Polyline, _ outline: Polyline) -> Bool {
        let samples = stride(from: 0, through: run.length, by: 20).map { run.point(at: $0) }
        let close = samples.filter { outline.distance(to: $0) < 34 }
        return Double(close.count) > 0.55 * Double(samples.count)
    }
}
