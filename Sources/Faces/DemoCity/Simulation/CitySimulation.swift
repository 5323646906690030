/// The town at work: what every device measures at any instant, and what goes wrong when.
///
/// A value without state: readings depend on the seed, the device and the instant only, so instants may be asked in any
/// order, from any thread, and history agrees with what was sent live. Events happen after `start`, never before.
///
/// What makes it look real: weekly rhythms by use, weather shared by all, a latent field that drifts over the town so
/// that neighbours rise and fall together, slow drift of each device's own, and noise in each reading.
public struct CitySimulation: Sendable {
    /// The town and its devices.
    public let town: DemoTown
    /// When the demonstration began: the clock of the events.
    public let start: DemoInstant
    /// How far the town's clocks are ahead of UTC.
    public let utcOffset: Duration
    let seed: UInt64
    let schedule: EventSchedule

    /// Builds the town and its incidents: some tenths of a second.
    ///
    /// - Parameters:
    ///   - seed: Picks the town, its weather and the order of its incidents.
    ///   - start: When the demonstration begins.
    ///   - utcOffset: How far the town's clocks are ahead of UTC; an hour unless told.
    public init(seed: UInt64, start: DemoInstant, utcOffset: Duration = .seconds(3_600)) {
        self.init(town: DemoTown(seed: seed), seed: seed, start: start, utcOffset: utcOffset)
    }

    /// Lets a town live that was built before.
    ///
    /// - Parameters:
    ///   - town: The town.
    ///   - seed: Picks its weather and the order of its incidents.
    ///   - start: When the demonstration begins.
    ///   - utcOffset: How far the town's clocks are ahead of UTC; an hour unless told.
    public init(town: DemoTown, seed: UInt64, start: DemoInstant, utcOffset: Duration = .seconds(3_600)) {
        self.town = town
        self.seed = seed
        self.start = start
        self.utcOffset = utcOffset
        schedule = EventSchedule(town: town, seed: seed)
    }

    /// The devices; see ``DemoTown/devices``.
    public var devices: [SimulatedDevice] { town.devices }

    /// What a device measures.
    ///
    /// - Parameters:
    ///   - index: The device's index in ``devices``. Precondition: it exists.
    ///   - instant: When; before, at or after ``start``.
    /// - Returns: One value for each field of the device's profile, within the field's range.
    public func readings(for index: Int, at instant: DemoInstant) -> DeviceReadings {
        var moment = instant
        var effects = effects(on: index, at: instant)
        if let frozen = effects.frozenAt {
            moment = frozen
            effects = self.effects(on: index, at: frozen)
        }
        let device = devices[index]
        let values = measure(device, at: moment, effects)
        return DeviceReadings(observedAt: instant, values: zip(device.profile.fields, values).map(Self.reported))
    }

    /// What a device measured over a span of time, oldest first: about a microsecond for each instant.
    ///
    /// - Parameters:
    ///   - index: The device's index in ``devices``. Precondition: it exists.
    ///   - from: The first instant.
    ///   - to: The end, itself left out.
    ///   - step: Time between readings. Precondition: at least a millisecond.
    /// - Returns: Empty when `to` is not after `from`.
    public func history(
        for index: Int, from: DemoInstant, to: DemoInstant, step: Duration
    ) -> [DeviceReadings] {
        precondition(step.milliseconds > 0, "a history needs a step of at least a millisecond")
        let end = to.millisecondsSinceEpoch
        return stride(from: from.millisecondsSinceEpoch, to: end, by: Int64.Stride(step.milliseconds)).map {
            readings(for: index, at: DemoInstant(millisecondsSinceEpoch: $0))
        }
    }

    /// A measured value as the device sends it: within its range, rounded, or one of its words.
    private static func reported(_ field: DeviceProfile.Field, _ value: Double) -> ReadingValue {
        guard field.choices.isEmpty else {
            return .text(field.choices[min(field.choices.count - 1, max(0, Int(value)))])
        }
        let scale = (0..<field.decimals).reduce(1.0) { scale, _ in scale * 10 }
        let held = min(field.range.upperBound, max(field.range.lowerBound, value))
        return .number((held * scale).rounded() / scale)
    }

    /// The values of one device, in the order of its profile's fields.
    private func measure(_ device: SimulatedDevice, at instant: DemoInstant, _ effects: EventEffects) -> [Double] {
        let moment = Moment(at: instant, utcOffset: utcOffset, seed: seed, device: device.traits)
        switch device.kind {
        case .trafficCounter: return moment.traffic(effects)
        case .airQualityStation: return moment.air(effects)
        case .soundMeter: return moment.sound()
        case .carPark: return moment.parking()
        case .wasteContainer: return moment.waste()
        case .waterMeter: return moment.water(effects)
        case .streetlight: return moment.light()
        case .chargingStation: return moment.charging()
        }
    }
}
