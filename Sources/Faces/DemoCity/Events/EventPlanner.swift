import Foundation

/// Decides where events happen and whom they concern.
struct EventPlanner {
    private let devices: [SimulatedDevice]
    private let seed: UInt64
    private var random: SeededRandom
    private var rounds = 0
    /// Devices of the last few events: a stuck sensor is none of them.
    private var recent: [[Int]] = []

    init(devices: [SimulatedDevice], seed: UInt64) {
        self.devices = devices
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    /// All kinds once. The first round is arranged so that a visitor sees something physical first.
    mutating func nextRound() -> [CityEvent.Kind] {
        defer { rounds += 1 }
        var kinds: [CityEvent.Kind] = [
            .burstMain, .stolenIdentity, .blockedJunction, .impostor, .airQualityEpisode, .stuckSensor,
        ]
        if rounds > 0 {
            // One kind may swap with the next; more would let a kind wait too long.
            let swap = random.below(6)
            if swap < 5 { kinds.swapAt(swap, swap + 1) }
        }
        return kinds
    }

    mutating func plan(_ kind: CityEvent.Kind) -> EventTemplate {
        let template =
            switch kind {
            case .burstMain: burstMain()
            case .blockedJunction: blockedJunction()
            case .airQualityEpisode: airQualityEpisode()
            case .stuckSensor: stuckSensor()
            case .stolenIdentity: stolenIdentity()
            case .impostor: impostor()
            }
        recent = Array(([template.affected] + recent).prefix(5))
        return template
    }

    // MARK: What the readings show

    private mutating func burstMain() -> EventTemplate {
        let centre = pick([.waterMeter])
        let meters = nearest(to: centre, kind: .waterMeter, count: 5, within: 900)
        let near = distances(meters, from: centre)
        return template(
            .burstMain, at: centre, affected: meters, strengths: near.map { exp(-($0 / 650) * ($0 / 650)) },
            title: "Burst main, \(devices[centre].street)",
            detail:
                "A main broke under \(devices[centre].street), \(devices[centre].district). Pressure falls and flow "
                + "rises at \(meters.count) meters around it.")
    }

    private mutating func blockedJunction() -> EventTemplate {
        let centre = pick([.trafficCounter])
        let radius = devices[centre].traits.place.length
        let near = nearest(to: centre, kind: .trafficCounter, count: 10, within: 1_100)
        // Who drives into town meets the jam from outside.
        let upstream = near.dropFirst().filter { devices[$0].traits.place.length >= radius - 60 }
        let queue = [centre] + upstream.prefix(3)
        return template(
            .blockedJunction, at: centre, affected: queue, strengths: queue.indices.map { 1 - 0.14 * Double($0) },
            title: "Blocked junction, \(devices[centre].street)",
            detail: "A lorry blocks the junction at \(place(of: centre)). Speed falls and occupancy rises there and "
                + "at \(queue.count - 1) counters upstream.")
    }

    private mutating func airQualityEpisode() -> EventTemplate {
        let centre = pick([.airQualityStation])
        let stations = nearest(to: centre, kind: .airQualityStation, count: 4, within: 1_400)
        let strengths = distances(stations, from: centre).map { exp(-($0 / 1_100) * ($0 / 1_100)) }
        let causes = [
            "A warehouse fire", "Dust from a demolition site", "Burning of green waste", "Smoke from a tyre store",
        ]
        let cause = causes[random.below(causes.count)]
        return template(
            .airQualityEpisode, at: centre, affected: stations, strengths: strengths,
            title: "Air quality episode, \(devices[centre].district)",
            detail: "\(cause) drifts over \(devices[centre].district). PM10, PM2.5 and NO2 rise at "
                + "\(stations.count) stations.")
    }

    private mutating func stuckSensor() -> EventTemplate {
        var index = pick([.soundMeter, .trafficCounter])
        for _ in 0..<20 where recent.contains(where: { $0.contains(index) }) {
            index = pick([.soundMeter, .trafficCounter])
        }
        return template(
            .stuckSensor, at: index, affected: [index], strengths: [1],
            title: "Stuck sensor, \(devices[index].id)",
            detail: "\(devices[index].name) goes on sending the values it measured last.")
    }

    // MARK: What the caller acts out

    private mutating func stolenIdentity() -> EventTemplate {
        let index = pick([.waterMeter, .trafficCounter, .streetlight])
        return template(
            .stolenIdentity, at: index, affected: [index], strengths: [1],
            title: "Stolen identity, \(devices[index].id)",
            detail: "A second machine connects with the certificate of \(devices[index].name), from another address.")
    }

    private mutating func impostor() -> EventTemplate {
        let index = pick([.soundMeter, .streetlight, .wasteContainer, .trafficCounter])
        let pair = nearest(to: index, kind: devices[index].kind, count: 2, within: .infinity)
        return template(
            .impostor, at: index, affected: pair, strengths: pair.map { _ in 1 },
            title: "Impostor, \(devices[index].id)",
            detail:
                "\(devices[index].name) publishes on the topic of its neighbour, \(devices[pair[pair.count - 1]].id).")
    }

    // MARK: Helpers

    /// A device of one of the kinds, in the built-up town rather than far outside.
    private mutating func pick(_ kinds: Set<DeviceKind>) -> Int {
        let choices = devices.indices.filter {
            kinds.contains(devices[$0].kind) && devices[$0].traits.place.length < 1_500
        }
        return choices[random.below(choices.count)]
    }

    /// The devices of one kind nearest to a device, itself first; at least two of them however far the second is.
    private func nearest(to centre: Int, kind: DeviceKind, count: Int, within radius: Double) -> [Int] {
        let place = devices[centre].traits.place
        let sorted = devices.indices.filter { devices[$0].kind == kind }
            .map { (index: $0, distance: devices[$0].traits.place.distance(to: place)) }
            .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
        return sorted.prefix(count).enumerated().filter { $0.offset < 2 || $0.element.distance < radius }
            .map(\.element.index)
    }

    private func distances(_ indices: [Int], from centre: Int) -> [Double] {
        indices.map { devices[$0].traits.place.distance(to: devices[centre].traits.place) }
    }

    /// The device's name without the word for its kind: "Avenue de Toulouse / Rocade Est".
    private func place(of index: Int) -> String {
        String(devices[index].name.dropFirst(devices[index].profile.label.count + 2))
    }

    private func template(
        _ kind: CityEvent.Kind, at centre: Int, affected: [Int], strengths: [Double], title: String, detail: String
    ) -> EventTemplate {
        EventTemplate(
            kind: kind, affected: affected, strengths: strengths, place: devices[centre].traits.place, title: title,
            detail: detail, daySeed: seed)
    }
}
