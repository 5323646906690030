/// The map of the simulated town: who lives where, which streets there are, what is water and what is park.
///
/// The skeleton (river, ring, radials, old-town grid) is drawn by hand; streets of the newer quarters, houses and fields
/// grow from the seed. The same seed gives the same map.
public struct TownPlan: Sendable {
    /// What the town is called.
    public let name = "Bastide-sur-Lys"
    let districts: [TownDistrict]
    let roads: [TownRoad]
    let features: [TownFeature]
    let skeleton: TownSkeleton

    /// Lays out the town. Takes some tens of milliseconds.
    ///
    /// - Parameter seed: Picks one of many towns on the same skeleton.
    public init(seed: UInt64) {
        let skeleton = TownSkeleton()
        let districts = TownDistricts.cut(from: skeleton)
        let parks = TownGreens.parks(in: skeleton) + TownGreens.grounds()
        let blocked = parks.compactMap { feature in
            if case .polygon(let polygon, _) = feature.shape { polygon } else { nil }
        }
        var rails = SegmentIndex()
        rails.insert(skeleton.railway, clearance: 4)
        let isFree = { (point: PlanPoint) in
            rails.isClear(point, margin: 14) && !blocked.contains { $0.contains(point) }
                && skeleton.isDry(point, margin: 20)
        }
        var random = SeededRandom(seed: seed)
        var names = StreetNames(random: &random)
        var roads = TownRoads.trunk(of: skeleton)
        for district in districts {
            let quarterSeed = random.next()
            guard let layout = QuarterLayouts.layout(of: district) else { continue }
            let quarter = QuarterStreets(district: district, layout: layout, seed: quarterSeed, isFree: isFree)
            roads += quarter.grow(names: &names)
        }
        self.skeleton = skeleton
        self.districts = districts
        self.roads = roads
        let fields = TownGreens.fields(in: districts, isFree: isFree, seed: random.next())
        let buildings = TownPlan.build(skeleton, roads, districts, isFree: isFree, seed: random.next())
        features = TownPlan.sheets(skeleton, districts, roads, ground: fields + parks, buildings: buildings)
    }

    /// The quarter around `point`, if it is in the town.
    func district(at point: PlanPoint) -> TownDistrict? {
        districts.first { $0.polygon.contains(point) }
    }

    private static func build(
        _ skeleton: TownSkeleton, _ roads: [TownRoad], _ districts: [TownDistrict],
        isFree: @escaping (PlanPoint) -> Bool, seed: UInt64
    ) -> [TownFeature] {
        var stream = SegmentIndex()
        stream.insert(skeleton.stream, clearance: 4)
        let isDry = { (point: PlanPoint) in stream.isClear(point, margin: 4) && isFree(point) }
        var buildings = TownBuildings(seed: seed, roads: roads, isFree: isDry)
        buildings.fillOldTown()
        buildings.placeLandmarks()
        let modern = Array(districts.dropFirst())
        for road in roads where road.roadClass != .ring && road.roadClass != .bridge && road.roadClass != .pedestrian {
            buildings.line(road, in: modern)
        }
        let groups = Dictionary(grouping: buildings.buildings) { [$0.district, $0.kind] }
        return groups.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
            let footprints = (groups[key] ?? []).map(\.footprint)
            return TownFeature(layer: .building, name: key[0], kind: key[1], shape: .polygons(footprints))
        }
    }

    private static func sheets(
        _ skeleton: TownSkeleton, _ districts: [TownDistrict], _ roads: [TownRoad], ground: [TownFeature],
        buildings: [TownFeature]
    ) -> [TownFeature] {
        let banks = skeleton.riverBanks
        let boundary = PlanPolygon(skeleton.boundary.simplified(tolerance: 3).points)
        var features = [TownFeature.area(.boundary, "Bastide-sur-Lys", kind: "municipality", boundary)]
        features += ground
        features += districts.map { .area(.district, $0.name, kind: $0.districtClass.rawValue, $0.polygon) }
        features += [
            TownFeature(
                layer: .water, name: "Le Lys", kind: "river", shape: .polygon(banks.water, holes: [banks.island])),
            .line(.water, "La Save", kind: "stream", skeleton.stream.simplified(tolerance: 2)),
        ]
        features += WaterMains.lines(of: skeleton, roads: roads)
        features += buildings
        features.append(
            .line(.rail, "Ligne d'Agen à Toulouse", kind: "track", skeleton.railway.simplified(tolerance: 1)))
        features += roads.map { .line(.road, $0.name, kind: $0.roadClass.rawValue, $0.line.simplified(tolerance: 2.5)) }
        return features + places(districts, skeleton)
    }

    private static func places(_ districts: [TownDistrict], _ skeleton: TownSkeleton) -> [TownFeature] {
        let landmarks: [(String, PlanPoint)] = [
            ("Place Royale", OldTownFrame.point(0, 0)), ("Cathédrale", OldTownFrame.point(163, 77)),
            ("Gare", PlanPoint(60, 818)), ("Hôpital Saint-Jacques", PlanPoint(1320, -210)),
            ("Lycée des Consuls", PlanPoint(-720, 330)), ("Usine d'eau potable", PlanPoint(-2020, -470)),
            ("Station d'épuration", PlanPoint(2230, -930)), ("Château d'eau", PlanPoint(760, 1060)),
            ("Stade Jean-Bouin", PlanPoint(-1270, -215)), ("Île des Moulins", skeleton.island),
        ]
        let quarters = districts.map {
            TownFeature(layer: .place, name: $0.name, kind: "quarter", shape: .point($0.polygon.centroid))
        }
        return quarters
            + landmarks.map { TownFeature(layer: .place, name: $0.0, kind: "landmark", shape: .point($0.1)) }
    }
}
