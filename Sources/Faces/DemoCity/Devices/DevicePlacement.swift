/// Puts the devices where such devices stand: counters on the larger roads, meters on the mains, lights along streets,
/// denser towards the middle of the town.
struct DevicePlacement {
    /// A place where a device could stand.
    private struct Spot {
        let place: PlanPoint
        let road: TownRoad
    }

    let plan: TownPlan
    let seed: UInt64

    func devices() -> [SimulatedDevice] {
        var taken: Set<String> = []
        return DeviceKind.allCases.flatMap { kind in
            spots(for: kind).enumerated().map { index, spot in
                device(kind, number: index + 1, at: spot, taken: &taken)
            }
        }
    }

    // MARK: Choosing places

    private func spots(for kind: DeviceKind) -> [Spot] {
        var random = SeededRandom(seed: SeededRandom.mix(seed, UInt64(DeviceKind.position(of: kind))))
        var candidates = candidates(for: kind, random: &random)
        random.shuffle(&candidates)
        // The largest spacing that still leaves enough places.
        var (tight, loose) = (1.0, 900.0)
        for _ in 0..<12 {
            let middle = (tight + loose) / 2
            if thinned(candidates, spacing: middle).count >= kind.count { tight = middle } else { loose = middle }
        }
        let chosen = thinned(candidates, spacing: tight).prefix(kind.count)
        // Numbered from north-west to south-east in bands, as a surveyor would.
        return chosen.sorted { band($0.place) < band($1.place) }
    }

    private func band(_ place: PlanPoint) -> Double { (-place.y / 400).rounded() * 100_000 + place.x }

    /// Keeps the candidates that are not too near to one kept before; `spacing` holds at the edge of the old town,
    /// less in it and more outside.
    private func thinned(_ candidates: [Spot], spacing: Double) -> [Spot] {
        var kept: [Spot] = []
        for spot in candidates {
            let reach = spacing * (0.45 + spot.place.length / 900)
            if !kept.contains(where: { $0.place.distance(to: spot.place) < reach }) { kept.append(spot) }
        }
        return kept
    }

    private func candidates(for kind: DeviceKind, random: inout SeededRandom) -> [Spot] {
        var spots: [Spot] = []
        for road in plan.roads where suits(kind, road) {
            let verge = road.roadClass.clearance * (kind == .trafficCounter ? 0.4 : 0.9)
            var distance = random.within(15...45)
            while distance < road.line.length - 12 {
                let side = random.unit() < 0.5 ? 1.0 : -1
                let place = road.line.point(at: distance) + road.line.direction(at: distance).left * (verge * side)
                if plan.isInTown(place) { spots.append(Spot(place: place, road: road)) }
                distance += random.within(35...65)
            }
        }
        return spots
    }

    private func suits(_ kind: DeviceKind, _ road: TownRoad) -> Bool {
        switch (kind, road.roadClass) {
        case (_, .pedestrian): kind == .streetlight
        case (.trafficCounter, let roadClass): roadClass != .street && roadClass != .lane
        case (.waterMeter, let roadClass): roadClass == .ring || WaterMains.carriesMain(road)
        case (.airQualityStation, _): true
        case (.carPark, .ring), (.carPark, .bridge), (.carPark, .lane): false
        case (.wasteContainer, .ring), (.wasteContainer, .bridge), (.wasteContainer, .lane): false
        case (.chargingStation, .ring), (.chargingStation, .bridge), (.chargingStation, .lane): false
        case (.streetlight, .lane), (.soundMeter, .lane): false
        default: true
        }
    }

    // MARK: Describing a device

    private func device(
        _ kind: DeviceKind, number: Int, at spot: Spot, taken: inout Set<String>
    ) -> SimulatedDevice {
        let profile = DeviceProfile(of: kind)
        let digits = String(number)
        let id = "\(kind.prefix)-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        let district = plan.district(at: spot.place)?.name ?? "La Cité"
        let traits = traits(kind, spot, number: number, district: district)
        let title = "\(profile.label), \(address(of: spot, district: district, kind: kind))"
        var name = title
        var copy = 2
        while !taken.insert(name).inserted {
            name = "\(title) (\(copy))"
            copy += 1
        }
        return SimulatedDevice(
            id: id, kind: kind, agency: profile.agency, zone: "\(profile.agency)-\(partOfTown(spot.place))",
            district: district, entityID: "urn:ngsi-ld:\(profile.entityType):\(id)", name: name,
            street: spot.road.name, location: GeoPoint(spot.place), fixedProperties: fixedProperties(kind, traits),
            traits: traits)
    }

    private func address(of spot: Spot, district: String, kind: DeviceKind) -> String {
        if kind == .airQualityStation { return "\(district), \(spot.road.name)" }
        let crossing = plan.roads.first { road in
            road.name != spot.road.name && road.line.distance(to: spot.place) < 55
        }
        return crossing.map { "\(spot.road.name) / \($0.name)" } ?? spot.road.name
    }

    private func partOfTown(_ place: PlanPoint) -> String {
        guard place.length > 620 else { return "centre" }
        if abs(place.y) > abs(place.x) { return place.y > 0 ? "north" : "south" }
        return place.x > 0 ? "east" : "west"
    }

    private func traits(_ kind: DeviceKind, _ spot: Spot, number: Int, district: String) -> DeviceTraits {
        let deviceSeed = SeededRandom.mix(seed, UInt64(DeviceKind.position(of: kind) * 1_000 + number))
        var random = SeededRandom(seed: deviceSeed)
        let central = 1 / (1 + spot.place.length / 900)
        let size: Double =
            switch kind {
            case .trafficCounter: spot.road.roadClass.peakIntensity * random.within(0.75...1.2)
            case .carPark: (random.within(60...190) + 260 * central).rounded()
            case .waterMeter: random.within(6...14) + 16 * central
            case .streetlight: spot.road.roadClass.peakIntensity > 500 ? 86 : 54
            case .chargingStation: Double(2 + 2 * random.below(3))
            case .airQualityStation, .soundMeter, .wasteContainer: random.within(0.8...1.2)
            }
        return DeviceTraits(
            place: spot.place, roadClass: spot.road.roadClass, use: use(of: district, random: &random),
            seed: deviceSeed,
            size: size, lean: random.unit())
    }

    private func use(of district: String, random: inout SeededRandom) -> DeviceTraits.Use {
        switch district {
        case "La Cité", "Les Quais": .shops
        case "La Gare", "Les Capucins": random.unit() < 0.5 ? .station : .offices
        case "Zone de la Save", "Parc du Levant", "Les Ateliers", "Les Moulins": .offices
        default: .residents
        }
    }

    private func fixedProperties(_ kind: DeviceKind, _ traits: DeviceTraits) -> [SimulatedDevice.FixedProperty] {
        switch kind {
        case .carPark: [.init(property: "totalSpotNumber", value: traits.size, unitCode: "C62")]
        case .chargingStation: [.init(property: "capacity", value: traits.size, unitCode: "C62")]
        case .streetlight: [.init(property: "powerRating", value: traits.size, unitCode: "WTT")]
        default: []
        }
    }
}

extension TownPlan {
    /// Whether a place lies inside the boundary, on dry ground.
    func isInTown(_ place: PlanPoint) -> Bool { district(at: place) != nil }
}
