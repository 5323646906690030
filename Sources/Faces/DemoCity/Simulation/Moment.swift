/// One device at one instant, with everything around it that its measurements depend on.
struct Moment: Sendable {
    /// The latent fields that drift over the town.
    enum Field: UInt64 { case activity = 101, dust, demand, visitors }

    let instant: DemoInstant
    let local: LocalTime
    let device: DeviceTraits
    private let seed: UInt64

    init(at instant: DemoInstant, utcOffset: Duration, seed: UInt64, device: DeviceTraits) {
        self.instant = instant
        self.local = LocalTime(instant, utcOffset: utcOffset)
        self.device = device
        self.seed = seed
    }

    var weather: TownWeather { TownWeather(at: instant, local: local, seed: seed) }

    /// A field's value here and now, about -1...1: nearly the same 200 m away, unrelated beyond a kilometre or an hour.
    func latent(_ field: Field) -> Double {
        let noise = SmoothNoise(seed: SeededRandom.mix(seed, field.rawValue))
        let place = device.place
        return 1.5 * noise.value(place.x / 850, place.y / 850, time: local.hours / 0.8)
    }

    /// The device's own drift, -1...1, over `hours`.
    func drift(_ channel: UInt64, over hours: Double) -> Double {
        SmoothNoise(seed: device.seed &+ channel).value(local.hours / hours)
    }

    /// The noise of this very reading: standard deviation one.
    func noise(_ channel: UInt64) -> Double {
        SmoothNoise(seed: device.seed &+ channel).gaussian(instant.millisecondsSinceEpoch)
    }

    /// How busy the roads are, 0...1 of the year's busiest hour, here.
    var roadActivity: Double {
        let shape =
            WeeklyShape.inbound.value(at: local) * (1 - device.lean) + WeeklyShape.outbound.value(at: local)
            * device.lean
        return max(0.01, shape * (1 + 0.2 * latent(.activity) + 0.04 * drift(1, over: 0.6)))
    }
}
